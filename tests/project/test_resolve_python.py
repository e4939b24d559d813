"""PythonResolver beyond single edges: order, what was consulted, long and wide chains."""

from __future__ import annotations

import time
from collections.abc import Iterable

import pytest

from constraintlint.facts.source import FileFacts
from constraintlint.frontends.python import read
from constraintlint.project.graph import Resolution
from constraintlint.project.resolution.resolve_python import PythonResolver
from constraintlint.project.tree import FileTree
from tests.project.test_resolution import CASES, Case, parse_page, tree_of

PYTHON_CASES = [
    pytest.param(case, id=f"{page.stem}: {title}")
    for page in sorted((CASES / "python").glob("*.md"))
    for title, case in parse_page(page.read_text("utf-8")).items()
]


def facts_of(files: dict[str, str]) -> dict[str, FileFacts]:
    return {
        path: read(path, text.encode(), None)
        for path, text in files.items()
        if path.endswith((".py", ".pyi"))
    }


def resolve(files: dict[str, str], order: Iterable[str] | None = None) -> dict[str, Resolution]:
    facts = facts_of(files)
    resolver = PythonResolver(tree_of(Case(files, [], False)), facts.get)
    return {path: resolver.resolve(path, facts[path]) for path in order or sorted(facts)}


@pytest.mark.parametrize("case", PYTHON_CASES)
def test_the_order_of_files_does_not_matter(case: Case) -> None:
    forwards = resolve(case.files)
    assert resolve(case.files, reversed(list(forwards))) == forwards
    for path, expected in forwards.items():
        assert resolve(case.files, [path])[path] == expected


@pytest.mark.parametrize("case", PYTHON_CASES)
def test_only_consulted_files_decide(case: Case) -> None:
    """Taking away the facts of a file that was not consulted changes nothing."""
    facts = facts_of(case.files)
    tree = tree_of(case)
    for path, expected in resolve(case.files).items():
        assert expected.consulted == sorted(set(expected.consulted) - {path})
        known = {path: facts[path], **{other: facts[other] for other in expected.consulted if other in facts}}
        assert PythonResolver(tree, known.get).resolve(path, facts[path]) == expected


def test_a_long_chain_of_reexports_ends() -> None:
    files = {f"m{index}.py": f"from m{index + 1} import x\n" for index in range(2000)}
    files["m2000.py"] = "x = 1\n"
    result = resolve(files)
    assert result["m1990.py"].edges[0].origin == "m2000.py"
    assert len(result["m1990.py"].edges[0].via) == 8
    assert [edge.target for edge in result["m0.py"].edges] == ["m1.py"]
    assert not any(item.unresolved for item in result.values())


def test_stars_that_meet_again_cost_no_more() -> None:
    depth = 60
    files = {}
    for index in range(depth):
        stars = f"from a{index + 1} import *\nfrom b{index + 1} import *\n"
        files[f"a{index}.py"] = files[f"b{index}.py"] = stars
    files[f"a{depth}.py"] = "x = 1\n"
    files[f"b{depth}.py"] = "y = 1\n"
    files["main.py"] = "from a0 import x, z\n"
    start = time.process_time()
    result = resolve(files)["main.py"]
    assert time.process_time() - start < 5
    assert [(edge.origin, edge.names) for edge in result.edges] == [(f"a{depth}.py", ("x",)), ("", ("z",))]
    assert [item.name for item in result.unresolved] == ["z"]


def test_a_path_of_many_directories() -> None:
    directory = "/".join(["d"] * 1500)
    files = {
        f"{directory}/__init__.py": "",
        f"{directory}/a.py": "from . import b\n",
        f"{directory}/b.py": "",
    }
    assert [edge.target for edge in resolve(files)[f"{directory}/a.py"].edges] == [f"{directory}/b.py"]


def test_facts_that_are_missing_say_nothing() -> None:
    tree = FileTree(["app/__init__.py", "app/a.py", "app/b.py"], lambda path: None)
    facts = read("app/a.py", b"from app.b import anything\nfrom app import other\n", None)
    result = PythonResolver(tree, lambda path: facts if path == "app/a.py" else None).resolve(
        "app/a.py", facts
    )
    assert [(edge.target, edge.names) for edge in result.edges] == [
        ("app/b.py", ("anything",)), ("app/__init__.py", ("other",)),
    ]  # fmt: skip
    assert result.unresolved == []
