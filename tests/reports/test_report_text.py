from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_samples import clean_report, full_report, options

from constraintlint.findings import Diagnostic, Evidence, Finding, Step, Verdict
from constraintlint.reports import render
from constraintlint.reports.excerpt import display_width, underlined

COMBINING = "e\u0301"


@pytest.mark.parametrize(
    ("line", "columns", "expected"),
    [
        ("x = one", (5, 8), ("x = one", "    ^^^")),
        ("x = one\r\n", (5, 8), ("x = one", "    ^^^")),
        ("\tx = one", (6, 9), ("    x = one", "        ^^^")),
        ("a\tb", (2, 3), ("a    b", " ^^^^")),
        ("報告 = x", (6, 7), ("報告 = x", "       ^")),
        ("x = 報告", (5, 7), ("x = 報告", "    ^^^^")),
        ("🙂🙂 x", (4, 5), ("🙂🙂 x", "     ^")),
        (f"caf{COMBINING} = x", (9, 10), (f"caf{COMBINING} = x", "       ^")),
        ("ＡＢ", (2, 3), ("ＡＢ", "  ^^")),
        ("a\x1b[31mb", (7, 8), ("a\\x1b[31mb", "         ^")),
        ("a\u202eb", (3, 4), ("a\\u202eb", "       ^")),
        ("a\udc80b", (3, 4), ("a\\x80b", "     ^")),
        ("x", (1, 1), ("x", "^")),
        ("x", (0, 0), ("x", "^")),
        ("x", (2, 2), ("x", " ^")),
        ("x", (99, 120), ("x", " ^")),
        ("x = one", (5, 99), ("x = one", "    ^^^")),
        ("x = one", (7, 2), ("x = one", "      ^")),
        ("", (1, 5), ("", "^")),
    ],
)
def test_carets(line: str, columns: tuple[int, int], expected: tuple[str, str]) -> None:
    assert underlined(line, *columns, width=80) == expected


@pytest.mark.parametrize(
    ("line", "columns", "expected"),
    [
        ("a" * 30, (1, 4), ("aaaaaaaaaaaaaa...", "^^^")),
        ("a" * 30, (30, 31), ("...aaaaaaaaaaaaaa", " " * 16 + "^")),
        ("a" * 30 + "bcd" + "e" * 30, (31, 34), ("...aaaabcdeeeeeee...", "       ^^^")),
        ("a" * 30 + "b" * 40, (31, 71), ("...aaaabbbbbbbbbb...", "       ^^^^^^^^^^")),
        ("報" * 30, (15, 16), ("...報報報報報報報...", "       ^^")),
        ("a" * 30, (3, 4), ("aaaaaaaaaaaaaa...", "  ^")),
        ("a" * 20, (1, 2), ("a" * 20, "^")),
    ],
)
def test_long_lines_are_clipped_around_the_column(
    line: str, columns: tuple[int, int], expected: tuple[str, str]
) -> None:
    text, carets = underlined(line, *columns, width=20)
    assert display_width(text) <= 20
    assert (text, carets) == expected


