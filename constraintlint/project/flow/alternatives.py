"""Strings as sets of alternatives: concatenation, formatting, joining and the methods that keep a string readable."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from constraintlint.facts.code import (
    Arg,
    At,
    Binary,
    Call,
    Constant,
    Expr,
    Hole,
    Mapping,
    Spread,
    Text,
)
from constraintlint.facts.code import Sequence as SequenceNode
from constraintlint.project.flow import growing
from constraintlint.project.flow.texts import (
    BuiltText,
    TextPiece,
    brace_parts,
    computed,
    concat,
    hole,
    percent_parts,
)
from constraintlint.project.flow.values import Branch, Value

if TYPE_CHECKING:
    from constraintlint.project.flow.evaluate import Evaluator
    from constraintlint.project.flow.scopes import Scope

#: alternatives kept of one string
MAX_TEXTS = 24


class Alternative(NamedTuple):
    """One content of a string, with the choices that lead to it."""

    text: BuiltText
    branches: tuple[Branch, ...] = ()
    default_of: str = ""
    known: bool = True
    """False for a hole that stands for a whole value"""


def of_value(value: Value, expr: Expr | None, path: str, at: At, format: str = "") -> Alternative:
    """The characters a value puts into a string."""
    if value.text is not None and value.text.kind != "regex":
        return Alternative(value.text, value.branches, value.default_of)
    if value.kind == "constant" and isinstance(value.node, Constant) and not format:
        shown = _shown(value.node, path)
        if shown is not None:
            return Alternative(computed(shown, value.path, value.at), value.branches, value.default_of)
    env = value.name if value.kind == "env" else ""
    return Alternative(hole(path, at, expr, format, env), value.branches, value.default_of, False)


def of_expr(ev: Evaluator, expr: Expr, scope: Scope, format: str = "") -> list[Alternative]:
    """The characters an expression can put into a string; all that is unknown of it is one hole."""
    found: list[Alternative] = []
    unknown = False
    for value in ev.eval(expr, scope):
        item = of_value(value, expr, scope.path, expr.at, format)
        if not item.known and not value.branches and value.kind != "env":
            if unknown:
                continue
            unknown = True
        found.append(item)
    return found[:MAX_TEXTS] or [Alternative(hole(scope.path, expr.at, expr, format), (), "", False)]


def product(parts: Sequence[Sequence[Alternative]]) -> list[Alternative]:
    """Every way to choose one alternative of each part, at most MAX_TEXTS of them; contradicting branches are left out."""
    chosen: list[tuple[list[BuiltText], tuple[Branch, ...], str]] = [([], (), "")]
    for options in parts:
        if len(options) == 1:
            only = options[0]
            for texts, _, _ in chosen:
                texts.append(only.text)
            if only.branches or only.default_of:
                chosen = [
                    (texts, _joined(branches, only.branches), default or only.default_of)
                    for texts, branches, default in chosen
                    if not _contradict(branches, only.branches)
                ] or chosen
            continue
        chosen = [
            ([*texts, option.text], _joined(branches, option.branches), default or option.default_of)
            for texts, branches, default in chosen
            for option in options
            if not _contradict(branches, option.branches)
        ][:MAX_TEXTS]
    return [Alternative(concat(texts), branches, default) for texts, branches, default in chosen]


def _joined(first: tuple[Branch, ...], second: tuple[Branch, ...]) -> tuple[Branch, ...]:
    if not second:
        return first
    known = {(id(branch.test), branch.label) for branch in first}
    return (*first, *(branch for branch in second if (id(branch.test), branch.label) not in known))


def _contradict(first: tuple[Branch, ...], second: tuple[Branch, ...]) -> bool:
    """The same test cannot come out both ways."""
    if not first or not second:
        return False
    for a in first:
        for b in second:
            if a.test is not None and a.test is b.test and (a.taken != b.taken or a.label != b.label):
                return True
    return False


def _shown(node: Constant, path: str) -> str | None:
    if node.kind in ("int", "float"):
        return str(node.value)
    python = path.endswith((".py", ".pyi"))
    if node.kind == "bool":
        return str(node.value) if python else str(node.value).lower()
    return None  # None in a text is a value that is missing on this way: a hole


def values(found: Sequence[Alternative], path: str, at: At) -> list[Value]:
    """String values, or unknown ones where no character is known."""
    return [
        Value("text", path, at, text=item.text, branches=item.branches, default_of=item.default_of)
        for item in found[:MAX_TEXTS]
    ]


def text_values(ev: Evaluator, node: Text, scope: Scope) -> list[Value]:
    """A string literal, f-string or template literal."""
    path = scope.path
    if node.prefix == "regex":
        return [Value("unknown", path, node.at, node=node)]
    parts: list[list[Alternative]] = []
    run: list[TextPiece] = []
    for piece in node.pieces:
        if isinstance(piece, Hole):
            if run:
                parts.append([Alternative(BuiltText(tuple(run)))])
                run = []
            parts.append(of_expr(ev, piece.value, scope, piece.format))
        else:
            run.append(TextPiece(piece.value, path, piece.at))
    if run:
        parts.append([Alternative(BuiltText(tuple(run)))])
    return [
        Value(
            "text",
            path,
            node.at,
            text=BuiltText(item.text.pieces, node.prefix),
            branches=item.branches,
            default_of=item.default_of,
        )
        for item in product(parts)
    ]


def added(ev: Evaluator, node: Binary, scope: Scope) -> list[Value]:
    """``a + b``: a string where one side can be one."""
    left, right = of_expr(ev, node.left, scope), of_expr(ev, node.right, scope)
    if not _any_text(ev, node.left, scope) and not _any_text(ev, node.right, scope):
        return [Value("unknown", scope.path, node.at, node=node)]
    return values(product([left, right]), scope.path, node.at)


def _any_text(ev: Evaluator, expr: Expr, scope: Scope) -> bool:
    return any(value.text is not None for value in ev.eval(expr, scope))


def percent(ev: Evaluator, node: Binary, scope: Scope) -> list[Value]:
    """``format % values``."""
    found: list[Alternative] = []
    for value in ev.eval(node.left, scope):
        if value.text is None:
            continue
        split = percent_parts(value.text)
        if split is None:
            found.append(Alternative(hole(scope.path, node.at, node), value.branches, value.default_of))
            continue
        base = Alternative(BuiltText(), value.branches, value.default_of)
        parts: list[list[Alternative]] = [[base]]
        for part in split:
            if isinstance(part, BuiltText):
                parts.append([Alternative(part)])
            else:
                parts.append(_percent_field(ev, node.right, part[0], "%" + part[1], scope))
        found += product(parts)
    return values(found, scope.path, node.at) if found else [Value("unknown", scope.path, node.at, node=node)]


def _percent_field(
    ev: Evaluator, given: Expr, key: str | int, format: str, scope: Scope
) -> list[Alternative]:
    kept = "" if format == "%s" else format
    if isinstance(key, int) and isinstance(given, SequenceNode) and given.kind == "tuple":
        items = given.items
        if key < len(items) and not any(isinstance(item, Spread) for item in items[: key + 1]):
            return of_expr(ev, items[key], scope, kept)
    elif isinstance(key, int) and key == 0 and not isinstance(given, Mapping):
        if not any(value.kind == "sequence" for value in ev.eval(given, scope)):
            return of_expr(ev, given, scope, kept)
    elif isinstance(key, str):
        return _entry(ev, given, key, scope, kept)
    return [Alternative(hole(scope.path, given.at, given, kept), (), "", False)]


def _entry(ev: Evaluator, given: Expr, key: str, scope: Scope, format: str) -> list[Alternative]:
    found: list[Alternative] = []
    for value in ev.eval(given, scope):
        for item in ev.entries(value).get(key, []):
            found.append(of_value(item, given, scope.path, given.at, format))
    return found[:MAX_TEXTS] or [Alternative(hole(scope.path, given.at, given, format), (), "", False)]


def formatted(ev: Evaluator, text: Value, call: Call, scope: Scope) -> list[Value]:
    """``text.format(...)``."""
    assert text.text is not None
    positional = [arg for arg in call.args if not arg.name and not arg.spread]
    named = {arg.name: arg for arg in call.args if arg.name}
    parts: list[list[Alternative]] = [[Alternative(BuiltText(), text.branches, text.default_of)]]
    for part in brace_parts(text.text):
        if isinstance(part, BuiltText):
            parts.append([Alternative(part)])
            continue
        key, format = part
        arg: Arg | None = None
        if isinstance(key, int):
            arg = positional[key] if key < len(positional) else None
        else:
            arg = named.get(key)
        if arg is not None:
            parts.append(of_expr(ev, arg.value, scope, format))
        else:
            spread = [other.value for other in call.args if other.spread == "**"]
            if spread and isinstance(key, str):
                parts.append(_entry(ev, spread[0], key, scope, format))
            else:
                parts.append([Alternative(hole(scope.path, call.at, call, format), (), "", False)])
    return values(product(parts), scope.path, call.at)


def joined(ev: Evaluator, separators: Sequence[Value], items: Expr, call: Call, scope: Scope) -> list[Value]:
    """``separator.join(items)`` (Python) and ``items.join(separator)`` (JavaScript)."""
    found: list[Alternative] = []
    for sequence in ev.eval(items, scope):
        node = sequence.node
        if sequence.kind != "sequence" or not isinstance(node, SequenceNode) or sequence.scope is None:
            found.append(
                Alternative(
                    hole(scope.path, items.at, items), (*sequence.branches, *_branches(separators)), "", False
                )
            )
            continue
        for separator in separators:
            middle = of_value(separator, None, scope.path, call.at)
            first: list[list[Alternative]] = []
            for item in node.items:
                if isinstance(item, Spread):
                    first.append([Alternative(hole(sequence.path, item.at, item), (), "", False)])
                else:
                    first.append(of_expr(ev, item, sequence.scope))
            for more, branches in _appended(ev, sequence, middle, call, scope, bool(first)):
                parts: list[list[Alternative]] = [[Alternative(BuiltText(), (*sequence.branches, *branches))]]
                for position, options in enumerate([*first, *more]):
                    if position:
                        parts.append([middle])
                    parts.append(options)
                found += product(parts)
    return values(found, scope.path, call.at) if found else [Value("unknown", scope.path, call.at, node=call)]


def _branches(separators: Sequence[Value]) -> tuple[Branch, ...]:
    return separators[0].branches if len(separators) == 1 else ()


def _appended(
    ev: Evaluator, sequence: Value, middle: Alternative, call: Call, scope: Scope, has_first: bool
) -> list[tuple[list[list[Alternative]], tuple[Branch, ...]]]:
    """Items that ``append``/``push`` add to a list kept in a variable, each way it is filled; a hole where they are not known."""
    if not ev.grows(sequence, scope):
        return [([], ())]
    blank = (middle.text.constant or "").strip() == ""
    found = growing.ways(ev, sequence, call.at, scope, has_first or blank)
    if found is None:
        rest = Alternative(hole(sequence.path, sequence.at, None), (), "", False)
        return [([], ()), ([[rest]], ())]
    return [([of_expr(ev, item.expr, item.scope) for item in way.items], way.branches) for way in found]
