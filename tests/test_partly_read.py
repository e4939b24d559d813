"""Files that are read for less than all there is to know: whatever asks for more gets it, cold, warm and after an edit."""

from __future__ import annotations

from pathlib import Path

from constraintlint.analysis import Options, analyse, open_workspace

_REST = "".join(f"\n\ndef test_{number}():\n    assert {number} == {number}\n" for number in range(40))
_UNKNOWN = "from tests.test_tools import given, missing\n"


def _project(root: Path) -> None:
    (root / "tests").mkdir()
    (root / "tests/__init__.py").write_text("")
    (root / "tests/test_tools.py").write_text(
        "import os\n\nBASE = os.sep\n" + _REST + "\ndef given(): pass\n"
    )
    (root / "tests/test_use.py").write_text(_UNKNOWN + _REST + "\n\ndef test_late():\n    print(nothing)\n")


def _found(root: Path, **options: object) -> list[tuple[str, str, int]]:
    report = analyse(Options(root=root, jobs=1, **options))  # type: ignore[arg-type]
    return sorted((item.rule, item.path, item.line) for item in report.findings)


EXPECTED = [
    ("undefined-name", "tests/test_use.py", 165),
    ("unresolved-first-party-import", "tests/test_use.py", 1),
]


def test_what_others_import_from_a_test_is_known(tmp_path: Path) -> None:
    _project(tmp_path)
    assert _found(tmp_path, cache=False) == EXPECTED
    assert _found(tmp_path) == EXPECTED
    assert _found(tmp_path) == EXPECTED
    (tmp_path / "tests/__init__.py").write_text("\n")
    assert _found(tmp_path) == EXPECTED


def test_only_what_is_asked_is_read_whole(tmp_path: Path) -> None:
    _project(tmp_path)
    workspace = open_workspace(Options(root=tmp_path, cache=False, jobs=1))
    workspace.resolve()
    read = {path: facts.whole for path in workspace.sources if (facts := workspace.known(path)) is not None}
    assert read == {"tests/__init__.py": True, "tests/test_tools.py": True, "tests/test_use.py": False}
    facts = workspace.facts("tests/test_use.py")
    assert facts is not None
    assert facts.whole
    assert "test_late" in {item.name for item in facts.bindings}


def test_a_file_that_changes_meanwhile_says_what_it_said(tmp_path: Path) -> None:
    _project(tmp_path)
    workspace = open_workspace(Options(root=tmp_path, cache=False, jobs=1))
    known = workspace.known("tests/test_use.py")
    (tmp_path / "tests/test_use.py").write_text("x = 1\n")
    facts = workspace.facts("tests/test_use.py")
    assert known is not None
    assert facts is not None
    assert facts.imports == known.imports
    assert facts.dynamic_names


def test_runs_without_names_and_with_them_do_not_mix(tmp_path: Path) -> None:
    _project(tmp_path)
    graph_only = [item for item in EXPECTED if item[0] != "undefined-name"]
    for _ in range(2):
        assert _found(tmp_path, ignore=["undefined-name"]) == graph_only
        assert _found(tmp_path) == EXPECTED
    (tmp_path / "constraintlint.toml").write_text('[rules]\nundefined-name = "off"\n')
    assert _found(tmp_path) == graph_only
    (tmp_path / "constraintlint.toml").unlink()
    assert _found(tmp_path) == EXPECTED


def test_names_are_not_read_where_no_rule_wants_them(tmp_path: Path) -> None:
    _project(tmp_path)
    options = Options(root=tmp_path, jobs=1, select=["architecture"])
    analyse(options)
    workspace = open_workspace(options)
    workspace.names = False
    facts = workspace.known("tests/test_use.py")
    assert facts is not None
    assert facts.names == []
