"""The import graph: edges between files, imports of third-party packages, imports that resolve to nothing."""

from __future__ import annotations

import msgspec

from constraintlint.facts.source import ImportKind


class Edge(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One file loads another. The span is the imported name's where only some names lead here, else the statement's.

    ``names`` are names in the target module (``*`` for everything, empty for the module itself). ``origin`` is the
    file that defines them where they come through a barrel or an ``__init__``, else "". ``via`` are the files passed
    on the way from ``target`` to ``origin``. An edge to a stub or declaration file is type-only.
    ``erased``: every name is an interface or a type alias, so the TypeScript compiler removes the import although it is
    not written as type-only; nothing is loaded at run time.
    """

    source: str
    target: str
    kind: ImportKind
    line: int
    column: int
    end_line: int
    end_column: int
    names: tuple[str, ...] = ()
    origin: str = ""
    via: tuple[str, ...] = ()
    in_function: bool = False
    optional: bool = False
    erased: bool = False


class External(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """An import of a package outside the project, or of the standard library / a runtime built-in.

    ``package`` is the top-level import name (``sqlalchemy``) or npm package name (``@prisma/client``); ``module`` is
    the full specifier with its submodule (``sqlalchemy.orm``, ``drizzle-orm/pg-core``). ``standard`` marks stdlib and
    Node built-ins. ``names`` as on Edge.
    """

    source: str
    package: str
    module: str
    kind: ImportKind
    line: int
    column: int
    end_line: int
    end_column: int
    names: tuple[str, ...] = ()
    standard: bool = False
    in_function: bool = False
    optional: bool = False


class Unresolved(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """An import that leads nowhere, or cannot be analysed.

    ``first_party`` is True where the import certainly means a file of the project (relative, or below a package of
    the project). ``name`` is set where the module exists but does not define the name. ``reason`` is a sentence
    without a full stop. ``tried`` are the places looked at.
    """

    source: str
    specifier: str
    kind: ImportKind
    line: int
    column: int
    end_line: int
    end_column: int
    reason: str
    first_party: bool = False
    name: str = ""
    tried: tuple[str, ...] = ()
    optional: bool = False


class Resolution(msgspec.Struct, array_like=True, gc=False):
    """All that one file imports. ``consulted`` are the other files whose facts decided it (for incremental runs)."""

    edges: list[Edge] = []
    external: list[External] = []
    unresolved: list[Unresolved] = []
    consulted: list[str] = []
