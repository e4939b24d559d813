"""Suppression comments: which are found, which lines they serve, what they hide, and what is said about them."""

from __future__ import annotations

import pytest
import tree_sitter
import tree_sitter_javascript
import tree_sitter_python
import tree_sitter_typescript

from constraintlint.facts.source import Suppression
from constraintlint.findings import Finding, finding
from constraintlint.frontends.suppressions import collect
from constraintlint.suppression import apply

_PARSERS = {
    "python": tree_sitter.Parser(tree_sitter.Language(tree_sitter_python.language())),
    "javascript": tree_sitter.Parser(tree_sitter.Language(tree_sitter_javascript.language())),
    "typescript": tree_sitter.Parser(tree_sitter.Language(tree_sitter_typescript.language_typescript())),
}


def read(language: str, text: str) -> list[Suppression]:
    data = text.encode()
    return collect(_PARSERS[language].parse(data).root_node, data, language)


def served(language: str, text: str) -> list[tuple[str, int, int]]:
    """Rules, first and last line of every comment."""
    return [(",".join(item.rules), item.first_line, item.last_line) for item in read(language, text)]


PYTHON = [
    ("x = 1  # constraintlint: ignore[a-b] why", [("a-b", 1, 1)]),
    ("# constraintlint: ignore[a-b] why\nx = 1", [("a-b", 2, 2)]),
    ("# constraintlint: ignore[a-b] why\n\n# more\nx = f(\n  1,\n)\ny = 2", [("a-b", 4, 6)]),
    ("# constraintlint: ignore[a-b] why\n@d\n@e(1)\ndef f():\n    pass\n", [("a-b", 2, 5)]),
    ("@d\n# constraintlint: ignore[a-b] why\ndef f():\n    pass\n", [("a-b", 3, 4)]),
    ("def f():\n    # constraintlint: ignore[a-b] why\n    x()\n    y()\n", [("a-b", 3, 3)]),
    ("class A:\n    # constraintlint: ignore[a-b] why\n    # more\n    x = 1\n    y = 2\n", [("a-b", 4, 4)]),
    ("if a:\n    x\n# constraintlint: ignore[a-b] why\nelse:\n    y\n", [("a-b", 4, 5)]),
    ("f(\n    # constraintlint: ignore[a-b] why\n    g(),\n    h(),\n)", [("a-b", 3, 3)]),
    ("def f():\n    x()\n    # constraintlint: ignore[a-b] why\n\ny()\n", [("a-b", 5, 5)]),
    ("x = 1\n# constraintlint: ignore[a-b] the end", [("a-b", 2, 2)]),
    ('q = """\nselect\n"""  # constraintlint: ignore[a-b] why', [("a-b", 1, 3)]),
    ('q = f("""\nselect {x}\n""", 1)  # constraintlint: ignore[a-b] why', [("a-b", 1, 3)]),
    ("f(\n  1,\n)  # constraintlint: ignore[a-b] why", [("a-b", 3, 3)]),
    ("# constraintlint: ignore-file[a-b, c-d,a-b] why\nx = 1", [("a-b,c-d", 0, 0)]),
    ("x = 1\n# constraintlint: ignore-file[a-b] why", [("a-b", 0, 0)]),
    ("x = 1  # noqa  # constraintlint: ignore[a-b] why", [("a-b", 1, 1)]),
    (
        "x = 1  # constraintlint: ignore[a-b] w # constraintlint: ignore[c-d] v",
        [("a-b", 1, 1), ("c-d", 1, 1)],
    ),
    ("#constraintlint:ignore[ a-b ]why\nx = 1", [("a-b", 2, 2)]),
    ("\tx = (\n# constraintlint: ignore[a-b] broken\n", [("a-b", 2, 2)]),
    ('s = "# constraintlint: ignore[a-b] text"', []),
    ('"""\n# constraintlint: ignore[a-b] text\n"""', []),
    ("# see constraintlint: ignore[a-b] is how it is written", []),
    ("# myconstraintlint: ignore[a-b] other tool", []),
    ("x = 1", []),
    ("", []),
]

