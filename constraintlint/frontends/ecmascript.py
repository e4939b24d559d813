"""Facts of JavaScript and TypeScript files. One tree-sitter parse a file; the tree never leaves this package."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from msgspec import structs
from tree_sitter import Language, Parser

from constraintlint.facts.source import Export, FileFacts, Problem
from constraintlint.frontends.ecmascript_declarations import read_statements
from constraintlint.frontends.ecmascript_imports import read_comments, read_import_words, read_stray_exports
from constraintlint.frontends.ecmascript_names import read_names
from constraintlint.frontends.ecmascript_source import Source
from constraintlint.roles import is_test

if TYPE_CHECKING:
    from tree_sitter import Node as Syntax
    from tree_sitter import Tree

    from constraintlint.frontends.needles import Needle

_TYPESCRIPT = frozenset(("ts", "mts", "cts", "tsx"))
_DECLARATION = re.compile(r"\.d(?:\.[^./]+)?\.[mc]?ts$")
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_FLOW = re.compile(rb"@(?:no)?flow\b")
_HEAD = 8192
_MINIFIED_SIZE = 4096
_MINIFIED_LINE = 400
_GIANT_LINE = 1000
_GIANT_SHARE = 0.6
#: one byte in so many is a mark of code
_MINIFIED_MARKS = 16
#: bundlers keep line breaks and shorten names: in files from this size on so many of the names in a sample are that short
_MANGLED_SIZE = 32_768
_MANGLED_SAMPLE = 16_384
_MANGLED_SHARE = 0.4
_NAME = re.compile(rb"[A-Za-z_$\x80-\xff][\w$\x80-\xff]*+")
#: what is minified and larger than this is the output of a bundler, which takes seconds to parse
_BUNDLE_SIZE = 64 * 1024
#: nodes of a broken tree that are visited to find its errors
_MAX_ERROR_NODES = 20_000


def read(path: str, data: bytes, needles: Needle | None, *, names: bool = True) -> FileFacts:
    """The facts of one file; what cannot be read of it becomes a Problem. Never raises for what a file holds.

    ``path`` decides the grammar by its extension. Where ``needles`` occurs, the file is also read in depth
    (``FileFacts.code``). ``names``: whether loose names are wanted.
    """
    suffix = path[path.rfind(".") + 1 :].lower()
    typescript = suffix in _TYPESCRIPT
    facts = FileFacts("typescript" if typescript else "javascript", [], [], [], [], [])
    text = _normalise(data, facts.problems)
    if text is None:
        return facts
    minified = _is_minified(text) or (not typescript and _is_mangled(text))
    if len(text) > _BUNDLE_SIZE and (minified or _has_giant_lines(text)):
        facts.dynamic_names = True
        facts.problems.append(
            Problem(
                "minified", "the file is a minified bundle: generated code, whose imports are not followed"
            )
        )
        return facts
    grammar = suffix if suffix == "tsx" else "ts" if typescript else "js"
    tree = _parse(text, grammar, typescript)
    root = tree.root_node
    declaration = typescript and _DECLARATION.search(path.lower()) is not None
    source = Source(text, root, typescript, declaration)
    source.problems = facts.problems
    facts.module_format = _collect(source, suffix)
    facts.imports, facts.exports, facts.bindings = source.imports, source.exports, source.bindings
    if root.has_error:
        _report_errors(source)
    facts.dynamic_names = source.dynamic_names
    if names and not minified and not root.has_error:
        facts.names = read_names(source, tree, text, facts.module_format, is_test(path))
    if minified:
        facts.problems.append(Problem("minified", "the file is minified: generated code, not source"))
    if b"constraintlint:" in text:
        from constraintlint.frontends.suppressions import collect

        facts.suppressions = collect(root, text, facts.language)
    if needles is not None and not minified:
        hits = [match.start() for match in needles.finditer(text)]
        if hits and (b"before" in text or b"@Before" in text):
            from constraintlint.frontends.needles import HOOKS

            hits = sorted([*hits, *(match.end() - 1 for match in HOOKS.finditer(text))])
        if hits:
            facts.code = _lower(root, text, source, hits)
    facts.problems.sort(key=lambda problem: (problem.line, problem.column, problem.kind))
    return facts


# --- bytes to text ----------------------------------------------------------------------------------------------


def _normalise(data: bytes, problems: list[Problem]) -> bytes | None:
    """The file as UTF-8 without a byte order mark; None where it is no text."""
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            data = data[len(bom) :]
            if encoding != "utf-8":
                return _recoded(data, encoding, problems)
            break
    if b"\0" in data[:_HEAD]:
        problems.append(Problem("binary", "the file holds NUL bytes: it is no source text"))
        return None
    if data.startswith((b"<?xml", b"<!DOCTYPE TS")):
        problems.append(Problem("binary", "the file is XML: it is no source text"))
        return None
    if data.isascii():
        return data
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        before = data[data.rfind(b"\n", 0, error.start) + 1 : error.start]
        column = len(before.decode("utf-8", "replace")) + 1
        problems.append(Problem("undecodable", "the file is not UTF-8 text from here on", line, column))
        return data.decode("utf-8", "replace").encode()
    return data


def _recoded(data: bytes, encoding: str, problems: list[Problem]) -> bytes:
    try:
        return data.decode(encoding).encode()
    except UnicodeError:
        problems.append(Problem("undecodable", f"the file is not {encoding[:6].upper()} text throughout"))
        return data.decode(encoding, "replace").encode("utf-8", "replace")


def _is_minified(text: bytes) -> bool:
    """Long lines of code; long strings are data."""
    size = len(text)
    if size <= _MINIFIED_SIZE or size // (text.count(b"\n") + 1) <= _MINIFIED_LINE:
        return False
    return sum(text.count(mark) for mark in (b";", b",", b"{", b"(", b"=")) * _MINIFIED_MARKS > size


def _has_giant_lines(text: bytes) -> bool:
    """Lines that nobody writes, whatever they hold: the texts of all languages, tables, a program in one line."""
    source_map = text.rfind(b"//# sourceMappingURL=data:")
    code = text[:source_map] if source_map >= 0 else text
    long = sum([len(line) for line in code.split(b"\n") if len(line) > _GIANT_LINE])
    return len(code) > _BUNDLE_SIZE and long > len(code) * _GIANT_SHARE


def _is_mangled(text: bytes) -> bool:
    """Whether a bundler has shortened the names: in the middle of a large file many are no words."""
    if len(text) < _MANGLED_SIZE:
        return False
    start = len(text) // 2
    names = _NAME.findall(text, start, start + _MANGLED_SAMPLE)
    return sum([len(name) <= 2 for name in names]) > len(names) * _MANGLED_SHARE


# --- the tree ---------------------------------------------------------------------------------------------------


@cache
def _parser(grammar: str) -> Parser:
    if grammar == "js":
        import tree_sitter_javascript

        return Parser(Language(tree_sitter_javascript.language()))
    import tree_sitter_typescript

    if grammar == "ts":
        return Parser(Language(tree_sitter_typescript.language_typescript()))
    return Parser(Language(tree_sitter_typescript.language_tsx()))


def _parse(text: bytes, grammar: str, typescript: bool) -> Tree:
    """The tree of the file, or of the same file with what the grammar does not know rewritten byte for byte."""
    plain = text
    if typescript and b"`" in text:
        from constraintlint.frontends.ecmascript_tags import without_tag_types

        plain = without_tag_types(text, grammar == "tsx")
    tree = _parser(grammar).parse(plain)
    if not tree.root_node.has_error:
        return tree
    if plain is not text:
        untouched = _parser(grammar).parse(text)
        if not untouched.root_node.has_error:
            return untouched
    if grammar == "js" and _FLOW.search(text[:_HEAD]):
        typed = _parser("tsx").parse(text)
        if not typed.root_node.has_error:
            return typed
    from constraintlint.frontends.ecmascript_repairs import repair

    repaired = repair(plain, tree.root_node, typescript)
    if repaired is None:
        return tree
    return _parser(grammar).parse(repaired)


def _collect(source: Source, suffix: str) -> str:
    """Fill imports, exports and bindings; returns the module format."""
    data = source.data
    seen, esm = read_statements(source)
    esm |= read_import_words(source, seen)
    if source.root.has_error:
        read_stray_exports(source, seen)
    required = False
    if b"equire" in data:
        from constraintlint.frontends.ecmascript_requires import read_requires

        before = len(source.imports)
        required = read_requires(source)
        _bind_modules(source, before)
    if b"<reference" in data or b"@import" in data:
        read_comments(source)
    _in_source_order(source)
    exported = False
    if b"exports" in data and not source.exports:
        from constraintlint.frontends.ecmascript_commonjs import read_exports

        exported = read_exports(source)
    if source.declaration:
        _export_ambient(source, esm)
    if suffix in ("mjs", "mts"):
        return "esm"
    if suffix in ("cjs", "cts"):
        return "commonjs"
    if esm and not exported:
        return "esm"
    # ``import`` beside ``module.exports`` is a file for a transpiler; what it exports is a CommonJS module
    commonjs = required or exported or any(item.kind == "import-equals" for item in source.imports)
    return "commonjs" if commonjs or source.dynamic_names else ""


def _bind_modules(source: Source, first: int) -> None:
    """Names bound by ``require()`` at module level are imports, not variables."""
    names: set[str] = set()
    for item in source.imports[first:]:
        if not item.in_function:
            names.add(item.local)
            names.update(name.local for name in item.names)
    if names:
        source.bindings = [
            structs.replace(item, kind="import") if item.kind == "variable" and item.name in names else item
            for item in source.bindings
        ]


def _in_source_order(source: Source) -> None:
    """Sort the imports by place and adjust the indices that refer to them."""
    imports = source.imports
    order = sorted(range(len(imports)), key=lambda index: imports[index].span)
    if order == list(range(len(imports))):
        return
    moved = {old: new for new, old in enumerate(order)}
    source.imports = [imports[index] for index in order]
    for start, indices in source.starts.items():
        source.starts[start] = [moved[index] for index in indices]


def _export_ambient(source: Source, esm: bool) -> None:
    """A declaration file exports all it declares, unless a list, a star or an assignment says what it exports.

    One that is no module may declare others (``declare module "m"``), so that any name may come from it.
    """
    if source.explicit:
        return
    source.dynamic_names |= not esm
    exported = {export.name for export in source.exports}
    for item in source.bindings:
        if item.name not in exported and item.kind not in ("import", "global"):
            types = item.kind == "type"
            source.exports.append(Export(item.name, item.name, item.line, item.column, type_only=types))


def _lower(root: Syntax, text: bytes, source: Source, hits: list[int]) -> bytes:
    try:
        import msgspec

        from constraintlint.frontends.ecmascript_code import lower

        return msgspec.msgpack.encode(lower(root, text, source.starts, hits))
    except (Exception, RecursionError) as error:
        message = f"the code could not be analysed: {type(error).__name__}: {error}"
        source.problems.append(Problem("analysis-incomplete", message))
        return b""


# --- errors -----------------------------------------------------------------------------------------------------


def _report_errors(source: Source) -> None:
    """One problem at the first syntax error. What it hides may be exports, so no name counts as missing."""
    node = next((node for node in _errors(source.root) if not _is_understood(source, node)), None)
    if node is None:
        return
    source.dynamic_names = True
    at = node.start_byte
    if node.is_missing:
        message = f"a syntax error: '{node.type}' is missing here"
    else:
        word = source.data[at : at + 40].split(b"\n")[0].decode("utf-8", "replace").strip()
        message = f"a syntax error near '{word}'" if word else "a syntax error"
    source.add_problem("parse-incomplete", f"{message}; what stands around it may not have been read", at)


def _is_understood(source: Source, node: Syntax) -> bool:
    """Whether an error lies inside a declaration that was read in full."""
    start, end = node.byte_range
    return any(first <= start and end <= last for first, last in source.understood)


def _errors(root: Syntax) -> Iterator[Syntax]:
    """ERROR and MISSING nodes in source order, the outermost ones; the root itself where it is all there is."""
    stack = [root]
    found = visited = 0
    while stack and visited < _MAX_ERROR_NODES:
        node = stack.pop()
        visited += 1
        if node is not root and (node.is_missing or node.type == "ERROR"):
            found += 1
            yield node
        else:
            stack.extend(child for child in reversed(node.children) if child.has_error or child.is_missing)
    if not found or stack or root.type == "ERROR":
        yield root
