"""Lowers the syntax tree of a Python file (tree-sitter-python 0.25) to the neutral form of code.

Covers Python 3.11 to 3.15. What has no form becomes ``Unknown``, of one of these kinds:

- ``error`` (broken syntax), ``missing`` (a part that should be there), ``too-deep`` (below ``LIMIT`` levels)
- ``assert``; ``import`` (one that is not in the facts); ``complex`` (a number); ``chain`` (see python_operators)
- of Python 2: ``print``, ``exec``, ``repr`` (backticks), ``number`` (``10L``, ``0777``)
- any other node kind of the grammar, with hyphens, where it stands inside broken syntax

What stands in an error that has no place in the form of its statement follows it as statements of its own.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from constraintlint.facts.code import (
    Arg,
    Assign,
    Call,
    Code,
    Expr,
    ExprStmt,
    ImportStmt,
    Index,
    Jump,
    Lines,
    Member,
    Name,
    Param,
    Raise,
    Return,
    Scope,
    Sequence,
    Stmt,
    Unary,
    Unknown,
)
from constraintlint.frontends import (
    python_blocks,
    python_define,
    python_expr,
    python_operators,
    python_patterns,
)
from constraintlint.frontends.python_define import inside, type_parameters
from constraintlint.frontends.python_expr import items as values_of
from constraintlint.frontends.python_lowering import (
    LIMIT,
    ExprHandler,
    Kinds,
    Lowering,
    StmtHandler,
    unknown_of,
)
from constraintlint.frontends.python_operators import unwrapped

if TYPE_CHECKING:
    from tree_sitter import Node


def lower(root: Node, data: bytes, imports: dict[int, list[int]], hits: list[int] | None) -> Code:
    """The code of one file.

    ``data`` is the UTF-8 text that was parsed into ``root``. ``imports`` maps the first byte of an import statement
    to its indices in ``FileFacts.imports``. ``hits`` are the sorted offsets at which something of interest stands; a
    function without any (decorators included) keeps its head and gets ``body=None``. With ``hits=None`` every function has a body.
    """
    cx = Lowering(data, _kinds(), imports, hits)
    body: list[Stmt] = []
    if root.is_error:
        _error(cx, root, body)
        body += cx.strays
    else:
        body = cx.block(root)
    return Code(body, Lines.of(data))


@cache
def _kinds() -> Kinds:
    import tree_sitter_python
    from tree_sitter import Language

    language = Language(tree_sitter_python.language())
    names = [
        (number, name)
        for number in range(language.node_kind_count)
        if (name := language.node_kind_for_id(number)) is not None
    ]
    exprs: dict[str, ExprHandler] = {}
    for module in (python_expr, python_operators, python_patterns, python_define):
        exprs |= module.HANDLERS
    return Kinds(names, exprs, {**_STATEMENTS, **python_blocks.STATEMENTS, **python_define.STATEMENTS})


def _error(cx: Lowering, node: Node, out: list[Stmt]) -> None:
    """Broken syntax: the statements inside it stay statements, the rest becomes one Unknown a run."""
    depth = cx.depth
    if depth >= LIMIT:
        out.append(ExprStmt(node.byte_range, Unknown(node.byte_range, "too-deep", [])))
        return
    cx.depth = depth + 1
    run: list[Expr] = []
    before = len(out)
    for child in node.children:
        kind = child.kind_id
        handler = cx.statements.get(kind)
        if handler is not None:
            _flush(run, out)
            handler(cx, child, out)
        elif child.is_named and kind not in cx.tokens:
            run.append(cx.expr(child))
        elif child.has_error:
            cx.tidy(child.children)
    _flush(run, out)
    if len(out) == before:
        out.append(ExprStmt(node.byte_range, Unknown(node.byte_range, "error", [])))
    cx.depth = depth


def _flush(run: list[Expr], out: list[Stmt]) -> None:
    if run:
        at = (run[0].at[0], run[-1].at[1])
        out.append(ExprStmt(at, Unknown(at, "error", run.copy())))
        run.clear()


# --- simple statements ------------------------------------------------------------------------------------------


def _expression_statement(cx: Lowering, node: Node, out: list[Stmt]) -> None:
    kids = node.children
    if len(kids) != 1 and len(kids := cx.tidy(kids)) != 1:
        at = (kids[0].start_byte, kids[-1].end_byte) if kids else node.byte_range
        out.append(ExprStmt(at, Sequence(at, "tuple", values_of(cx, kids))))
        return
    child = kids[0]
    handler = cx.statements.get(child.kind_id)
    if handler is not None:
        handler(cx, child, out)
    else:
        out.append(ExprStmt(child.byte_range, cx.expr(child)))


def _assignment(cx: Lowering, node: Node, out: list[Stmt]) -> None:
    at = node.byte_range
    kinds = cx.kinds
    targets: list[Expr] = []
    annotation: Expr | None = None
    value: Expr | None = None
    while True:
        kids = node.children
        if len(kids) != 3:
            kids = cx.tidy(kids)
        targets.append(cx.expr(kids[0]))
        if len(kids) != 3 or kids[1].kind_id != kinds.equals:
            # target: type [= value]
            if annotation is not None:
                cx.strays.append(ExprStmt(annotation.at, Unknown(annotation.at, "error", [annotation])))
            annotation = cx.expr(kids[2]) if len(kids) > 2 else None
            if len(kids) < 5:
                break
        right = kids[-1]
        if right.kind_id != kinds.assignment:
            value = cx.expr(right)
            break
        node = right
    out.append(Assign(at, targets, value, "", annotation))


def _augmented(cx: Lowering, node: Node, out: list[Stmt]) -> None:
    kids = cx.tidy(node.children)
    at = node.byte_range
    if len(kids) != 3:
        out.append(ExprStmt(at, unknown_of(cx, node, kids)))
        return
    target = cx.expr(kids[0])
    out.append(Assign(at, [target], cx.expr(kids[2]), kids[1].type))


def _type_alias(cx: Lowering, node: Node, out: list[Stmt]) -> None:
    """``type X[T] = value``; the grammar also reads ``type(x).y = value`` so."""
    kids = cx.tidy(node.children)
    at = node.byte_range
    if len(kids) != 4:
        out.append(ExprStmt(at, unknown_of(cx, node, kids)))
        return
    left = inside(cx, kids[1])
    annotation: Expr | None = None
    params: list[Param] = []
    keyword = "type"
    parts = cx.tidy(left.children)
    if left.kind_id == cx.identifier:
        target = cx.expr(left)
    elif left.type == "generic_type" and len(parts) == 2:
        target, params = cx.expr(parts[0]), type_parameters(cx, parts[1])
    else:
        keyword = ""
        if left.type == "constrained_type" and len(parts) == 3:
            left, annotation = parts[0], cx.expr(parts[2])
        target = _of_type(cx, kids[0], inside(cx, left))
    out.append(Assign(at, [target], cx.expr(kids[3]), "", annotation, keyword, [], params))


def _of_type(cx: Lowering, keyword: Node, node: Node) -> Expr:
    """The target ``type(x).y`` of which the grammar left ``(x).y``."""
    result = cx.expr(node)
    first = node
    while first.type not in ("parenthesized_expression", "tuple", "list") and first.children:
        first = first.children[0]
    start, end = keyword.start_byte, first.end_byte
    outer: Expr | None = None
    leaf = result
    while isinstance(leaf, Member | Index | Call) and leaf.at[1] > end:
        leaf.at = (start, leaf.at[1])
        outer, leaf = leaf, leaf.callee if isinstance(leaf, Call) else leaf.object
    name = Name(keyword.byte_range, "type")
    if leaf.at[1] > end:
        return Unknown((start, result.at[1]), "error", [name, result])
    values = leaf.items if isinstance(leaf, Sequence) and first.type != "parenthesized_expression" else [leaf]
    base: Expr
    if first.type == "list":
        index = values[0] if len(values) == 1 else Sequence(leaf.at, "tuple", values)
        base = Index((start, end), name, index)
    else:
        base = Call((start, end), name, [Arg(value.at, value) for value in values])
    if outer is None:
        return base
    if isinstance(outer, Call):
        outer.callee = base
    elif isinstance(outer, Member | Index):
        outer.object = base
    return result


def _return(cx: Lowering, node: Node, out: list[Stmt]) -> None:
    kids = node.children
    if len(kids) > 2:
        kids = cx.tidy(kids)
    out.append(Return(node.byte_range, cx.expr(kids[1]) if len(kids) > 1 else None))


def _raise(cx: Lowering, node: Node, out: list[Stmt]) -> None:
    kids = cx.tidy(node.children)
    value = cause = None
    for i, kid in enumerate(kids):
        if kid.is_named:
            lowered = cx.expr(kid)
            if kids[i - 1].type == "from":
                cause = lowered
            else:
                value = lowered
    out.append(Raise(node.byte_range, value, cause))


def _delete(cx: Lowering, node: Node, out: list[Stmt]) -> None:
    """One statement a target."""
    stack = cx.tidy(node.children)[:0:-1]
    while stack:
        target = unwrapped(cx, stack.pop())
        if target.type in ("expression_list", "tuple", "list"):
            stack.extend(kid for kid in reversed(cx.tidy(target.children)) if kid.kind_id not in cx.tokens)
        else:
            at = target.byte_range
            out.append(ExprStmt(at, Unary(at, "delete", cx.expr(target))))


def _jump(cx: Lowering, node: Node, out: list[Stmt]) -> None:
    out.append(Jump(node.byte_range, node.type.removesuffix("_statement")))


def _scope(cx: Lowering, node: Node, out: list[Stmt]) -> None:
    names = [cx.name(kid.byte_range) for kid in cx.tidy(node.children) if kid.kind_id == cx.identifier]
    out.append(Scope(node.byte_range, node.type.removesuffix("_statement"), names))


def _import(cx: Lowering, node: Node, out: list[Stmt]) -> None:
    at = node.byte_range
    cx.tidy(node.children)
    indices = cx.imports.get(at[0])
    if indices is None:
        out.append(ExprStmt(at, Unknown(at, "import", [])))
    else:
        out.extend([ImportStmt(at, index) for index in indices])


def _opaque(kind: str) -> StmtHandler:
    """A statement without a form: assert, and print and exec of Python 2."""

    def handler(cx: Lowering, node: Node, out: list[Stmt]) -> None:
        out.append(ExprStmt(node.byte_range, unknown_of(cx, node, node.children, kind)))

    return handler


_STATEMENTS: dict[str, StmtHandler] = {
    "ERROR": _error,
    "assert_statement": _opaque("assert"),
    "assignment": _assignment,
    "augmented_assignment": _augmented,
    "break_statement": _jump,
    "continue_statement": _jump,
    "delete_statement": _delete,
    "exec_statement": _opaque("exec"),
    "expression_statement": _expression_statement,
    "future_import_statement": _import,
    "global_statement": _scope,
    "import_from_statement": _import,
    "import_statement": _import,
    "nonlocal_statement": _scope,
    "pass_statement": _jump,
    "print_statement": _opaque("print"),
    "raise_statement": _raise,
    "return_statement": _return,
    "type_alias_statement": _type_alias,
}
