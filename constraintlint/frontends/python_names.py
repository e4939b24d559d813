"""Names that a Python file reads and nothing binds, as facts.

CPython's own symbol table (``_symtable``, the C module behind the standard ``symtable``) tells of every scope which names
it takes from the module or the builtins, many times quicker than a walk over a tree. Only where that leaves a name
unaccounted for, or a local that may be read before it is assigned, are scopes built from the syntax tree
(``python_names_scopes``). A file with syntax the running Python does not know goes there at once.
"""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING, Any

from constraintlint.facts.source import Import, LooseName
from constraintlint.frontends.python_names_builtins import BUILTINS, OLD_BUILTINS
from constraintlint.frontends.python_names_order import Doubts, certainly_unbound
from constraintlint.frontends.python_names_scopes import (
    ERASED,
    GUARDED,
    LAZY,
    LOAD,
    OLD_PYTHON,
    Event,
    Scope,
    TooDeep,
    Walker,
)
from constraintlint.frontends.python_source import Positions, parse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tree_sitter import Node

    from constraintlint.frontends.python_module import ModuleLevel

try:
    import _symtable  # type: ignore[import-not-found, unused-ignore]
except ImportError:  # another implementation of Python
    _symtable = None

_MAX_NAMES = 500
#: names may come into the module that are written nowhere
_DYNAMIC = re.compile(
    rb"Databricks notebook source|\bexec\s*\((?![^()\n]*,)|\bexecfile\s*\(|\b(?:globals|vars|locals)\s*\(\s*\)\s*(?:\[[^\]\n]*\]\s*=(?!=)|\.\s*(?:update|setdefault|__setitem__)|\)|,)"
    rb"|=\s*(?:globals|vars)\s*\(\s*\)|\bsys\.modules\s*\[\s*__name__\s*\]|\bget_ipython\s*\("
)
_INJECTS = re.compile(
    rb"(?:\b(?:__)?builtins?(?:__)?(?:\.__dict__)?\s*(?:\.\s*(\w+)|\[\s*['\"](\w+)['\"]\s*\])\s*=(?!=)"
    rb"|setattr\(\s*(?:__)?builtins?(?:__)?\s*,\s*['\"](\w+)['\"])"
)
_INSTALLS = re.compile(rb"\b(?:gettext|translation\w*|lang\w*|t)\b[^\n]*\.install\(")
_FUTURE = re.compile(rb"(?m)^(from[ \t]+__future__[ \t]+import[ \t]*(?:\([^)]*?|[^\n(]*?)\b)annotations\b")
_COOKIE = re.compile(rb"coding[:=]")


def read_names(
    root: Node | None, text: bytes, table: Any, exports: Sequence[LooseName] = ()
) -> list[LooseName]:
    """The loose names of a file whose tree has no errors; ``exports`` are the entries of ``__all__`` among them.

    ``root`` is its tree, None where nobody has parsed it yet: it is seldom needed. ``table`` is the ``symbol_table`` of
    the text. Never raises for what the file holds.
    """
    given = _given(text) if b"builtin" in text or b"gettext" in text else []
    if table is not None:
        residual, doubts = _residual(table, text, root)
        if not residual and not doubts:
            return [*given, *exports]
    try:
        walker = Walker(root or parse(text)[1].root_node, text, _decode)
    except (TooDeep, RecursionError):
        return [*given, *exports]
    if walker.old_syntax or _DYNAMIC.search(text):
        return given
    found = _loose(walker, text)
    return [*given, *found[:_MAX_NAMES], *exports]


def _decode(name: bytes) -> str:
    from constraintlint.frontends.python_module import text

    return text(name)


# --- the interpreter's symbol table -----------------------------------------------------------------------------


def symbol_table(text: bytes) -> Any:
    """The top of the symbol table; None where this interpreter cannot read the file."""
    if _symtable is None:
        return None
    if b"__future__" in text:
        # an annotation that is not evaluated is not looked into: have it evaluated
        text = _FUTURE.sub(rb"\1generators ", text)
    source: bytes | str = text
    try:
        if not text.isascii() or _COOKIE.search(text, 0, 400):
            source = text.decode("utf-8", "replace")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _symtable.symtable(source, "", "exec")
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError, SystemError):
        return None


