"""Facts of a Python file, from one parse by tree-sitter.

Python 3 up to 3.15 (language reference, chapters 5 and 7; PEP 263, 420, 562, 810). Names that imports bind stand in
``imports`` only; ``bindings`` are the other names of the module level.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from constraintlint.facts.source import FileFacts, Problem
from constraintlint.frontends.python_branches import Branches
from constraintlint.frontends.python_calls import NO_STATEMENT, ImportCalls
from constraintlint.frontends.python_imports import ImportStatements
from constraintlint.frontends.python_module import ModuleLevel
from constraintlint.frontends.python_names import read_names
from constraintlint.frontends.python_source import Positions, decode, first_error, parse

if TYPE_CHECKING:
    from tree_sitter import Node

    from constraintlint.frontends.needles import Needle

_IMPORTERS = frozenset({"importlib", "runpy", "pkgutil"})
_GLOBAL = re.compile(rb"global(s[ \t]*\(\s*\))?")
#: methods of ``globals()`` that bind nothing
_READING_METHODS = frozenset({b"get", b"items", b"keys", b"values", b"copy"})
_SYS_MODULES = re.compile(rb"sys\.modules\s*(?:\[([^\]\n]*)\]\s*(=(?!=))?|\.\s*(?:update|setdefault)\b)")


def read(path: str, data: bytes, needles: Needle | None) -> FileFacts:
    """Facts of one Python source file (``.py``, ``.pyi``).

    ``needles`` matches the words that make a file worth reading in depth: where one occurs ``code`` is filled. Whatever
    cannot be read is a Problem (``binary``, ``undecodable``, ``parse-incomplete``, ``dynamic-import``,
    ``analysis-incomplete``); nothing is raised.
    """
    original, problems = decode(data)
    if original is None:
        return FileFacts("python", problems=problems)
    text, tree = parse(original)
    root = tree.root_node
    error = first_error(root, text)
    if error is not None:
        problems.append(Problem("parse-incomplete", error[1], *Positions(text).at(error[0])))

    branches = Branches(text)
    level = ModuleLevel(root, text, branches)
    statements = ImportStatements(root, level, text, original, branches)
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
    if error is None and not path.endswith(".pyi"):
        facts.names = read_names(root, text, level, imports, dynamic)
    hits = [match.start() for match in needles.finditer(text)] if needles is not None else []
    if hits:
        by_start: dict[int, list[int]] = {}
        for index, (start, _) in enumerate(found):
            if start != NO_STATEMENT:
                by_start.setdefault(start, []).append(index)
        _read_deep(facts, root, text, by_start, hits)
    return facts


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
