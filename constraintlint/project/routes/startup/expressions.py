"""Expressions of start-up code."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from constraintlint.facts.code import (
    AssignExpr,
    Await,
    Binary,
    Call,
    Comprehension,
    Conditional,
    Constant,
    Expr,
    Hole,
    Index,
    Lambda,
    Mapping,
    Member,
    Name,
    Sequence,
    Slice,
    Spread,
    Text,
    Unary,
    Unknown,
    Yield,
)
from constraintlint.project.routes.startup import calls, functions, imports, members
from constraintlint.project.routes.startup.values import (
    MISSING,
    UNKNOWN,
    Blank,
    ClassValue,
    Decorated,
    Environment,
    FunctionValue,
    Module,
    Opaque,
    Value,
)

if TYPE_CHECKING:
    from constraintlint.project.routes.startup.machine import Machine

MAX_TEXT = 20_000
MAX_ITEMS = 2_000


def evaluate(machine: Machine, expr: Expr, env: Environment) -> Value:
    handler = _HANDLERS.get(type(expr))
    return handler(machine, expr, env) if handler is not None else UNKNOWN


def truth(value: Value) -> bool | None:
    """Whether a test comes out true; None where that is not known."""
    if isinstance(value, (Blank, Opaque)) or value is MISSING:
        return None
    if value is None or isinstance(value, (bool, int, float, str, bytes, list, tuple, dict, set, frozenset)):
        return bool(value)
    if isinstance(value, (FunctionValue, ClassValue, Module, Decorated)):
        return True
    return None


def items(machine: Machine, value: Value) -> list[Value] | None:
    """What iterating gives; None where that is not known."""
    if isinstance(value, (list, tuple)):
        return list(value)
    if isinstance(value, dict):
        return list(value)
    if isinstance(value, (set, frozenset)):
        return sorted(value, key=repr)
    if isinstance(value, str):
        return list(value)
    if isinstance(value, members.Iterable_):
        return value.items(machine)
    return None


def _name(machine: Machine, expr: Name, env: Environment) -> Value:
    holder = env.holder(expr.id)
    if holder is not None:
        if expr.id in holder.doubtful:
            machine.doubts += 1
        return imports.read(machine, holder, expr.id)
    return functions.BUILTINS.get(expr.id, UNKNOWN)


def _text(machine: Machine, expr: Text, env: Environment) -> Value:
    if expr.prefix == "b":
        return "".join(p.value for p in expr.pieces if not isinstance(p, Hole)).encode("utf-8", "replace")
    found = ""
    for piece in expr.pieces:
        if not isinstance(piece, Hole):
            found += piece.value
            continue
        value = machine.eval(piece.value, env)
        if isinstance(value, (str, int, float)) and not piece.format and not piece.spec:
            found += str(value)
        else:
            return Blank("part of the text is not known", found + getattr(value, "prefix", ""))
    return found


def _constant(machine: Machine, expr: Constant, env: Environment) -> Value:
    return ... if expr.kind == "ellipsis" else expr.value


def _member(machine: Machine, expr: Member, env: Environment) -> Value:
    return members.attribute(machine, machine.eval(expr.object, env), expr.name)


def _index(machine: Machine, expr: Index, env: Environment) -> Value:
    return members.item(machine, machine.eval(expr.object, env), machine.eval(expr.index, env))


def _call(machine: Machine, expr: Call, env: Environment) -> Value:
    return calls.call_expression(machine, expr, env)


def _sequence(machine: Machine, expr: Sequence, env: Environment) -> Value:
    found: list[Value] = []
    for part in expr.items:
        if isinstance(part, Spread):
            inner = items(machine, machine.eval(part.value, env))
            found += inner if inner is not None else [Blank("the items spread here are not known")]
        else:
            found.append(machine.eval(part, env))
    if expr.kind == "tuple":
        return tuple(found)
    if expr.kind == "set":
        return {part for part in found if isinstance(part, (str, int, tuple))} if _plain(found) else UNKNOWN
    return found


def _plain(values: list[Value]) -> bool:
    return all(isinstance(value, (str, int, bool)) for value in values)


def _mapping(machine: Machine, expr: Mapping, env: Environment) -> Value:
    found: dict[Value, Value] = {}
    for entry in expr.entries:
        if entry.key is None:
            value = entry.value.value if isinstance(entry.value, Spread) else entry.value
            other = machine.eval(value, env)
            if isinstance(other, dict):
                found.update(other)
            continue
        key = machine.eval(entry.key, env)
        value_ = machine.eval(entry.value, env)
        if isinstance(key, (str, int, float, bool, ClassValue)) or key is None:
            found[key] = value_
    return found


def _binary(machine: Machine, expr: Binary, env: Environment) -> Value:
    left = machine.eval(expr.left, env)
    if expr.op in ("and", "or"):
        sure = truth(left)
        if sure is None:
            right = machine.eval(expr.right, env)
            return right if expr.op == "or" and not isinstance(right, Blank) and right else UNKNOWN
        return machine.eval(expr.right, env) if sure is (expr.op == "and") else left
    return binary(machine, expr.op, left, machine.eval(expr.right, env))


def binary(machine: Machine, op: str, left: Value, right: Value) -> Value:
    """An operator on two values."""
    if op == "+":
        return _sum(left, right)
    if op == "%" and isinstance(left, str):
        return members.formatted(left, right)
    if op == "/" and isinstance(left, str):
        return UNKNOWN
    if op == "|" and isinstance(left, dict) and isinstance(right, dict):
        return {**left, **right}
    if isinstance(left, (Blank, Opaque)) or isinstance(right, (Blank, Opaque)):
        return UNKNOWN
    if op in ("is", "is not") and (left is None or right is None):
        return (left is right) is (op == "is")
    if not _constantish(left) or not _constantish(right):
        return UNKNOWN
    operation = _OPERATIONS.get(op)
    try:
        return operation(left, right) if operation is not None else UNKNOWN
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return UNKNOWN


def _constantish(value: Value) -> bool:
    if isinstance(value, (list, tuple, set, frozenset, dict)):
        return all(isinstance(part, (str, int, float, bool)) for part in value)
    return value is None or isinstance(value, (str, int, float, bool))


def _sum(left: Value, right: Value) -> Value:
    if isinstance(left, str) and isinstance(right, str):
        return left + right if len(left) + len(right) <= MAX_TEXT else UNKNOWN
    if isinstance(left, str):
        return Blank("part of the text is not known", left + getattr(right, "prefix", ""))
    if isinstance(left, Blank):
        return left
    if isinstance(left, (list, tuple)):
        if isinstance(right, (list, tuple)):
            joined = [*left, *right]
        else:
            joined = [*left, right]
        return tuple(joined) if isinstance(left, tuple) else joined
    if isinstance(right, (list, tuple)):
        return [left, *right]
    if isinstance(left, (int, float)) and isinstance(right, (int, float)):
        return left + right
    return UNKNOWN


_OPERATIONS: dict[str, Callable[[Value, Value], Value]] = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "is": lambda a, b: a is b,
    "is not": lambda a, b: a is not b,
    "in": lambda a, b: a in b,
    "not in": lambda a, b: a not in b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "-": lambda a, b: a - b,
}


def _unary(machine: Machine, expr: Unary, env: Environment) -> Value:
    value = machine.eval(expr.operand, env)
    if expr.op == "not":
        sure = truth(value)
        return UNKNOWN if sure is None else not sure
    if expr.op == "-" and isinstance(value, (int, float)):
        return -value
    return UNKNOWN


def _conditional(machine: Machine, expr: Conditional, env: Environment) -> Value:
    sure = truth(machine.eval(expr.test, env))
    if sure is not None:
        return machine.eval(expr.then if sure else expr.other, env)
    then, other = machine.eval(expr.then, env), machine.eval(expr.other, env)
    if then is None or isinstance(then, (Blank, Opaque)):
        return other
    if isinstance(then, str) and isinstance(other, str) and then != other:
        return UNKNOWN
    return then


def _await(machine: Machine, expr: Await, env: Environment) -> Value:
    return machine.eval(expr.value, env)


def _yield(machine: Machine, expr: Yield, env: Environment) -> Value:
    value = machine.eval(expr.value, env) if expr.value is not None else None
    if expr.delegated:
        inner = items(machine, value)
        machine.frames[-1].yielded += inner if inner is not None else [UNKNOWN]
    else:
        machine.frames[-1].yielded.append(value)
    return UNKNOWN


def _assign_expr(machine: Machine, expr: AssignExpr, env: Environment) -> Value:
    value = machine.eval(expr.value, env)
    machine.assign(expr.target, value, env)
    return value


def _lambda(machine: Machine, expr: Lambda, env: Environment) -> Value:
    from constraintlint.project.routes.startup.machine import make_function

    return make_function(machine, expr.function, env)


def _comprehension(machine: Machine, expr: Comprehension, env: Environment) -> Value:
    inner = Environment("comprehension", env)
    found: list[Value] = []
    pairs: dict[Value, Value] = {}

    def run(position: int) -> bool:
        if position == len(expr.clauses):
            if expr.kind == "dict" and expr.value is not None:
                key = machine.eval(expr.element, inner)
                if isinstance(key, (str, int)):
                    pairs[key] = machine.eval(expr.value, inner)
            else:
                found.append(machine.eval(expr.element, inner))
            return len(found) < MAX_ITEMS
        clause = expr.clauses[position]
        values = items(machine, machine.eval(clause.iterable, inner if position else env))
        if values is None:
            return False
        for value in values:
            machine.assign(clause.target, value, inner)
            if any(truth(machine.eval(test, inner)) is False for test in clause.conditions):
                continue
            if not run(position + 1):
                return False
        return True

    if not run(0):
        return Blank("what this comprehension goes over is not known")
    if expr.kind == "dict":
        return pairs
    if expr.kind == "set":
        return set(found) if _plain(found) else UNKNOWN
    return found


def _slice(machine: Machine, expr: Slice, env: Environment) -> Value:
    parts = [
        None if part is None else machine.eval(part, env) for part in (expr.lower, expr.upper, expr.step)
    ]
    return slice(*parts) if all(part is None or isinstance(part, int) for part in parts) else UNKNOWN


def _unknown(machine: Machine, expr: Unknown, env: Environment) -> Value:
    if expr.kind == "chain":
        total: Value = ""
        for i, part in enumerate(expr.children):
            value = machine.eval(part, env)
            total = value if i == 0 else _sum(total, value)
        return total
    return UNKNOWN


_HANDLERS: dict[type, Callable[[Machine, Any, Environment], Value]] = {
    Name: _name,
    Text: _text,
    Constant: _constant,
    Member: _member,
    Index: _index,
    Call: _call,
    Sequence: _sequence,
    Mapping: _mapping,
    Binary: _binary,
    Unary: _unary,
    Conditional: _conditional,
    Await: _await,
    Yield: _yield,
    AssignExpr: _assign_expr,
    Lambda: _lambda,
    Comprehension: _comprehension,
    Slice: _slice,
    Unknown: _unknown,
}
