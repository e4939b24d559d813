"""An import that a ``[[forbid]]`` contract rules out, directly or through other files."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from constraintlint.checks.architecture._contracts import (
    because,
    contract_files,
    counts,
    file_matcher,
    of_kind,
    package_matcher,
)
from constraintlint.config import Contract
from constraintlint.findings import Finding, Step, finding
from constraintlint.project import Project
from constraintlint.project.chains import edges_of, hops, shortest_chain, step
from constraintlint.project.graph import Edge, External


def check(project: Project) -> Iterator[Finding]:
    for contract in of_kind(project, "forbid"):
        sources = contract_files(project, contract.sources)
        to_file = file_matcher(project, contract.targets)
        to_package = package_matcher(contract.targets)
        inside = set(sources)
        for path in sources:
            direct = list(_direct(project, contract, path, to_file, to_package))
            yield from direct
            if contract.transitive and not direct:
                yield from _transitive(project, contract, path, inside, to_file, to_package)


def _direct(
    project: Project,
    contract: Contract,
    path: str,
    to_file: Callable[[str], bool],
    to_package: Callable[[External], bool],
) -> Iterator[Finding]:
    """One finding an import statement that leads straight to a forbidden file or package."""
    reason = because(project, contract)
    seen: set[tuple[int, str]] = set()
    for edge in edges_of(project, path, counts(contract)):
        target = edge.origin if edge.origin and to_file(edge.origin) else edge.target
        if not to_file(target) or (edge.line, target) in seen:
            continue
        seen.add((edge.line, target))
        yield finding(
            "forbidden-import",
            path,
            (edge.line, edge.column, edge.end_line, edge.end_column),
            f"{path} must not import {target}, {reason}",
            help=_help(contract),
            trace=hops(project, edge) if edge.origin else [],
            subject=f"{contract.line if not contract.name else contract.name}: {path} -> {target}",
        )
    for item in _packages(project, contract, path, to_package):
        if (item.line, item.module) in seen:
            continue
        seen.add((item.line, item.module))
        yield finding(
            "forbidden-import",
            path,
            (item.line, item.column, item.end_line, item.end_column),
            f"{path} must not import {_full_name(item, to_package)}, {reason}",
            help=_help(contract),
            subject=f"{path} -> {item.module}",
        )


def _packages(
    project: Project, contract: Contract, path: str, to_package: Callable[[External], bool]
) -> list[External]:
    resolution = project.resolutions.get(path)
    if resolution is None:
        return []
    return [
        item
        for item in resolution.external
        if (contract.type_only or item.kind != "type-only") and to_package(item)
    ]


def _full_name(item: External, to_package: Callable[[External], bool]) -> str:
    names = [name for name in item.names if name != "*"]
    return f"{item.module} ({', '.join(names)})" if names else item.module


def _transitive(
    project: Project,
    contract: Contract,
    path: str,
    inside: set[str],
    to_file: Callable[[str], bool],
    to_package: Callable[[External], bool],
) -> Iterator[Finding]:
    """The shortest chain to something forbidden that leaves the contract's own files at once.

    A chain through another file of the contract is that file's finding.
    """

    def is_target(other: str) -> bool:
        return other not in inside and (
            to_file(other) or bool(_packages(project, contract, other, to_package))
        )

    chain = shortest_chain(
        project, path, is_target, counts(contract), passes=lambda other: other not in inside
    )
    if not chain:
        return
    end = chain[-1].target
    trace: list[Step] = [step(edge) for edge in chain]
    what = end
    if not to_file(end):
        item = _packages(project, contract, end, to_package)[0]
        what = _full_name(item, to_package)
        trace.append(
            Step(end, item.line, item.column, f"imports {item.module}", item.end_line, item.end_column)
        )
    yield _chain_finding(project, contract, chain[0], what, trace)


def _chain_finding(
    project: Project, contract: Contract, first: Edge, what: str, trace: list[Step]
) -> Finding:
    files = [hop.path for hop in trace]
    return finding(
        "forbidden-import",
        first.source,
        (first.line, first.column, first.end_line, first.end_column),
        f"{first.source} must not reach {what}, but does through {' -> '.join([*files[1:], what])}, "
        f"{because(project, contract)}",
        help=_help(contract),
        trace=trace,
        subject=f"{first.source} ->> {what}",
    )


def _help(contract: Contract) -> str:
    targets = ", ".join(contract.targets)
    return f"cut the import: hand in what is needed from a file that may import {targets}"
