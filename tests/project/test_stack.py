"""The stack of small projects: engines, frameworks and ORMs with their roles, and many near misses."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from constraintlint.analysis import Options, open_projects, open_workspace
from constraintlint.project import Project
from constraintlint.project.stack import Stack
from tests.project import (
    stack_cases_javascript,
    stack_cases_layouts,
    stack_cases_python,
    stack_cases_settings,
)

CASES = [
    *stack_cases_python.CASES,
    *stack_cases_javascript.CASES,
    *stack_cases_settings.CASES,
    *stack_cases_layouts.CASES,
]


def projects_of(directory: Path, files: dict[str, str]) -> list[Project]:
    for name, content in files.items():
        file = directory / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(content), "utf-8")
    return open_projects(open_workspace(Options(root=directory, cache=False, jobs=1)))


def roles(stack: Stack) -> dict[str, str]:
    """``database:sqlite`` -> role, for everything found."""
    found = {f"database:{entry.name}": entry.role for entry in stack.databases}
    found |= {f"framework:{entry.name}": entry.role for entry in stack.frameworks}
    found |= {f"orm:{entry.name}": entry.role for entry in stack.orms}
    if stack.undecided:
        found["undecided"] = str(len(stack.undecided))
    return found


@pytest.mark.parametrize(("name", "files", "expected"), CASES, ids=[case[0] for case in CASES])
def test_stack(name: str, files: dict[str, str], expected: str, tmp_path: Path) -> None:
    (project,) = projects_of(tmp_path, files)
    found = roles(project.stack)
    wanted = dict(item.split("=") for item in expected.split())
    kinds = {item.partition(":")[0] for item in wanted} or {"database"}
    shown = {key: role for key, role in found.items() if key.partition(":")[0] in kinds or key == "undecided"}
    assert shown == {key: role for key, role in wanted.items() if role != "none"}


def test_case_names_are_unique() -> None:
    names = [case[0] for case in CASES]
    assert len(set(names)) == len(names)
