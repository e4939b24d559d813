"""A subpath of a package is imported that its ``exports`` map does not have."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from difflib import get_close_matches
from functools import cache

from constraintlint.findings import Finding, Step, finding
from constraintlint.project import Project
from constraintlint.project.graph import External
from constraintlint.project.installed import Installed, installed_for
from constraintlint.roles import is_test
from constraintlint.rulebook import rules_directory

RULE = "package-subpath-not-exported"


@cache
def _exports() -> dict[str, dict[int, list[str]]]:
    with (rules_directory() / "signatures" / "subpaths.toml").open("rb") as handle:
        return {
            package: {int(major): names for major, names in table.items()}
            for package, table in tomllib.load(handle).items()
        }


def check(project: Project) -> Iterator[Finding]:
    for path in project.paths:
        if is_test(path):
            continue
        for item in project.resolutions[path].external:
            known = _exports().get(item.package)
            if known is None or item.module == item.package or item.kind == "type-only" or item.optional:
                continue
            installed = installed_for(project, path)
            majors = _majors(installed, item.package, known)
            subpath = item.module[len(item.package) + 1 :]
            if not majors or subpath == "package.json":
                continue
            if not any(_has(known[major], subpath) for major in majors):
                yield _finding(path, item, subpath, known[majors[-1]], majors, installed)


def _majors(installed: Installed, package: str, known: dict[int, list[str]]) -> list[int]:
    """The major versions that may be installed; none where one of them is not in the table."""
    allowed = installed.range_of(package)
    if allowed is None or allowed.starts_at((max(known) + 1,)):
        return []
    if allowed.low[0] < min(known) and allowed.low != (0,):
        return []
    chosen = [
        major for major in sorted(known) if allowed.reaches((major,)) and not allowed.starts_at((major + 1,))
    ]
    return chosen if installed.locked else chosen[-1:]


def _has(names: list[str], subpath: str) -> bool:
    for name in names:
        start, star, end = name.partition("*")
        if name == subpath or (star and subpath.startswith(start) and subpath.endswith(end)):
            return True
    return False


def _finding(
    path: str, item: External, subpath: str, names: list[str], majors: list[int], installed: Installed
) -> Finding:
    near = get_close_matches(subpath, [name for name in names if "*" not in name], 1)
    declared = installed.of(item.package)[0]
    return finding(
        RULE,
        path,
        (item.line, item.column, item.end_line, item.end_column),
        f"{item.package} {majors[-1]} does not export '{subpath}': ERR_PACKAGE_PATH_NOT_EXPORTED",
        help=f"import {item.package}/{near[0]}"
        if near
        else f"import it from '{item.package}' itself, if it has it",
        trace=[
            Step(
                declared.manifest.path,
                declared.dependency.line,
                declared.dependency.column,
                f"{item.package} {declared.dependency.specifier}",
            )
        ],
        subject=f"{path} -> {item.module}",
    )
