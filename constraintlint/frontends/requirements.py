"""Requirement strings (PEP 508) and requirements files (pip), and what a file or group name says about its use."""

from __future__ import annotations

import re

from constraintlint.facts.manifest import Dependency, Group, Include

_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
_REQUIREMENT = re.compile(
    rf"(?P<name>{_NAME})\s*(?:\[(?P<extras>[^\]]*)\])?\s*(?P<rest>(?:@\s*[^;\s]+|\(?[<>=!~^][^;]*)?)\s*(?:;(?P<marker>.*))?$",
    re.S,
)
_EGG = re.compile(rf"[#&]egg=(?P<name>{_NAME})(?:\[(?P<extras>[^\]]*)\])?")
_OPTION = re.compile(r"\s--?[A-Za-z][\w-]*(?:[= ]\S+)?.*$", re.S)
_COMMENT = re.compile(r"(^|\s)#.*$")
_INCLUDE = re.compile(r"(?:-r|--requirement)(?:\s*=\s*|\s*)(\S.*)$")
_EDITABLE = re.compile(r"(?:-e|--editable)(?:\s*=\s*|\s+)(\S.*)$")
_WHEEL = re.compile(rf"(?:^|[/\\])(?P<name>{_NAME}?)-\d[^/\\]*\.(?:whl|tar\.gz|zip)(?:$|[\s;#])")

_TEST_WORDS = frozenset({"test", "tests", "testing", "pytest", "e2e", "qa", "cov", "coverage", "integration"})
_DEVELOPMENT_WORDS = frozenset(
    {
        "dev", "devel", "develop", "development", "local", "lint", "linting", "linters", "docs", "doc", "ci", "build",
        "debug", "tools", "tooling", "style", "format", "formatting", "typing", "types", "mypy", "typecheck", "check",
        "checks", "quality", "release", "benchmark", "benchmarks", "notebook", "jupyter", "profiling", "pre",
    }
)  # fmt: skip
_WORD = re.compile(r"[a-z0-9]+")


def canonical(name: str) -> str:
    """The normalised form of a PyPI distribution name (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def group_of(name: str, unknown: Group) -> Group:
    """What the name of a file, extra or dependency group says it is for; ``unknown`` where it says nothing."""
    words = set(_WORD.findall(name.lower()))
    if words & _TEST_WORDS:
        return "test"
    if words & _DEVELOPMENT_WORDS:
        return "development"
    return unknown


def parse(text: str, group: Group, line: int, column: int, extra: str = "") -> Dependency | None:
    """One requirement string; None where it names no distribution (a bare path or URL, broken text)."""
    text = text.strip()
    match = _REQUIREMENT.match(text) or _EGG.search(text) or _WHEEL.search(text)
    if match is None:
        return None
    fields = match.groupdict()
    if not fields["name"]:
        return None
    extras = tuple(
        canonical(item.strip()) for item in (fields.get("extras") or "").split(",") if item.strip()
    )
    specifier = (fields.get("rest") or "").strip().strip("()") if "rest" in fields else text
    marker = (fields.get("marker") or "").strip()
    return Dependency(canonical(fields["name"]), specifier, group, line, column, extra, extras, marker)


def read_requirements(
    text: str, group: Group
) -> tuple[list[Dependency], list[Include], list[tuple[int, str]]]:
    """A pip requirements file: its dependencies, its ``-r`` includes, and the lines that name nothing installable.

    Constraint files (``-c``), index options and hashes declare no dependency.
    """
    dependencies: list[Dependency] = []
    includes: list[Include] = []
    strange: list[tuple[int, str]] = []
    for number, line in _logical_lines(text):
        content = line.strip()
        if not content:
            continue
        column = len(line) - len(line.lstrip()) + 1
        if match := _INCLUDE.match(content):
            includes.append(Include(match[1].strip().strip("\"'"), number, column))
            continue
        if match := _EDITABLE.match(content):
            content = match[1]
        elif content.startswith("-"):
            continue
        dependency = parse(_OPTION.sub("", content), group, number, column)
        if dependency is not None:
            dependencies.append(dependency)
        elif not _is_location(content):
            strange.append((number, content))
    return dependencies, includes, strange


def _logical_lines(text: str) -> list[tuple[int, str]]:
    """Lines without comments, continued lines joined, each with the number of its first line."""
    lines: list[tuple[int, str]] = []
    start, buffer = 0, ""
    for number, raw in enumerate(text.split("\n"), 1):
        line = _COMMENT.sub("", raw)
        if not buffer:
            start = number
        if line.endswith("\\"):
            buffer += line[:-1] + " "
            continue
        lines.append((start, buffer + line))
        buffer = ""
    if buffer:
        lines.append((start, buffer))
    return lines


def _is_location(text: str) -> bool:
    """Whether the text is a path or URL, which installs something without naming it."""
    return (
        text.startswith((".", "/", "file:", "git+", "http:", "https:", "hg+", "svn+", "bzr+")) or "/" in text
    )
