"""Files that import each other in a circle."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks.architecture._contracts import because, contract_files, of_kind
from constraintlint.findings import Finding, Severity, finding
from constraintlint.project import Project
from constraintlint.project.chains import at_load_time, at_run_time, cycles, step
from constraintlint.project.graph import Edge


def check(project: Project) -> Iterator[Finding]:
    """Cycles of load-time imports anywhere; cycles of any run-time import where ``[[acyclic]]`` forbids them."""
    reported: set[frozenset[str]] = set()
    for contract in of_kind(project, "acyclic"):
        for cycle in cycles(project, contract_files(project, contract.paths), at_run_time):
            reported.add(frozenset(edge.source for edge in cycle))
            yield _finding(cycle, f", {because(project, contract)}", severity="error")
    for cycle in cycles(project, project.paths, at_load_time):
        if frozenset(edge.source for edge in cycle) not in reported:
            yield _finding(cycle)


def _finding(cycle: list[Edge], reason: str = "", severity: Severity | None = None) -> Finding:
    first = cycle[0]
    names = [edge.source for edge in cycle]
    return finding(
        "import-cycle",
        first.source,
        (first.line, first.column, first.end_line, first.end_column),
        f"import cycle: {' -> '.join([*names, names[0]])}{reason}",
        help="move what both sides need into a third file, or import it where it is used (inside the function)",
        trace=[step(edge) for edge in cycle],
        subject=" -> ".join(names),
        severity=severity,
    )
