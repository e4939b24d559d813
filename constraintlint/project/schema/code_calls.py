"""What readers of migrations and models in code share: literals, places, and the calls a function makes in their order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakKeyDictionary

from constraintlint.facts.code import (
    Arg,
    Call,
    Constant,
    Entry,
    Expr,
    Hole,
    Lambda,
    Mapping,
    Member,
    Name,
    Text,
)
from constraintlint.project.flow import names
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.flow.values import Value
from constraintlint.project.schema.records import Place

if TYPE_CHECKING:
    from constraintlint.project import Project
    from constraintlint.project.flow.evaluate import Evaluator

MAX_HELPERS = 3


class Written(NamedTuple):
    """A constant string and where it is written."""

    text: str
    place: Place


def place(ev: Evaluator, path: str, node: Expr | Entry | Call) -> Place:
    return Place(path, ev.span(path, node.at))


def inner_place(ev: Evaluator, path: str, node: Expr) -> Place:
    """The place of the characters of a plain string, without its quotes; of the whole expression else."""
    if isinstance(node, Text) and node.pieces and node.tag is None:
        return Place(path, ev.span(path, (node.pieces[0].at[0], node.pieces[-1].at[1])))
    return Place(path, ev.span(path, node.at))


def strings(ev: Evaluator, expr: Expr | None, scope: Scope) -> list[Written]:
    """The constant strings an expression can be; empty where anything else is possible."""
    if expr is None:
        return []
    scope = home(ev, expr, scope)
    literal = literal_text(expr)
    if literal is not None:
        return [Written(literal, inner_place(ev, scope.path, expr))]
    found: dict[str, Written] = {}
    for value in ev.eval(expr, scope):
        text = value.text.constant if value.text is not None else None
        if text is None:
            return []
        at = value.text.pieces[0].at if value.text is not None and value.text.pieces else value.at
        path = value.text.pieces[0].path if value.text is not None and value.text.pieces else value.path
        found.setdefault(text, Written(text, Place(path, ev.span(path, at))))
    return list(found.values())


def literal_text(expr: Expr | None) -> str | None:
    """The content of a plain string literal."""
    if not isinstance(expr, Text) or expr.tag is not None or expr.prefix not in ("", "r"):
        return None
    pieces = [piece.value for piece in expr.pieces if not isinstance(piece, Hole)]
    return "".join(pieces) if len(pieces) == len(expr.pieces) else None


def key_of(entry: Entry) -> str | None:
    """The key of an entry where it is a constant."""
    if isinstance(entry.key, Text):
        return literal_text(entry.key)
    return None


def mapping(ev: Evaluator, expr: Expr | None, scope: Scope) -> tuple[Mapping, Scope] | None:
    """The one object or dict literal an expression is, with the scope it stands in."""
    scope = home(ev, expr, scope) if expr is not None else scope
    if isinstance(expr, Mapping):
        return expr, scope
    if expr is None:
        return None
    found = [value for value in ev.eval(expr, scope) if value.kind != "constant"]
    if len(found) == 1 and found[0].kind == "mapping" and isinstance(found[0].node, Mapping):
        return found[0].node, found[0].scope or scope
    return None


def entries(node: Mapping) -> dict[str, Expr]:
    """Entries with constant keys."""
    return {key: entry.value for entry in node.entries if (key := key_of(entry)) is not None}


def positional(call: Call) -> list[Expr]:
    found: list[Expr] = []
    for arg in call.args:
        if arg.spread:
            break
        if not arg.name:
            found.append(arg.value)
    return found


def keyword(call: Call, name: str) -> Expr | None:
    return next((arg.value for arg in call.args if arg.name == name), None)


def is_true(expr: Expr | None) -> bool | None:
    """The boolean a constant is, else None."""
    if isinstance(expr, Constant) and expr.kind == "bool":
        return bool(expr.value)
    return None


def last_name(expr: Expr) -> str:
    return expr.name if isinstance(expr, Member) else expr.id if isinstance(expr, Name) else ""


def root(expr: Expr) -> Expr:
    """What a chain of members and calls begins with."""
    while True:
        if isinstance(expr, Member):
            expr = expr.object
        elif isinstance(expr, Call):
            expr = expr.callee
        else:
            return expr


def spelled(project: Project, path: str, expr: Expr) -> str:
    """An expression as it is written, its white space narrowed."""
    data = project.tree.read(path)
    if data is None:
        return ""
    return " ".join(data[expr.at[0] : expr.at[1]].decode("utf-8", "replace").split())[:200]


class Step(NamedTuple):
    """A call that a function makes, and where; ``scope`` is the scope it stands in."""

    call: Call
    scope: Scope


#: parameter -> what a call gives for it; a list for the rest of the arguments
Given = dict[str, Expr | list[Expr]]

_homes: WeakKeyDictionary[Evaluator, dict[int, Scope]] = WeakKeyDictionary()


def home(ev: Evaluator, expr: Expr, scope: Scope) -> Scope:
    """The scope an expression stands in: an argument put in the place of a parameter keeps that of its call."""
    return _homes.get(ev, {}).get(id(expr), scope)


def steps(
    ev: Evaluator,
    scope: Scope,
    depth: int = 0,
    seen: frozenset[int] = frozenset(),
    given: Given | None = None,
) -> Iterator[Step]:
    """The calls of a function and of the functions written inside it in source order; calls of functions of the project
    are followed by what these do, with their parameters replaced by what this call gives."""
    seen |= {id(scope)}
    for original, inner in _ordered(scope):
        call = _filled(ev, original, given) if given else original
        yield Step(call, inner)
        if depth >= MAX_HELPERS or not _may_be_helper(call):
            continue
        for value in ev.eval(call.callee, inner):
            for item in names.concrete(ev, value):
                if item.kind == "function" and item.scope is not None and _follow(item, seen):
                    bound = _bind(ev, call, inner, item.scope)
                    yield from steps(ev, item.scope, depth + 1, seen, bound)


def _bind(ev: Evaluator, call: Call, scope: Scope, callee: Scope) -> Given:
    homes = _homes.setdefault(ev, {})
    function = callee.function
    found: Given = {}
    if function is None:
        return found
    for arg in call.args:
        homes.setdefault(id(arg.value), scope)
    plain = positional(call)
    whole = not any(arg.spread for arg in call.args)
    for position, param in enumerate(function.params):
        if param.kind == "rest":
            if whole:
                found[param.name] = plain[position:]
            break
        named = keyword(call, param.name)
        if named is not None:
            found[param.name] = named
        elif param.kind == "normal" and position < len(plain):
            found[param.name] = plain[position]
        elif param.default is not None and whole:
            homes.setdefault(id(param.default), callee)
            found[param.name] = param.default
    return {name: value for name, value in found.items() if name}


def _filled(ev: Evaluator, call: Call, given: Given) -> Call:
    """The call with parameters of its function replaced by what was given for them."""
    args: list[Arg] = []
    changed = False
    for arg in call.args:
        value = given.get(arg.value.id) if isinstance(arg.value, Name) else None
        if value is None or (arg.spread and not isinstance(value, list)):
            args.append(arg)
            continue
        changed = True
        if isinstance(value, list):
            args += [Arg(item.at, item) for item in value]
        else:
            args.append(Arg(arg.at, value, arg.name, arg.spread))
    if not changed:
        return call
    made = Call(call.at, call.callee, args, call.new, call.type_args)
    ev.keep(made)
    return made


def _ordered(scope: Scope) -> list[tuple[Call, Scope]]:
    found: list[tuple[Call, Scope]] = []
    stack = [scope]
    while stack:
        current = stack.pop()
        found += [(call, current) for call in current.calls]
        stack += [child for child in current.children if child.kind != "class"]
    return sorted(found, key=lambda item: (item[0].callee.at[1], item[0].at[1]))


def _may_be_helper(call: Call) -> bool:
    """A plain name, or a method of an imported module: not the methods of builders."""
    callee = call.callee
    if isinstance(callee, Name):
        return callee.id not in (
            "require",
            "String",
            "Promise",
            "len",
            "str",
            "print",
            "isinstance",
            "dict",
            "list",
        )
    return isinstance(callee, Member) and isinstance(callee.object, Name) and callee.object.id != "op"


def _follow(item: Value, seen: frozenset[int]) -> bool:
    scope = item.scope
    return (
        scope is not None and id(scope) not in seen and scope.function is not None
        and scope.function.name not in ("down", "downgrade")
    )  # fmt: skip


def callback(expr: Expr | None, ev: Evaluator, scope: Scope) -> Scope | None:
    """The scope of a function written as an argument, or named there."""
    if expr is None:
        return None
    scope = home(ev, expr, scope)
    if isinstance(expr, Lambda):
        return ev.scope_of(scope.path, expr.function)
    for value in ev.eval(expr, scope):
        if value.kind == "function" and value.scope is not None:
            return value.scope
    return None
