"""A run that reuses what earlier runs learnt says exactly what a run from nothing says."""

from __future__ import annotations

import os
import random
import shutil
from pathlib import Path

import pytest

from constraintlint.analysis import Options, analyse, open_projects, open_workspace
from constraintlint.discovery import language_of
from constraintlint.findings import Report

FIXTURES = Path(__file__).parent.parent / "fixtures" / "backends"


def same(root: Path) -> Report:
    """Check with and without a cache; both must agree in everything but the time."""
    cached = analyse(Options(root=root, jobs=1))
    fresh = analyse(Options(root=root, cache=False, jobs=1))
    for report in (cached, fresh):
        report.summary.duration_ms = 0
    assert cached == fresh
    return cached


def edit(root: Path, rng: random.Random) -> str:
    """Change one thing: append to a file, cut it, delete it, add one, rename one, touch a manifest."""
    files = sorted(
        path for path in root.rglob("*") if path.is_file() and ".constraintlint_cache" not in path.parts
    )
    sources = [path for path in files if language_of(path.name)]
    chosen = rng.choice(sources)
    what = rng.randrange(7)
    if what == 0:
        chosen.write_bytes(chosen.read_bytes() + b"\n")
    elif what == 1:
        other = rng.choice(sources)
        chosen.write_bytes(chosen.read_bytes() + b"\n" + other.read_bytes()[: rng.randrange(400)])
    elif what == 2:
        data = chosen.read_bytes()
        chosen.write_bytes(data[: rng.randrange(len(data) + 1)])
    elif what == 3:
        chosen.unlink()
    elif what == 4:
        (chosen.parent / f"added{rng.randrange(1000)}{chosen.suffix}").write_bytes(chosen.read_bytes())
    elif what == 5:
        chosen.rename(chosen.with_name(f"renamed{rng.randrange(1000)}{chosen.suffix}"))
    else:
        others = [path for path in files if not language_of(path.name) and path.name != "constraintlint.toml"]
        if others:
            other = rng.choice(others)
            data = other.read_bytes()
            other.write_bytes(data[: rng.randrange(len(data) + 1)])
    return f"{what} {chosen.relative_to(root)}"


@pytest.mark.parametrize("name", ["storefront", "library-loans", "court-booking", "makerspace", "kennel"])
def test_a_series_of_edits(name: str, tmp_path: Path) -> None:
    root = tmp_path / name
    shutil.copytree(FIXTURES / name, root)
    (root / "constraintlint.toml").write_text(
        "\n".join(
            line
            for line in (root / "constraintlint.toml").read_text().splitlines()
            if line.startswith(("framework", "database", "orm", 'architecture = "clean"'))
        )
    )
    rng = random.Random(name)
    same(root)
    for _ in range(12):
        edit(root, rng)
        if not any(language_of(path.name) for path in root.rglob("*")):
            break
        same(root)


def test_nothing_changed_gives_the_same_again(tmp_path: Path) -> None:
    root = tmp_path / "storefront"
    shutil.copytree(FIXTURES / "storefront", root)
    for path in root.rglob("*"):
        os.utime(path, (1_700_000_000, 1_700_000_000))
    assert same(root) == same(root)


