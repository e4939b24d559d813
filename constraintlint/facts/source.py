"""Facts of one source file: imports, module-level names, exports, comments that suppress, problems.

Positions are 1-based lines and 1-based columns in Unicode code points; an end column is exclusive.
"""

from typing import Literal

import msgspec

#: (line, column, end_line, end_column)
Span = tuple[int, int, int, int]

#: How an import reaches its target. ``implicit`` (a parent ``__init__``) exists on edges only.
ImportKind = Literal[
    "import",
    "type-only",
    "lazy",
    "dynamic",
    "require",
    "import-equals",
    "re-export",
    "side-effect",
    "implicit",
]


class ImportedName(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One name taken from a module.

    ``name`` is the name in the target module: an identifier, ``*`` (everything) or ``default`` (JS default
    export). ``local`` is the name bound here, ``""`` where none is (a re-export without a local binding, ``import *``).
    """

    name: str
    local: str
    line: int
    column: int
    end_column: int
    type_only: bool = False


class Import(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One import statement (or call) with one module specifier.

    Python: ``import a.b as c`` is specifier ``a.b`` with ``local`` ``c`` and no names; ``import a.b`` has local ``a``.
    ``from . import x`` has specifier ``.``; ``from ..p import x`` has ``..p``.
    JS/TS: specifier as written; ``import * as ns`` has local ``ns``; ``const x = require('m')`` has local ``x``;
    ``export * from 'm'`` is a re-export with a name ``*`` and local ``""``; ``export * as ns from`` has local ``ns``.
    """

    specifier: str
    kind: ImportKind
    span: Span
    """the whole statement or call"""
    specifier_span: Span
    names: tuple[ImportedName, ...] = ()
    local: str = ""
    """the name bound to the module itself, if any"""
    optional: bool = False
    """inside ``try`` whose handler catches ImportError (or everything), or a guarded ``require``"""
    conditional: bool = False
    """inside a branch (``if``, ``match``, ``switch``) other than the type-checking one"""
    in_function: bool = False
    relative_to: str = ""
    """``package=`` literal of ``importlib.import_module``, or ``__package__``/``__name__`` where it is relative to these"""


class Binding(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A name bound at module level, and how: function, class, variable, import, type, namespace, enum, global.

    Python: names that imports bind stand in ``FileFacts.imports`` only.
    """

    name: str
    kind: str
    line: int
    column: int


class Export(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A name other modules can take from this one (JS/TS, and Python's literal ``__all__``).

    ``local`` is the module-level name behind it, ``""`` where it is an expression or comes from elsewhere.
    ``specifier``/``imported`` are set for a re-export from another module; ``name`` ``*`` exports everything of it.
    """

    name: str
    local: str
    line: int
    column: int
    specifier: str = ""
    imported: str = ""
    type_only: bool = False


class Suppression(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A ``constraintlint: ignore[...] reason`` comment.

    ``first_line``..``last_line`` are the lines it serves: its own line at the end of a line, the next statement
    (all its lines) when it stands alone, the whole file (0..0) for ``ignore-file``.
    """

    rules: tuple[str, ...]
    reason: str
    line: int
    column: int
    end_column: int
    first_line: int
    last_line: int


class Problem(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Something in the file that could not be read or analysed; becomes a diagnostic."""

    kind: str
    message: str
    line: int = 1
    column: int = 1


class LooseName(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A name that stands in no good order with what binds it, or one that this file gives to all others.

    ``kind``: ``undefined`` (read, and nothing binds it), ``unbound`` (read before its scope binds it, on every path),
    ``annotation`` (an undefined name where nothing evaluates it), ``export`` (an entry of ``__all__`` that is not there),
    ``constant`` (a ``const`` that is assigned to; ``declared`` is the place of its declaration), ``given`` (a global name
    that this file defines for every file: an attribute of ``builtins`` or ``globalThis``, a sloppy-mode or ambient global).
    """

    name: str
    kind: str
    span: Span
    declared: tuple[int, int] = (0, 0)


#: What can be known of a file without its facts (see ``traits``): read in depth, has problems, suppresses, is empty,
#: has loose names.
DEEP, PROBLEMS, SUPPRESSES, EMPTY, NAMES = 1, 2, 4, 8, 16


class FileFacts(msgspec.Struct, array_like=True, gc=False):
    """All that is known of one source file. ``code`` is the encoded ``Code`` record of a deep file, else empty."""

    language: str
    """``python``, ``javascript`` or ``typescript``"""
    imports: list[Import] = []
    bindings: list[Binding] = []
    exports: list[Export] = []
    suppressions: list[Suppression] = []
    problems: list[Problem] = []
    dynamic_names: bool = False
    """names may exist that are not listed: ``__getattr__``, ``globals()[...]``, computed ``__all__`` or exports"""
    module_format: str = ""
    """JS/TS: ``esm``, ``commonjs`` or ``""`` where nothing tells; Python: ``""``"""
    code: bytes = b""
    """msgpack of ``facts.code.Code`` where the file can matter to a rule that follows values"""
    names: list[LooseName] = []
    """names read and not bound, and the like; empty for nearly every file"""
    whole: bool = True
    """False where imports and loose names alone were read: bindings, exports and what comes with them are not known"""


def traits(facts: FileFacts | None) -> int:
    """The traits of a file, as a sum of DEEP, PROBLEMS, SUPPRESSES, EMPTY and NAMES."""
    if facts is None:
        return EMPTY
    empty = not (facts.imports or facts.bindings or facts.exports)
    return (
        DEEP * bool(facts.code)
        + PROBLEMS * bool(facts.problems)
        + SUPPRESSES * bool(facts.suppressions)
        + EMPTY * empty
        + NAMES * bool(facts.names)
    )
