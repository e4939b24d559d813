"""github, gitlab, junit, markdown, concise and agent."""

from __future__ import annotations

import json
import re
from typing import Any
from xml.etree import ElementTree

import pytest
from report_samples import clean_report, full_report, options

from constraintlint.findings import Finding, Report, Severity, Step, Verdict
from constraintlint.reports import render
from constraintlint.reports.markdown import code, escaped


def made(**changes: Any) -> Finding:
    values: dict[str, Any] = {
        "rule": "layer-direction", "path": "a.py", "line": 1, "column": 1, "end_line": 1, "end_column": 2,
        "message": "m", "severity": "error", "fingerprint": "f",
    }  # fmt: skip
    return Finding(**{**values, **changes})


def report_of(*findings: Finding) -> Report:
    report = clean_report()
    report.findings = list(findings)
    return report


def many(severity: Severity, number: int) -> list[Finding]:
    return [made(path=f"{severity}{n:02}.py", severity=severity) for n in range(number)]


# --- github ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "::error file=a.py,line=1,endLine=1,col=1,endColumn=2,title=layer-direction::m"),
        ({"severity": "warning"}, "::warning file=a.py,line=1,endLine=1,col=1,endColumn=2,title=layer-direction::m"),
        ({"severity": "note"}, "::notice file=a.py,line=1,endLine=1,col=1,endColumn=2,title=layer-direction::m"),
        ({"end_line": 3}, "::error file=a.py,line=1,endLine=3,title=layer-direction::m"),
        ({"path": "a,b:c%d.py"}, "::error file=a%2Cb%3Ac%25d.py,line=1,endLine=1,col=1,endColumn=2,title=layer-direction::m"),
        ({"message": "100%\nof: a, b"}, "::error file=a.py,line=1,endLine=1,col=1,endColumn=2,title=layer-direction::100%25%0Aof: a, b"),
        ({"help": "do\nit"}, "::error file=a.py,line=1,endLine=1,col=1,endColumn=2,title=layer-direction::m%0Ahelp: do it"),
        ({"line": 0, "column": 0, "end_line": 0, "end_column": 0}, "::error file=a.py,line=1,endLine=1,col=1,endColumn=1,title=layer-direction::m"),
    ],
)  # fmt: skip
def test_github_command(changes: dict[str, Any], expected: str) -> None:
    assert render(report_of(made(**changes)), "github", options()).splitlines()[0] == expected


def test_github_annotates_what_is_shown_and_says_what_is_not() -> None:
    report = report_of(*many("note", 12), *many("warning", 11), *many("error", 13))
    lines = render(report, "github", options()).splitlines()
    commands = [line.split(" ")[0] for line in lines if line.startswith("::")]
    assert commands == ["::error"] * 10 + ["::warning"] * 10 + ["::notice"] * 10
    assert sum(": error layer-direction: m" in line for line in lines) == 13
    assert "not annotated: 6 findings (GitHub shows 10 a level and step)" in lines
    assert lines[-1].startswith("constraintlint: ")


@pytest.mark.parametrize("hostile", ["::add-mask::x", "x\n::set-env name=PATH::/", "a ##[add-path]/tmp"])
@pytest.mark.parametrize("field", ["path", "message", "rule"])
def test_github_runs_no_command_of_the_checked_code(field: str, hostile: str) -> None:
    text = render(report_of(made(**{field: hostile})), "github", options())
    first, *rest = text.splitlines()
    assert first.startswith("::error file=")
    fence = re.fullmatch(r"::stop-commands::([0-9a-f]{32})", rest[0])
    assert fence
    assert rest[-1] == f"::{fence[1]}::"
    assert fence[1] not in "\n".join(rest[1:-1])


def test_github_paths_below_the_repository() -> None:
    text = render(report_of(made()), "github", options(path_prefix="apps/api"))
    assert text.startswith("::error file=apps/api/a.py,")


# --- gitlab ------------------------------------------------------------------------------------------------------


