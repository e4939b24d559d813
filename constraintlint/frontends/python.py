"""Facts of a Python file, from one parse by tree-sitter.

Python 3 up to 3.15 (language reference, chapters 5 and 7; PEP 263, 420, 562, 810). Names that imports bind stand in
``imports`` only; ``bindings`` are the other names of the module level.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from constraintlint.facts.source import FileFacts, Import, Problem
from constraintlint.frontends.python_branches import Branches
from constraintlint.frontends.python_calls import NO_STATEMENT, ImportCalls
from constraintlint.frontends.python_imports import ImportStatements
from constraintlint.frontends.python_module import ModuleLevel
from constraintlint.frontends.python_names import missing_exports, read_names, symbol_table
from constraintlint.frontends.python_parts import Parts
from constraintlint.frontends.python_source import Positions, decode, first_error, parse, parse_part

if TYPE_CHECKING:
    from tree_sitter import Node

    from constraintlint.frontends.needles import Needle

_IMPORTERS = frozenset({"importlib", "runpy", "pkgutil"})
_GLOBAL = re.compile(rb"global(s[ \t]*\(\s*\))?")
#: methods of ``globals()`` that bind nothing
_READING_METHODS = frozenset({b"get", b"items", b"keys", b"values", b"copy"})
_SYS_MODULES = re.compile(rb"sys\.modules\s*(?:\[([^\]\n]*)\]\s*(=(?!=))?|\.\s*(?:update|setdefault)\b)")


def read(
    path: str, data: bytes, needles: Needle | None, *, names: bool = True, whole: bool = True
) -> FileFacts:
    """Facts of one Python source file (``.py``, ``.pyi``).

    ``needles`` matches the words that make a file worth reading in depth: where one occurs ``code`` is filled. ``names``:
    whether loose names are wanted. Where not the ``whole`` is, a file may be read for its imports alone, and its facts
    say so. Whatever cannot be read is a Problem (``binary``, ``undecodable``, ``parse-incomplete``, ``dynamic-import``,
    ``analysis-incomplete``); nothing is raised.
    """
    original, problems = decode(data)
    if original is None:
        return FileFacts("python", problems=problems)
    hits = [match.start() for match in needles.finditer(original)] if needles is not None else []
    names = names and not path.endswith(".pyi")
    table = symbol_table(original) if names else None
    if not (whole or hits or (names and table is None)):
        facts = _imports_alone(original, problems, table)
        if facts is not None:
            return facts
    text, tree = parse(original)
    root = tree.root_node
    error = first_error(root, text)
    if error is not None:
        problems.append(Problem("parse-incomplete", error[1], *Positions(text).at(error[0])))

    branches = Branches(text)
    level = ModuleLevel(root, text, branches)
    statements = ImportStatements(root, level.tops, text, original, branches)
    statements.module_level(level.statements)
    statements.elsewhere(level.statements)
    found = statements.found
    modules = {item.specifier for _, item in found}
    if statements.calls or not modules.isdisjoint(_IMPORTERS):
        calls = ImportCalls(text, statements)
        problems += calls.problems
        found = found + calls.found
        modules.update(item.specifier for _, item in calls.found)
    found.sort(key=lambda pair: (pair[1].span, pair[1].specifier_span))
    imports = [item for _, item in found]

    dynamic = _namespace(text, level, statements, modules) or level.dynamic
    if "pkg_resources" in modules and b"declare_namespace" in text:
        dynamic = True
    if not dynamic:
        dynamic = b"__getattr__" in level.bound or any(
            name.local == "__getattr__" and not item.in_function for item in imports for name in item.names
        )
    if statements.too_deep:
        problems.append(
            Problem("analysis-incomplete", "expressions nest too deep to look for every import in them")
        )
    facts = FileFacts(
        "python",
        imports,
        level.bindings(Positions(text)),
        level.exports(Positions(text)) if level.exported else [],
        problems=problems,
        dynamic_names=dynamic,
    )
    if b"constraintlint:" in text:
        from constraintlint.frontends.suppressions import collect

        facts.suppressions = collect(root, text, "python")
    if names and error is None:
        if text is not original:
            table = symbol_table(text)
        exports = missing_exports(level, text, imports) if level.exported and not dynamic else []
        facts.names = read_names(root, text, table, exports)
    if hits:
        by_start: dict[int, list[int]] = {}
        for index, (start, _) in enumerate(found):
            if start != NO_STATEMENT:
                by_start.setdefault(start, []).append(index)
        _read_deep(facts, root, text, by_start, hits)
    return facts


def _imports_alone(text: bytes, problems: list[Problem], table: Any) -> FileFacts | None:
    """The imports and loose names of a file, from the parts that hold them; None where that may not be all."""
    if b"constraintlint:" in text or (table is not None and b"__all__" in text):
        return None
    parts = Parts(text)
    if not parts.found:
        return None
    imports: list[Import] = []
    for start, end in parts.module:
        found = _imports_of_module(text, start, end)
        if found is None:
            return None
        imports += found
    for start, end in parts.functions:
        found = _imports_of_function(text, start, end)
        if found is None:
            return None
        imports += found
    if not imports or any(item.specifier in _IMPORTERS for item in imports):
        return None
    imports.sort(key=lambda item: (item.span, item.specifier_span))
    facts = FileFacts("python", imports, problems=problems, whole=False)
    if table is not None:
        facts.names = read_names(None, text, table)
    return facts


def _imports_of_module(text: bytes, start: int, end: int) -> list[Import] | None:
    """The imports of some statements of a module; None where these are not read without errors."""
    root = parse_part(text, start, text.count(b"\n", 0, start), end).root_node
    if root.has_error:
        return None
    branches = Branches(text)
    level = ModuleLevel(root, text, branches)
    statements = ImportStatements(root, level.tops, text, text, branches)
    statements.module_level(level.statements)
    statements.elsewhere(level.statements, start, end)
    return None if statements.too_deep else [item for _, item in statements.found]


def _imports_of_function(text: bytes, start: int, end: int) -> list[Import] | None:
    """The imports of one function of a module or class; None where it is not read without errors."""
    root = parse_part(text, start, text.count(b"\n", 0, start), end).root_node
    tops = root.children
    if root.has_error or [top.type for top in tops if top.type != "comment"] != ["function_definition"]:
        return None
    statements = ImportStatements(root, tops, text, text, Branches(text))
    statements.elsewhere([], start, end)
    return None if statements.too_deep else [item for _, item in statements.found]


def _read_deep(
    facts: FileFacts, root: Node, text: bytes, by_start: dict[int, list[int]], hits: list[int]
) -> None:
    import msgspec

    from constraintlint.frontends.python_code import lower

    try:
        facts.code = msgspec.msgpack.encode(lower(root, text, by_start, hits))
    except Exception as error:  # a file that cannot be followed must not stop the run
        message = f"values in this file cannot be followed: {type(error).__name__}: {error}"
        facts.problems.append(Problem("analysis-incomplete", message))


def _namespace(text: bytes, level: ModuleLevel, statements: ImportStatements, modules: set[str]) -> bool:
    """Bind what ``global`` statements name; whether names come into being that are written nowhere."""
    dynamic = False
    if b"global" in text:
        for match in _GLOBAL.finditer(text):
            path = statements.path(match.start())
            kind = path[-1].type if len(path) > 1 else ""
            if kind == "global":
                for name in path[-2].named_children:
                    if name.type == "identifier":
                        level.bind(text[name.start_byte : name.end_byte], name.start_byte, "global")
            elif match[1] and kind == "identifier":
                dynamic |= not _only_reads(path, text)
    if not dynamic and "sys" in modules:
        for match in _SYS_MODULES.finditer(text):
            path = statements.path(match.start())
            if path and path[-1].type == "identifier":
                key, assigned = match.groups()
                dynamic |= key is None or bool(assigned) or b"__name__" in key
    return dynamic


def _only_reads(path: list[Node], text: bytes) -> bool:
    """Whether ``globals()`` stands where its result is read and not written to. ``path`` ends in its name."""
    if len(path) < 3:
        return False
    parent = path[-3]  # what the call stands in
    if parent.type == "comparison_operator":
        return True
    if parent.type == "attribute":
        name = parent.child_by_field_name("attribute")
        return name is not None and text[name.start_byte : name.end_byte] in _READING_METHODS
    caller = path[-4] if len(path) > 3 else None
    if parent.type == "argument_list":
        function = None if caller is None else caller.child_by_field_name("function")
        return function is not None and text[function.start_byte : function.end_byte] == b"__import__"
    if parent.type != "subscript" or parent.child_by_field_name("value") != path[-2] or caller is None:
        return False
    if caller.type in ("assignment", "augmented_assignment"):
        return caller.child_by_field_name("left") != parent
    return caller.type not in (
        "pattern_list", "tuple_pattern", "list_pattern", "for_statement", "as_pattern_target", "delete_statement",
    )  # fmt: skip
