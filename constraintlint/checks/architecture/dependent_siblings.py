"""An import between parts that an ``[[independent]]`` contract keeps apart."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from constraintlint.checks.architecture._contracts import because, counts, file_matcher, of_kind
from constraintlint.config import Contract
from constraintlint.findings import Finding, finding
from constraintlint.project import Project
from constraintlint.project.chains import edges_of, hops


def check(project: Project) -> Iterator[Finding]:
    for contract in of_kind(project, "independent"):
        part_of = _parts(project, contract)
        for path in project.paths:
            here = part_of(path)
            if here is None:
                continue
            seen: set[tuple[int, str]] = set()
            for edge in edges_of(project, path, counts(contract)):
                target = edge.origin if edge.origin and part_of(edge.origin) else edge.target
                there = part_of(target)
                if there is None or there == here or (edge.line, target) in seen:
                    continue
                seen.add((edge.line, target))
                yield finding(
                    "dependent-siblings",
                    path,
                    (edge.line, edge.column, edge.end_line, edge.end_column),
                    f"{here} must not import {there}: {path} imports {target}, {because(project, contract)}",
                    help=f"move what {here} and {there} share to a place of its own, or let their caller connect them",
                    trace=hops(project, edge) if edge.origin else [],
                    subject=f"{path} -> {target}",
                )


def _parts(project: Project, contract: Contract) -> Callable[[str], str | None]:
    """The part a file belongs to: the directory its pattern's first ``*`` stands for, else the pattern itself."""
    matchers = [
        (pattern, file_matcher(project, [pattern]), _directory(pattern)) for pattern in contract.paths
    ]

    def part_of(path: str) -> str | None:
        for pattern, matches, directory in matchers:
            if not matches(path):
                continue
            if directory is None:
                return pattern
            match = directory.match(project.config.relative(path))
            if match:
                return match[0]
        return None

    return part_of


def _directory(pattern: str) -> re.Pattern[str] | None:
    """``src/features/*/**`` -> an expression for ``src/features/orders``; None where no ``*`` is a name of its own."""
    names = pattern.split("/")
    if "*" not in names:
        return None
    head = names[: names.index("*")]
    return re.compile("/".join([*(re.escape(name).replace(r"\*\*", ".*") for name in head), "[^/]+"]))
