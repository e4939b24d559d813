"""Resolution of JavaScript/TypeScript imports: to files of the project, to packages, or to nothing, and why.

Needs neither node_modules nor a compiler. TypeScript 5.9 (``moduleResolution`` node16 and bundler, the more permissive
one where they differ), Node.js 24 (CommonJS and ECMAScript module loaders).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from constraintlint.facts.source import FileFacts, Import, ImportedName, ImportKind
from constraintlint.findings import Diagnostic
from constraintlint.project.graph import Edge, External, Resolution, Unresolved
from constraintlint.project.resolution.ecmascript_files import is_declaration, split_extension
from constraintlint.project.resolution.ecmascript_names import FOUND, MISSING, Names, Origin, may_lack_types
from constraintlint.project.resolution.ecmascript_places import Places
from constraintlint.project.resolution.node_entries import FILE, NOTHING, PACKAGE, Place
from constraintlint.project.tree import FileTree

_REQUIRES: Final = frozenset(("require", "lazy", "import-equals"))
_ERASABLE: Final = frozenset(("import", "re-export"))
#: directories of files that are sent to browsers as they are
_ASSETS: Final = frozenset(("static", "public", "assets", "vendor", "webroot", "wwwroot"))
_HERE: Final = Origin(FOUND)
_DECLARATIONS: Final = {".js": ".d.ts", ".jsx": ".d.ts", ".mjs": ".d.mts", ".cjs": ".d.cts"}


class EcmaScriptResolver:
    """Resolves the imports of one file after the other. ``facts`` gives those of any source file of the tree.

    ``diagnostics`` grows with the configuration files met: malformed or cyclic ones.
    """

    def __init__(self, tree: FileTree, facts: Callable[[str], FileFacts | None]) -> None:
        self.diagnostics: list[Diagnostic] = []
        self._tree = tree
        self._places = Places(tree, self.diagnostics)
        self._names = Names(facts, self._follow, self._sibling)

    def resolve(self, path: str, facts: FileFacts) -> Resolution:
        """All that one file imports. Never raises for what the file or the configuration says."""
        result = Resolution([], [], [], [])
        consulted: dict[str, None] = {}
        typescript = facts.language == "typescript"
        find = self._places.find
        for item in facts.imports:
            place = find(path, item.specifier, typescript, item.kind in _REQUIRES)
            if place.kind == FILE:
                self._to_file(path, item, place.value, result, consulted)
            elif place.kind == PACKAGE:
                result.external.append(_external(path, item, place))
            elif place.kind == NOTHING:
                ours = place.first_party and not (
                    "{{" in item.specifier  # a template engine completes it
                    or (item.kind in _REQUIRES and self._is_for_browsers(path))
                )
                result.unresolved.append(_unresolved(path, item, place, ours))
        consulted.pop(path, None)
        result.consulted = sorted(consulted)
        return result

    # --- edges --------------------------------------------------------------------------------------------------

    def _to_file(
        self, path: str, item: Import, target: str, result: Resolution, consulted: dict[str, None]
    ) -> None:
        """Edges to a file: one for the names it defines itself, and one for each file it has others from."""
        groups: dict[str, _Group] = {}
        for name in item.names:
            origin = _HERE
            if name.name != "*":
                origin = self._names.find(target, name.name)
                consulted.update(dict.fromkeys(origin.consulted))
                if origin.state == MISSING and not (
                    (name.type_only or item.kind == "type-only") and may_lack_types(target)
                ):
                    result.unresolved.append(_missing_name(path, item, name, target))
            files = origin.files
            key = files[-1] if files and files[-1] != target else ""
            group = groups.get(key)
            if group is None:
                group = groups[key] = _Group(files[:-1] if key else ())
            group.names.append(name)
            group.types = group.types and origin.is_type
        if not groups:
            key = ""
            via: tuple[str, ...] = ()
            if item.local and item.kind in _REQUIRES:
                origin = self._names.whole(target)
                consulted.update(dict.fromkeys(origin.consulted))
                if origin.files:
                    key, via = origin.files[-1], origin.files[:-1]
            groups[key] = _Group(via)
        for key, group in groups.items():
            result.edges.append(_edge(path, item, target, key, group, len(groups) == 1))

    def _follow(self, path: str, specifier: str) -> str:
        """The source file that a re-export of ``path`` leads to; ``""`` for a package, an asset or nothing."""
        place = self._places.find(path, specifier, path.endswith(("ts", "tsx")), False)
        return place.value if place.kind == FILE else ""

    def _is_for_browsers(self, path: str) -> bool:
        """Whether a file is one of those a server hands out: a browser has no ``require``, so that the call stands in
        code for other surroundings, or in a copy of a part of a package whose other files are not here."""
        directory = path.rpartition("/")[0]
        while directory:
            if self._tree.is_file(f"{directory}/package.json"):
                return False
            parent, _, name = directory.rpartition("/")
            if name.lower() in _ASSETS:
                return True
            directory = parent
        return False

    def _sibling(self, path: str) -> str | None:
        """The declaration file beside a JavaScript file."""
        stem, extension = split_extension(path)
        declared = _DECLARATIONS.get(extension)
        return stem + declared if declared and self._tree.is_file(stem + declared) else None


# --- records ----------------------------------------------------------------------------------------------------


class _Group:
    """The names of one import that one file defines."""

    __slots__ = ("names", "types", "via")

    def __init__(self, via: tuple[str, ...]) -> None:
        self.via = via
        self.names: list[ImportedName] = []
        self.types = True
        """each of them is a type"""


def _edge(path: str, item: Import, target: str, origin: str, group: _Group, whole: bool) -> Edge:
    names = group.names
    if whole or not names:
        line, column, end_line, end_column = item.span
    else:
        first = names[0]
        line, column, end_line, end_column = first.line, first.column, first.line, first.end_column
    kind: ImportKind = item.kind
    if is_declaration(target) or (names and all(name.type_only for name in names)):
        kind = "type-only"
    erased = bool(names) and group.types and kind in _ERASABLE and path.endswith(("ts", "tsx"))
    taken = tuple([name.name for name in names])
    return Edge(
        path, target, kind, line, column, end_line, end_column, taken, origin, group.via, item.in_function,
        item.optional, erased,
    )  # fmt: skip


def _external(path: str, item: Import, place: Place) -> External:
    names = tuple(dict.fromkeys(name.name for name in item.names))
    return External(
        path,
        place.value,
        place.module,
        item.kind,
        *item.span,
        names,
        place.standard,
        item.in_function,
        item.optional,
    )


def _unresolved(path: str, item: Import, place: Place, first_party: bool) -> Unresolved:
    return Unresolved(
        path,
        item.specifier,
        item.kind,
        *item.span,
        place.value,
        first_party,
        "",
        place.tried,
        item.optional,
    )


def _missing_name(path: str, item: Import, name: ImportedName, target: str) -> Unresolved:
    what = "has no default export" if name.name == "default" else f"does not export '{name.name}'"
    kind: ImportKind = "type-only" if name.type_only else item.kind
    return Unresolved(
        path, item.specifier, kind, name.line, name.column, name.line, name.end_column, f"'{target}' {what}", True,
        name.name, (), item.optional,
    )  # fmt: skip
