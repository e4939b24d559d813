"""One handler a kind of expression: the values of names, members, calls, literals, operators and choices."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from constraintlint.facts.code import (
    Arg,
    AssignExpr,
    Await,
    Binary,
    Call,
    ClassExpr,
    Comprehension,
    Conditional,
    Constant,
    Index,
    Lambda,
    Mapping,
    Member,
    Name,
    Node,
    Sequence,
    Spread,
    Text,
    Unary,
    Unknown,
    Yield,
)
from constraintlint.project.flow import alternatives, invocations, library_calls, members, names
from constraintlint.project.flow.choices import chosen, falsy, known, truthy
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.flow.values import Branch, Value

if TYPE_CHECKING:
    from constraintlint.project.flow.evaluate import Evaluator


def _name(ev: Evaluator, node: Name, scope: Scope) -> Iterable[Value]:
    return names.name_values(ev, node.id, node.at[0], node.at, scope)


def _member(ev: Evaluator, node: Member, scope: Scope) -> Iterable[Value]:
    found: list[Value] = []
    for value in ev.eval(node.object, scope):
        found += members.member(ev, value, node.name, node.at, scope)
    if not any(known(value) for value in found):
        found = [*ev.stores.member(node.object, node.name, scope), *found]
    return found


def _index(ev: Evaluator, node: Index, scope: Scope) -> Iterable[Value]:
    found: list[Value] = []
    for value in ev.eval(node.object, scope):
        found += members.item(ev, value, node, scope)
    if not any(known(item) for item in found):
        found = [*ev.stores.item(node, scope), *found]
    return found


def _call(ev: Evaluator, node: Call, scope: Scope) -> Iterable[Value]:
    return invocations.call_values(ev, node, scope)


def _text(ev: Evaluator, node: Text, scope: Scope) -> Iterable[Value]:
    if node.tag is not None:
        return library_calls.tagged_values(ev, node, scope)
    return alternatives.text_values(ev, node, scope)


def _literal(ev: Evaluator, node: Node, scope: Scope) -> Iterable[Value]:
    kind = _LITERALS[type(node)]
    return [Value(kind, scope.path, node.at, node=node, scope=scope)]  # type: ignore[arg-type]


_LITERALS = {Constant: "constant", Mapping: "mapping", Sequence: "sequence"}


def _lambda(ev: Evaluator, node: Lambda, scope: Scope) -> Iterable[Value]:
    inner = ev.scope_of(scope.path, node.function)
    return [Value("function", scope.path, node.at, node.function.name, node=node.function, scope=inner)]


def _class_expr(ev: Evaluator, node: ClassExpr, scope: Scope) -> Iterable[Value]:
    return [
        Value(
            "class",
            scope.path,
            node.at,
            node.cls.name,
            node=node.cls,
            scope=ev.scope_of(scope.path, node.cls),
        )
    ]


def _binary(ev: Evaluator, node: Binary, scope: Scope) -> Iterable[Value]:
    op = node.op
    if op in ("or", "||", "??"):
        return _either(ev, node, scope)
    if op in ("and", "&&"):
        branch = Branch("if", scope.path, node.left)
        return [chosen(value, branch) for value in ev.eval(node.right, scope)]
    if op == "+":
        return alternatives.added(ev, node, scope)
    if op == "%":
        return alternatives.percent(ev, node, scope)
    return ev.unknown(node, scope)


def _either(ev: Evaluator, node: Binary, scope: Scope) -> Iterable[Value]:
    left = [value for value in ev.eval(node.left, scope) if not falsy(value, node.op)]
    if left and all(truthy(value, node.op) for value in left):
        return left
    env = next((value.name for value in left if value.kind == "env"), "")
    branch = Branch("or", scope.path, node.left)
    right = [chosen(value, branch, env) for value in ev.eval(node.right, scope)]
    return [*left, *right] if left else list(ev.eval(node.right, scope))


def _unary(ev: Evaluator, node: Unary, scope: Scope) -> Iterable[Value]:
    return ev.unknown(node, scope)


def _conditional(ev: Evaluator, node: Conditional, scope: Scope) -> Iterable[Value]:
    then = Branch("if", scope.path, node.test)
    other = Branch("if", scope.path, node.test, False)
    return [
        *(chosen(value, then) for value in ev.eval(node.then, scope)),
        *(chosen(value, other) for value in ev.eval(node.other, scope)),
    ]


def _inner(ev: Evaluator, node: Await | AssignExpr | Spread | Arg, scope: Scope) -> Iterable[Value]:
    return ev.eval(node.value, scope)


def _opaque(ev: Evaluator, node: Unknown, scope: Scope) -> Iterable[Value]:
    return ev.unknown(node, scope)


def _comprehension(ev: Evaluator, node: Comprehension, scope: Scope) -> Iterable[Value]:
    return ev.unknown(node, scope)


HANDLERS: dict[type, Callable[..., Iterable[Value]]] = {
    Name: _name,
    Member: _member,
    Index: _index,
    Call: _call,
    Text: _text,
    Constant: _literal,
    Mapping: _literal,
    Sequence: _literal,
    Lambda: _lambda,
    ClassExpr: _class_expr,
    Binary: _binary,
    Unary: _unary,
    Conditional: _conditional,
    Await: _inner,
    AssignExpr: _inner,
    Spread: _inner,
    Comprehension: _comprehension,
    Unknown: _opaque,
    Yield: _opaque,
}