def test_gitlab_issues_have_what_the_widget_reads() -> None:
    report = full_report()
    issues = json.loads(render(report, "gitlab", options(path_prefix="api/")))
    assert len(issues) == len(report.findings)
    for issue, item in zip(issues, report.findings, strict=True):
        assert issue["description"].startswith(item.message[:20])
        assert issue["check_name"] == item.rule
        assert issue["fingerprint"] == item.fingerprint
        assert issue["location"] == {
            "path": f"api/{item.path}",
            "lines": {"begin": item.line, "end": item.end_line},
        }
    assert len({issue["fingerprint"] for issue in issues}) == len(issues)
    assert {issue["severity"] for issue in issues} == {"major", "minor", "info"}


def test_gitlab_lines_start_at_one_and_nothing_is_empty() -> None:
    (issue,) = json.loads(render(report_of(made(line=0, end_line=0, message=" ")), "gitlab", options()))
    assert issue["location"]["lines"] == {"begin": 1, "end": 1}
    assert issue["description"] == "layer-direction"


# --- junit -------------------------------------------------------------------------------------------------------


def junit(report: Report, **changes: object) -> ElementTree.Element:
    root = ElementTree.fromstring(render(report, "junit", options(**changes)).encode())
    assert root.tag == "testsuites"
    for element in [root, *root.iter("testsuite")]:
        cases = list(element.iter("testcase"))
        assert element.get("name") and element.get("errors") == "0"
        assert int(element.get("tests", "")) == len(cases) > 0
        for name in ("failure", "skipped"):
            total = "failures" if name == "failure" else name
            assert int(element.get(total, "")) == sum(case.find(name) is not None for case in cases)
    for case in root.iter("testcase"):
        assert case.get("classname") and case.get("name")
        assert len(case) <= 1
        for outcome in case:
            assert outcome.get("message")
            assert (outcome.tag, bool(outcome.get("type"))) in {("failure", True), ("skipped", False)}
    return root


def test_junit_of_the_sample() -> None:
    root = junit(full_report())
    constraints, findings = root.findall("testsuite")
    names = {case.get("name"): [child.tag for child in case] for case in constraints.iter("testcase")}
    assert names == {
        "architecture (clean)": ["failure"],
        "database (postgresql)": [],
        "orm": ["skipped"],
        "framework (fastapi, flask)": [],
        "contract": ["skipped"],
    }
    outcomes = [next(iter(case)).tag for case in findings.iter("testcase")]
    assert outcomes == ["failure", "failure", "skipped", "failure", "skipped"]
    output = findings.findtext("system-out") or ""
    assert output.count("parse-incomplete") == 11 and output.splitlines()[-1].startswith("constraintlint: ")


@pytest.mark.parametrize(("fail_on", "failures"), [("error", 3), ("warning", 4), ("note", 5), ("never", 0)])
def test_junit_fails_what_fails_the_run(fail_on: str, failures: int) -> None:
    suite = junit(full_report(), fail_on=fail_on).findall("testsuite")[1]
    assert suite.get("failures") == str(failures)


def test_junit_of_a_clean_run_has_a_case() -> None:
    report = clean_report()
    report.verdicts = {}
    (suite,) = junit(report).findall("testsuite")
    assert [case.get("name") for case in suite.iter("testcase")] == ["no findings"]


def test_junit_escapes() -> None:
    hostile = '<a b="c">&amp;]]>\'\x00\x1b\ud800\ufffe\U0001f642'
    report = report_of(made(message=hostile, path="<&>.py", trace=[Step(hostile, 1, 1, hostile)]))
    case = next(iter(junit(report).findall("testsuite")[1].iter("testcase")))
    assert case.get("file") == "<&>.py"
    assert (case[0].text or "").splitlines()[1] == '<a b="c">&amp;]]>\'\\x00\\x1b\\ud800\\ufffe\U0001f642'


# --- markdown ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain (words) - a+b = c!", "plain (words) - a+b = c!"),
        ("a_b *c* `d` ~e~", "a\\_b \\*c\\* \\`d\\` \\~e\\~"),
        ("[x](y) ![z](w) <b> & |", "\\[x\\](y) !\\[z\\](w) &lt;b&gt; &amp; \\|"),
        ("@app.route a@b @ @", "@<!-- -->app.route a@<!-- -->b @ @"),
        ("#12 # #x", "#<!-- -->12 # #x"),
        ("a.py:100:2 :x y: ::", "a.py:<!-- -->100:2 :x y: ::"),
        ("$1 and $2", "<span>$</span>1 and <span>$</span>2"),
        ("back\\slash", "back\\\\slash"),
    ],
)
def test_markdown_escapes(text: str, expected: str) -> None:
    assert escaped(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a.py:1", "`a.py:1`"), ("a`b", "`` a`b ``"), ("``", "``` `` ```"), ("", ""), ("  ", "")],
)
def test_markdown_code(text: str, expected: str) -> None:
    assert code(text) == expected