SCRIPT = [
    ("x(); // constraintlint: ignore[a-b] why", [("a-b", 1, 1)]),
    ("// constraintlint: ignore[a-b] why\nx(\n 1\n);", [("a-b", 2, 4)]),
    ("/* constraintlint: ignore[a-b] why */\nx();", [("a-b", 2, 2)]),
    ("/* constraintlint: ignore[a-b] why */ x();\ny();", [("a-b", 1, 1)]),
    ("/**\n * constraintlint: ignore[a-b] why\n * and more\n */\nexport const x = {\n};", [("a-b", 5, 6)]),
    ("function f() {\n  // constraintlint: ignore[a-b] why\n  return 1;\n}", [("a-b", 3, 3)]),
    ("class A {\n  // constraintlint: ignore[a-b] why\n  m() {\n  }\n  n() {}\n}", [("a-b", 3, 4)]),
    ("const x = {\n  // constraintlint: ignore[a-b] why\n  a: 1,\n  b: 2,\n};", [("a-b", 3, 3)]),
    ("app.use(\n  // constraintlint: ignore[a-b] why\n  f(\n  ),\n  g());", [("a-b", 3, 4)]),
    ("const q = `\nselect ${x}\n`; // constraintlint: ignore[a-b] why", [("a-b", 1, 3)]),
    ("if (a) {\n  x();\n  // constraintlint: ignore[a-b] why\n}\ny();", [("a-b", 5, 5)]),
    ("// constraintlint: ignore[a-b] see https://example.org/x\nx();", [("a-b", 2, 2)]),
    ("x(); // eslint-disable-line -- ok // constraintlint: ignore[a-b] why", [("a-b", 1, 1)]),
    ("/* constraintlint: ignore-file[a-b] why */\nx();", [("a-b", 0, 0)]),
    ("const s = '// constraintlint: ignore[a-b] text';", []),
    ("const s = `\n// constraintlint: ignore[a-b] text\n`;", []),
    ("const r = /constraintlint: ignore[ab]/;", []),
]

TYPESCRIPT = [
    ("// constraintlint: ignore[a-b] why\n@Entity()\nexport class A {\n}", [("a-b", 2, 4)]),
    ("class A {\n  // constraintlint: ignore[a-b] why\n  @Get()\n  @Auth() m() {\n  }\n}", [("a-b", 3, 5)]),
    ("class A {\n  // constraintlint: ignore[a-b] why\n  @Column()\n  name: string;\n}", [("a-b", 3, 4)]),
    ("interface A {\n  // constraintlint: ignore[a-b] why\n  name: string;\n}", [("a-b", 3, 3)]),
]


@pytest.mark.parametrize(("text", "expected"), PYTHON)
def test_python(text: str, expected: list[tuple[str, int, int]]) -> None:
    assert served("python", text) == expected


@pytest.mark.parametrize("language", ["javascript", "typescript"])
@pytest.mark.parametrize(("text", "expected"), SCRIPT)
def test_script(language: str, text: str, expected: list[tuple[str, int, int]]) -> None:
    assert served(language, text) == expected


@pytest.mark.parametrize(("text", "expected"), TYPESCRIPT)
def test_typescript(text: str, expected: list[tuple[str, int, int]]) -> None:
    assert served("typescript", text) == expected


