"""A backend that keeps its contract, damaged in one place at a time: exactly that is found."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from constraintlint.analysis import Options, analyse

BACKEND = Path(__file__).parents[3] / "fixtures" / "backends" / "library-loans"
ROUTES = "library/routes"

DAMAGES: list[tuple[str, str, str, str, list[tuple[str, str]]]] = [
    ("nothing", f"{ROUTES}/books.py", "search", "search", []),
    (
        "a route is gone",
        f"{ROUTES}/books.py",
        '@blueprint.get("")',
        "",
        [("spec-endpoint-missing", "openapi.yml")],
    ),
    (
        "another prefix",
        f"{ROUTES}/loans.py",
        'url_prefix="/loans"',
        'url_prefix="/loan"',
        [("spec-endpoint-missing", "openapi.yml")],
    ),
    (
        "another method",
        f"{ROUTES}/loans.py",
        "@blueprint.post",
        "@blueprint.put",
        [("http-method-not-wired", f"{ROUTES}/loans.py")],
    ),
    (
        "a field is missing",
        f"{ROUTES}/books.py",
        '"title": book.title',
        '"name": book.title',
        [("response-field-missing", f"{ROUTES}/books.py")],
    ),
    (
        "another spelling",
        f"{ROUTES}/loans.py",
        '"due_on"',
        '"dueOn"',
        [("response-field-missing", f"{ROUTES}/loans.py")],
    ),
    (
        "a blueprint is not mounted",
        f"{ROUTES}/__init__.py",
        "(books, loans, health)",
        "(books, health)",
        [("spec-endpoint-missing", "openapi.yml")],
    ),
    (
        "a description that cannot be read",
        "openapi.yml",
        "paths:",
        "paths: [",
        [("spec-endpoint-missing", "openapi.yml")],
    ),
]


@pytest.mark.parametrize(
    ("path", "old", "new", "expected"), [case[1:] for case in DAMAGES], ids=[case[0] for case in DAMAGES]
)
def test_damage(path: str, old: str, new: str, expected: list[tuple[str, str]], tmp_path: Path) -> None:
    root = tmp_path / "backend"
    shutil.copytree(BACKEND, root)
    text = (root / path).read_text("utf-8")
    assert old in text
    (root / path).write_text(text.replace(old, new, 1), "utf-8")
    report = analyse(Options(root=root, select=["contract", "auth", "framework"], cache=False, jobs=1))
    assert [(item.rule, item.path) for item in report.findings] == expected
    assert report.verdicts["contract"].status == ("fail" if expected else "pass")
