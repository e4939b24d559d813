"""Lowering of JavaScript/TypeScript syntax trees to the neutral form of code (``constraintlint.facts.code``).

Written for tree-sitter-javascript 0.25 and tree-sitter-typescript 0.23 (both dialects). This module holds the entry
point and what concerns modules; the other handlers are in the ``ecmascript_*`` modules beside it, which fill the
dispatch tables of ``ecmascript_lowering``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from constraintlint.facts.code import (
    Assign,
    Block,
    Code,
    Define,
    DefineClass,
    Expr,
    ExprStmt,
    ImportStmt,
    Lines,
    Name,
    Stmt,
    Unknown,
)
from constraintlint.frontends import (  # noqa: F401 (they fill the tables)
    ecmascript_control,
    ecmascript_regroup,
    ecmascript_types,
)
from constraintlint.frontends.ecmascript_classes import class_
from constraintlint.frontends.ecmascript_functions import decorator, function
from constraintlint.frontends.ecmascript_lowering import (
    COMMENTS,
    EXPRESSIONS,
    STATEMENTS,
    Context,
    block,
    guard,
    parts,
    statements,
)

if TYPE_CHECKING:
    from tree_sitter import Node as Syntax


def lower(root: Syntax, data: bytes, imports: dict[int, list[int]], hits: list[int] | None) -> Code:
    """The neutral form of one parsed file.

    ``imports`` maps the start byte of an import or re-export to indices into the file's imports. ``hits`` are sorted
    byte offsets of what is of interest: the body of a function without one is left out (None keeps all). Never
    raises on broken or deeply nested source.
    """
    ctx = Context(data, imports, hits, root.has_error)
    body: list[Stmt] = []
    statements(ctx, root.children, 0, body)
    return Code(body, Lines.of(data))


def import_statement(ctx: Context, node: Syntax, depth: int, out: list[Stmt]) -> None:
    at = node.byte_range
    found = ctx.imports.get(at[0])
    if found:
        out.extend(ImportStmt(at, index) for index in found)
        return
    source = node.child_by_field_name("source")
    value = [] if source is None else [EXPRESSIONS[source.type](ctx, source, depth)]
    out.append(ExprStmt(at, Unknown(at, "import", value)))


def import_alias(ctx: Context, node: Syntax, depth: int, out: list[Stmt]) -> None:
    """``import A = B.C``"""
    inner = [child for child in parts(ctx, node, depth) if child.is_named]
    target, value = (EXPRESSIONS[child.type](ctx, child, depth) for child in (inner[0], inner[-1]))
    out.append(Assign(node.byte_range, [target], value, "", None, "import="))


def export_statement(ctx: Context, node: Syntax, depth: int, out: list[Stmt]) -> None:
    """The exported declaration as itself; ``default`` and ``=`` of an expression are assignments."""
    if guard(ctx, node, depth, out):
        return
    at = node.byte_range
    if at[0] in ctx.imports:
        import_statement(ctx, node, depth, out)
        return
    depth += 1
    decorators: list[Expr] = []
    keyword = ""
    for child in parts(ctx, node, depth):
        kind = child.type
        if kind == "decorator":
            decorators.append(decorator(ctx, child, depth))
        elif kind == "default":
            keyword = "default"
        elif kind == "namespace":
            # ``export as namespace X``: a global name for a UMD module
            out.append(ExprStmt(at, Unknown(at, "export-as-namespace", [])))
            return
        elif kind == "=":
            keyword = "export="
        elif kind == "export_clause":
            out.append(ExprStmt(at, Unknown(at, "export", _exported(ctx, child, depth))))
        elif kind == "class_declaration" or kind == "abstract_class_declaration" or kind == "class":
            made = class_(ctx, child, depth, decorators)
            made.name = made.name or keyword
            out.append(DefineClass(made.at, made))
        elif keyword == "default" and kind in ("function_expression", "generator_function"):
            defined = function(ctx, child, depth, [])
            defined.name = defined.name or keyword
            out.append(Define(defined.at, defined))
        elif kind in STATEMENTS:
            statements(ctx, [child], depth, out)
        elif keyword and child.is_named:
            target = Name((at[0], at[0] + len("export")), keyword.rstrip("="))
            out.append(Assign(at, [target], EXPRESSIONS[kind](ctx, child, depth), "", None, keyword))
        elif kind == "string":
            out.append(ExprStmt(at, Unknown(at, "import", [EXPRESSIONS[kind](ctx, child, depth)])))


def _exported(ctx: Context, node: Syntax, depth: int) -> list[Expr]:
    found = []
    for child in parts(ctx, node, depth):
        name = child.child_by_field_name("name") if child.is_named else None
        if name is not None:
            found.append(EXPRESSIONS[name.type](ctx, name, depth))
    return found


def namespace(ctx: Context, node: Syntax, depth: int, out: list[Stmt]) -> None:
    """``namespace A.B {}`` and ``module "name" {}`` (its name keeps the quotes)."""
    if guard(ctx, node, depth, out):
        return
    name = ""
    body: list[Stmt] = []
    for child in node.children:
        kind = child.type
        if kind == "statement_block":
            body = block(ctx, child, depth + 1)
        elif child.is_named and kind not in COMMENTS:
            name = ctx.slice(*child.byte_range)
    out.append(Block(node.byte_range, body, name))


def ambient(ctx: Context, node: Syntax, depth: int, out: list[Stmt]) -> None:
    """``declare ...``: the declaration; ``declare global {}`` is a block of that name."""
    if guard(ctx, node, depth, out):
        return
    for child in parts(ctx, node, depth):
        if child.type == "statement_block":
            out.append(Block(node.byte_range, block(ctx, child, depth + 1), "global"))
        elif child.is_named:
            statements(ctx, [child], depth + 1, out)


STATEMENTS.update(
    {
        "import_statement": import_statement,
        "import_alias": import_alias,
        "export_statement": export_statement,
        "internal_module": namespace,
        "module": namespace,
        "ambient_declaration": ambient,
    }
)
