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
from constraintlint.facts.code import Call, Entry, Mapping, Member, Node
from constraintlint.facts.source import Span
from constraintlint.findings import Edit, Finding, Fix, finding
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
            fix = _moved_behind(project, scope.path, call, index, position, mapping is not None)
            yield _finding(project, scope.path, call, arg.value, sorted(keys), position, _effect(call), fix)


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
        fix = _moved_out(project, scope.path, call, mapping, entry, position)
        effect = f"taken for one of the {group}"
        yield _finding(project, scope.path, call, entry, ["transaction"], position, effect, fix)


def _keys(mapping: Mapping) -> set[str]:
    return {key for entry in mapping.entries if (key := constant_key(entry)) is not None}


def _finding(
    project: Project,
    path: str,
    call: Call,
    at: Node,
    keys: list[str],
    position: int,
    effect: str,
    fix: Fix | None,
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
        fix=fix,
    )


# --- fixes ------------------------------------------------------------------------------------------------------------


def _moved_behind(
    project: Project, path: str, call: Call, index: int, position: int, is_mapping: bool
) -> Fix | None:
    """The entries of an argument behind the options, put into the options; only where both are written out here."""
    arguments = [arg.value for arg in call.args]
    if index != len(arguments) - 1 or index != position + 1:
        return None
    options, extra = arguments[position], arguments[index]
    if not isinstance(options, Mapping) or (is_mapping and not isinstance(extra, Mapping)):
        return None
    if isinstance(extra, Mapping):
        if not extra.entries or _keys(extra) & _keys(options):
            return None
        moved: str | Span = project.span(path, (extra.entries[0].at[0], extra.entries[-1].at[1]))
        parts: tuple[str | Span, ...] = (moved,)
    else:
        parts = ("transaction: ", project.span(path, extra.at))
    removed = Edit(path, project.span(path, (options.at[1], extra.at[1])))
    return Fix("move the options", (_added(project, path, options, parts), removed))


def _moved_out(
    project: Project, path: str, call: Call, mapping: Mapping, entry: Entry, position: int
) -> Fix | None:
    """An entry of the values put into the options."""
    arguments = [arg.value for arg in call.args]
    place = mapping.entries.index(entry)
    if len(mapping.entries) < 2:
        return None
    if place + 1 < len(mapping.entries):
        cut = (entry.at[0], mapping.entries[place + 1].at[0])
    else:
        cut = (mapping.entries[place - 1].at[1], entry.at[1])
    removed = Edit(path, project.span(path, cut))
    parts: tuple[str | Span, ...] = (project.span(path, entry.at),)
    if len(arguments) == position and arguments:
        last = arguments[-1].at[1]
        added = Edit(path, project.span(path, (last, last)), (", { ", *parts, " }"))
        return Fix("move the options", (added, removed))
    if len(arguments) != position + 1:
        return None
    options = arguments[position]
    if not isinstance(options, Mapping) or "transaction" in _keys(options):
        return None
    return Fix("move the options", (_added(project, path, options, parts), removed))


def _added(project: Project, path: str, options: Mapping, parts: tuple[str | Span, ...]) -> Edit:
    """The parts behind the last entry of an object literal."""
    if not options.entries:
        return Edit(path, project.span(path, options.at), ("{ ", *parts, " }"))
    end = options.entries[-1].at[1]
    return Edit(path, project.span(path, (end, end)), (", ", *parts))
