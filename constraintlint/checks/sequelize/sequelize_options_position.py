"""Options of a Sequelize call stand in an argument that the method does not read as its options."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks._calls import calls, constant_key, positional_arguments
from constraintlint.checks._sequelize import (
    OPTION_KEYS,
    ROW_OPTIONS,
    STATIC_OPTIONS,
    definition,
    in_use,
    is_transaction,
    mapping_of,
    models,
    options_position,
)
from constraintlint.facts.code import Call, Mapping, Member, Node
from constraintlint.findings import Finding, finding
from constraintlint.project import Project
from constraintlint.project.flow.scopes import Scope

RULE = "sequelize-options-position"
#: methods that throw for a further argument
_REJECTS = frozenset(("save", "findOrCreate"))
_ORDINALS = ("first", "second", "third")


def check(project: Project) -> Iterator[Finding]:
    if not in_use(project):
        return
    for call, scope in calls(project, {*STATIC_OPTIONS, *ROW_OPTIONS}, python=False):
        if not call.args:
            continue
        position = options_position(project, call, scope)
        if position is None:
            continue
        yield from _behind(project, call, scope, position)
        yield from _among_values(project, call, scope, position)
    for call, scope in calls(project, ("query",), python=False):
        if len(call.args) > 2 and _is_sequelize(project, call, scope):
            yield from _behind(project, call, scope, 1)


def _is_sequelize(project: Project, call: Call, scope: Scope) -> bool:
    callee = call.callee
    if not isinstance(callee, Member):
        return False
    found = project.evaluator.eval(callee.object, scope)
    return bool(found) and all(v.kind == "handle" and v.name == "sequelize#Sequelize" for v in found)


def _behind(project: Project, call: Call, scope: Scope, position: int) -> Iterator[Finding]:
    """Arguments behind the options: JavaScript drops them."""
    for index, arg in enumerate(positional_arguments(call)):
        if index <= position:
            continue
        mapping = mapping_of(project, arg.value, scope)
        keys = _keys(mapping) & OPTION_KEYS if mapping is not None else set()
        if not keys and is_transaction(project, arg.value, scope):
            keys = {"transaction"}
        if keys:
            yield _finding(project, scope.path, call, arg.value, sorted(keys), position, _effect(call))


def _effect(call: Call) -> str:
    rejects = isinstance(call.callee, Member) and call.callee.name in _REJECTS
    return "rejected" if rejects else "ignored"


def _among_values(project: Project, call: Call, scope: Scope, position: int) -> Iterator[Finding]:
    """``{transaction: t}`` among the values or the conditions, where it names no attribute."""
    arguments = positional_arguments(call)
    if arguments and position == 1 and isinstance(arguments[0].value, Mapping):
        yield from _transactions_in(project, call, scope, arguments[0].value, position, "values")
    if len(arguments) > position:
        options = arguments[position].value
        for entry in options.entries if isinstance(options, Mapping) else ():
            if constant_key(entry) == "where" and isinstance(entry.value, Mapping):
                yield from _transactions_in(project, call, scope, entry.value, position, "conditions")


def _transactions_in(
    project: Project, call: Call, scope: Scope, mapping: Mapping, position: int, group: str
) -> Iterator[Finding]:
    for entry in mapping.entries:
        if constant_key(entry) != "transaction" or not is_transaction(project, entry.value, scope):
            continue
        known = [definition(project, model) for model in models(project, call, scope)]
        if any(item is not None and "transaction" in (item.attributes or ()) for item in known):
            continue
        yield _finding(
            project, scope.path, call, entry, ["transaction"], position, f"taken for one of the {group}"
        )


def _keys(mapping: Mapping) -> set[str]:
    return {key for entry in mapping.entries if (key := constant_key(entry)) is not None}


def _finding(
    project: Project, path: str, call: Call, at: Node, keys: list[str], position: int, effect: str
) -> Finding:
    method = call.callee.name if isinstance(call.callee, Member) else "query"
    outside = (
        " and the query runs outside the transaction"
        if "transaction" in keys and effect != "rejected"
        else ""
    )
    return finding(
        RULE,
        path,
        project.span(path, at.at),
        f"{method} takes its options as {_ORDINALS[position]} argument: {', '.join(keys)}"
        f" {'is' if len(keys) == 1 else 'are'} {effect} here{outside}",
        help=f"move {', '.join(keys)} into the object that is the {_ORDINALS[position]} argument of {method}",
        subject=f"{method} {','.join(keys)}",
    )
