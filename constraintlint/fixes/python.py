"""Rewritings of Python code by LibCST, which keeps every space and comment (libcst 1.5 and newer)."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import libcst as cst
from libcst.codemod import CodemodContext
from libcst.codemod.visitors import AddImportsVisitor, RemoveImportsVisitor
from libcst.metadata import MetadataWrapper, PositionProvider

from constraintlint.facts.source import Span
from constraintlint.fixes.document import Refused

Action = Callable[[cst.Module, Span, tuple[str, ...]], cst.Module]


def rewrite(text: str, action: str, span: Span, arguments: tuple[str, ...]) -> str:
    """``text`` after one action. Raises Refused where the code is not as the finding saw it, or does not parse."""
    try:
        module = cst.parse_module(text)
    except cst.ParserSyntaxError as error:
        raise Refused(f"the file does not parse: {error.message}") from None
    except RecursionError:
        raise Refused("the file nests too deeply") from None
    return ACTIONS[action](module, span, arguments).code


def parses(text: str) -> bool:
    """Whether LibCST reads the text."""
    try:
        cst.parse_module(text)
    except (cst.ParserSyntaxError, RecursionError):
        return False
    return True


class _At(cst.CSTTransformer):
    """Replaces the one expression that stands exactly at a place."""

    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self, span: Span, replace: Callable[[cst.BaseExpression], cst.BaseExpression]) -> None:
        super().__init__()
        self.span = span
        self.replace = replace
        self.done = False

    def on_leave(
        self, original_node: cst.CSTNodeT, updated_node: cst.CSTNodeT
    ) -> cst.CSTNodeT | cst.RemovalSentinel | cst.FlattenSentinel[cst.CSTNodeT]:
        if isinstance(original_node, cst.BaseExpression) and isinstance(updated_node, cst.BaseExpression):
            place = self.get_metadata(PositionProvider, original_node, None)
            if place is not None and not self.done:
                start, end = place.start, place.end
                if (start.line, start.column + 1, end.line, end.column + 1) == self.span:
                    self.done = True
                    return cast("cst.CSTNodeT", self.replace(updated_node))
        return updated_node


def _replaced(
    module: cst.Module, span: Span, replace: Callable[[cst.BaseExpression], cst.BaseExpression]
) -> cst.Module:
    visitor = _At(span, replace)
    changed = MetadataWrapper(module, unsafe_skip_copy=True).visit(visitor)
    if not visitor.done:
        raise Refused("the code at this place is not as it was found")
    return changed


def _await(module: cst.Module, span: Span, arguments: tuple[str, ...]) -> cst.Module:
    """``call(...)`` -> ``await call(...)``; in brackets where ``arguments`` say so."""

    def replace(node: cst.BaseExpression) -> cst.BaseExpression:
        if not isinstance(node, cst.Call):
            raise Refused("there is no call at this place any more")
        brackets = "brackets" in arguments
        return cst.Await(
            node,
            lpar=[cst.LeftParen()] if brackets else [],
            rpar=[cst.RightParen()] if brackets else [],
        )

    return _replaced(module, span, replace)


def _import_from(module: cst.Module, span: Span, arguments: tuple[str, ...]) -> cst.Module:
    """Take a name from another module: ``arguments`` are the name, the modules it may be imported from now, and the new one."""
    name, *old, new = arguments
    context = CodemodContext()
    alias = _alias_of(module, name, set(old))
    if alias is None:
        raise Refused(f"{name} is not imported by its name")
    for home in old:
        RemoveImportsVisitor.remove_unused_import(context, home, name, alias or None)
    AddImportsVisitor.add_needed_import(context, new, name, alias or None)
    # removal looks at uses, and the name goes on being used: the statement itself is changed
    changed = module.visit(_Dropper(name, set(old)))
    return AddImportsVisitor(context).transform_module(changed)


def _qualified_import(module: cst.Module, span: Span, arguments: tuple[str, ...]) -> cst.Module:
    """``sa.ARRAY`` -> ``postgresql.ARRAY``: ``arguments`` are the package, the module in it, and the name."""
    package, home, name = arguments

    def replace(node: cst.BaseExpression) -> cst.BaseExpression:
        target = cst.Attribute(cst.Name(home), cst.Name(name))
        if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
            return node.with_changes(func=target)
        if isinstance(node, cst.Attribute):
            return target
        raise Refused("there is no such type at this place any more")

    context = CodemodContext()
    AddImportsVisitor.add_needed_import(context, package, home)
    return AddImportsVisitor(context).transform_module(_replaced(module, span, replace))


ACTIONS: dict[str, Action] = {
    "await": _await,
    "import-from": _import_from,
    "qualified-import": _qualified_import,
}


def _alias_of(module: cst.Module, name: str, homes: set[str]) -> str | None:
    """The name it is bound to (``""`` for its own), None where no such import is there."""
    found: list[str] = []

    class Finder(cst.CSTVisitor):
        def visit_ImportFrom(self, node: cst.ImportFrom) -> None:
            if not _is_from(node, homes) or isinstance(node.names, cst.ImportStar):
                return
            for item in node.names:
                if isinstance(item.name, cst.Name) and item.name.value == name:
                    bound = item.asname.name if item.asname is not None else None
                    found.append(bound.value if isinstance(bound, cst.Name) else "")

    module.visit(Finder())
    return found[0] if len(set(found)) == 1 else None


class _Dropper(cst.CSTTransformer):
    """Takes one name out of the imports from some modules."""

    def __init__(self, name: str, homes: set[str]) -> None:
        super().__init__()
        self.name = name
        self.homes = homes

    def leave_ImportFrom(
        self, original_node: cst.ImportFrom, updated_node: cst.ImportFrom
    ) -> cst.ImportFrom | cst.RemovalSentinel:
        names = updated_node.names
        if not _is_from(original_node, self.homes) or isinstance(names, cst.ImportStar):
            return updated_node
        kept = [
            item for item in names if not (isinstance(item.name, cst.Name) and item.name.value == self.name)
        ]
        if len(kept) == len(names):
            return updated_node
        if not kept:
            return cst.RemoveFromParent()
        if not isinstance(names[-1].comma, cst.Comma):
            kept[-1] = kept[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
        return updated_node.with_changes(names=kept)


def _is_from(node: cst.ImportFrom, homes: set[str]) -> bool:
    if node.relative or node.module is None:
        return False
    return cst.Module([]).code_for_node(node.module) in homes
