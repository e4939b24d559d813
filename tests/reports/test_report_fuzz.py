"""No string a checked project can hold makes a report fail, act on the terminal, or become unreadable to its reader."""

from __future__ import annotations

import json
from xml.etree import ElementTree

from hypothesis import given, settings
from hypothesis import strategies as st
from report_samples import options

from constraintlint.findings import (
    Diagnostic,
    Evidence,
    Finding,
    Report,
    Step,
    Summary,
    Verdict,
    with_fingerprints,
)
from constraintlint.reports import FORMATS, RenderOptions, render

SPECIAL = "\x00\x07\x1b\t\n\r\x7f\x85\xa0\u00ad\u0301\u200b\u200d\u2028\u202e\ufeff\ufffe\uffff\ud800\udcff\U0010ffff🙂報`|<&\"'[](%:,$@#\\*_"
strings = st.text(st.one_of(st.sampled_from(SPECIAL), st.characters(exclude_categories=())), max_size=20)
names = st.text(st.sampled_from("abc-"), min_size=1, max_size=8) | strings
numbers = st.integers(-1, 30)
steps = st.builds(Step, strings, numbers, numbers, strings, numbers, numbers)
findings = st.builds(
    Finding,
    rule=names, path=strings, line=numbers, column=numbers, end_line=numbers, end_column=numbers, message=strings,
    help=strings, trace=st.lists(steps, max_size=3), subject=strings, category=names,
    severity=st.sampled_from(["error", "warning", "note", None]), confidence=st.sampled_from(["high", None]),
)  # fmt: skip
evidence = st.builds(Evidence, strings, numbers, numbers, strings)
verdicts = st.builds(
    Verdict,
    status=st.sampled_from(["pass", "fail", "not-declared"]),
    declared=st.none() | strings | st.lists(strings, max_size=2),
    reason=strings,
    evidence=st.lists(evidence, max_size=2),
)
stacks = st.fixed_dictionaries(
    {},
    optional={
        "frameworks": st.lists(strings, max_size=2),
        "databases": st.lists(st.fixed_dictionaries({"engine": strings, "role": strings, "evidence": st.lists(evidence, max_size=1)}), max_size=2),
        "layers": st.dictionaries(strings, st.integers(0, 9), max_size=2),
        "extra": strings,
    },
)  # fmt: skip


@st.composite
def reports(draw: st.DrawFn) -> Report:
    items = draw(st.lists(findings, max_size=4))
    with_fingerprints(
        [item for item in items if (item.rule + item.path + item.subject + item.message).isascii()]
    )
    excerpts = {(item.path, item.line): draw(strings) for item in items if draw(st.booleans())}
    return Report(
        root=draw(strings),
        stack=draw(stacks),
        verdicts=draw(
            st.dictionaries(st.sampled_from(["architecture", "orm"]) | strings, verdicts, max_size=3)
        ),
        findings=items,
        diagnostics=draw(
            st.lists(st.builds(Diagnostic, strings, numbers, names, strings, numbers), max_size=3)
        ),
        summary=Summary(files=1, rules=1, errors=len(items)),
        excerpts=excerpts,
    )


@settings(max_examples=60, deadline=None)
@given(reports(), strings, st.integers(0, 50), st.booleans())
def test_any_report_in_any_format(report: Report, text: str, width: int, color: bool) -> None:
    choice = options(read_text=lambda path: text, width=width, color=color, path_prefix=text.strip("/"))
    for format in FORMATS:
        output = render(report, format, choice)
        assert output.endswith("\n")
        output.encode()
        assert output == render(report, format, choice)
        if format in ("json", "sarif", "gitlab"):
            json.loads(output)
        elif format == "junit":
            ElementTree.fromstring(output.encode())
        elif format != "text" or not color:
            assert not set("\x00\x07\x1b\r\x7f\x85\u2028\u202e\ufeff\uffff") & set(output)


@settings(max_examples=60, deadline=None)
@given(st.lists(findings, min_size=1, max_size=4))
def test_one_line_formats_have_one_line_a_finding(items: list[Finding]) -> None:
    report = Report(
        root="/", stack={}, verdicts={}, findings=items, summary=Summary(files=1, rules=1, errors=len(items))
    )
    assert len(render(report, "concise", RenderOptions()).splitlines()) == len(items) + 1
    assert len(render(report, "agent", RenderOptions()).splitlines()) <= len(items) + 2
