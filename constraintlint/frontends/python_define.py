"""Python functions, classes, lambdas, their parameters and type annotations in the neutral form."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from constraintlint.facts.code import (
    Arg,
    At,
    Class,
    Define,
    DefineClass,
    Expr,
    ExprStmt,
    Function,
    Index,
    Lambda,
    Member,
    Name,
    Param,
    Return,
    Sequence,
    Slice,
    Spread,
    Stmt,
    Unknown,
)
from constraintlint.frontends.python_expr import arguments, items, wrapper
from constraintlint.frontends.python_lowering import (
    CHAIN,
    ERROR,
    LIMIT,
    ExprHandler,
    Lowering,
    StmtHandler,
    unknown,
    unknown_of,
)
from constraintlint.frontends.python_operators import joined

if TYPE_CHECKING:
    from tree_sitter import Node

_GETTERS = frozenset({"property", "cached_property", "abstractproperty"})
_STATIC = frozenset({"staticmethod", "abstractstaticmethod"})


# --- functions and classes --------------------------------------------------------------------------------------


def _define(cx: Lowering, node: Node, out: list[Stmt]) -> None:
    at = node.byte_range
    out.append(Define(at, _function(cx, node, [], at)))


def _define_class(cx: Lowering, node: Node, out: list[Stmt]) -> None:
    out.append(DefineClass(node.byte_range, _class(cx, node, [])))


def _decorated(cx: Lowering, node: Node, out: list[Stmt]) -> None:
    """The statement spans its decorators; the function or class in it starts at ``def`` or ``class``."""
    decorators: list[Expr] = []
    at = node.byte_range
    for kid in cx.tidy(node.children):
        kind = kid.type
        if kind == "decorator":
            parts = [part for part in cx.tidy(kid.children) if part.is_named]
            decorators.append(cx.expr(parts[0]) if len(parts) == 1 else unknown_of(cx, kid, parts))
        elif kind == "class_definition":
            out.append(DefineClass(at, _class(cx, kid, decorators)))
            return
        else:
            out.append(Define(at, _function(cx, kid, decorators, at)))
            return
    out.append(ExprStmt(at, Unknown(at, "error", decorators)))


def _class(cx: Lowering, node: Node, decorators: list[Expr]) -> Class:
    name = ""
    bases: list[Arg] = []
    params: list[Param] = []
    body: list[Stmt] = []
    depth = cx.depth
    cx.depth = min(depth + 1, LIMIT)
    for kid in node.children:
        kind = kid.type
        if kind == "identifier":
            name = cx.name(kid.byte_range)
        elif kind == "argument_list":
            bases = arguments(cx, kid)
        elif kind == "type_parameter":
            params = type_parameters(cx, kid)
        elif kind == "block":
            outer, cx.in_class = cx.in_class, True
            body = cx.block(kid)
            cx.in_class = outer
        elif kind == "ERROR":
            cx.stray(kid)
    cx.depth = depth
    return Class(node.byte_range, name, bases, body, decorators, "class", params)


def _function(cx: Lowering, node: Node, decorators: list[Expr], whole: At) -> Function:
    """``whole`` is the statement with its decorators: a hit in a decorator makes the body matter."""
    at = node.byte_range
    name = ""
    params: list[Param] = []
    type_params: list[Param] = []
    returns: Expr | None = None
    body: list[Stmt] | None = None
    is_async = generator = False
    depth = cx.depth
    cx.depth = min(depth + 1, LIMIT)
    for kid in node.children:
        kind = kid.type
        if kind == "identifier":
            name = cx.name(kid.byte_range)
        elif kind == "parameters":
            params = parameters(cx, kid)
        elif kind == "block":
            if _interesting(cx.hits, whole):
                body, generator = _body(cx, kid)
            else:
                generator = cx.text.find("yield", *kid.byte_range) >= 0 and _has_yield(kid)
        elif kind == "type":
            returns = cx.expr(kid)
        elif kind == "type_parameter":
            type_params = type_parameters(cx, kid)
        elif kind == "async":
            is_async = True
        elif kind == "ERROR":
            cx.stray(kid)
    cx.depth = depth
    kind, static = _role(name, decorators) if cx.in_class else ("function", False)
    return Function(
        at, name, params, body, kind, decorators, returns, is_async, generator, static, type_params
    )


def _body(cx: Lowering, node: Node) -> tuple[list[Stmt], bool]:
    """The statements of a function, and whether they yield."""
    outer = cx.yields, cx.in_class
    cx.yields = cx.in_class = False
    body = cx.block(node)
    generator = cx.yields
    cx.yields, cx.in_class = outer
    return body, generator


def _role(name: str, decorators: list[Expr]) -> tuple[str, bool]:
    """The kind of a function in a class body, and whether it is static."""
    kind = "constructor" if name == "__init__" else "method"
    static = False
    for decorator in decorators:
        if isinstance(decorator, Member):
            last = decorator.name
            if last in ("getter", "setter"):
                kind = last
        elif isinstance(decorator, Name):
            last = decorator.id
        else:
            continue
        if last in _GETTERS:
            kind = "getter"
        elif last in _STATIC:
            static = True
    return kind, static


def _interesting(hits: list[int] | None, at: At) -> bool:
    """Whether a place of interest lies in a range."""
    if hits is None:
        return True
    first = bisect_left(hits, at[0])
    return first < len(hits) and hits[first] < at[1]


def _has_yield(body: Node) -> bool:
    """Whether a function body that is not lowered yields in its own scope."""
    stack = [body]
    while stack:
        node = stack.pop()
        kind = node.type
        if kind == "yield" and node.is_named:
            return True
        if kind == "function_definition":
            # its defaults and annotations belong to the scope around it
            stack.extend(kid for kid in node.children if kid.type != "block")
        elif kind == "lambda":
            stack.extend(kid for kid in node.children if kid.type == "lambda_parameters")
        else:
            stack.extend(node.children)
    return False


def _lambda(cx: Lowering, node: Node) -> Expr:
    at = node.byte_range
    params: list[Param] = []
    body: list[Stmt] = []
    generator = False
    for kid in cx.tidy(node.children):
        if kid.type == "lambda_parameters":
            params = parameters(cx, kid)
        elif kid.is_named:
            outer, cx.yields = cx.yields, False
            value = cx.expr(kid)
            generator, cx.yields = cx.yields, outer
            body.append(Return(value.at, value))
    return Lambda(at, Function(at, "", params, body, "lambda", [], None, False, generator))


# --- parameters -------------------------------------------------------------------------------------------------


def parameters(cx: Lowering, node: Node) -> list[Param]:
    """The parameters of a function or lambda; the marks ``/`` and ``*`` show in the kinds of the others only."""
    result: list[Param] = []
    kind = "normal"
    tokens = cx.tokens
    depth = cx.depth
    cx.depth = min(depth + 1, LIMIT)
    for child in node.children:
        number = child.kind_id
        if number == cx.identifier:
            at = child.byte_range
            result.append(Param(at, cx.name(at), None, None, kind))
        elif number == ERROR:
            cx.stray(child)
        elif number not in tokens:
            param = _parameter(cx, child, kind)
            result.append(param)
            if param.kind == "rest":
                kind = "keyword"
        elif child.type == "keyword_separator":
            kind = "keyword"
    cx.depth = depth
    return result


def _parameter(cx: Lowering, node: Node, kind: str) -> Param:
    """``target: type = value`` in any of its forms."""
    at = node.byte_range
    annotation = default = None
    target = node
    if node.type in ("typed_parameter", "default_parameter", "typed_default_parameter"):
        kids = [kid for kid in cx.tidy(node.children) if kid.is_named]
        target = kids[0]
        for kid in kids[1:]:
            if kid.type == "type":
                annotation = cx.expr(kid)
            else:
                default = cx.expr(kid)
    if target.type in ("list_splat_pattern", "dictionary_splat_pattern"):
        kind = "rest" if target.type == "list_splat_pattern" else "kwrest"
        target = (cx.tidy(target.children) or [target])[-1]
    if target.kind_id == cx.identifier:
        return Param(at, cx.name(target.byte_range), annotation, default, kind)
    return Param(at, "", annotation, default, kind, cx.expr(target))


def type_parameters(cx: Lowering, node: Node) -> list[Param]:
    """``[T: bound = default, *Ts, **P]`` (PEP 695 and 696).

    The grammar knows no defaults and takes parts of them for errors, so the parts are put together again here.
    """
    result: list[Param] = []
    part: list[Node] = []
    stack = node.children[:0:-1]
    while stack:
        child = inside(cx, stack.pop())
        kind = child.type
        if kind in ("ERROR", "constrained_type"):
            stack += reversed(child.children)
        elif kind not in (",", "]"):
            part.append(child)
        elif part := cx.tidy(part):
            result.append(_type_parameter(cx, part))
            part = []
    return result


def _type_parameter(cx: Lowering, nodes: list[Node]) -> Param:
    """One type parameter: its name, then perhaps ``: bound``, then perhaps ``= default``."""
    kinds = [node.type for node in nodes]
    equals = kinds.index("=") if "=" in kinds else len(nodes)
    colon = kinds.index(":", 0, equals) if ":" in kinds[:equals] else equals
    bound, default = _only(cx, nodes[colon + 1 : equals]), _only(cx, nodes[equals + 1 :])
    at = (nodes[0].start_byte, nodes[-1].end_byte)
    if colon != 1:
        return Param(at, "", bound, default, "normal", _only(cx, nodes[:colon]))
    kind, target = "normal", nodes[0]
    if target.type in ("splat_type", "list_splat", "dictionary_splat"):
        stars, *parts = cx.tidy(target.children)
        kind = "rest" if stars.type == "*" else "kwrest"
        target = parts[0] if parts else target
    if target.kind_id == cx.identifier:
        return Param(at, cx.name(target.byte_range), bound, default, kind)
    return Param(at, "", bound, default, kind, cx.expr(target))


def _only(cx: Lowering, nodes: list[Node]) -> Expr | None:
    """The one expression among some nodes, or all of them as Unknown."""
    values = items(cx, nodes)
    if len(values) < 2:
        return values[0] if values else None
    return Unknown((nodes[0].start_byte, nodes[-1].end_byte), "error", values)


# --- annotations ------------------------------------------------------------------------------------------------


def inside(cx: Lowering, node: Node) -> Node:
    """The one node a ``type`` wraps; any other node itself."""
    kids = cx.tidy(node.children) if node.type == "type" else []
    return kids[0] if len(kids) == 1 else node


def _generic_type(cx: Lowering, node: Node) -> Expr:
    kids = cx.tidy(node.children)
    if len(kids) != 2:
        return unknown_of(cx, node, kids)
    parts = cx.tidy(kids[1].children)
    index: Expr
    if len(parts) == 3:
        index = cx.expr(parts[1])
        if type(index) is Spread:
            index = Sequence(index.at, "tuple", [index])
    else:
        at = (parts[1].start_byte, parts[-2].end_byte) if len(parts) > 3 else kids[1].byte_range
        index = Sequence(at, "tuple", items(cx, parts))
    return Index(node.byte_range, cx.expr(kids[0]), index)


def _union_type(cx: Lowering, node: Node) -> Expr:
    """``A | B | C``, which the grammar groups to the right; the language groups it to the left."""
    terms: list[Node] = []
    stack = [node]
    while stack:
        current = stack.pop()
        kids = cx.tidy(current.children)
        kind = current.type
        if kind == "type" and len(kids) == 1:
            stack.append(kids[0])
        elif kind in ("union_type", "binary_operator") and len(kids) == 3 and kids[1].type == "|":
            stack += (kids[2], kids[0])
        else:
            terms.append(current)
    depth = cx.depth
    cx.depth = min(depth + min(len(terms), CHAIN), LIMIT)
    values = items(cx, terms)
    cx.depth = depth
    return joined("|", values) if values else unknown(cx, node)


def _constrained_type(cx: Lowering, node: Node) -> Expr:
    """``a:b`` inside the brackets of an annotation: a slice."""
    kids = cx.tidy(node.children)
    if len(kids) != 3:
        return unknown_of(cx, node, kids)
    return Slice(node.byte_range, cx.expr(kids[0]), cx.expr(kids[2]), None)


def _member_type(cx: Lowering, node: Node) -> Expr:
    kids = cx.tidy(node.children)
    if len(kids) != 3:
        return unknown_of(cx, node, kids)
    return Member(node.byte_range, cx.expr(kids[0]), cx.name(kids[2].byte_range))


HANDLERS: dict[str, ExprHandler] = {
    "constrained_type": _constrained_type,
    "generic_type": _generic_type,
    "lambda": _lambda,
    "member_type": _member_type,
    "type": wrapper,
    "union_type": _union_type,
}

STATEMENTS: dict[str, StmtHandler] = {
    "class_definition": _define_class,
    "decorated_definition": _decorated,
    "function_definition": _define,
}
