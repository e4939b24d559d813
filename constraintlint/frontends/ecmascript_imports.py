"""Imports that are no declarations at module level: ``import()``, type queries, JSDoc and reference comments, strays.

The words are found in the bytes, and only there the tree is asked what stands there.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import structs

from constraintlint.facts.source import ImportedName
from constraintlint.frontends.ecmascript_clauses import read_export, read_import, string_value, word_value
from constraintlint.frontends.ecmascript_declarations import read_import_declaration, record_export
from constraintlint.frontends.ecmascript_source import Source, Surroundings, arguments_of
from constraintlint.frontends.ecmascript_static import static_specifier, taken

if TYPE_CHECKING:
    from tree_sitter import Node as Syntax

_IMPORT = re.compile(rb"import\b")
_EXPORT = re.compile(rb"export\b")
_AFTER = re.compile(rb"(?>\s+|//[^\n]*|/\*.*?\*/)*+(.)", re.S)
_QUOTED = rb"""("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`$\\]*`)"""
_IMPORT_CALL = re.compile(rb"import\s*\(\s*" + _QUOTED + rb"\s*[,)]")
_PHASED_CALL = re.compile(rb"import\s*\.\s*(?:defer|source)\s*\(\s*" + _QUOTED + rb"\s*[,)]")
_PROPERTY = re.compile(rb"\s*(?:\?\.|\.)\s*([A-Za-z_$][\w$]*)")
_REFERENCE = re.compile(rb"^[ \t]*(///[ \t]*<reference\s+path\s*=\s*(\"[^\"\n]*\"|'[^'\n]*')[^\n]*)", re.M)
_JSDOC_IMPORT = re.compile(rb"@import\b")
_PROMISE_METHODS = frozenset((b"then", b"catch", b"finally"))
#: nodes in which the word ``import`` is text
_TEXTS = frozenset(
    ("string", "string_fragment", "template_string", "regex", "regex_pattern", "jsx_text", "escape_sequence")
)
_TYPE_PARENTS = frozenset(
    (
        "type_annotation", "type_alias_declaration", "type_query", "type_arguments", "union_type",
        "intersection_type", "array_type", "generic_type", "lookup_type", "function_type", "constructor_type",
        "parenthesized_type", "readonly_type", "optional_type", "rest_type", "tuple_type", "conditional_type",
        "index_type_query", "constraint", "default_type", "type_predicate_annotation", "type_predicate", "asserts",
        "extends_type_clause", "implements_clause", "nested_type_identifier", "flow_maybe_type", "template_type",
        "mapped_type_clause", "type_parameter", "object_type",
    )
)  # fmt: skip


def _next(data: bytes, at: int) -> bytes:
    """The first byte that is neither space nor comment."""
    match = _AFTER.match(data, at)
    return match[1] if match else b""


def read_import_words(source: Source, seen: list[int]) -> bool:
    """Every ``import`` that is no declaration at module level; True where one makes the file a module."""
    data, root = source.data, source.root
    known = set(seen)
    esm = False
    for start in source.words(_IMPORT):
        if start in known or data[start - 1 : start] == b".":
            continue
        end = start + len(b"import")
        node = root.descendant_for_byte_range(start, end)
        kind = node.type if node is not None else ""
        if node is None or kind in _TEXTS:
            continue
        if kind == "comment":
            if not source.typescript:
                _jsdoc_type(source, node, start)
            continue
        following = _next(data, end)
        if following == b"(":
            _import_call(source, node)
        elif following == b".":
            esm |= kind in ("import", "meta_property")
            _phased_import(source, node)
        elif read_import(data, end) is not None:
            # inside ``declare module``, or left over by a syntax error
            ambient = _in_ambient_module(node)
            read_import_declaration(source, start, ambient=ambient)
            esm |= not ambient
    return esm


def read_stray_exports(source: Source, seen: list[int]) -> None:
    """Re-exports that a syntax error keeps from being declarations at module level."""
    known = set(seen)
    for start in source.words(_EXPORT):
        if start in known:
            continue
        end = start + len(b"export")
        node = source.root.descendant_for_byte_range(start, end)
        if node is None or node.type not in ("export", "identifier", "ERROR") or _in_ambient_module(node):
            continue
        clause = read_export(source.data, end)
        if clause is not None and clause.kind == "export":
            record_export(source, clause, start)


def _in_ambient_module(node: Syntax) -> bool:
    current: Syntax | None = node
    for _ in range(8):
        if current is None:
            return False
        if current.type == "module":
            return True
        current = current.parent
    return False


# --- calls and type queries -------------------------------------------------------------------------------------


def _import_call(source: Source, node: Syntax) -> None:
    """``import(...)``: a call, or a type query."""
    start = node.start_byte
    match = _IMPORT_CALL.match(source.data, start)
    call = node.parent
    if call is not None and call.type == "import":
        call = call.parent  # the keyword is a node inside a node
    if node.type != "import" or call is None or call.type != "call_expression":
        # no call in the tree: a repaired type query, or inside a syntax error
        if match is not None and source.typescript:
            _type_query(source, match)
        return
    chain = source.path_to(call)
    if match is not None and source.typescript and _is_type(source, chain, match.end()):
        _type_query(source, match)
        return
    argument = next(iter(arguments_of(call)), None)
    specifier = static_specifier(source, argument) if argument is not None else None
    if argument is None or specifier is None:
        source.add_problem("dynamic-import", "the module of this import() is computed when it runs", start)
        return
    around = Surroundings(chain)
    result = taken(source, chain, promised=True)
    optional = around.optional or result.optional
    source.add_import(
        specifier,
        "dynamic",
        call.byte_range,
        argument.byte_range,
        result.names,
        result.local,
        optional,
        around,
    )


def _phased_import(source: Source, node: Syntax) -> None:
    """``import.defer("m")`` and ``import.source("m")``."""
    match = _PHASED_CALL.match(source.data, node.start_byte)
    if match is None:
        return
    source.understood.append(match.span())
    around = Surroundings(source.path_to(node))
    specifier = string_value(match[1][1:-1])
    source.add_import(specifier, "dynamic", match.span(), match.span(1), (), "", around.optional, around)


def _is_type(source: Source, chain: list[Syntax], after: int) -> bool:
    """Whether the ``import()`` at the end of the path stands where a type is expected."""
    if source.declaration:
        return True
    index = len(chain) - 1
    while index > 0 and chain[index - 1].type == "member_expression":
        index -= 1
    if index > 0:
        parent = chain[index - 1].type
        if parent in _TYPE_PARENTS:
            return True
        if parent in ("as_expression", "satisfies_expression"):
            return chain[index - 1].start_byte != chain[index].start_byte
        if parent != "ERROR":
            return False
    member = _PROPERTY.match(source.data, after)
    return member is not None and member[1] not in _PROMISE_METHODS


def _type_query(source: Source, match: re.Match[bytes]) -> None:
    """``import("m").T``"""
    member = _PROPERTY.match(source.data, match.end())
    names: tuple[ImportedName, ...] = ()
    stop = match.end() if match[0].endswith(b")") else match.end() - 1
    if member is not None:
        names = (source.name(word_value(member[1]), "", *member.span(1), type_only=True),)
        stop = member.end()
    source.add_import(string_value(match[1][1:-1]), "type-only", (match.start(), stop), match.span(1), names)


# --- comments ---------------------------------------------------------------------------------------------------


def read_comments(source: Source) -> None:
    """``/// <reference path="..." />`` in any file, ``@import`` of JSDoc in JavaScript."""
    data, root = source.data, source.root
    if b"<reference" in data:
        for match in _REFERENCE.finditer(data):
            start, stop = match.span(1)
            node = root.descendant_for_byte_range(start, start + 3)
            if node is not None and node.type == "comment":
                path = match[2][1:-1].decode("utf-8", "replace")
                specifier = path if path.startswith((".", "/")) else f"./{path}"
                source.add_import(specifier, "type-only", (start, stop), match.span(2))
    if not source.typescript and b"@import" in data:
        for start in source.words(_JSDOC_IMPORT):
            node = root.descendant_for_byte_range(start, start + 1)
            if node is not None and node.type == "comment" and data.startswith(b"/**", node.start_byte):
                before = len(source.imports)
                read_import_declaration(source, start + 1, ambient=True)
                _make_optional(source, before)


def _jsdoc_type(source: Source, comment: Syntax, start: int) -> None:
    """``{import("m").T}`` in a JSDoc comment."""
    data = source.data
    match = _IMPORT_CALL.match(data, start)
    if match is None or not data.startswith(b"/**", comment.start_byte):
        return
    opening, closing = (
        data.rfind(b"{", comment.start_byte, start),
        data.rfind(b"}", comment.start_byte, start),
    )
    if opening > closing:
        before = len(source.imports)
        _type_query(source, match)
        _make_optional(source, before)


def _make_optional(source: Source, first: int) -> None:
    """Nothing breaks where a comment is stale."""
    source.imports[first:] = [structs.replace(item, optional=True) for item in source.imports[first:]]
