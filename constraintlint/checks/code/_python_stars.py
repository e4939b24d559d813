"""What ``from m import *`` gives to a Python file, as far as the project's own modules tell."""

from __future__ import annotations

from constraintlint.project import Project


def star_names(project: Project, path: str, seen: frozenset[str] = frozenset()) -> set[str] | None:
    """The names all star imports of a file give; None where one of them leads out of the project or is not known."""
    facts = project.known_facts(path)
    resolution = project.resolutions.get(path)
    if facts is None or resolution is None:
        return None
    stars = {item.span[:2] for item in facts.imports if any(name.name == "*" for name in item.names)}
    if not stars:
        return set()
    edges = [edge for edge in resolution.edges if "*" in edge.names]
    if len({edge.line for edge in edges}) < len({line for line, _ in stars}):
        return None
    found: set[str] = set()
    for edge in edges:
        given = _public(project, edge.target, seen | {path})
        if given is None:
            return None
        found |= given
    return found


def _public(project: Project, path: str, seen: frozenset[str]) -> set[str] | None:
    if path in seen:
        return set()
    facts = project.facts(path)
    if facts is None or facts.dynamic_names or facts.problems:
        return None
    if facts.exports:
        return (
            None if any(item.name == "*" for item in facts.exports) else {item.name for item in facts.exports}
        )
    names = {item.name for item in facts.bindings}
    for item in facts.imports:
        if not item.in_function:
            names.add(item.local.partition(".")[0])
            names.update(name.local for name in item.names)
    inherited = star_names(project, path, seen)
    if inherited is None:
        return None
    return {name for name in names | inherited if name and not name.startswith("_")}
