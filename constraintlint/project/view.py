"""The import graph of a whole root as something to show: nodes of files, packages or layers, and chains between them."""

from __future__ import annotations

import posixpath
from collections import deque
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from constraintlint.findings import Step
from constraintlint.globs import compile_globs
from constraintlint.project.graph import Edge, External, Resolution, Unresolved

if TYPE_CHECKING:
    from constraintlint.project import Project


class GraphView:
    """Files and their imports, filtered. ``below`` restricts to files in these directories (or these files)."""

    def __init__(
        self,
        projects: list[Project],
        paths: Iterable[str],
        *,
        type_only: bool = True,
        below: Iterable[str] = (),
        keep: frozenset[str] | None = None,
    ) -> None:
        self._projects = projects
        self._type_only = type_only
        self._resolutions: dict[str, Resolution] = projects[0].resolutions
        self._layers = {path: layer for p in projects for path, layer in p.layers.assigned.items()}
        self.layer_order = list(
            dict.fromkeys(layer for project in projects for layer in project.layers.order)
        )
        within = tuple(f"{place}/" for place in below)
        names = set(below)
        self.paths = [
            path
            for path in paths
            if (not names or path in names or path.startswith(within)) and (keep is None or path in keep)
        ]
        self._inside = frozenset(self.paths)

    def layer(self, path: str) -> str | None:
        return self._layers.get(path)

    def language(self, path: str) -> str:
        facts = self._projects[0].facts(path)
        return facts.language if facts is not None else ""

    def edges(self) -> list[Edge]:
        """Every edge between shown files, ordered by place."""
        return sorted(
            (edge for path in self.paths for edge in self.edges_of(path) if edge.target in self._inside),
            key=lambda edge: (edge.source, edge.line, edge.column, edge.target, edge.kind, edge.names),
        )

    def edges_of(self, path: str) -> list[Edge]:
        return [e for e in self._resolution(path).edges if self._type_only or e.kind != "type-only"]

    def externals(self) -> list[External]:
        found = (item for path in self.paths for item in self._resolution(path).external)
        return [item for item in found if self._type_only or item.kind != "type-only"]

    def unresolved(self) -> list[Unresolved]:
        return [item for path in self.paths for item in self._resolution(path).unresolved]

    def _resolution(self, path: str) -> Resolution:
        return self._resolutions.get(path) or Resolution()

    def node_of(self, level: str) -> Callable[[str], str]:
        """The node a file belongs to at a level: itself, its directory, or its layer."""
        if level == "layers":
            return lambda path: self._layers.get(path, "(no layer)")
        if level == "packages":
            return lambda path: posixpath.dirname(path) or "."
        return lambda path: path

    # --- questions ---------------------------------------------------------------------------------------------------

    def chain(self, start: str, end: str) -> list[Step]:
        """The hops of a shortest chain of imports between two patterns; empty where there is none.

        Raises LookupError where a pattern matches no file.
        """
        sources = self._matching(start)
        is_package = end.startswith(("pypi:", "npm:"))
        targets = set() if is_package else set(self._matching(end))
        came: dict[str, Edge] = {}
        queue = deque(sources)
        seen = set(sources)
        while queue:
            here = queue.popleft()
            if is_package:
                item = self._import_of(here, end.partition(":")[2])
                if item is not None:
                    last = Step(here, item.line, item.column, f"imports {item.module}")
                    return [*self._unwind(came, here), last]
            for edge in self.edges_of(here):
                if edge.target in seen or edge.kind == "implicit":
                    continue
                seen.add(edge.target)
                came[edge.target] = edge
                if edge.target in targets:
                    return self._unwind(came, edge.target)
                queue.append(edge.target)
        return []

    def reachable(self, start: str | None, end: str | None) -> GraphView:
        """The part of the graph that ``start`` reaches, and that reaches ``end``. Raises LookupError as ``chain``."""
        keep = set(self.paths)
        if start:
            keep &= self._closure(
                self._matching(start), {p: [e.target for e in self.edges_of(p)] for p in self.paths}
            )
        if end:
            incoming: dict[str, list[str]] = {}
            for path in self.paths:
                for edge in self.edges_of(path):
                    incoming.setdefault(edge.target, []).append(path)
            keep &= self._closure(self._matching(end), incoming)
        return GraphView(self._projects, self.paths, type_only=self._type_only, keep=frozenset(keep))

    def _matching(self, pattern: str) -> list[str]:
        matches = compile_globs([pattern])
        found = [path for path in self.paths if path == pattern or matches(path)]
        if not found:
            raise LookupError(f"no source file matches {pattern!r}")
        return found

    def _import_of(self, path: str, package: str) -> External | None:
        for item in self._resolution(path).external:
            if (
                item.package == package
                or item.module == package
                or item.module.startswith((f"{package}.", f"{package}/"))
            ):
                return item
        return None

    @staticmethod
    def _unwind(came: dict[str, Edge], end: str) -> list[Step]:
        steps: list[Step] = []
        while end in came:
            edge = came[end]
            names = f" ({', '.join(edge.names)})" if edge.names else ""
            steps.append(Step(edge.source, edge.line, edge.column, f"imports {edge.target}{names}"))
            end = edge.source
        return steps[::-1]

    @staticmethod
    def _closure(start: Iterable[str], following: dict[str, list[str]]) -> set[str]:
        seen = set(start)
        queue = deque(seen)
        while queue:
            for other in following.get(queue.popleft(), ()):
                if other not in seen:
                    seen.add(other)
                    queue.append(other)
        return seen
