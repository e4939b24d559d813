"""The commands around ``check``: explain, rules, schema, completion, new-rule."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import jsonschema
import pytest

from constraintlint import cli
from constraintlint.cli import new_rule
from constraintlint.rulebook import all_rules, split_page
from tests.support.pages import examples


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    with pytest.raises(SystemExit) as caught:
        cli.main(arguments)
    out, err = capsys.readouterr()
    assert err == "" or caught.value.code
    return int(str(caught.value.code)), out or err


# --- explain -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", all_rules())
def test_every_page_can_be_explained(capsys: pytest.CaptureFixture[str], name: str) -> None:
    code, out = run(capsys, "explain", name)
    page = all_rules()[name]
    assert code == 0
    assert out.startswith(f"{name}\n{page.summary}\ncategory {page.category}; severity {page.severity}; ")
    assert "```" not in out and "\x1b" not in out
    assert "\nBAD\n" in out and "\nGOOD\n" in out
    for example in examples(page.text()):
        for file, text in example.files.items():
            assert f"\n  {file}\n" in out
            assert all(f"    {line}".rstrip() in out for line in text.splitlines())


def test_explain_uses_colours_where_they_are_wanted(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.delenv("NO_COLOR", raising=False)
    out = run(capsys, "explain", "layer-direction")[1]
    assert out.startswith("\x1b[1mlayer-direction\x1b[0m\n")
    plain = re.sub(r"\x1b\[[\d;]*m", "", out)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.delenv("FORCE_COLOR")
    assert run(capsys, "explain", "layer-direction")[1].replace("`", "") == plain.replace("`", "")


def test_explain_as_markdown_is_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    out = run(capsys, "explain", "layer-direction", "--format", "markdown")[1]
    assert out.strip() == all_rules()["layer-direction"].text().strip()


def test_explain_of_a_category_names_its_rules(capsys: pytest.CaptureFixture[str]) -> None:
    code, err = run(capsys, "explain", "suppression")
    assert code == 2
    assert err == (
        "constraintlint: error: 'suppression' is a category; its rules: suppression-without-reason, "
        "unknown-rule-in-suppression, unused-suppression\n"
    )


# --- rules -------------------------------------------------------------------------------------------------------------


def test_rules_lists_every_rule_with_its_severity(capsys: pytest.CaptureFixture[str]) -> None:
    out = run(capsys, "rules")[1]
    listed = [line.split()[:2] for line in out.splitlines() if line.startswith("  ")]
    assert listed == [[page.name, page.severity] for page in all_rules().values()]
    assert f"{len(all_rules())} rules;" in out


def test_rules_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    data = json.loads(run(capsys, "rules", "--format", "json")[1])
    assert data["schema_version"] == 1
    assert [rule["name"] for rule in data["rules"]] == list(all_rules())
    assert set(data["rules"][0]) == {
        "name",
        "category",
        "summary",
        "severity",
        "confidence",
        "languages",
        "needs",
    }


def test_rules_as_markdown_links_the_pages(capsys: pytest.CaptureFixture[str]) -> None:
    out = run(capsys, "rules", "--format", "markdown")[1]
    links = re.findall(r"^\| \[([\w-]+)\]\((.+?)\)", out, re.MULTILINE)
    assert links == [(page.name, f"{page.category}/{page.name}.md") for page in all_rules().values()]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--select", "suppression"], ["suppression-without-reason", "unknown-rule-in-suppression", "unused-suppression"]),
        (["--select", "suppression,layer-direction", "--ignore", "unused-suppression, suppression-without-reason"],
         ["layer-direction", "unknown-rule-in-suppression"]),
        (["--select", "suppression", "--ignore", "suppression"], []),
    ],
)  # fmt: skip
def test_rules_can_be_selected(
    capsys: pytest.CaptureFixture[str], options: list[str], expected: list[str]
) -> None:
    data = json.loads(run(capsys, "rules", "--format", "json", *options)[1])
    assert [rule["name"] for rule in data["rules"]] == expected


# --- schema and completion ---------------------------------------------------------------------------------------------


def test_schema_is_printed_and_written(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    schema = json.loads(run(capsys, "schema")[1])
    jsonschema.Draft202012Validator.check_schema(schema)
    assert "layer-direction" in schema["$defs"]["rule"]["enum"]
    assert "clean" in schema["properties"]["architecture"]["enum"]
    assert run(capsys, "schema", "--output", str(tmp_path / "s.json")) == (0, "")
    assert json.loads((tmp_path / "s.json").read_text("utf-8")) == schema
    code, err = run(capsys, "schema", "-o", str(tmp_path / "none" / "s.json"))
    assert (code, err) == (2, f"constraintlint: error: {tmp_path}/none/s.json: No such file or directory\n")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(capsys: pytest.CaptureFixture[str], shell: str) -> None:
    code, out = run(capsys, "completion", shell)
    assert code == 0
    assert f"_CONSTRAINTLINT_COMPLETE={shell}_complete" in out
    if shutil.which(shell):
        subprocess.run([shell, "-n"], input=out, text=True, check=True)


@pytest.mark.parametrize(
    ("words", "expected"),
    [("constraintlint ru", "rules"), ("constraintlint explain layer-dir", "layer-direction"), ("constraintlint completion z", "zsh")],
)  # fmt: skip
def test_completion_answers(words: str, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_CONSTRAINTLINT_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", str(len(words.split()) - 1))
    done = subprocess.run(
        [sys.executable, "-c", "from constraintlint.cli import main; main()"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == [f"plain,{expected}"]


# --- new-rule ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("rules", "tests", "constraintlint"):
        (tmp_path / name).mkdir()
    (tmp_path / "constraintlint" / "checks").mkdir()
    (tmp_path / "constraintlint" / "checks" / "__init__.py").write_text("", "utf-8")
    monkeypatch.setattr(new_rule, "checkout", lambda: tmp_path)
    return tmp_path


def test_new_rule_writes_page_check_test_and_proof(
    capsys: pytest.CaptureFixture[str], checkout: Path
) -> None:
    code, out = run(capsys, "new-rule", "sql/sql-no-such-thing")
    assert code == 0
    written = [line.removeprefix("wrote ") for line in out.splitlines() if line.startswith("wrote ")]
    assert written == [
        "rules/sql/sql-no-such-thing.md", "constraintlint/checks/sql/sql_no_such_thing.py",
        "tests/checks/sql/test_sql_no_such_thing.py", "tests/proofs/test_sql_no_such_thing.py",
    ]  # fmt: skip
    page, check, test, proof = ((checkout / path).read_text("utf-8") for path in written)
    front, body = split_page(page)
    assert set(tomllib.loads(front)) == {"summary", "severity", "confidence", "languages"}
    assert body.strip().startswith("# sql-no-such-thing\n")
    assert {example.bad for example in examples(body)} == {True, False}
    assert len(examples(body)) == 4
    assert [node.name for node in ast.parse(check).body if isinstance(node, ast.FunctionDef)] == ["check"]
    assert 'select=["sql-no-such-thing"]' in test and ast.parse(test)
    assert 'PROVES = {"sql-no-such-thing": ()}' in proof and ast.parse(proof)
    assert (checkout / "constraintlint" / "checks" / "sql" / "__init__.py").is_file()


def test_new_rule_replaces_nothing(capsys: pytest.CaptureFixture[str], checkout: Path) -> None:
    run(capsys, "new-rule", "sql/sql-no-such-thing")
    (checkout / "rules" / "sql" / "sql-no-such-thing.md").write_text("mine", "utf-8")
    code, err = run(capsys, "new-rule", "sql/sql-no-such-thing")
    assert code == 2
    assert (
        err == "constraintlint: error: rules/sql/sql-no-such-thing.md exists already; nothing was written\n"
    )
    assert (checkout / "rules" / "sql" / "sql-no-such-thing.md").read_text("utf-8") == "mine"


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("sqll/a-b", "there is no category 'sqll'; did you mean \"sql\"?"),
        ("suppression/a-b", "there is no category 'suppression' (known: "),
        ("sql/Sql_x", "'Sql_x' is not a rule name: kebab case, at least two words"),
        ("sql/../a-b", "'../a-b' is not a rule name: kebab case, at least two words"),
        ("sql/layer-direction", "there is a rule 'layer-direction' already"),
    ],
)
def test_new_rule_refuses(
    capsys: pytest.CaptureFixture[str], checkout: Path, rule: str, message: str
) -> None:
    code, err = run(capsys, "new-rule", rule)
    assert code == 2
    assert err.startswith(f"constraintlint: error: {message}")
    assert not list(checkout.glob("rules/*/*"))


def test_new_rule_needs_a_checkout(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import constraintlint

    monkeypatch.setattr(constraintlint, "__file__", str(tmp_path / "constraintlint" / "__init__.py"))
    code, err = run(capsys, "new-rule", "sql/sql-no-such-thing")
    assert code == 2
    assert "works in a checkout of constraintlint only" in err
