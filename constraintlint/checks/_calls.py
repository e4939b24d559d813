"""Calls of a project by the name of the method, what they can run, and their arguments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from constraintlint.facts.code import Arg, Call, Constant, Entry, Expr, Hole, Mapping, Member, Text
from constraintlint.project import Project
from constraintlint.project.flow import members, names
from constraintlint.project.flow.evaluate import MAX_STEPS
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.flow.values import Value


def uses(project: Project, packages: frozenset[str]) -> bool:
    """Whether any file of the checked root imports one of these packages."""
    return any(item.package in packages for found in project.resolutions.values() for item in found.external)


def calls(project: Project, wanted: Iterable[str], *, python: bool) -> Iterator[tuple[Call, Scope]]:
    """The calls in the served files of one language family whose callee's last name is one of ``wanted``."""
    names_wanted = sorted(wanted)
    for path in project.paths:
        if path.endswith((".py", ".pyi")) is not python:
            continue
        file = project.evaluator.file(path)
        if file is None:
            continue
        for name in names_wanted:
            yield from file.calls.get(name, ())


def owners(project: Project, call: Call, scope: Scope) -> tuple[Value, ...]:
    """What the object of a method call can be; empty for a plain function."""
    callee = call.callee
    return project.evaluator.eval(callee.object, scope) if isinstance(callee, Member) else ()


def callees(project: Project, call: Call, scope: Scope, steps: int = MAX_STEPS) -> list[Value]:
    """The functions a call can run, those of instances with the instance as their base; nothing where finding the
    instance takes more than so many steps."""
    ev = project.evaluator
    callee = call.callee
    found: list[Value] = []
    if isinstance(callee, Member):
        for owner in ev.eval_within(callee.object, scope, steps):
            if owner.text is None:
                found += members.member(ev, owner, callee.name, callee.at, scope)
    if not found:
        found = list(ev.eval_within(callee, scope, steps))
    return [value for item in found for value in names.concrete(ev, item)]


def library_names(project: Project, call: Call, scope: Scope) -> set[str]:
    """Canonical names of the library functions a call runs; empty where anything else is possible."""
    found: set[str] = set()
    for value in callees(project, call, scope):
        if value.kind != "library":
            return set()
        found.add(project.evaluator.library_for(value.path).canonical(value.name))
    return found


def argument(call: Call, position: int, *keywords: str) -> Expr | None:
    """An argument by keyword or position; None where it is not there or a spread hides it."""
    for arg in call.args:
        if arg.name and arg.name in keywords:
            return arg.value
    positional = positional_arguments(call)
    return positional[position].value if position < len(positional) else None


def positional_arguments(call: Call) -> list[Arg]:
    """The arguments by position, up to the first spread."""
    found: list[Arg] = []
    for arg in call.args:
        if arg.spread:
            break
        if not arg.name:
            found.append(arg)
    return found


def has_spread(call: Call) -> bool:
    return any(arg.spread for arg in call.args)


def constant_key(entry: Entry) -> str | None:
    """The key of an entry where it is written as a constant."""
    key = entry.key
    if isinstance(key, Text) and not key.prefix and key.tag is None:
        pieces = [piece.value for piece in key.pieces if not isinstance(piece, Hole)]
        return "".join(pieces) if len(pieces) == len(key.pieces) else None
    if isinstance(key, Constant) and key.kind == "int":
        return str(key.value)
    return None


def literal_entries(expr: Expr | None) -> dict[str, Entry] | None:
    """The entries of a dict or object literal by key; None where it is none, or a key is not known."""
    if not isinstance(expr, Mapping):
        return None
    found: dict[str, Entry] = {}
    for entry in expr.entries:
        key = constant_key(entry)
        if key is None:
            return None
        found[key] = entry
    return found
