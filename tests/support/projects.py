"""Small projects for tests of what is known of a whole program."""

from __future__ import annotations

from pathlib import Path

from constraintlint.analysis import Options, open_projects, open_workspace
from constraintlint.project import Project


def project_of(files: dict[str, str], root: Path) -> Project:
    """Write ``files`` below ``root`` and assemble the project, without a cache and in this process."""
    for name, text in files.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    return open_projects(open_workspace(Options(root=root, cache=False, jobs=1)))[0]
