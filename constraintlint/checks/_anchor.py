"""Where a finding about the whole project is anchored: every finding needs a place in a file."""

from __future__ import annotations

from constraintlint.facts.source import Span
from constraintlint.project import Project


def declaration(project: Project, key: str) -> tuple[str, Span]:
    """The line of the configuration that declares ``key``; else the first source file of the project."""
    config = project.config
    if config.path and not config.path.startswith(".."):
        line = config.lines.get(key, 1)
        return config.path, (line, 1, line, 1)
    return (project.paths[0] if project.paths else config.path or "."), (1, 1, 1, 1)
