"""Renders the neutral form of code as one-line s-expressions, so that a lowering test reads as source -> form.

Shapes (an absent optional part is left out, ``-`` stands for None where a place has to be kept):

    x                     Name                    a.b                  Member of a Name or Member
    (. (call f) b)        other Member            (at a i)             Index
    (call f x k=y *a **k) Call (``new`` for new)  "abc{x!r:>{w}}"      Text, holes in braces (format inside)
    b"..." r"..." t"..."  Text with a prefix      (tag f "...")        tagged Text
    1 1.5 True None ...   Constant                undefined            Constant of kind undefined
    [a b] (tuple a b) {a} Sequence                {a: b, **c}          Mapping
    (+ a b)               Binary                  (not a)              Unary
    (cond t a b)          Conditional             (:= x v)             AssignExpr
    (lambda (x) ...)      Lambda                  (list e (for t i c)) Comprehension
    (slice a - -)         Slice                   (?kind a b)          Unknown
    (= (a b) v)           Assign                  (def f (x) ...)      Define
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from constraintlint.facts import code as c


def dump(node: c.Node | c.Code | list[Any] | None) -> str:
    """One line for a record; statements of a list (or of a Code) are joined by ``; ``."""
    if node is None:
        return "-"
    if isinstance(node, c.Code):
        node = node.body
    if isinstance(node, list):
        return "; ".join(map(dump, node))
    return _FORMS[type(node)](node)


def _list(*parts: str) -> str:
    return "(" + " ".join(part for part in parts if part) + ")"


def _all(nodes: Iterable[c.Node]) -> str:
    return " ".join(map(dump, nodes))


def _block(body: list[Any] | None, name: str = "") -> str:
    if body is None:
        return "not-lowered"
    return "{" + (name + ": " if name else "") + dump(body) + "}"


def _member(node: c.Member) -> str:
    text = dump(node.object)
    if isinstance(node.object, c.Name | c.Member) and not text.startswith("("):
        return f"{text}.{node.name}"
    return f"(. {text} {node.name})"


def _arg(node: c.Arg) -> str:
    return (node.name + "=" if node.name else "") + node.spread + dump(node.value)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _hole(node: c.Hole) -> str:
    """The format part is source text, so the values inside it (``spec``) show there already."""
    return "{" + dump(node.value) + node.format + "}"


def _text(node: c.Text) -> str:
    parts = (_hole(p) if isinstance(p, c.Hole) else _quoted(p.value) for p in node.pieces)
    text = f'{node.prefix}"{"".join(parts)}"'
    return text if node.tag is None else _list("tag", dump(node.tag), text)


def _constant(node: c.Constant) -> str:
    if node.value is not None:
        return str(node.value)
    return {"none": "None", "ellipsis": "...", "undefined": "undefined"}.get(node.kind, node.kind)


def _sequence(node: c.Sequence) -> str:
    items = _all(node.items)
    if node.kind not in ("list", "set"):
        return _list(node.kind, items)
    return f"[{items}]" if node.kind == "list" else f"{{{items}}}" if items else "(set)"


def _entry(node: c.Entry) -> str:
    if node.key is None:
        return "**" + dump(node.value)
    return ("method " if node.method else "") + f"{dump(node.key)}: {dump(node.value)}"


def _clause(node: c.Clause) -> str:
    head = "async-for" if node.is_async else "for"
    return _list(head, dump(node.target), dump(node.iterable), _all(node.conditions))


def _comprehension(node: c.Comprehension) -> str:
    element = dump(node.element) + (f": {dump(node.value)}" if node.value is not None else "")
    return _list(node.kind, element, _all(node.clauses))


def _param(node: c.Param) -> str:
    stars = {"rest": "*", "kwrest": "**", "keyword": "kw "}.get(node.kind, "")
    text = ("property " if node.property else "") + stars
    text += dump(node.pattern) if node.pattern is not None else node.name
    if node.annotation is not None:
        text += ": " + dump(node.annotation)
    if node.default is not None:
        text += " = " + dump(node.default)
    return text


def _type_params(nodes: list[c.Param]) -> str:
    return "[" + ", ".join(map(_param, nodes)) + "]" if nodes else ""


def _decorators(nodes: list[Any]) -> str:
    return " ".join("@" + dump(node) for node in nodes)


def _function(node: c.Function, head: str = "def") -> str:
    flags = [
        *(["async"] if node.is_async else []),
        *(["generator"] if node.is_generator else []),
        *(["static"] if node.static else []),
        *([node.kind] if node.kind not in ("function", "lambda") else []),
    ]
    params = "(" + ", ".join(map(_param, node.params)) + ")"
    returns = "" if node.returns is None else "-> " + dump(node.returns)
    name = node.name + _type_params(node.type_params)
    head_parts = [_decorators(node.decorators), *flags, head, name, params, returns]
    return _list(*head_parts, _block(node.body))


def _class(node: c.Class) -> str:
    name = node.name + _type_params(node.type_params)
    return _list(
        _decorators(node.decorators), node.kind, name, "(" + _all(node.bases) + ")", _block(node.body)
    )


def _assign(node: c.Assign) -> str:
    targets = node.targets
    target = dump(targets[0]) if len(targets) == 1 else _list(_all(targets))
    target += _type_params(node.type_params)
    if node.annotation is not None:
        target += ": " + dump(node.annotation)
    head = node.op or "="
    value = "" if node.value is None else dump(node.value)
    return _list(_decorators(node.decorators), head, node.keyword, target, value)


def _if(node: c.If) -> str:
    return _list("if", dump(node.test), _block(node.body), _block(node.orelse) if node.orelse else "")


def _loop(node: c.Loop) -> str:
    head = ("async-" if node.is_async else "") + node.kind
    target = "" if node.target is None else dump(node.target)
    iterable = "-" if node.iterable is None else dump(node.iterable)
    return _list(
        head, target, iterable, _block(node.body), _block(node.orelse, "else") if node.orelse else ""
    )


def _with(node: c.With) -> str:
    return _list("async-with" if node.is_async else "with", _all(node.items), _block(node.body))


def _with_item(node: c.WithItem) -> str:
    return dump(node.value) if node.target is None else _list("as", dump(node.value), dump(node.target))


def _try(node: c.Try) -> str:
    orelse = _block(node.orelse, "else") if node.orelse else ""
    final = _block(node.final, "finally") if node.final else ""
    return _list("try", _block(node.body), _all(node.handlers), orelse, final)


def _handler(node: c.Handler) -> str:
    types = "" if node.types is None else dump(node.types)
    name = "" if node.name is None else "as " + dump(node.name)
    return _list("except", types, name, _block(node.body))


def _case(node: c.Case) -> str:
    guard = "" if node.guard is None else "if " + dump(node.guard)
    return _list("case", dump(node.pattern), guard, _block(node.body))


def _raise(node: c.Raise) -> str:
    value = "" if node.value is None else dump(node.value)
    return _list("raise", value, "" if node.cause is None else "from " + dump(node.cause))


def _return(node: c.Return) -> str:
    return _list("return", "" if node.value is None else dump(node.value))


def _yield(node: c.Yield) -> str:
    return _list("yield-from" if node.delegated else "yield", "" if node.value is None else dump(node.value))


_FORMS: dict[type, Callable[[Any], str]] = {
    c.Name: lambda n: n.id,
    c.Member: _member,
    c.Index: lambda n: _list("at", dump(n.object), dump(n.index)),
    c.Arg: _arg,
    c.Call: lambda n: _list("new" if n.new else "call", dump(n.callee), _all(n.args)),
    c.Piece: lambda n: _quoted(n.value),
    c.Hole: _hole,
    c.Text: _text,
    c.Constant: _constant,
    c.Spread: lambda n: "*" + dump(n.value),
    c.Sequence: _sequence,
    c.Entry: _entry,
    c.Mapping: lambda n: "{" + (", ".join(map(_entry, n.entries)) or ":") + "}",
    c.Binary: lambda n: _list(n.op, dump(n.left), dump(n.right)),
    c.Unary: lambda n: _list(n.op, dump(n.operand)),
    c.Conditional: lambda n: _list("cond", dump(n.test), dump(n.then), dump(n.other)),
    c.Await: lambda n: _list("await", dump(n.value)),
    c.Yield: _yield,
    c.AssignExpr: lambda n: _list(n.op, dump(n.target), dump(n.value)),
    c.Lambda: lambda n: _function(n.function, "lambda"),
    c.ClassExpr: lambda n: _class(n.cls),
    c.Clause: _clause,
    c.Comprehension: _comprehension,
    c.Slice: lambda n: _list("slice", dump(n.lower), dump(n.upper), dump(n.step)),
    c.Unknown: lambda n: _list("?" + n.kind, _all(n.children)),
    c.Param: _param,
    c.Function: _function,
    c.Class: _class,
    c.Assign: _assign,
    c.ExprStmt: lambda n: dump(n.value),
    c.Return: _return,
    c.Raise: _raise,
    c.If: _if,
    c.Loop: _loop,
    c.WithItem: _with_item,
    c.With: _with,
    c.Handler: _handler,
    c.Try: _try,
    c.Case: _case,
    c.Switch: lambda n: _list("switch", dump(n.subject), _all(n.cases)),
    c.Define: lambda n: _function(n.function),
    c.DefineClass: lambda n: _class(n.cls),
    c.ImportStmt: lambda n: _list("import", str(n.index)),
    c.Scope: lambda n: _list(n.kind, *n.names),
    c.Jump: lambda n: n.kind,
    c.Block: lambda n: _block(n.body, n.name),
}