def test_a_fresh_checkout_uses_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other times and inodes, the same content: nothing is parsed again."""
    first, second = tmp_path / "a", tmp_path / "b"
    shutil.copytree(FIXTURES / "library-loans", first)
    analyse(Options(root=first, cache_directory=tmp_path / "cache"))
    shutil.copytree(FIXTURES / "library-loans", second)

    def fail(path: str, data: bytes) -> None:
        raise AssertionError(f"{path} was parsed again")

    monkeypatch.setattr("constraintlint.workspace.read_source", fail)
    report = analyse(Options(root=second, cache_directory=tmp_path / "cache", jobs=1))
    assert not report.findings


def test_a_configuration_above_the_root_is_seen(tmp_path: Path) -> None:
    root = tmp_path / "app"
    shutil.copytree(FIXTURES / "storefront" / "shop", root / "shop")
    for path in root.rglob("*"):
        os.utime(path, (1_700_000_000, 1_700_000_000))
    assert same(root).verdicts["architecture"].status == "not-declared"
    (tmp_path / "constraintlint.toml").write_text('architecture = "clean"\n')
    assert same(root).verdicts["architecture"].status == "fail"


def test_diagnostics_of_configuration_files_stay(tmp_path: Path) -> None:
    (tmp_path / "tsconfig.json").write_text('{"extends": "./tsconfig.json"}')
    (tmp_path / "a.ts").write_text("import { b } from 'lib/b';\nexport const a = b;\n")
    (tmp_path / "b.py").write_text("import os\n")
    assert any(item.path == "tsconfig.json" for item in same(tmp_path).diagnostics)
    (tmp_path / "b.py").write_text("import sys\n")
    assert any(item.path == "tsconfig.json" for item in same(tmp_path).diagnostics)


def test_another_command_forgets_nothing(tmp_path: Path) -> None:
    """``graph`` resolves imports without following values; what ``check`` remembered of those stays."""
    root = tmp_path / "storefront"
    shutil.copytree(FIXTURES / "storefront", root)
    analyse(Options(root=root, jobs=1))
    graph = open_workspace(Options(root=root, jobs=1))
    open_projects(graph)
    graph.save(None)
    graph.cache.close()
    later = open_workspace(Options(root=root, jobs=1))
    open_projects(later)
    assert later.earlier_values("") is not None


_QUERIES = """
import sqlite3
from shop.handles import connect_to

def overdue(path: str) -> list[tuple[int]]:
    connection = connect_to(path)
    return connection.execute("SELECT nothing_like_it FROM").fetchall()
"""

#: an edit of a file that is not read in depth, and whether what followed values from it has to be worked out again
_EDITS = (
    ("\n\ndef unrelated():\n    import json\n\n    return json\n", True),  # an import from outside is new
    ("\n\ndef another():\n    from shop import words\n\n    return words\n", False),
    ("\n\nclass connect_to:\n    pass\n", True),
    ("\n\ndef last():\n    return HOME\n", False),
)


@pytest.mark.parametrize("place", ["appended", "prepended"])
def test_only_what_was_asked_counts(place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of which one name was asked may change in everything else."""
    from constraintlint import run

    (tmp_path / "shop").mkdir()
    for name, text in (
        ("__init__", ""),
        ("queries", _QUERIES),
        ("words", "GREETING = 'hello'\n"),
        ("opening", "from sqlite3 import connect as connect_to\n"),
        ("handles", "import os\nfrom shop.opening import connect_to\n\nHOME = os.sep\n"),
    ):
        (tmp_path / "shop" / f"{name}.py").write_text(text)
    followed: list[bool] = []
    follow = run._follow_values

    def spy(*arguments: object) -> object:
        followed.append(True)
        return follow(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(run, "_follow_values", spy)
    handles = tmp_path / "shop" / "handles.py"
    assert any(item.rule == "sql-syntax-error" for item in same(tmp_path).findings)
    for addition, again in _EDITS:
        text = handles.read_text()
        handles.write_text(text + addition if place == "appended" else addition.lstrip() + text)
        followed.clear()
        analyse(Options(root=tmp_path, jobs=1))
        assert bool(followed) == again, addition
        same(tmp_path)


def test_questions_of_all_rules_count() -> None:
    """Rules that were run one after the other, or on two processes, may have asked one file for different names."""
    from constraintlint.reuse import Asked, ValueResults

    first, second = Asked(["connect"], b"1"), Asked(["settings"], b"2")
    results = ValueResults(b"", ["a"], asked={"shop/handles.py": [first]})
    results.add(ValueResults(b"", ["b"], asked={"shop/handles.py": [second], "shop/words.py": [second]}))
    assert results.asked == {"shop/handles.py": [first, second], "shop/words.py": [second]}