REASONS = [
    ("python", "# constraintlint: ignore[a-b] see #12, é", "see #12, é"),
    ("python", "# constraintlint: ignore[a-b]: with a colon", "with a colon"),
    ("python", "# constraintlint: ignore[a-b] -- dashes", "dashes"),
    ("python", "# constraintlint: ignore[a-b] why  # noqa", "why"),
    ("python", "# constraintlint: ignore[a-b]", ""),
    ("python", "# constraintlint: ignore[a-b]   # noqa", ""),
    ("python", "# constraintlint: ignore[a-b] a // b", "a // b"),
    ("javascript", "// constraintlint: ignore[a-b] https://x.y // more", "https://x.y"),
    ("javascript", "/* constraintlint: ignore[a-b] one\n  * two\n  three */", "one two three"),
    ("javascript", "/* constraintlint: ignore[a-b] */", ""),
    ("javascript", "/** constraintlint: ignore[a-b] why **/", "why"),
]


@pytest.mark.parametrize(("language", "text", "reason"), REASONS)
def test_reason(language: str, text: str, reason: str) -> None:
    assert [item.reason for item in read(language, text)] == [reason]


MALFORMED = [
    ("# constraintlint: ignore", '"ignore" is not followed by the names of rules in square brackets'),
    ("# constraintlint: ignore a-b", '"ignore" is not followed by the names of rules in square brackets'),
    ("# constraintlint: ignore[a-b", '"ignore" is not followed by the names of rules in square brackets'),
    ("# constraintlint: ignore[] why", "the square brackets name no rule"),
    ("# constraintlint: ignore[ , ] why", "the square brackets name no rule"),
    ("# constraintlint: disable=a-b", '"disable" is not something a comment can ask for'),
    ("# constraintlint: ignored[a-b]", '"ignored" is not something a comment can ask for'),
    ("# constraintlint:", "it asks for nothing"),
    ("def f():\n    # constraintlint: ignore-file[a-b] x\n    pass", '"ignore-file" stands at the top level of a file only'),
]  # fmt: skip


@pytest.mark.parametrize(("text", "what"), MALFORMED)
def test_malformed_comments_name_no_rule_and_say_why(text: str, what: str) -> None:
    assert [(item.rules, item.reason) for item in read("python", text)] == [((), what)]


def test_columns_count_characters() -> None:
    (item,) = read("python", 'é = "ü"  # constraintlint: ignore[a-b] ö')
    assert (item.line, item.column, item.end_column) == (1, 10, 41)


def test_deep_nesting_ends() -> None:
    text = "[" * 10_000 + "\n# constraintlint: ignore[a-b] deep\n" + "]" * 10_000
    assert served("python", text)[0][0] == "a-b"


# --- what they hide -----------------------------------------------------------------------------------------------------

RULES = {
    "rule-a",
    "rule-b",
    "suppression-without-reason",
    "unknown-rule-in-suppression",
    "unused-suppression",
}


def at(line: int, rule: str = "rule-a", end_line: int = 0, path: str = "a.py") -> Finding:
    return finding(rule, path, (line, 1, end_line or line, 9), "wrong")


def comment(rules: str, lines: tuple[int, int], line: int = 0, reason: str = "why") -> Suppression:
    return Suppression(tuple(rules.split()), reason, line or lines[0] or 1, 3, 30, *lines)


def run(
    findings: list[Finding], comments: list[Suppression], ran: str = "rule-a rule-b"
) -> tuple[list[int], list[int], list[tuple[str, int, str]]]:
    kept, hidden, about = apply(findings, {"a.py": comments}, RULES, set(ran.split()))
    return (
        [item.line for item in kept],
        [item.line for item in hidden],
        [(item.rule, item.line, item.message) for item in about],
    )


def test_a_comment_hides_its_rule_on_its_lines() -> None:
    findings = [at(3), at(4), at(5), at(4, "rule-b"), at(4, path="b.py")]
    kept, hidden, about = apply(findings, {"a.py": [comment("rule-a", (4, 4))]}, RULES, {"rule-a", "rule-b"})
    assert kept == [findings[0], findings[2], findings[3], findings[4]]
    assert hidden == [findings[1]]
    assert about == []


def test_a_finding_is_hidden_where_it_starts() -> None:
    assert run([at(2, end_line=9), at(6, end_line=9)], [comment("rule-a", (5, 8), line=4)])[0] == [2]


