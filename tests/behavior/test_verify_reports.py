"""The reports of verify: well-formed whatever a backend answers, and with what a person needs."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from constraintlint.behavior.judge import judge
from constraintlint.behavior.outcome import Assertion, Exchange, Outcome, RequestResult, Run, SuiteResult
from constraintlint.behavior.reports import FORMATS, render
from constraintlint.findings import Evidence, Report, Summary, Verdict

NASTY = "<script>alert('&')</script>\x00\x1b[31m ]]> \ud800 \u202e | ` @you #1 \n second line"


def outcome(text: str = "plain", *, passing: bool = False, runs: int = 1, problem: str = "") -> Outcome:
    exchange = Exchange(
        method="POST", url=f"/api/{text}", request_headers=[("X", text)], request_body=text, status=422,
        response_headers=[("Y", text)], response_body=f'{{"errors": "{text}"}}', milliseconds=12,
    )  # fmt: skip
    good = RequestResult(
        group="users", name="registers", operation="POST /users",
        assertions=[Assertion(name="status == 200", passed=True)], exchange=exchange,
    )  # fmt: skip
    bad = RequestResult(
        group=text, name=text, operation=f"GET /{text}", exchange=exchange,
        assertions=[Assertion(name=f"$ has {text}", passed=False, detail=f"it is {text}")],
    )  # fmt: skip
    never = RequestResult(
        group=text, name="later", operation="GET /later",
        assertions=[Assertion(name="a is null", passed=False, executed=False, detail="no")],
    )  # fmt: skip
    requests = [good] if passing else [good, bad, never]
    all_runs = [
        Run(
            number=number, suite=SuiteResult(name="conduit", runner="built-in", requests=requests), problem=problem,
            notes=[] if passing else [text], server_log=f"INFO {text}\n", database="SQLite, a fresh directory", port=8080,
        )
        for number in range(1, runs + 1)
    ]  # fmt: skip
    verdicts = {
        "architecture": Verdict(status="pass", declared="clean", reason="4 of 4 layers"),
        "orm": Verdict(
            status="pass" if passing else "fail", declared="sqlalchemy", reason=f"raw {text}",
            evidence=[Evidence(path="app/a.py", line=3, column=1, message=text)],
        ),
        "database": Verdict(status="not-declared", declared=None, reason=""),
    }  # fmt: skip
    check = Report(root="/x", stack={}, verdicts=verdicts, findings=[], summary=Summary(files=1, rules=1))
    return Outcome(name="shop", check=check, runs=all_runs, judgement=judge(check, all_runs))


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("text", ["plain", NASTY])
def test_every_format_takes_everything(format: str, text: str) -> None:
    for case in (outcome(text), outcome(text, runs=3, problem=text), outcome(text, passing=True)):
        rendered = render(case, format)
        assert rendered.endswith("\n") and rendered == render(case, format)
        rendered.encode()
        assert "\x1b[31m" not in rendered and "/x" not in rendered.replace("/x/", "")


def test_text() -> None:
    rendered = render(outcome(), "text")
    for words in ("fail  orm (sqlalchemy)", "1/3 assertions", "failed plain: GET /plain -> 422 in 12 ms", "- $ has plain: it is plain", "sent:     plain", "INFO plain"):  # fmt: skip
        assert words in rendered
    assert rendered.splitlines()[-1] == ("constraintlint: fail: 1/3 assertions, 1 not executed, broken: orm")
    assert render(outcome(passing=True), "text").splitlines()[-1] == (
        "constraintlint: pass: 1/1 assertions, 2 declared constraints kept"
    )
    assert "\x1b[" in render(outcome(), "text", color=True)
    assert "pass@1 0.000, pass@2 0.000" in render(outcome(runs=2), "text")


def test_json() -> None:
    document = json.loads(render(outcome(NASTY), "json"))
    assert (document["status"], document["strict_assertions_percent"], document["failed_verdicts"]) == ("fail", 0.0, ["orm"])  # fmt: skip
    assert document["runs"][0]["suite"]["requests"][1]["exchange"]["status"] == 422


def test_junit() -> None:
    root = ElementTree.fromstring(render(outcome(NASTY, problem=NASTY), "junit").encode())
    cases = root.findall(".//testcase")
    assert root.attrib["tests"] == str(len(cases)) == "7"
    assert root.attrib["failures"] == str(len(root.findall(".//failure"))) == "4"
    assert root.attrib["skipped"] == str(len(root.findall(".//skipped"))) == "1"


class Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.outside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in ("meta", "br"):
            self.open.append(tag)
        self.outside += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open.pop() == tag


@pytest.mark.parametrize("text", ["plain", NASTY])
def test_html_stands_alone(text: str) -> None:
    rendered = render(outcome(text), "html")
    page = Page()
    page.feed(rendered)
    assert page.open == [] and page.outside == [] and "script" not in page.tags
    assert "url(" not in rendered and "@import" not in rendered
    if text == "plain":
        for words in ("broken: orm", "POST /api/plain", "HTTP 422", "INFO plain", "app/a.py:3"):
            assert words in rendered


def test_markdown_has_a_row_for_each_constraint() -> None:
    rendered = render(outcome(), "markdown")
    assert rendered.startswith("## constraintlint verify: fail\n")
    assert "| orm | sqlalchemy | **fail**: raw plain |" in rendered
    assert "| 1 | conduit (built-in) | 1/3 | 1/3 |" in rendered
