"""A statement has another number of placeholders than it is given values."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks._bound_values import Use, uses
from constraintlint.checks._placeholders import OWN, foreign, placeholders
from constraintlint.findings import Finding, Step, finding
from constraintlint.project import Project

RULE = "sql-placeholder-arity"


def check(project: Project) -> Iterator[Finding]:
    for use in uses(project):
        if foreign(use.sql, use.driver) is not None:
            continue  # the style is wrong: that rule says it
        wanted = placeholders(use.sql, use.driver.style)
        if wanted is None:
            continue
        if use.is_text:
            yield from _string(project, use, wanted)
        elif use.count is not None and use.count != wanted and not _interpolates_nothing(use):
            yield _finding(project, use, wanted, use.count)


def _interpolates_nothing(use: Use) -> bool:
    """Client-side drivers look for placeholders only where values are given."""
    return use.driver.style == "format" and use.given is None


def _string(project: Project, use: Use, wanted: int) -> Iterator[Finding]:
    if use.driver.engine == "mysql" or use.given is None:
        return  # those drivers take one value as it is
    values = project.evaluator.eval(use.given, use.scope)
    if any(isinstance(value.constant, str) and len(value.constant) == wanted for value in values):
        return  # as many characters as placeholders
    yield finding(
        RULE,
        use.path,
        project.span(use.path, use.given.at),
        f"{use.driver.title} takes the values as a sequence: a string is not one value"
        f" but one for each of its characters (the statement has {_shown(wanted)})",
        help="write a tuple with a comma, (value,), or a list, [value]",
        trace=_trace(project, use),
        subject=f"string for values in {_where(use)}",
    )


def _finding(project: Project, use: Use, wanted: int, count: int) -> Finding:
    mark = OWN[use.driver.style]
    effect = "the call fails"
    if count < wanted and not use.driver.strict:
        effect = "the missing ones are bound as NULL"
    at = use.given.at if use.given is not None and use.driver.passed == "second" else use.at
    return finding(
        RULE,
        use.path,
        project.span(use.path, at),
        f"the statement has {_shown(wanted)} ({mark}) and is given {count} value{'' if count == 1 else 's'}: {effect}",
        help="give each placeholder its value, in the order of the statement",
        trace=_trace(project, use),
        subject=f"{wanted} placeholders, {count} values in {_where(use)}",
    )


def _shown(count: int) -> str:
    return f"{count or 'no'} placeholder{'' if count == 1 else 's'}"


def _where(use: Use) -> str:
    scope = use.scope
    while scope.kind != "function" and scope.parent is not None:
        scope = scope.parent
    return scope.function.name if scope.function is not None else "the module"


def _trace(project: Project, use: Use) -> list[Step]:
    """Where the statement is written, where that is not in the call."""
    place = use.text.locate(0)
    if place is None or (place[0] == use.path and use.at[0] <= place[1] < use.at[1]):
        return []
    line, column, end_line, end_column = project.evaluator.span(place[0], (place[1], place[1]))
    return [Step(place[0], line, column, "the statement", end_line, end_column)]
