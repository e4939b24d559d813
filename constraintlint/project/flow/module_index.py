"""Look-ups made once a file: imports by place, importers of a module, JSON files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constraintlint.facts.code import Call, Code, Lines, Text
from constraintlint.facts.source import Import, ImportedName
from constraintlint.project.flow.json_values import read_json
from constraintlint.project.graph import Edge, External, Unresolved

if TYPE_CHECKING:
    from constraintlint.project.flow.evaluate import Evaluator

Target = Edge | External | Unresolved


def _same_module(module: str, specifier: str) -> bool:
    return module == specifier or specifier.startswith(".") or module.removeprefix("node:") == specifier


class Index:
    """Look-ups made once a file: imports by place, modules by importer, JSON files."""

    def __init__(self, ev: Evaluator) -> None:
        self.ev = ev
        self._targets: dict[str, dict[tuple[int, int], list[Target]]] = {}
        self._requires: dict[str, dict[tuple[int, int], int]] = {}
        self._importers: dict[str, list[tuple[str, int]]] | None = None
        self._json: dict[str, Code | None] = {}

    def targets(self, path: str, imported: Import, name: ImportedName | None) -> list[Target]:
        """Where an import, or one name of it, leads."""
        spots = self._targets.get(path)
        if spots is None:
            spots = self._targets[path] = {}
            resolution = self.ev.project.resolutions.get(path)
            if resolution is not None:
                everything: list[Target] = [*resolution.edges, *resolution.external, *resolution.unresolved]
                for target in everything:
                    spots.setdefault((target.line, target.column), []).append(target)
        places = [imported.span[:2], imported.specifier_span[:2]]
        if name is not None:
            places.insert(0, (name.line, name.column))
        found: list[Target] = []
        for place in dict.fromkeys(places):
            for target in spots.get(place, ()):
                if isinstance(target, Unresolved):
                    if target.specifier == imported.specifier and (not target.name or name is None):
                        found.append(target)
                elif isinstance(target, Edge) and target.kind == "implicit":
                    continue
                elif isinstance(target, External) and not _same_module(target.module, imported.specifier):
                    continue  # another module of the same statement
                elif name is None or not target.names or name.name in target.names or "*" in target.names:
                    found.append(target)
        return list(dict.fromkeys(found))

    def required(self, path: str, call: Call) -> Import | None:
        """The import that a ``require(...)`` or ``import(...)`` call is."""
        if not call.args or not isinstance(call.args[0].value, Text):
            return None
        facts, code = self.ev.project.facts(path), self.ev.project.code(path)
        if facts is None or code is None:
            return None
        known = self._requires.get(path)
        if known is None:
            known = self._requires[path] = {
                item.specifier_span[:2]: index for index, item in enumerate(facts.imports)
            }
        text = call.args[0].value
        for offset in (text.at[0], text.at[0] + 1, call.at[0]):
            index = known.get(code.lines.position(offset))
            if index is not None:
                return facts.imports[index]
        return None

    def importers(self, path: str) -> list[tuple[str, int]]:
        """(file, index of its import) of the imports that lead to ``path``."""
        if self._importers is None:
            self._importers = {}
            for source in sorted(self.ev.project.resolutions):
                facts = self.ev.project.facts(source) if self.ev.project.is_deep(source) else None
                if facts is None:
                    continue
                for index, imported in enumerate(facts.imports):
                    for target in self.targets(source, imported, None):
                        if isinstance(target, Edge):
                            self._importers.setdefault(target.target, []).append((source, index))
        return self._importers.get(path, [])

    def json(self, path: str) -> Code | None:
        """A JSON file of the project in the neutral form: one expression."""
        if path not in self._json:
            data = self.ev.project.tree.read(path)
            self._json[path] = read_json(data) if data is not None else None
        return self._json[path]

    def json_lines(self, path: str) -> Lines | None:
        code = self.json(path) if path.endswith(".json") else None
        return code.lines if code is not None else None
