"""A source file that certainly does not parse."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator

from constraintlint.checks._templates import has_placeholder
from constraintlint.checks.startup._brackets import unclosed
from constraintlint.facts.source import Problem, Span
from constraintlint.findings import Finding, finding
from constraintlint.project import Project
from constraintlint.roles import is_test

RULE = "syntax-error"
#: text that a template engine replaces before anybody parses the file
_TEMPLATE = re.compile(rb"\{%|\{\{\s*cookiecutter|<%|\$\{\{")
_TEMPLATE_PATH = re.compile(
    r"\{\{|\}\}|(?:^|/)(?:templates?|cookiecutter[^/]*|skeletons?|generators?|boilerplate)/"
)
#: what ends up in a file that a shell script was meant to write
_HEREDOC = re.compile(r"\s*(?:(?:EOF|EOL|END|HEREDOC|PY|JS|TS)\s*$|&&\s+\w)")
_TAIL = 6


def check(project: Project) -> Iterator[Finding]:
    for path in project.paths:
        if not project.has_problems(path) or is_test(path) or _TEMPLATE_PATH.search(path):
            continue
        facts = project.facts(path)
        if facts is None:
            continue
        problem = next((item for item in facts.problems if item.kind == "parse-incomplete"), None)
        data = project.tree.read(path) if problem is not None else None
        if problem is None or data is None or _TEMPLATE.search(data):
            continue
        found = _python(data) if path.endswith((".py", ".pyi")) else _ecmascript(data, problem)
        if found is not None and not any(
            has_placeholder(_line(data, line)) for line in (found[0][0], problem.line)
        ):
            span, message, advice = found
            yield finding(RULE, path, span, message, help=advice, subject=f"{path}: {message}")


def _python(data: bytes) -> tuple[Span, str, str] | None:
    """What the interpreter says; None where it takes the file, or has no opinion."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(data)
    except SyntaxError as error:
        line, column = error.lineno or 1, max(error.offset or 1, 1)
        if "nested" in (error.msg or "") or "encoding" in (error.msg or ""):
            return None
        shown = _line(data, line)
        advice = _advice(shown, data, line) or "correct the statement: Python does not load the file"
        return (line, column, line, max(column + 1, len(shown) + 1)), f"SyntaxError: {error.msg}", advice
    except (ValueError, RecursionError, MemoryError):
        return None
    return None


def _ecmascript(data: bytes, problem: Problem) -> tuple[Span, str, str] | None:
    """Errors that no version and no dialect of the language takes; others stay diagnostics."""
    shown = _line(data, problem.line)
    before, rest = shown[: problem.column - 1], shown[problem.column - 1 :]
    advice = _advice(rest, data, problem.line)
    if not advice:
        return _never_closed(data, problem)
    if _in_template(before):
        return None
    span = (problem.line, problem.column, problem.line, max(problem.column + 1, len(shown) + 1))
    word = rest.strip()[:20]
    return span, f"SyntaxError: unexpected {word!r}", advice


def _never_closed(data: bytes, problem: Problem) -> tuple[Span, str, str] | None:
    place = unclosed(data)
    if place is None:
        return None
    line, column = data.count(b"\n", 0, place) + 1, place - data.rfind(b"\n", 0, place)
    bracket = chr(data[place])
    if bracket in "'\"":
        if line < problem.line:
            return None  # the parser takes the line
        advice = "close the string before the end of its line, or write it between backticks"
        return (line, column, line, column + 1), "SyntaxError: this string is never closed", advice
    advice = f"close it: the file ends, or another bracket closes, before this {bracket!r} does"
    return (line, column, line, column + 1), f"SyntaxError: this {bracket!r} is never closed", advice


def _in_template(before: str) -> bool:
    """Whether a backtick before the place is still open: a backslash is an escape there, also in a type."""
    return len(re.findall(r"(?<!\\)`", before)) % 2 == 1


def _advice(text: str, data: bytes, line: int) -> str:
    if text.lstrip().startswith(("\\`", "\\$", '\\"', "\\'")):
        return "leave out the backslash: it was meant for a shell script that wrote the file"
    last = data.count(b"\n", 0, len(data.rstrip())) + 1
    if line > last - _TAIL and (_HEREDOC.match(text) or _ends_heredoc(data, line)):
        return "remove the lines at the end: they belong to the shell script that wrote the file"
    return ""


def _ends_heredoc(data: bytes, line: int) -> bool:
    """Whether a line before says that the text for the file was over: what follows are commands."""
    return any(_HEREDOC.match(_line(data, before)) for before in range(max(1, line - _TAIL), line))


def _line(data: bytes, line: int) -> str:
    lines = data.split(b"\n")
    return lines[line - 1].decode("utf-8", "replace").rstrip("\r") if 0 < line <= len(lines) else ""
