from __future__ import annotations

import pytest

from constraintlint.reports import agent_variable, default_format, hyperlink_template, use_color


@pytest.mark.parametrize(
    ("environ", "tty", "expected"),
    [
        ({}, True, "text"),
        ({}, False, "text"),
        ({"GITHUB_ACTIONS": "true", "CI": "true"}, False, "text"),
        ({"AI_AGENT": "1"}, False, "agent"),
        ({"AI_AGENT": "1"}, True, "agent"),
        ({"AI_AGENT": ""}, False, "text"),
        ({"CLAUDECODE": "0"}, False, "text"),
        ({"CODEX_THREAD_ID": "x"}, True, "agent"),
        ({"REPL_ID": "x"}, True, "text"),
        ({"REPL_ID": "x"}, False, "agent"),
        ({"JUNIE_DATA": "/x"}, False, "agent"),
        ({"JUNIE_DATA": ""}, False, "text"),
    ],
)
def test_default_format(environ: dict[str, str], tty: bool, expected: str) -> None:
    assert default_format(tty, environ) == expected
    assert bool(agent_variable(environ, tty)) == (expected == "agent")


def test_the_variable_that_decided() -> None:
    assert agent_variable({"REPL_ID": "x", "GEMINI_CLI": "1"}) == "GEMINI_CLI"
    assert agent_variable({"REPL_ID": "x", "JUNIE_B": "1", "JUNIE_A": "1"}) == "JUNIE_A"


@pytest.mark.parametrize(
    ("environ", "tty", "expected"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
        ({"FORCE_COLOR": "1"}, False, True),
        ({"FORCE_COLOR": "0"}, True, False),
        ({"FORCE_COLOR": ""}, False, False),
        ({"CLICOLOR_FORCE": "1"}, False, True),
        ({"CLICOLOR_FORCE": "0"}, False, False),
        ({"CLICOLOR": "0"}, True, False),
        ({"TERM": "dumb"}, True, False),
        ({"TERM": "dumb", "FORCE_COLOR": "1"}, True, True),
        ({"TERM": "xterm-256color"}, True, True),
    ],
)
def test_use_color(environ: dict[str, str], tty: bool, expected: bool) -> None:
    assert use_color(environ, tty) is expected


@pytest.mark.parametrize(
    ("environ", "tty", "expected"),
    [
        ({}, True, ""),
        ({"TERM": "xterm-256color"}, True, ""),
        ({"VTE_VERSION": "7600"}, True, "file://h{path}"),
        ({"VTE_VERSION": "4600"}, True, ""),
        ({"VTE_VERSION": "x"}, True, ""),
        ({"WT_SESSION": "1"}, True, "file://h{path}"),
        ({"WT_SESSION": "1"}, False, ""),
        ({"WT_SESSION": "1", "CI": "true"}, True, ""),
        ({"WT_SESSION": "1", "NO_COLOR": "1"}, True, ""),
        ({"TERM_PROGRAM": "iTerm.app"}, True, "file://h{path}"),
        ({"TERM_PROGRAM": "vscode", "VTE_VERSION": "7600"}, True, ""),
        ({"TERM": "xterm-kitty"}, True, "file://h{path}#{line}"),
        ({"TERM": "dumb", "WT_SESSION": "1"}, True, ""),
        ({"FORCE_HYPERLINK": "1"}, False, "file://h{path}"),
        ({"FORCE_HYPERLINK": "0", "WT_SESSION": "1"}, True, ""),
    ],
)
def test_hyperlinks(environ: dict[str, str], tty: bool, expected: str) -> None:
    assert hyperlink_template(environ, tty, "h") == expected