def test_markdown_cell_keeps_its_columns() -> None:
    report = clean_report()
    report.verdicts = {"orm": Verdict(status="fail", declared="a|b", reason="x | y\nz" + "w" * 999)}
    row = next(
        line for line in render(report, "markdown", options()).splitlines() if line.startswith("| orm")
    )
    assert row.startswith("| orm | **fail** | `a\\|b` | x \\| y z")
    assert len(row) < 400


def test_markdown_stays_below_the_limit_of_a_comment_and_says_what_is_missing() -> None:
    report = report_of(*many("error", 900), *many("note", 900))
    for item in report.findings:
        item.message = "x" * 100
    text = render(report, "markdown", options())
    assert len(text) < 65_536
    shown = text.count("xxx`") + len(re.findall(r"^- `", text, re.M))
    assert f"{1800 - shown} more findings not shown here" in text
    assert text.rstrip().splitlines()[-1].startswith("constraintlint: ")


def test_markdown_opens_errors_only() -> None:
    text = render(full_report(), "markdown", options())
    summaries = re.findall(r"(<details(?: open)?>)\n<summary>(\w+)", text)
    assert summaries == [
        ("<details open>", "error"),
        ("<details open>", "error"),
        ("<details>", "warning"),
        ("<details>", "note"),
        ("<details>", "Not"),
    ]


@pytest.mark.parametrize(
    ("fail_on", "word"), [("error", "passed"), ("warning", "failed"), ("never", "passed")]
)
def test_markdown_title(fail_on: str, word: str) -> None:
    text = render(report_of(made(severity="warning")), "markdown", options(fail_on=fail_on))
    assert text.startswith(f"## constraintlint: {word}\n")


# --- concise and agent -------------------------------------------------------------------------------------------


def test_concise_is_one_line_a_finding() -> None:
    report = report_of(made(message="a\nb\x1b", path="x\ny.py"))
    assert render(report, "concise", options()).splitlines() == [
        "x\\ny.py:1:1: error layer-direction: a b\\x1b",
        "constraintlint: no findings (1 file, 3 rules)",
    ]


def test_agent_groups_by_root_cause() -> None:
    report = report_of(
        made(path="b.py", subject="s -> t", help="move it"),
        made(path="a.py", subject="s -> t", help="move it", trace=[Step("c.py", 2, 3, "imports d.py")]),
        made(path="a.py", subject="other"),
        made(path="0.py", severity="note", rule="unused-suppression"),
        made(path="0.py", severity="note", rule="unused-suppression", line=2, message="n"),
    )
    lines = render(report, "agent", options()).splitlines()
    assert lines[:5] == [
        "a.py:1:1 error layer-direction: m | evidence: c.py:2:3 imports d.py | same cause at b.py:1:1 | fix: move it",
        "a.py:1:1 error layer-direction: m",
        "0.py:1:1 note unused-suppression: m",
        "0.py:2:1 note unused-suppression: n",
        "explain: `constraintlint explain RULE` has examples, for instance layer-direction",
    ]


def test_agent_has_every_place_a_fix_and_no_decoration() -> None:
    report = full_report()
    text = render(report, "agent", options(color=True, hyperlink="file://{path}"))
    assert "\x1b" not in text and not re.search(r"[\u2500-\u257f]|\n\n", text)
    for item in report.findings:
        assert f"{item.path}:{item.line}:{item.column}" in text
        assert not item.help or f"fix: {item.help.replace(chr(10), ' ')}" in text
    assert "failed: architecture (clean): 4 of 4 layers" in text
    assert text.splitlines()[-1].endswith("failed: architecture; passed: database, framework")
    assert "not analysed: 2 more places" in text


@pytest.mark.parametrize("format", ["text", "concise", "github", "markdown", "agent"])
def test_a_clean_run_says_so(format: str) -> None:
    last = render(clean_report(), format, options()).splitlines()[-1]
    assert last == "constraintlint: no findings (1 file, 3 rules)"
