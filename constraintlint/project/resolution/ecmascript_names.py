"""Where a name taken from a JavaScript/TypeScript module is defined: through barrels, re-exports and CommonJS modules."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from constraintlint.facts.source import Export, FileFacts, Import
from constraintlint.project.resolution.ecmascript_files import is_declaration

#: ``MISSING`` is certain; ``UNKNOWN`` is every case in which a name cannot be followed to its end
FOUND, MISSING, UNKNOWN = range(3)
#: files one name may come through
_MAX_DEPTH = 60

#: (importing file, specifier) -> the source file it leads to, ``""`` where that is none of the project's
Follow = Callable[[str, str], str]


class Origin(NamedTuple):
    """``files`` are those passed after the module asked, the last one defines the name (empty: the module itself does).

    ``consulted`` are all files whose facts decided it. ``is_type``: what is found has no value at run time.
    """

    state: int
    files: tuple[str, ...] = ()
    consulted: tuple[str, ...] = ()
    is_type: bool = False


def _says_more(export: Export, known: Export) -> bool:
    """Whether a later entry of the same name is the better one: a value beside a type, the source after ``void 0``."""
    if known.type_only != export.type_only:
        return known.type_only
    return bool(export.specifier) and not (known.specifier or known.local)


class _Table:
    """The exports of one file by name, its stars, and what its module-level import names stand for."""

    __slots__ = ("_imported", "_types", "exports", "facts", "stars")

    def __init__(self, facts: FileFacts) -> None:
        self.facts = facts
        self.exports: dict[str, Export] = {}
        self.stars: list[Export] = []
        for export in facts.exports:
            if export.name == "*":
                self.stars.append(export)
            else:
                known = self.exports.get(export.name)
                if known is None or _says_more(export, known):
                    self.exports[export.name] = export
        self._imported: dict[str, tuple[Import, str]] | None = None
        self._types: frozenset[str] | None = None

    def imported(self, local: str) -> tuple[Import, str] | None:
        """The import that binds a local name, and the name it takes (``""`` for the module itself)."""
        if self._imported is None:
            self._imported = {}
            for item in self.facts.imports:
                if not item.in_function and item.kind != "dynamic":
                    if item.local:
                        self._imported.setdefault(item.local, (item, ""))
                    for name in item.names:
                        if name.local and name.name != "*":
                            self._imported.setdefault(name.local, (item, name.name))
        return self._imported.get(local)

    def is_type(self, local: str) -> bool:
        """Whether a name is bound to types alone."""
        if self._types is None:
            kinds: dict[str, bool] = {}
            for binding in self.facts.bindings:
                kinds[binding.name] = kinds.get(binding.name, True) and binding.kind == "type"
            self._types = frozenset(name for name, only in kinds.items() if only)
        return local in self._types


class _Closure:
    """A file and all it passes on with ``export *``: the files in the order they are asked, and the ways to them."""

    __slots__ = ("described", "files", "first", "unknown", "ways")

    def __init__(self) -> None:
        self.files: list[str] = []
        self.ways: list[tuple[str, ...]] = []
        self.described: dict[str, int] | None = None
        """as ``first``, of the declaration files beside them"""
        self.first: dict[str, int] = {}
        """name -> index of the first file that exports it"""
        self.unknown = False
        """one of them may export more than is known"""


class Names:
    """Follows names. ``sibling`` gives the declaration file that describes a JavaScript file, if there is one."""

    def __init__(
        self,
        facts: Callable[[str], FileFacts | None],
        follow: Follow,
        sibling: Callable[[str], str | None],
    ) -> None:
        self._facts = facts
        self._follow = follow
        self._sibling = sibling
        self._tables: dict[str, _Table | None] = {}
        self._closures: dict[str, _Closure] = {}
        self._known: dict[tuple[str, str], Origin] = {}
        self._running: set[tuple[str, str]] = set()
        self._cut = False

    def find(self, path: str, name: str) -> Origin:
        """Where the export ``name`` of a file is defined."""
        known = self._known.get((path, name))
        if known is None:
            self._cut = False
            known = self._known[path, name] = self._find(path, name)
        return known

    def whole(self, path: str) -> Origin:
        """Where the value of a CommonJS module is defined that only passes another module on."""
        table = self._table(path)
        if table is None or table.facts.module_format != "commonjs" or table.facts.dynamic_names:
            return Origin(FOUND)
        if len(table.stars) != 1 or not table.exports.keys() <= {"default"}:
            return Origin(FOUND)
        return self.find(path, "default")

    def _table(self, path: str) -> _Table | None:
        if path not in self._tables:
            facts = self._facts(path)
            self._tables[path] = _Table(facts) if facts is not None else None
        return self._tables[path]

    def _find(self, path: str, name: str) -> Origin:
        key = (path, name)
        known = self._known.get(key)
        if known is not None:
            return known
        if key in self._running or len(self._running) > _MAX_DEPTH:
            # a ring of re-exports defines nothing
            self._cut = True
            return Origin(UNKNOWN, (), (path,))
        self._running.add(key)
        outer_cut, self._cut = self._cut, False
        try:
            found = self._look(path, name)
        finally:
            self._running.discard(key)
        if found.state == FOUND or not self._cut:
            self._known[key] = found
        self._cut = self._cut or outer_cut
        return found

    def _look(self, path: str, name: str) -> Origin:
        table = self._table(path)
        if table is None:
            return Origin(UNKNOWN, (), (path,))
        export = table.exports.get(name)
        if name == "default" and table.facts.module_format == "commonjs":
            return self._value(path, table, export)
        if export is not None:
            return self._exported(path, table, export)
        closure = self._closure(path)
        index = closure.first.get(name) if name != "default" else None
        if index is None:
            return self._absent(closure, name)
        file = closure.files[index]
        owner = self._table(file)
        assert owner is not None
        found = self._exported(file, owner, owner.exports[name])
        consulted = tuple(dict.fromkeys((*closure.files[: index + 1], *found.consulted)))
        return Origin(found.state, (*closure.ways[index], *found.files), consulted, found.is_type)

    def _value(self, path: str, table: _Table, export: Export | None) -> Origin:
        """The value of a CommonJS module: its own, or another module's that it passes on."""
        if len(table.stars) == 1:
            target = self._follow(path, table.stars[0].specifier)
            if target and table.exports.keys() <= {"default"}:
                found = self._find(target, "default")
                return Origin(FOUND, (target, *found.files), (path, *found.consulted))
        if export is not None:
            return self._exported(path, table, export)
        return Origin(FOUND, (), (path,))

    def _absent(self, closure: _Closure, name: str) -> Origin:
        """No file exports the name, unless the declarations beside one of them do."""
        if closure.described is None:
            closure.described = self._described(closure)
        index = closure.described.get(name)
        consulted = tuple(closure.files)
        if index is not None and (name != "default" or index == 0):
            return Origin(FOUND, closure.ways[index], consulted)
        if name == "default":
            table = self._table(closure.files[0])
            unknown = table is None or table.facts.dynamic_names or _says_nothing(table)
            return Origin(UNKNOWN if unknown else MISSING, (), consulted[:1])
        return Origin(UNKNOWN if closure.unknown else MISSING, (), consulted)

    def _described(self, closure: _Closure) -> dict[str, int]:
        """Names of the declaration files beside the JavaScript files of a closure."""
        found: dict[str, int] = {}
        for index, file in enumerate(closure.files):
            sibling = self._sibling(file)
            table = self._table(sibling) if sibling is not None else None
            if table is not None and sibling is not None:
                closure.unknown |= table.facts.dynamic_names
                for name in table.exports:
                    found.setdefault(name, index)
                for star in table.stars:
                    closure.unknown |= not self._follow(sibling, star.specifier)
        return found

    def _exported(self, path: str, table: _Table, export: Export) -> Origin:
        """Follow one entry of a file's exports."""
        if export.specifier:
            return self._onward(path, export.specifier, export.imported, export.type_only)
        if export.local:
            imported = table.imported(export.local)
            if imported is not None:
                item, taken = imported
                return self._onward(path, item.specifier, taken or "*", item.kind == "type-only")
        is_type = export.type_only or (bool(export.local) and table.is_type(export.local))
        return Origin(FOUND, (), (path,), is_type)

    def _onward(self, path: str, specifier: str, name: str, type_only: bool) -> Origin:
        """A name that comes from another module; ``*`` is that module itself."""
        target = self._follow(path, specifier)
        if not target:
            return Origin(FOUND, (), (path,), type_only)  # of a package, or reported where it is imported
        if name == "*":
            return Origin(FOUND, (target,), (path,), type_only)
        found = self._find(target, name)
        consulted = (path, target, *found.consulted)
        if found.state != FOUND:
            # reported at the re-export itself, not at each of its users
            return Origin(UNKNOWN, (), consulted)
        return Origin(FOUND, (target, *found.files), consulted, type_only or found.is_type)

    def _closure(self, path: str) -> _Closure:
        closure = self._closures.get(path)
        if closure is None:
            closure = self._closures[path] = _Closure()
            self._fill(closure, path)
        return closure

    def _fill(self, closure: _Closure, path: str) -> None:
        waiting: list[tuple[str, tuple[str, ...]]] = [(path, ())]
        seen: set[str] = set()
        while waiting:
            file, way = waiting.pop()
            if file in seen:
                continue
            seen.add(file)
            index = len(closure.files)
            closure.files.append(file)
            closure.ways.append(way)
            own = self._table(file)
            if own is None:
                closure.unknown = True
                continue
            closure.unknown |= own.facts.dynamic_names or _says_nothing(own)
            for name in own.exports:
                if name != "default":
                    closure.first.setdefault(name, index)
            for star in reversed(own.stars):
                target = self._follow(file, star.specifier)
                if target:
                    waiting.append((target, (*way, target)))
                else:
                    closure.unknown = True


def _says_nothing(table: _Table) -> bool:
    """A JavaScript file without any import or export syntax can be anything: a script, ``this.x = ...``."""
    facts = table.facts
    return facts.language == "javascript" and not facts.module_format and not facts.exports


def may_lack_types(path: str) -> bool:
    """Whether types can be taken from a file that exports no such name: JSDoc's ``@typedef`` in JavaScript."""
    return path.endswith((".js", ".mjs", ".cjs", ".jsx")) and not is_declaration(path)
