"""A statement has another number of placeholders than it is given values."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks._bound_values import Use, uses
from constraintlint.checks._placeholders import OWN, by_number, foreign, placeholders
from constraintlint.checks.sql._grown_values import grown
from constraintlint.findings import Finding, Step, finding
from constraintlint.project import Project

_GROWING = ("push", "append", "extend")
RULE = "sql-placeholder-arity"


def check(project: Project) -> Iterator[Finding]:
    for use in uses(project):
        if foreign(use.sql, use.driver) is not None:
            continue  # the style is wrong: that rule says it
        wanted = placeholders(use.sql, use.driver.style)
        if wanted is None:
            continue
        if use.driver.numbers_named and by_number(use.sql):
            if use.count:
                yield _finding(project, use, 0, use.count, by_name=True)
        elif use.is_text:
            yield from _string(project, use, wanted)
        elif use.count is not None and use.count != wanted and not _interpolates_nothing(use):
            yield _finding(project, use, wanted, use.count)
    for item in grown(project) if any(project.mentions(path, _GROWING) for path in project.paths) else ():
        use = Use(item.scope.path, item.scope, item.at, item.driver, item.text, "", item.given, item.count)
        yield _finding(project, use, item.wanted, item.count)


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


def _finding(project: Project, use: Use, wanted: int, count: int, *, by_name: bool = False) -> Finding:
    mark = OWN[use.driver.style]
    effect, silent = _effect(use, count > wanted)
    if by_name:
        effect = f"{use.driver.title} takes ?1 for a name, and the call fails"
    at = use.given.at if use.given is not None and use.driver.passed == "second" else use.at
    return finding(
        RULE,
        use.path,
        project.span(use.path, at),
        f"the statement has {_shown(wanted)} ({mark}) and is given {count} value{'' if count == 1 else 's'}: {effect}",
        help="write ? without numbers, or give the values by name, { 1: value }"
        if by_name
        else "give each placeholder its value, in the order of the statement",
        trace=_trace(project, use),
        subject=f"{wanted} placeholders, {count} values in {_where(use)}",
        severity="warning" if silent else None,
    )


def _effect(use: Use, more: bool) -> tuple[str, bool]:
    """What comes of too many or too few values, and whether the statement is executed as it was meant all the same."""
    if not more:
        return ("the call fails" if use.driver.strict else "the missing ones are bound as NULL"), False
    if use.driver.title not in ("mysql", "mysql2"):
        return "the call fails", False
    if use.method == "query":
        return "what is too much is left out without a word", True
    return "the server reads other values than these, or refuses them", False


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
