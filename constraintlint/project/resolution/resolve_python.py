"""Resolves the imports of Python files to files of the tree, packages outside it, or neither.

A pure function of the file tree, its configuration files and the facts of other files: nothing has to be importable,
no environment is looked at. Semantics: Python language reference 5 and 7.11, PEP 328, 420, 484, 561, 562.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from constraintlint.facts.source import FileFacts, Import, ImportedName, ImportKind, Span
from constraintlint.project.graph import Edge, External, Resolution, Unresolved
from constraintlint.project.resolution.python_modules import Place
from constraintlint.project.resolution.python_names import MISSING, TYPE_ONLY, Answer
from constraintlint.project.resolution.python_targets import Broken, Outside, Targets
from constraintlint.project.tree import FileTree


class PythonResolver:
    """Resolves one file after the other; what is found out about directories and modules is kept."""

    def __init__(self, tree: FileTree, facts: Callable[[str], FileFacts | None]) -> None:
        self._targets = Targets(tree, facts)

    def resolve(self, path: str, facts: FileFacts) -> Resolution:
        """All that the imports of one file lead to, in the order of the statements."""
        return _File(self._targets, path).resolve(facts.imports)


class _File:
    """The imports of one file on their way to edges."""

    def __init__(self, targets: Targets, path: str) -> None:
        self._targets = targets
        self._path = path
        self._directory = path.rpartition("/")[0]
        own = targets.modules.package(self._directory)
        #: packages that are loaded before this file runs
        self._loaded = {*own.parents, own.file, path}
        self._stub = path.endswith(".pyi")
        self._result = Resolution([], [], [], [])
        #: top-level directories without ``__init__`` that some import of this file proved to be the project's
        self._namespaces: set[str] = set()
        self._doubtful: list[tuple[Import, Span, Outside]] = []
        self._implied: set[str] = set()

    def resolve(self, imports: list[Import]) -> Resolution:
        result = self._result
        self._targets.names.used = set()
        count = len(imports)
        previous: Span | None = None
        for index, item in enumerate(imports):
            span = item.span
            if span != previous:
                self._implied = set()
            shared = span == previous or (index + 1 < count and imports[index + 1].span == span)
            previous = span
            # ``import a, b`` leads to several modules: each stands at its own name
            self._import(item, item.specifier_span if shared else span)
        for item, span, outside in self._doubtful:
            if (
                outside.package in self._namespaces
                and outside.otherwise is not None
                and not self._targets.may_be_shared(outside.package, self._directory)
            ):
                self._unresolved(item, span, outside.otherwise)
            else:
                self._outside(item, span, outside)
        if self._doubtful:
            result.external.sort(key=_place)
            result.unresolved.sort(key=_place)
        used = self._targets.names.used
        used.discard(self._path)
        result.consulted = sorted(used)
        return result

    def _kind(self, item: Import) -> ImportKind:
        return "type-only" if self._stub else item.kind

    def _import(self, item: Import, span: Span) -> None:
        target = self._targets.find(self._path, self._directory, item)
        if isinstance(target, Place):
            if not item.specifier.startswith("."):
                self._prove(item, target)
            if item.names:
                self._names(item, span, target)
            elif target.file:
                self._edge(item, span, target.file, target.parents)
        elif isinstance(target, Broken):
            self._unresolved(item, span, target)
        elif target.otherwise is not None:
            self._doubtful.append((item, span, target))
        else:
            self._outside(item, span, target)

    def _prove(self, item: Import, target: Place) -> None:
        """A top-level namespace that leads to a file of the project is the project's."""
        if not target.parents:
            self._namespaces.add(item.specifier.partition(".")[0])

    # --- names --------------------------------------------------------------------------------------------------

    def _names(self, item: Import, span: Span, place: Place) -> None:
        """``from place import ...``: an edge for each file and origin the names lead to."""
        names = self._targets.names
        first: Answer | None = None
        for name in item.names:
            answer = names.answer(place, name.name)
            if first is None:
                first = answer
            if answer.state >= TYPE_ONLY or answer.target != first.target or answer.origin != first.origin:
                break
        else:
            # by far the most: every name is there and leads to the same file
            if first is not None and first.target:
                self._edge(
                    item, span, first.target, first.parents, _taken(item.names), first.origin, first.via
                )
            return
        groups: dict[tuple[str, str], tuple[Answer, list[ImportedName]]] = {}
        missing: list[tuple[ImportedName, Answer]] = []
        installed: list[ImportedName] = []
        for name in item.names:
            if name.name == "*":
                for star, answer in self._star(place):
                    groups.setdefault((answer.target, answer.origin), (answer, []))[1].append(
                        ImportedName(star, "", name.line, name.column, name.end_column)
                    )
                continue
            answer = names.answer(place, name.name)
            if self._is_missing(item, answer):
                if answer.state == MISSING and self._targets.may_be_installed(item, self._directory):
                    installed.append(name)
                    continue
                missing.append((name, answer))
            groups.setdefault((answer.target, answer.origin), (answer, []))[1].append(name)
        several = len(groups) + bool(installed) > 1
        if installed:
            outside = Outside(item.specifier.partition(".")[0])
            self._outside(item, _span(installed[0]) if several else span, outside, _taken(installed))
        for answer, members in groups.values():
            if answer.target:
                head = members[0]
                at = (head.line, head.column, head.line, head.end_column) if several else span
                self._edge(
                    item, at, answer.target, answer.parents, _taken(members), answer.origin, answer.via
                )
        for name, answer in missing:
            self._missing(item, name, place, answer)

    def _star(self, place: Place) -> list[tuple[str, Answer]]:
        """``import *`` loads the module, and the submodules its ``__all__`` lists (Python reference 7.11)."""
        names = self._targets.names
        found: list[tuple[str, Answer]] = []
        if place.file:
            found.append(("*", Answer(0, place.file, "", (), place.parents, (place.file,))))
            if place.directories:
                exports = names.table(place.file).exports
                for name in sorted(exports or ()):
                    answer = names.answer(place, name)
                    if answer.target != place.file and not self._is_missing(None, answer):
                        found.append((name, answer))
        return found

    def _is_missing(self, item: Import | None, answer: Answer) -> bool:
        if answer.state == TYPE_ONLY:
            return item is not None and self._kind(item) != "type-only"
        return answer.state == MISSING

    def _missing(self, item: Import, name: ImportedName, place: Place, answer: Answer) -> None:
        broken = self._targets.absent(place, name.name)
        if answer.state == TYPE_ONLY:
            # other modules may set it while the program starts
            broken = Broken(f"{place.file} has {name.name} while type checking only, not at run time", False)
        self._unresolved(item, _span(name), broken, name.name)

    # --- records ------------------------------------------------------------------------------------------------

    def _edge(
        self,
        item: Import,
        span: Span,
        target: str,
        parents: tuple[str, ...],
        names: tuple[str, ...] = (),
        origin: str = "",
        via: tuple[str, ...] = (),
    ) -> None:
        path = self._path
        kind: ImportKind = "type-only" if self._stub or target.endswith(".pyi") else item.kind
        edges = self._result.edges
        if target != path:
            edges.append(Edge(path, target, kind, *span, names, origin, via, item.in_function, item.optional))
            self._implied.add(target)
        if kind != "type-only":
            for parent in parents:
                if parent not in self._loaded and parent not in self._implied:
                    self._implied.add(parent)
                    edges.append(
                        Edge(
                            path, parent, "implicit", *item.span, (), "", (), item.in_function, item.optional
                        )
                    )

    def _outside(
        self, item: Import, span: Span, outside: Outside, names: tuple[str, ...] | None = None
    ) -> None:
        self._result.external.append(
            External(
                self._path,
                outside.package,
                item.specifier,
                self._kind(item),
                *span,
                _taken(item.names) if names is None else names,
                outside.standard,
                item.in_function,
                item.optional,
            )
        )

    def _unresolved(self, item: Import, span: Span, broken: Broken, name: str = "") -> None:
        self._result.unresolved.append(
            Unresolved(
                self._path,
                item.specifier,
                self._kind(item),
                *span,
                broken.reason,
                broken.certain,
                name,
                broken.tried,
                item.optional,
            )
        )


def _taken(names: Sequence[ImportedName]) -> tuple[str, ...]:
    return tuple([name.name for name in names])


def _span(name: ImportedName) -> Span:
    return name.line, name.column, name.line, name.end_column


def _place(record: External | Unresolved) -> tuple[int, int]:
    return record.line, record.column
