"""Modules of the project while their code is carried out: loaded once, on first need, with what they export."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

import msgspec

from constraintlint.facts.source import FileFacts, Import, ImportedName
from constraintlint.project.flow.import_values import json_file
from constraintlint.project.graph import Edge, External
from constraintlint.project.routes.registration.values import (
    UNDEFINED,
    Environment,
    Library,
    Module,
    Object,
    Undefined,
    Unknown,
    choice,
)

if TYPE_CHECKING:
    from constraintlint.project.routes.registration.machine import Machine
    from constraintlint.project.routes.registration.values import Value

_STATIC = frozenset(("import", "side-effect", "re-export", "import-equals"))
_SUFFIXES = ("", ".js", ".ts", ".mjs", ".cjs", ".mts", ".cts", ".json", "/index.js", "/index.ts")


class Pending(msgspec.Struct, eq=False):
    """An imported name that nothing has asked for yet."""

    imported: Import
    name: ImportedName | None


class Loaded(msgspec.Struct, eq=False):
    """``module`` is CommonJS's object of that name: its ``exports`` is what ``require`` gives."""

    environment: Environment
    facts: FileFacts
    module: Object


class Modules:
    def __init__(self, machine: Machine, reaching: frozenset[str]) -> None:
        self.machine = machine
        self.reaching = reaching
        """files that import a framework, or a file that does"""
        self.loaded: dict[str, Loaded | None] = {}

    def load(self, path: str) -> Loaded | None:
        """The module after its body has run; None where it was not read in depth. A cycle sees it half done, as in Node."""
        if path in self.loaded:
            return self.loaded[path]
        machine = self.machine
        file = machine.ev.file(path)
        facts = machine.project.facts(path)
        if file is None or facts is None:
            self.loaded[path] = None
            return None
        exports = Object({})
        module = Object({"exports": exports})
        environment = Environment({"module": module, "exports": exports}, None, path, is_function=True)
        environment.this = exports
        made = self.loaded[path] = Loaded(environment, facts, module)
        for imported in facts.imports:
            if not imported.in_function and imported.kind in _STATIC:
                self._bind(environment, imported)
        outer, machine.branches = machine.branches, 0
        for imported in facts.imports:
            if not imported.in_function and imported.kind in _STATIC:
                self._load_targets(path, imported)
        machine.run_body(file.code.body, environment)
        machine.branches = outer
        return made

    def _bind(self, environment: Environment, imported: Import) -> None:
        if imported.local:
            environment.names[imported.local] = Pending(imported, None)  # type: ignore[assignment]
        if imported.kind == "re-export":
            return
        for name in imported.names:
            if name.local and not name.type_only:
                environment.names[name.local] = Pending(imported, name)  # type: ignore[assignment]

    def _load_targets(self, path: str, imported: Import) -> None:
        """What an import runs, where it can matter."""
        for target in self.machine.ev.index.targets(path, imported, None):
            if isinstance(target, Edge) and target.target in self.reaching and not target.erased:
                self.load(target.target)

    # --- imports ------------------------------------------------------------------------------------------------

    def imported(self, path: str, imported: Import, name: ImportedName | None) -> Value:
        """What an import binds: the module itself, or one name of it."""
        ev = self.machine.ev
        targets = ev.index.targets(path, imported, name)
        found: list[Value] = []
        for target in targets:
            if isinstance(target, Edge):
                if target.kind == "type-only":
                    continue
                found.append(self._taken(target.target, imported, name))
            elif isinstance(target, External):
                found.append(Library(_qualified(target.module, name)))
            elif target.first_party:
                data = json_file(ev, path, imported.specifier)
                found.append(self.whole(data) if data else Unknown(f"{imported.specifier} is not found"))
            else:
                found.append(Library(_qualified(target.specifier, name)))
        if not found:
            data = json_file(ev, path, imported.specifier)
            if data:
                return self.whole(data)
            if imported.specifier.startswith("."):
                return Unknown(f"{imported.specifier} is not found")
            return Library(_qualified(imported.specifier, name))
        return choice(found)

    def _taken(self, path: str, imported: Import, name: ImportedName | None) -> Value:
        if name is not None and name.name != "*":
            return self.exported(path, name.name)
        if imported.kind in ("require", "import-equals"):
            return self.whole(path)
        return Module(path)

    def by_path(self, path: str) -> Value:
        """``require`` of a path of the checked root."""
        tree = self.machine.project.tree
        base = posixpath.normpath(path)
        for suffix in _SUFFIXES:
            if tree.is_file(base + suffix):
                return self.whole(base + suffix)
        return Unknown(f"{base} is not found")

    # --- exports ------------------------------------------------------------------------------------------------

    def whole(self, path: str) -> Value:
        """What ``require`` of a module gives."""
        if path.endswith(".json"):
            return self.machine.json(path)
        loaded = self.load(path)
        if loaded is None:
            return Unknown("the module was not read in depth", inert=True)
        exports = loaded.module.properties.get("exports", UNDEFINED)
        if isinstance(exports, Object) and not exports.properties and loaded.facts.exports:
            return Module(path)
        return exports

    def exported(self, path: str, name: str, depth: int = 0) -> Value:
        """What another module gets under a name (``default`` for the default export)."""
        if path.endswith(".json"):
            whole = self.machine.json(path)
            return whole if name == "default" else self.machine.member(whole, name)
        loaded = self.load(path)
        if loaded is None:
            return Unknown(f"{path} was not read in depth", name, inert=True)
        if depth > 20:
            return Unknown("exports go round in a circle", name)
        found = self._declared(path, loaded, name, depth)
        if found is not None:
            return found
        exports = loaded.module.properties.get("exports", UNDEFINED)
        if name == "default":
            inner = self.machine.member(exports, "default") if isinstance(exports, Object) else UNDEFINED
            return exports if isinstance(inner, (Undefined, Unknown)) else inner
        if isinstance(exports, Object) and not exports.properties and loaded.facts.exports:
            return Unknown(f"{path} exports no {name}", name)
        return self.machine.member(exports, name)

    def _declared(self, path: str, loaded: Loaded, name: str, depth: int) -> Value | None:
        stars: list[str] = []
        for export in loaded.facts.exports:
            if export.name == name and not export.type_only:
                if export.specifier:
                    return self._forwarded(path, loaded, export.specifier, export.imported or name)
                local = export.local or name
                if local in loaded.environment.names:
                    return self.machine.lookup(local, loaded.environment)
            elif export.name == "*" and export.specifier:
                stars.append(export.specifier)
        if name == "default":
            return None
        for specifier in stars:
            found = self._forwarded(path, loaded, specifier, name)
            if not isinstance(found, (Undefined, Unknown, Library)):
                return found
        return None

    def _forwarded(self, path: str, loaded: Loaded, specifier: str, name: str) -> Value:
        for imported in loaded.facts.imports:
            if imported.specifier != specifier or imported.kind == "type-only":
                continue
            taken = next((item for item in imported.names if item.name == name), None)
            if taken is None and name == "*":
                return self.imported(path, imported, None)
            span = imported.specifier_span
            return self.imported(path, imported, taken or ImportedName(name, "", span[0], span[1], span[3]))
        return UNDEFINED


def _qualified(module: str, name: ImportedName | None) -> str:
    module = module.removeprefix("node:")
    if name is None or name.name in ("*", "default"):
        return module
    return f"{module}#{name.name}"
