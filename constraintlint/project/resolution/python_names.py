"""What a name taken from a Python module is, and which file defines it (Python reference 5.7, 7.11)."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from constraintlint.facts.source import FileFacts, Import, ImportedName
from constraintlint.project.resolution.python_modules import Modules, Place

#: how far re-exports are followed
_MAX_DEPTH = 100
#: attributes that every module has
_MODULE_ATTRIBUTES = frozenset(
    {
        "__name__", "__doc__", "__file__", "__path__", "__package__", "__loader__", "__spec__", "__dict__", "__cached__",
        "__builtins__", "__annotations__", "__class__", "__debug__", "__all__", "__warningregistry__",
    }
)  # fmt: skip
_UNREADABLE = frozenset({"parse-incomplete", "binary", "undecodable"})

#: ways a name can be known
FOUND, MODULE, EXTERNAL, UNKNOWN, TYPE_ONLY, MISSING, CYCLE = range(7)


class Trace(NamedTuple):
    """``files`` are passed from the module asked to the one that defines the name, the first left out."""

    state: int
    files: tuple[str, ...] = ()


#: module and name -> what is known; a name still being looked for is a CYCLE
Seen = dict[tuple[str, str], Trace]


class Answer(NamedTuple):
    """What ``from place import name`` leads to.

    ``target`` is the file that is loaded ("" for a namespace), ``origin`` the file that defines the name where it is
    another one, ``via`` those between. ``parents`` are the ``__init__`` files executed before the target; ``used`` the
    files whose facts decided.
    """

    state: int
    target: str
    origin: str
    via: tuple[str, ...]
    parents: tuple[str, ...]
    used: tuple[str, ...]


class Table:
    """The module level of one file: names it binds itself, by import and by ``import *``."""

    __slots__ = ("dynamic", "exports", "imported", "own", "stars")

    def __init__(self, facts: FileFacts | None) -> None:
        self.own: dict[str, str] = {}
        self.imported: dict[str, list[tuple[Import, ImportedName | None]]] = {}
        self.stars: list[Import] = []
        self.exports: set[str] | None = None
        self.dynamic = True
        if facts is None:
            return
        self.dynamic = facts.dynamic_names or any(problem.kind in _UNREADABLE for problem in facts.problems)
        self.own = {binding.name: binding.kind for binding in facts.bindings}
        if "__all__" in self.own and not any(entry.name == "*" for entry in facts.exports):
            self.exports = {entry.name for entry in facts.exports}
        for item in facts.imports:
            if item.in_function or item.kind == "dynamic":
                continue
            if item.names:
                for name in item.names:
                    if name.name == "*":
                        self.stars.append(item)
                    else:
                        self.imported.setdefault(name.local, []).append((item, name))
            else:
                self.imported.setdefault(item.local, []).append((item, None))

    def gives(self, name: str) -> bool:
        """Whether ``import *`` takes a name, if it exists."""
        if self.exports is not None and (name in self.exports or not self.dynamic):
            return name in self.exports
        return not name.startswith("_")


class Names:
    """Looks names up in modules. ``locate`` gives the place an import of a file leads to, None outside the project."""

    def __init__(
        self,
        modules: Modules,
        facts: Callable[[str], FileFacts | None],
        locate: Callable[[str, Import], Place | None],
    ) -> None:
        self._modules = modules
        self._facts = facts
        self._locate = locate
        self._tables: dict[str, Table] = {}
        #: files whose tables were asked since the caller last emptied it
        self.used: set[str] = set()

    def table(self, file: str) -> Table:
        table = self._tables.get(file)
        if table is None:
            source = file.endswith((".py", ".pyi"))
            table = self._tables[file] = Table(self._facts(file) if source else None)
        self.used.add(file)
        return table

    def answer(self, place: Place, name: str) -> Answer:
        """What ``from place import name`` leads to."""
        known = place.answers.get(name)
        if known is None:
            outer, self.used = self.used, set()
            known = place.answers[name] = self._answer(place, name)
            self.used = outer
        self.used.update(known.used)
        return known

    def _answer(self, place: Place, name: str) -> Answer:
        trace = self._trace(place, name, {}, 0)
        child = self._modules.child(place, name) if place.directories else None
        origin = trace.files[-1] if trace.files else ""
        if child is not None and (
            (trace.state == MODULE and origin == child.file) or trace.state in (MISSING, CYCLE, UNKNOWN)
        ):
            # the attribute is the submodule, bound by its own loading
            return Answer(FOUND, child.file, "", (), child.parents, self._consulted())
        state = MISSING if trace.state == CYCLE else FOUND if trace.state == MODULE else trace.state
        if state == MISSING and place.file.endswith(".py") and self._in_stub(place.file, name):
            state = TYPE_ONLY
        if origin == place.file:
            origin = ""
        via = tuple(file for file in trace.files[:-1] if file != place.file) if origin else ()
        return Answer(state, place.file, origin, via, place.parents, self._consulted())

    def _consulted(self) -> tuple[str, ...]:
        return tuple(sorted(self.used))

    def _in_stub(self, file: str, name: str) -> bool:
        """Whether the stub beside a module declares a name that the module does not define."""
        if self._facts(file + "i") is None:
            return False
        table = self.table(file + "i")
        return name in table.own or name in table.imported

    def _trace(self, place: Place, name: str, seen: Seen, depth: int) -> Trace:
        if not place.file:
            child = self._modules.child(place, name)
            return (
                Trace(MODULE, (child.file,)) if child and child.file else Trace(UNKNOWN if child else MISSING)
            )
        key = (place.file, name)
        if key in seen:
            return seen[key]
        if depth > _MAX_DEPTH:
            return Trace(UNKNOWN)
        seen[key] = Trace(CYCLE)
        trace = seen[key] = self._search(place, name, seen, depth)
        return trace

    def _search(self, place: Place, name: str, seen: Seen, depth: int) -> Trace:
        """A name of a module with a file: what it binds itself, by import, by ``import *``, its submodules."""
        table = self.table(place.file)
        kind = table.own.get(name)
        if kind in ("function", "class", "type"):
            return Trace(FOUND)
        found = self._imported(place, table, name, seen, depth) if name in table.imported else None
        if found is not None and (found.state not in (TYPE_ONLY, CYCLE) or kind is None):
            if found.state == TYPE_ONLY and table.dynamic:
                return Trace(FOUND, found.files)  # loaded on first use by ``__getattr__``
            if found.state != CYCLE:
                return found
        elif kind is not None or name in _MODULE_ATTRIBUTES:
            return Trace(FOUND)
        starred = self._starred(place, table, name, seen, depth) if table.stars else Trace(MISSING)
        if starred.state == TYPE_ONLY and table.dynamic:
            return Trace(FOUND, starred.files)
        if starred.state not in (MISSING, UNKNOWN):
            return starred
        child = self._modules.child(place, name) if place.directories else None
        if child is not None:
            return Trace(MODULE, (child.file,)) if child.file else Trace(UNKNOWN)
        if starred.state == UNKNOWN or table.dynamic:
            return Trace(UNKNOWN)
        return found or Trace(MISSING)

    def _imported(self, place: Place, table: Table, name: str, seen: Seen, depth: int) -> Trace:
        """A name that import statements of the module bind: the first of them that leads somewhere."""
        best: Trace | None = None
        for item, taken in table.imported[name]:
            checked = item.kind == "type-only"
            target = self._locate(place.file, item)
            if target is None:
                trace = Trace(EXTERNAL)
            elif taken is None:
                trace = self._module(place.file, item, target)
            else:
                trace = self._through(target, taken.name, self._trace(target, taken.name, seen, depth + 1))
                if trace.state == MISSING:
                    trace = Trace(UNKNOWN)  # a broken import, reported where it stands
            if checked and trace.state != CYCLE:
                trace = Trace(TYPE_ONLY, trace.files)
            if best is None or _RANK[trace.state] < _RANK[best.state]:
                best = trace
        assert best is not None
        return best

    def _module(self, file: str, item: Import, target: Place) -> Trace:
        """``import a.b as c`` binds the module ``a.b``, ``import a.b`` the package ``a``."""
        if item.local == item.specifier.partition(".")[0] and "." in item.specifier:
            top = self._locate(file, Import(item.local, item.kind, item.span, item.specifier_span))
            target = top or target
        return Trace(MODULE, (target.file,)) if target.file else Trace(UNKNOWN)

    def _starred(self, place: Place, table: Table, name: str, seen: Seen, depth: int) -> Trace:
        """A name that ``import *`` may bring; the last statement that does wins."""
        result = Trace(MISSING)
        for item in reversed(table.stars):
            source = self._locate(place.file, item)
            if source is None or not source.file:
                if not name.startswith("_"):
                    result = Trace(UNKNOWN)
                continue
            if not self.table(source.file).gives(name):
                continue
            trace = self._trace(source, name, seen, depth + 1)
            if trace.state in (MISSING, CYCLE):
                continue
            if trace.state == UNKNOWN:
                result = trace
                continue
            trace = self._through(source, name, trace)
            return Trace(TYPE_ONLY, trace.files) if item.kind == "type-only" else trace
        return result

    def _through(self, place: Place, name: str, trace: Trace) -> Trace:
        """A trace that begins in ``place``, seen from a module that imports from there."""
        if trace.state in (MISSING, CYCLE) or not place.file:
            return trace
        if trace.state == MODULE and place.directories:
            child = self._modules.child(place, name)
            if child is not None and child.file == trace.files[-1]:
                return trace  # the submodule itself: the package is only its parent
        return Trace(trace.state, (place.file, *trace.files))

    def offers(self, place: Place, name: str, top: str) -> bool:
        """Whether a module plausibly has a name: it binds it, other than by importing it from a package ``top``."""
        if place.directories and self._modules.child(place, name) is not None:
            return True
        if not place.file:
            return False
        table = self.table(place.file)
        if name in table.own or table.dynamic:
            return True
        if any(item.specifier.partition(".")[0] != top for item, _ in table.imported.get(name, ())):
            return True
        # a star gives what the module it takes from has, where that can be read
        stars = any(item.specifier.partition(".")[0] != top for item in table.stars)
        return stars and self.answer(place, name).state != MISSING

    def wraps(self, place: Place, top: str) -> bool:
        """Whether a module called ``top`` itself imports a package of that name, which must then be another one."""
        if place.directories or not place.file:
            return False
        facts = self._facts(place.file)
        self.used.add(place.file)
        return facts is not None and any(
            item.specifier.partition(".")[0] == top and item.kind != "dynamic" for item in facts.imports
        )


#: which of several imports of one name counts
_RANK = {FOUND: 0, MODULE: 0, EXTERNAL: 1, UNKNOWN: 2, TYPE_ONLY: 3, MISSING: 4, CYCLE: 5}
