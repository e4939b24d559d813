"""A Sequelize query without ``where``: conditions given as options, or a bulk change without any."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks._calls import calls, has_spread, literal_entries, positional_arguments
from constraintlint.checks._sequelize import (
    OPTION_KEYS,
    STATIC_OPTIONS,
    Definition,
    definition,
    in_use,
    models,
)
from constraintlint.facts.code import Arg, Call, Member
from constraintlint.findings import Finding, finding
from constraintlint.project import Project
from constraintlint.project.flow.scopes import Scope

RULE = "sequelize-missing-where"

_FINDERS = frozenset(("findAll", "findOne", "findAndCountAll", "count"))
#: methods that throw without ``where``, and the other option that does instead
_NEEDED = {"update": "", "destroy": "truncate", "findOrCreate": "", "findOrBuild": "", "findCreateFind": ""}
_SCOPED = frozenset(("update", "destroy"))


def check(project: Project) -> Iterator[Finding]:
    if not in_use(project):
        return
    for call, scope in calls(project, {*_FINDERS, *_NEEDED}, python=False):
        if has_spread(call):
            continue
        found = models(project, call, scope)
        if found:
            yield from _of_call(project, call, scope, [definition(project, model) for model in found])


def _of_call(project: Project, call: Call, scope: Scope, known: list[Definition | None]) -> Iterator[Finding]:
    assert isinstance(call.callee, Member)
    method = call.callee.name
    position = STATIC_OPTIONS[method]
    arguments = positional_arguments(call)
    given = arguments[position].value if len(arguments) > position else None
    keys: set[str] = set()
    if given is not None:
        entries = literal_entries(given)
        if entries is None or "where" in entries:
            return
        keys = set(entries)
    attributes = _attributes(known)
    wrong = sorted((keys & attributes) - OPTION_KEYS) if attributes is not None else []
    if wrong:
        yield finding(
            RULE,
            scope.path,
            project.span(scope.path, given.at if given is not None else call.at),
            f"{method} has no condition: {', '.join(wrong)} {_are(wrong)} read as"
            f" {'an option' if len(wrong) == 1 else 'options'} and ignored" + _effect(method),
            help=f"write {{ where: {{ {', '.join(wrong)} }} }}",
            subject=f"{method} {','.join(wrong)}",
        )
    elif method in _NEEDED and _throws(project, method, keys, arguments, position, known):
        other = _NEEDED[method]
        yield finding(
            RULE,
            scope.path,
            project.span(scope.path, given.at if given is not None else call.at),
            f"{method} is called without where{f' or {other}' if other else ''} and always throws"
            ' ("Missing where")',
            help=f"give {method} a where"
            + (
                f"; {{ where: {{}} }}{' or { truncate: true }' if other else ''} means every row"
                if other or method == "update"
                else ""
            ),
            subject=f"{method} without where",
        )


def _attributes(known: list[Definition | None]) -> set[str] | None:
    """Names that are attributes of every model the call can be made on."""
    sets = [item.attributes for item in known if item is not None and item.attributes is not None]
    return set.intersection(*sets) if sets and len(sets) == len(known) else None


def _throws(
    project: Project,
    method: str,
    keys: set[str],
    arguments: list[Arg],
    position: int,
    known: list[Definition | None],
) -> bool:
    if _NEEDED[method] in keys or len(arguments) < position:
        return False
    if method in _SCOPED:  # a default scope may hold the condition
        return all(item is not None and not item.has_default_scope for item in known)
    return len(arguments) <= position + 1


def _are(names: list[str]) -> str:
    return "is" if len(names) == 1 else "are"


def _effect(method: str) -> str:
    if method == "findAll":
        return ", so it gives every row"
    return {"findOne": ", so it gives any row", "count": ", so it counts every row"}.get(method, "")
