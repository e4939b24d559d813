"""What following values gave in an earlier run, and whether it still holds.

The stack and the rules that follow values read a few files of a project: those read in depth and what they lead to.
Of other files they ask what one name of them is, or where their imports lead. As long as none of the answers changed,
and no other file began or ceased to matter, their results are the same. Everything else (the import graph and the
rules on it) is worked out in every run.
"""

from __future__ import annotations

from hashlib import blake2b

import msgspec

from constraintlint.facts.source import DEEP, NAMES, FileFacts, Import
from constraintlint.findings import Diagnostic, Finding, Verdict
from constraintlint.project import EVERY_FILE, Project
from constraintlint.project.graph import Edge, External, Resolution, Unresolved
from constraintlint.rulebook import RulePage
from constraintlint.workspace import Workspace

#: rules on the import graph alone; every other rule may follow values
_GRAPH_RULES = frozenset(
    {
        "architecture-layer-missing", "dependent-siblings", "forbidden-import", "framework-outside-routes", "import-cycle",
        "layer-direction", "layer-skipped", "protected-import",
    }
)  # fmt: skip
#: fields of an import that tell where it stands
_PLACE = frozenset(("line", "column", "end_line", "end_column"))


class Asked(msgspec.Struct, array_like=True):
    """What a file not read in depth was asked for, and a digest of what it answered."""

    names: list[str]
    answer: bytes


class ValueResults(msgspec.Struct, array_like=True):
    """Results of one project. ``consulted`` are the files whose facts or code were read for them."""

    key: bytes
    rules: list[str]
    consulted: list[str] = []
    asked: dict[str, list[Asked]] = {}
    """files of which no more was read than what they give under some names; one entry each time rules were run"""
    walked: list[str] = []
    """files whose imports were followed"""
    findings: list[Finding] = []
    """as the checks yield them, before severities and suppressions"""
    diagnostics: list[Diagnostic] = []
    stack: dict[str, object] = {}
    """the JSON form"""
    verdicts: dict[str, Verdict] = {}
    """all but that on the architecture"""

    def add(self, other: ValueResults) -> None:
        """Take in the results of other rules of the same project."""
        self.rules = sorted({*self.rules, *other.rules})
        self.consulted = sorted({*self.consulted, *other.consulted})
        for path, questions in other.asked.items():
            self.asked[path] = [*self.asked.get(path, ()), *questions]
        self.walked = sorted({*self.walked, *other.walked})
        self.findings = self.findings + other.findings
        self.diagnostics = self.diagnostics + other.diagnostics
        self.stack = self.stack or other.stack
        self.verdicts = self.verdicts or other.verdicts


def follows_values(page: RulePage) -> bool:
    """Whether a rule reads more than the import graph."""
    return page.name not in _GRAPH_RULES


def key_of(project: Project) -> bytes:
    """What the results depend on besides files: the configuration."""
    return blake2b(msgspec.msgpack.encode(project.config), digest_size=16).digest()


def earlier(workspace: Workspace, project: Project, rules: set[str]) -> ValueResults | None:
    """The results of the last run for these rules, None where they may not hold any more."""
    data = workspace.earlier_values(project.config.directory)
    if data is None:
        return None
    try:
        results = msgspec.msgpack.decode(data, type=ValueResults)
    except msgspec.MsgspecError:
        return None
    if results.key != key_of(project) or not rules <= set(results.rules):
        return None
    if any(_matters(workspace, path, results) for path in workspace.changed):
        return None
    return results


def take_questions(project: Project, results: ValueResults) -> None:
    """Note in ``results`` all that was asked of the files of a project so far."""
    results.consulted = sorted(project.consulted)
    results.walked = sorted(project.walked)
    for path, names in project.asked.items():
        facts = project.facts_of(path)
        if path not in project.consulted and facts is not None and path in project.resolutions:
            wanted = sorted(names)
            results.asked[path] = [Asked(wanted, _answer(facts, project.resolutions[path], wanted))]


def _matters(workspace: Workspace, path: str, results: ValueResults) -> bool:
    """Whether the change of one file can change the results."""
    before = workspace.before(path)
    consulted = set(results.consulted)
    if path in consulted or before is None:
        return True
    old_traits, old = before
    traits, new = workspace.traits(path), workspace.resolve()[path]
    if traits != old_traits or traits & (DEEP | NAMES):
        return True
    walked = path in results.walked or EVERY_FILE in results.walked
    if walked and _targets(old) != _targets(new):
        return True
    asked = results.asked.get(path)
    if asked:
        facts = workspace.facts(path)
        if facts is None or any(_answer(facts, new, item.names) != item.answer for item in asked):
            return True
    if _shows(results, path) and (old.external != new.external or old.unresolved != new.unresolved):
        return True
    return (
        [_without_place(item) for item in old.external] != [_without_place(item) for item in new.external]
        or [_without_place(item) for item in old.unresolved]
        != [_without_place(item) for item in new.unresolved]
        or _links(old, consulted) != _links(new, consulted)
    )


def _links(resolution: Resolution, consulted: set[str]) -> set[tuple[str, str, str, tuple[str, ...]]]:
    """The imports of a file that lead to files the results were read from."""
    return {
        (edge.target, edge.origin, edge.kind, edge.names)
        for edge in resolution.edges
        if edge.target in consulted or edge.origin in consulted
    }


def _targets(resolution: Resolution) -> set[tuple[str, str, str, bool]]:
    """Where the imports of a file lead."""
    return {(edge.target, edge.origin, edge.kind, edge.erased) for edge in resolution.edges}


def _shows(results: ValueResults, path: str) -> bool:
    """Whether a place in a file is part of the results."""
    if any(item.path == path or any(step.path == path for step in item.trace) for item in results.findings):
        return True
    raw = msgspec.json.encode(path)
    return raw in msgspec.json.encode((results.stack, results.verdicts))


def _answer(facts: FileFacts, resolution: Resolution, names: list[str]) -> bytes:
    """A digest of what other modules get from a file under some names: what binds them, and where that leads."""
    wanted = {*names, "*"}
    parts: list[object] = [(x.name, x.kind) for x in facts.bindings if x.name in wanted]
    specifiers: set[str] = set()
    for export in facts.exports:
        if export.name in wanted:
            specifiers.add(export.specifier)
            parts.append((export.name, export.local, export.specifier, export.imported, export.type_only))
    places: dict[int, list[object]] = {}
    targets: list[Edge | External | Unresolved] = [
        *resolution.edges,
        *resolution.external,
        *resolution.unresolved,
    ]
    for target in targets:
        places.setdefault(target.line, []).append(_without_place(target))
    for item in facts.imports:
        if item.specifier in specifiers or item.local in wanted or _takes(item, wanted):
            parts.append((item.specifier, item.kind, item.local, item.in_function))
            parts.append([(x.name, x.local) for x in item.names])
            parts += [places.get(line, ()) for line in range(item.span[0], item.span[2] + 1)]
    return blake2b(msgspec.msgpack.encode(parts), digest_size=16).digest()


def _takes(item: Import, wanted: set[str]) -> bool:
    return any(x.local in wanted or x.name == "*" for x in item.names)


def _without_place(item: Edge | External | Unresolved) -> tuple[object, ...]:
    """An import, wherever it stands."""
    return tuple(getattr(item, name) for name in item.__struct_fields__ if name not in _PLACE)