def test_a_line_of_megabytes_costs_nothing() -> None:
    from time import perf_counter

    line = "報" * 4_000_000 + "x" + "y" * 4_000_000
    started = perf_counter()
    text, carets = underlined(line, 4_000_001, 4_000_002, 100)
    assert perf_counter() - started < 0.5  # character by character it takes seconds
    assert text[: len("...") + carets.count(" ")].startswith("...報")
    assert text[len("...") + (len(carets) - 1 - len("...")) // 2] == "x"


@given(
    st.text(st.one_of(st.sampled_from("ab \t報🙂\u0301\u200d\x00\u202e"), st.characters()), max_size=120),
    st.integers(-2, 130),
    st.integers(-2, 130),
    st.integers(0, 60),
)
def test_carets_always_fit_the_line(line: str, column: int, end: int, width: int) -> None:
    text, carets = underlined(line, column, end, width)
    assert text.isprintable() or set(text) & set("\u200c\u200d") or not text.isascii()
    assert not set("\n\r\t\x1b") & set(text)
    assert re.fullmatch(r" *\^+", carets)
    assert display_width(text) <= max(width, 9)
    assert len(carets) <= max(width, 9) + 1


def made(**changes: Any) -> Finding:
    values: dict[str, Any] = {
        "rule": "layer-direction", "path": "a.py", "line": 1, "column": 1, "end_line": 1, "end_column": 2,
        "message": "m", "severity": "error",
    }  # fmt: skip
    return Finding(**{**values, **changes})


def text_of(
    item: Finding, excerpts: dict[tuple[str, int], str] | None = None, **changes: object
) -> list[str]:
    report = clean_report()
    report.findings = [item]
    report.excerpts = excerpts or {}
    return render(report, "text", options(**changes)).split("\n\n")[0].splitlines()


def test_a_finding_reads_like_the_contract() -> None:
    lines = text_of(
        made(path="app/a.py", line=41, column=29, end_line=41, end_column=37, rule="sql-unknown-column",
             message='column "tag_name" does not exist', help="use t.label",
             trace=[Step("app/db/schema.sql", 18, 1, "tags is created here")]),
        {("app/a.py", 41): '    rows = execute("SELECT t.tag_name")'},
    )  # fmt: skip
    assert lines == [
        "app/a.py:41:29 error sql-unknown-column",
        '  column "tag_name" does not exist',
        '  41 |     rows = execute("SELECT t.tag_name")',
        "     |                             ^^^^^^^^",
        "  app/db/schema.sql:18:1 tags is created here",
        "  help: use t.label",
    ]


def test_no_excerpt_where_the_line_is_unknown_or_blank() -> None:
    assert text_of(made()) == ["a.py:1:1 error layer-direction", "  m"]
    assert text_of(made(), {("a.py", 1): "   "}) == ["a.py:1:1 error layer-direction", "  m"]


def test_a_span_over_lines_is_marked_to_the_end_of_its_first() -> None:
    lines = text_of(made(column=3, end_line=4, end_column=1), {("a.py", 1): "x = ("})
    assert lines[-2:] == ["  1 | x = (", "    |   ^^^"]


def test_messages_of_several_lines_stay_indented_and_harmless() -> None:
    lines = text_of(made(message="one\n\ttwo\x1b[2J", help="a\nb"))
    assert lines[1:] == ["  one", "      two\\x1b[2J", "  help: a", "        b"]


def test_escape_sequences_only_where_they_are_asked_for() -> None:
    report = full_report()
    plain = render(report, "text", options())
    assert "\x1b" not in plain
    coloured = render(report, "text", options(color=True))
    assert "\x1b[" in coloured and "\x1b]8" not in coloured
    linked = render(report, "text", options(hyperlink="file://h{path}"))
    assert "\x1b]8;;file://h/srv/checkout/backend/static/app%20bundle%25.js\x1b\\" in linked
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain
    assert re.sub(r"\x1b]8;;[^\x1b]*\x1b\\", "", linked) == plain


def test_hyperlink_fields() -> None:
    first = text_of(
        made(path="a{line}.py", line=3, column=7), hyperlink="editor://open{path}:{line}:{column}"
    )[0]
    assert first.startswith(
        "\x1b]8;;editor://open/srv/checkout/backend/a%7Bline%7D.py:3:7\x1b\\a{line}.py:3:7\x1b]8;;\x1b\\ "
    )


@pytest.mark.parametrize(
    ("limit", "listed", "rest"), [(0, 0, 12), (1, 1, 11), (11, 11, 1), (12, 12, 0), (99, 12, 0)]
)
def test_diagnostics_are_counted_and_listed_to_a_limit(limit: int, listed: int, rest: int) -> None:
    text = render(full_report(), "text", options(max_diagnostics=limit))
    assert "not analysed: 12 (11 parse-incomplete, 1 dynamic-import)\n" in text
    assert text.count(" parse-incomplete: ") + text.count(" dynamic-import: ") == listed
    assert (f"\n  and {rest} more\n" in text) == bool(rest)


def test_evidence_of_a_broken_constraint_is_limited() -> None:
    report = clean_report()
    evidence = [Evidence(f"f{n}.py", n, 1, "here") for n in range(1, 6)]
    report.verdicts["orm"] = Verdict(status="fail", declared="django", reason="no model", evidence=evidence)
    text = render(report, "text", options())
    assert "f3.py:3:1 here\n    and 2 more\n" in text and "f4.py" not in text
    assert text.splitlines()[-1] == "constraintlint: no findings (1 file, 3 rules); failed: orm"


def test_contract_is_shown_where_it_is_declared() -> None:
    report = clean_report()
    assert "contract" not in render(report, "text", options())
    report.verdicts["contract"] = Verdict(
        status="pass", declared="openapi.yml", reason="all routes are there"
    )
    assert "contract" in render(report, "text", options())


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ({}, "coverage: 1 file"),
        ({"routes": 3, "models": 2, "unassigned": 4}, "coverage: 1 file, 5 in a layer, 4 unassigned"),
        ({"routes": 3}, "coverage: 1 file, 3 in a layer, 0 unassigned"),
    ],
)
def test_coverage(layers: dict[str, int], expected: str) -> None:
    report = clean_report()
    report.stack = {"layers": layers}
    assert expected in render(report, "text", options()).splitlines()


def test_a_run_without_verdicts_or_stack_still_ends_in_its_verdict_line() -> None:
    report = clean_report()
    report.verdicts, report.stack = {}, {}
    report.diagnostics = [Diagnostic("a.py", 1, "parse-incomplete", "x")]
    lines = render(report, "text", options()).splitlines()
    assert lines[0] == "coverage: 1 file"
    assert lines[-1] == "constraintlint: no findings (1 file, 3 rules, 1 not analysed)"