def _residual(top: Any, text: bytes, root: Node | None) -> tuple[set[str], bool]:
    """Names taken from the module that it does not bind, and whether the order of things leaves a doubt."""
    offset, mask = _symtable.SCOPE_OFF, _symtable.SCOPE_MASK
    implicit, explicit, bound_flags = (
        _symtable.GLOBAL_IMPLICIT, _symtable.GLOBAL_EXPLICIT, _symtable.DEF_BOUND,
    )  # fmt: skip
    use = _symtable.USE
    bound = {name for name, flags in top.symbols.items() if flags & bound_flags}
    wanted: set[str] = set()
    scopes = [top]
    for scope in scopes:
        for name, flags in scope.symbols.items():
            kind = flags >> offset & mask
            if kind == implicit:
                if flags & use:
                    wanted.add(name)
            elif kind == explicit:
                bound.add(name)
        scopes += scope.children
    wanted -= bound
    wanted -= BUILTINS
    if wanted:
        wanted = {name for name in wanted if not name.startswith(".")}
    doubts = Doubts(text, root, scopes, bool(wanted)).any()
    return wanted, doubts


# --- from the tree ----------------------------------------------------------------------------------------------


def _loose(walker: Walker, text: bytes) -> list[LooseName]:
    module = walker.module
    declared = {name for scope in walker.scopes for name in scope.globals}
    shared = {name for scope in walker.scopes for name in scope.nonlocals}
    found: list[tuple[Event, str]] = []
    for scope in walker.scopes:
        for name, events in scope.events.items():
            loads = [event for event in events if event.kind == LOAD]
            if not loads:
                continue
            kind = _lookup(scope, name, module, declared)
            if kind == "missing":
                found += [(event, "undefined") for event in loads]
            elif kind == "own" and scope.kind in ("function", "module") and name not in shared:
                if scope is module and (name in declared or name in BUILTINS or walker.star >= 0):
                    continue
                found += [
                    (event, "unbound")
                    for event in loads
                    if not event.place.flags & LAZY and certainly_unbound(event, events)
                ]
    names: list[LooseName] = []
    positions = Positions(text)
    for event, kind in sorted(found):
        name = _decode(text[event.start : event.end])
        flags = event.place.flags
        if flags & (GUARDED | ERASED) or (flags & OLD_PYTHON and name in OLD_BUILTINS):
            continue
        if flags & LAZY:
            kind = "annotation"
        start, end = positions.at(event.start), positions.at(event.end)
        names.append(LooseName(name, kind, (*start, *end)))
    return names


def _lookup(scope: Scope, name: str, module: Scope, declared: set[str]) -> str:
    """Where a name read in a scope is found: ``own``, ``outer`` or ``missing`` (language reference 4.2.2)."""
    if name not in scope.globals:
        if name in scope.nonlocals:
            return "outer"
        if scope.binds(name):
            return "own"
        outer = scope.parent
        direct = scope.kind == "types"
        while outer is not None and outer is not module:
            visible = outer.kind != "class" or direct
            if visible:
                if name in outer.globals:
                    break
                if outer.binds(name):
                    return "outer"
            if outer.kind == "class" and name in ("__class__", "__classdict__"):
                return "outer"
            direct = direct and outer.kind == "types"
            outer = outer.parent
        if scope.kind == "class" and name in ("__module__", "__qualname__"):
            return "outer"
    if module.binds(name) or name in declared or name in BUILTINS:
        return "outer"
    return "missing"


def missing_exports(level: ModuleLevel, text: bytes, imports: list[Import]) -> list[LooseName]:
    """Entries of ``__all__`` that the module does not bind."""
    given = {item.local.partition(".")[0] for item in imports if item.local}
    given.update(name.local for item in imports for name in item.names)
    given.update(item.specifier.partition(".")[0] for item in imports)
    bound = level.bound
    missing = [
        (offset, name)
        for name, offset, _ in level.exported
        if name != b"*" and name not in bound and _decode(name) not in given
    ]
    positions = Positions(text)
    found: list[LooseName] = []
    for offset, raw in sorted(missing):
        line, column = positions.at(offset)
        name = _decode(raw)
        found.append(LooseName(name, "export", (line, column, line, column + len(name) + 2)))
    return found


def _given(text: bytes) -> list[LooseName]:
    """Names this file gives to all others: attributes set on ``builtins``, what ``gettext`` installs."""
    names = sorted({_decode(next(filter(None, match.groups()))) for match in _INJECTS.finditer(text)})
    if b"gettext" in text and _INSTALLS.search(text):
        names += ["_", "ngettext", "gettext", "npgettext", "pgettext"]
    return [LooseName(name, "given", (1, 1, 1, 1)) for name in names]
