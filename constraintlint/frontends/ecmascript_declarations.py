"""Import and export declarations and module-level names of a JavaScript/TypeScript file, from the root's children."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from constraintlint.facts.source import Binding, ImportedName, ImportKind
from constraintlint.frontends.ecmascript_clauses import (
    Clause,
    end_of,
    may_be_list,
    read_export,
    read_import,
    string_value,
)
from constraintlint.frontends.ecmascript_source import Source

if TYPE_CHECKING:
    from tree_sitter import Node as Syntax

_KINDS = {
    "function_declaration": "function",
    "generator_function_declaration": "function",
    "function_signature": "function",
    "function_expression": "function",
    "generator_function": "function",
    "class_declaration": "class",
    "abstract_class_declaration": "class",
    "class": "class",
    "interface_declaration": "type",
    "type_alias_declaration": "type",
    "enum_declaration": "enum",
    "internal_module": "namespace",
    "module": "namespace",
}
#: ``export`` right before ``import x = require("m")``
_EXPORTED = re.compile(rb"\bexport\s+\Z")
_EXPORT_REACH = 64
_VARIABLES = frozenset(("lexical_declaration", "variable_declaration"))
_PATTERN_LEAVES = frozenset(("identifier", "shorthand_property_identifier_pattern"))
#: how deep a destructuring pattern is followed
_MAX_PATTERN_DEPTH = 40


def read_statements(source: Source) -> tuple[list[int], bool]:
    """Fill imports, exports and bindings from the declarations at module level.

    Returns the places of the keywords read, so that they are not looked at again, and whether one of them makes the
    file an ECMAScript module.
    """
    seen: list[int] = []
    esm = False
    for node in source.root.children:
        kind = node.type
        if kind == "import_statement":
            start = node.start_byte
            seen.append(start)
            esm |= read_import_declaration(source, start)
        elif kind == "export_statement":
            esm |= _export_statement(source, node, seen)
        elif kind in _KINDS or kind in _VARIABLES:
            declare(source, node)
        elif kind == "ambient_declaration":
            _ambient(source, node)
        elif kind == "import_alias":
            name = node.named_child(0)
            if name is not None and name.type == "identifier":
                source.add_binding(source.text(name), "namespace", name.start_byte)
        elif kind == "expression_statement":
            inner = node.child(0)
            if inner is not None and inner.type == "internal_module":
                declare(source, inner)
    return seen, esm


# --- imports ----------------------------------------------------------------------------------------------------


def read_import_declaration(
    source: Source, start: int, end: int | None = None, ambient: bool = False
) -> bool:
    """Record the import declaration whose keyword stands at ``start``; True where it makes the file a module.

    ``end`` is the end of the statement where the tree knows it. An ``ambient`` one, of ``declare module`` or a
    comment, binds nothing here.
    """
    clause = read_import(source.data, start + len(b"import"))
    if clause is None or clause.specifier is None:
        return False
    end = end_of(source.data, clause.stop)
    source.understood.append((start, end))
    source.starts.setdefault(start, []).append(len(source.imports))
    names: tuple[ImportedName, ...] = ()
    if clause.names:
        named = source.name
        type_only = clause.type_only
        names = tuple(
            [named(i.name, i.local, i.start, i.end, i.type_only or type_only) for i in clause.names]
        )
        if not ambient:
            for item, taken in zip(clause.names, names, strict=True):
                if item.start == item.local_start:
                    source.bindings.append(Binding(item.local, "import", taken.line, taken.column))
                else:
                    source.add_binding(item.local, "import", item.local_start)
    if clause.namespace and not ambient:
        source.add_binding(clause.namespace, "import", clause.namespace_start)
    if clause.kind == "require" and _EXPORTED.search(source.data, max(0, start - _EXPORT_REACH), start):
        source.add_export(clause.namespace, clause.namespace, clause.namespace_start)
    source.add_import(
        clause.specifier,
        "type-only" if ambient else _import_kind(source, clause, names),
        (start, end),
        (clause.start, clause.end),
        names,
        clause.namespace,
    )
    return clause.kind == "import"


def _import_kind(source: Source, clause: Clause, names: tuple[ImportedName, ...]) -> ImportKind:
    if clause.type_only or source.declaration:
        return "type-only"
    if clause.kind == "require":
        return "import-equals"
    if names:
        return "type-only" if not clause.namespace and all(name.type_only for name in names) else "import"
    return "import" if clause.namespace else "side-effect"


# --- exports ----------------------------------------------------------------------------------------------------


def _export_statement(source: Source, node: Syntax, seen: list[int]) -> bool:
    data = source.data
    start = node.start_byte
    keyword = start
    if not data.startswith(b"export", start):
        # decorators stand before the keyword
        for child in node.children:
            if child.type == "export":
                keyword = child.start_byte
                break
    seen.append(keyword)
    clause = read_export(data, keyword + len(b"export")) if may_be_list(data, keyword) else None
    if clause is not None and clause.kind == "export":
        record_export(source, clause, start)
        return True
    if clause is not None:
        _assigned_module(source, node)
        return False
    return _exported_declaration(source, node, seen)


def record_export(source: Source, clause: Clause, start: int) -> None:
    """``export {...}``, ``export {...} from``, ``export * from``, ``export * as ns from``."""
    end = end_of(source.data, clause.stop)
    source.explicit = True
    source.understood.append((start, end))
    specifier = clause.specifier or ""
    imported: list[ImportedName] = []
    if clause.star:
        if clause.namespace:
            source.add_export(clause.namespace, "", start, specifier, "*", clause.type_only)
        else:
            source.add_export("*", "", start, specifier, "*", clause.type_only)
        line, column = source.place(start)
        imported.append(ImportedName("*", clause.namespace, line, column, column, clause.type_only))
    for item in clause.names:
        type_only = item.type_only or clause.type_only
        if specifier:
            imported.append(source.name(item.name, "", item.start, item.end, type_only))
            source.add_export(item.local or item.name, "", item.local_start, specifier, item.name, type_only)
        else:
            source.add_export(item.local or item.name, item.name, item.local_start, type_only=type_only)
    if clause.specifier is None:
        return
    source.starts.setdefault(start, []).append(len(source.imports))
    types = clause.type_only or source.declaration or (imported and all(name.type_only for name in imported))
    source.add_import(
        specifier,
        "type-only" if types else "re-export",
        (start, end),
        (clause.start, clause.end),
        tuple(imported),
    )


def _exported_declaration(source: Source, node: Syntax, seen: list[int]) -> bool:
    """``export const``, ``export default``, ``export import``; False where it is no ESM syntax."""
    start = node.start_byte
    default = -1
    for child in node.children:
        kind = child.type
        if kind == "default":
            default = child.start_byte
        elif kind in _KINDS or kind in _VARIABLES:
            _declared_export(source, child, default)
            return True
        elif kind == "ambient_declaration":
            _ambient(source, child, exported=True)
            return True
        elif kind == "import_alias":
            seen.append(child.start_byte)
            _exported_alias(source, child)
            return True
        elif kind == "namespace":
            return False  # export as namespace Global
        elif child.is_named and kind not in ("decorator", "comment", "ERROR"):
            source.explicit = True
            local = source.text(child) if kind == "identifier" else ""
            source.add_export("default", local, default if default >= 0 else start)
            return True
    return True


def _declared_export(source: Source, node: Syntax, default: int) -> None:
    if default >= 0:
        names = list(declare(source, node))
        source.add_export("default", names[0][0] if names else "", default)
    else:
        declare(source, node, exported=True)


def _exported_alias(source: Source, alias: Syntax) -> None:
    """``export import A = B.C``"""
    name = alias.named_child(0)
    if name is not None:
        text = source.text(name)
        source.add_binding(text, "namespace", name.start_byte)
        source.add_export(text, text, name.start_byte)


def _assigned_module(source: Source, node: Syntax) -> None:
    """``export = value``: the module is the value, whatever names that has."""
    value = node.named_child(node.named_child_count - 1) if node.named_child_count else None
    source.explicit = True
    local = source.text(value) if value is not None and value.type == "identifier" else ""
    source.add_export("default", local, node.start_byte)
    source.dynamic_names = True


def _ambient(source: Source, node: Syntax, exported: bool = False) -> None:
    """``declare ...``; names of ``declare global`` are global, those of ``declare module "m"`` belong to that module."""
    for child in node.children:
        kind = child.type
        if kind == "module":
            name = child.child_by_field_name("name")
            if name is None or name.type == "string":
                return
        if kind in _KINDS or kind in _VARIABLES:
            declare(source, child, exported)
        elif kind == "statement_block":
            _global_names(source, child)


def _global_names(source: Source, block: Syntax) -> None:
    for child in block.children:
        if child.type in _KINDS or child.type in _VARIABLES:
            for name, at in names_of(source, child):
                source.add_binding(name, "global", at)


# --- names ------------------------------------------------------------------------------------------------------


def declare(source: Source, node: Syntax, exported: bool = False) -> list[tuple[str, int]]:
    """Bind the names of a declaration, and export them where ``exported``."""
    kind = node.type
    found = names_of(source, node)
    bound = _KINDS.get(kind, "variable")
    type_only = bound == "type"
    for name, at in found:
        source.add_binding(name, bound, at)
        if exported:
            source.add_export(name, name, at, type_only=type_only)
    return found


def names_of(source: Source, node: Syntax) -> list[tuple[str, int]]:
    """The names a declaration binds, with their places."""
    found: list[tuple[str, int]] = []
    if node.type in _VARIABLES:
        for child in node.children:
            if child.type == "variable_declarator":
                name = child.child(0)
                if name is None:
                    continue
                if name.type == "identifier":
                    found.append((source.text(name), name.start_byte))
                else:
                    found.extend(pattern_names(source, name))
        return found
    named = node.child_by_field_name("name")
    if named is not None:
        # ``namespace A.B`` binds A
        found.append((source.text(named).partition(".")[0].rstrip(), named.start_byte))
    return found


def pattern_names(source: Source, pattern: Syntax) -> Iterator[tuple[str, int]]:
    """The names a destructuring pattern binds."""
    stack = [(pattern, 0)]
    while stack:
        node, depth = stack.pop()
        kind = node.type
        if kind in _PATTERN_LEAVES:
            yield source.text(node), node.start_byte
        elif depth > _MAX_PATTERN_DEPTH:
            continue
        elif kind == "pair_pattern":
            value = node.child_by_field_name("value")
            if value is not None:
                stack.append((value, depth + 1))
        elif kind in ("assignment_pattern", "object_assignment_pattern"):
            left = node.child(0)
            if left is not None:
                stack.append((left, depth + 1))
        elif kind in ("object_pattern", "array_pattern", "rest_pattern"):
            stack.extend((child, depth + 1) for child in reversed(node.named_children))


def pattern_keys(source: Source, pattern: Syntax) -> Iterator[tuple[str, str, int, int]]:
    """``(key, local, start, end)`` of each property an object pattern takes; ``*`` for a rest or a computed key."""
    for child in pattern.named_children:
        node = child
        if node.type == "object_assignment_pattern":
            inner = node.child(0)
            if inner is None:
                continue
            node = inner
        kind = node.type
        if kind == "shorthand_property_identifier_pattern":
            name = source.text(node)
            yield name, name, node.start_byte, node.end_byte
        elif kind == "pair_pattern":
            key = node.child_by_field_name("key")
            if key is not None:
                yield _key(source, key), _local(source, node), key.start_byte, key.end_byte
        elif kind == "rest_pattern":
            yield "*", source.text(node).lstrip(". \t\r\n"), node.start_byte, node.end_byte


def _key(source: Source, key: Syntax) -> str:
    if key.type == "property_identifier":
        return source.text(key)
    if key.type == "string":
        return string_value(source.data[key.start_byte + 1 : key.end_byte - 1])
    return "*"


def _local(source: Source, pair: Syntax) -> str:
    value = pair.child_by_field_name("value")
    if value is not None and value.type == "assignment_pattern":
        value = value.child(0)
    return source.text(value) if value is not None and value.type == "identifier" else ""