def test_a_comment_behind_the_last_line_of_a_statement_hides_its_finding() -> None:
    assert run([at(2, end_line=4)], [comment("rule-a", (4, 4))])[1] == [2]


def test_a_comment_above_a_statement_hides_nothing_that_ends_before_it() -> None:
    kept, hidden, about = run([at(1, end_line=3)], [comment("rule-a", (5, 6), line=3)])
    assert (kept, hidden, [rule for rule, _, _ in about]) == ([1], [], ["unused-suppression"])


def test_a_file_comment_hides_everywhere() -> None:
    assert run([at(1), at(99)], [comment("rule-a", (0, 0))])[:2] == ([], [1, 99])


def test_a_missing_reason_is_reported_and_the_comment_works() -> None:
    assert run([at(1)], [comment("rule-a", (1, 1), reason="")]) == (
        [], [1], [("suppression-without-reason", 1, "the comment hides rule-a and does not say why")]
    )  # fmt: skip


def test_an_unknown_rule_is_reported_with_the_nearest_name() -> None:
    _, _, about = apply([], {"a.py": [comment("rule-c", (1, 1)), comment("sql", (2, 2))]}, RULES, RULES)
    assert [(item.message, item.help) for item in about] == [
        ('there is no rule "rule-c"', 'did you mean "rule-b"?'),
        ('there is no rule "sql"', 'name the rules one by one; "sql" is a category'),
    ]


def test_a_malformed_comment_is_reported() -> None:
    assert run([], [Suppression((), "the square brackets name no rule", 2, 1, 9, 3, 3)])[2] == [
        ("unknown-rule-in-suppression", 2, "the comment suppresses nothing: the square brackets name no rule")
    ]


UNUSED = [
    ("it hides nothing", "rule-a", [], "rule-a", ["rule-a is not reported here: the comment hides nothing"]),
    ("its rule did not run", "rule-a", [], "rule-b", []),
    ("one of its rules did not run", "rule-a rule-b", [], "rule-a", []),
    ("both hide nothing", "rule-a rule-b", [], "rule-a rule-b",
     ["rule-a, rule-b are not reported here: the comment hides nothing"]),
    ("one of two hides something", "rule-a rule-b", [at(1)], "rule-a rule-b",
     ["rule-b is not reported here: the comment hides nothing (the other rules it names are)"]),
    ("both hide something", "rule-a rule-b", [at(1), at(1, "rule-b")], "rule-a rule-b", []),
]  # fmt: skip


@pytest.mark.parametrize(
    ("rules", "findings", "ran", "expected"), [case[1:] for case in UNUSED], ids=[c[0] for c in UNUSED]
)
def test_unused(rules: str, findings: list[Finding], ran: str, expected: list[str]) -> None:
    about = run(findings, [comment(rules, (1, 1))], ran)[2]
    assert [message for rule, _, message in about if rule == "unused-suppression"] == expected


def test_two_comments_that_hide_the_same_finding_are_both_used() -> None:
    assert run([at(4)], [comment("rule-a", (0, 0)), comment("rule-a", (4, 4))])[2] == []


def test_findings_about_comments_can_be_suppressed() -> None:
    comments = [
        comment("suppression-without-reason", (0, 0)),
        comment("rule-a", (3, 3), reason=""),
        comment("unused-suppression", (5, 5)),
        comment("rule-b", (5, 5)),
    ]
    assert run([at(3)], comments) == ([], [3, 3, 5], [])


def test_a_comment_about_unused_comments_can_be_unused() -> None:
    assert [line for _, line, _ in run([at(3)], [comment("unused-suppression", (7, 7))])[2]] == [7]


def test_the_rules_about_comments_have_pages() -> None:
    from constraintlint.rulebook import all_rules

    pages = {name for name, page in all_rules().items() if page.category == "suppression"}
    assert pages == {"suppression-without-reason", "unknown-rule-in-suppression", "unused-suppression"}
