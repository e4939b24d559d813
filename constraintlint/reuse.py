"""What following values gave in an earlier run, and whether it still holds.

The stack and the rules that follow values read a few files of a project: those read in depth and what they lead to.
As long as none of these changed, and no other file began or ceased to matter, their results are the same. Everything
else (the import graph and the rules on it) is worked out in every run.
"""

from __future__ import annotations

from hashlib import blake2b

import msgspec

from constraintlint.facts.source import DEEP, NAMES
from constraintlint.findings import Diagnostic, Finding, Verdict
from constraintlint.project import Project
from constraintlint.project.graph import Resolution
from constraintlint.rulebook import RulePage
from constraintlint.workspace import Workspace

#: rules on the import graph alone; every other rule may follow values
_GRAPH_RULES = frozenset(
    {
        "architecture-layer-missing", "dependent-siblings", "forbidden-import", "framework-outside-routes", "import-cycle",
        "layer-direction", "layer-skipped", "protected-import", "unresolved-first-party-import",
    }
)  # fmt: skip


class ValueResults(msgspec.Struct, array_like=True):
    """Results of one project. ``consulted`` are the files whose facts or code were read for them."""

    key: bytes
    rules: list[str]
    consulted: list[str] = []
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
    consulted = set(results.consulted)
    if any(_matters(workspace, path, consulted) for path in workspace.changed):
        return None
    return results


def _matters(workspace: Workspace, path: str, consulted: set[str]) -> bool:
    """Whether the change of one file can change the results."""
    before = workspace.before(path)
    if path in consulted or before is None:
        return True
    old_traits, old = before
    traits, new = workspace.traits(path), workspace.resolve()[path]
    if traits != old_traits or traits & (DEEP | NAMES):
        return True
    return (
        old.external != new.external
        or old.unresolved != new.unresolved
        or _links(old, consulted) != _links(new, consulted)
    )


def _links(resolution: Resolution, consulted: set[str]) -> set[tuple[str, str, str, tuple[str, ...]]]:
    """The imports of a file that lead to files the results were read from."""
    return {
        (edge.target, edge.origin, edge.kind, edge.names)
        for edge in resolution.edges
        if edge.target in consulted or edge.origin in consulted
    }
