"""An import of files that a ``[[protect]]`` contract opens to some importers only."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks.architecture._contracts import because, counts, file_matcher, of_kind
from constraintlint.findings import Finding, finding
from constraintlint.project import Project
from constraintlint.project.chains import edges_of, hops


def check(project: Project) -> Iterator[Finding]:
    for contract in of_kind(project, "protect"):
        protected = file_matcher(project, contract.paths)
        allowed = file_matcher(project, contract.only)
        for path in project.paths:
            if protected(path) or allowed(path) or project.layers.is_root(path):
                continue
            seen: set[tuple[int, str]] = set()
            for edge in edges_of(project, path, counts(contract)):
                target = edge.target
                if edge.origin and not any(allowed(barrel) for barrel in (edge.target, *edge.via)):
                    target = edge.origin if protected(edge.origin) else edge.target
                if not protected(target) or (edge.line, target) in seen:
                    continue
                seen.add((edge.line, target))
                yield finding(
                    "protected-import",
                    path,
                    (edge.line, edge.column, edge.end_line, edge.end_column),
                    f"{path} must not import {target}: only {', '.join(contract.only) or 'its own files'} may, "
                    f"{because(project, contract)}",
                    help=f"go through {', '.join(contract.only)}"
                    if contract.only
                    else "use what it offers publicly",
                    trace=hops(project, edge) if edge.origin else [],
                    subject=f"{path} -> {target}",
                )
