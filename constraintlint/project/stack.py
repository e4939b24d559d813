"""The stack: which web frameworks, database engines and ORMs a project really uses, in which role, and how that is known.

Roles: ``runtime`` (the program uses it), ``optional`` (one side of a choice made by the environment, or a default that is
overruled), ``development``, ``test``. What connects decides: an engine is in use where code opens a connection to it. A
driver in a manifest that nothing imports, a compose service nothing talks to, a comment, a lock file, another component
of a monorepo and a cache are no use.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec

from constraintlint.findings import Diagnostic, Evidence
from constraintlint.project.evidence.claims import Claim, Entry, claim_of, entries
from constraintlint.project.evidence.engines import database_claims
from constraintlint.project.evidence.usages import Usages, only_connects, usages_in
from constraintlint.project.manifests import (
    Component,
    Roles,
    base_of,
    components_of,
    records_of,
    with_imported,
)
from constraintlint.project.signatures import (
    Library,
    canonical_name,
    engine_of_distribution,
    engines,
    frameworks,
    implied,
    orms,
    related,
    same_family,
)

if TYPE_CHECKING:
    from constraintlint.project import Project


class Unused(msgspec.Struct, frozen=True):
    """A dependency that nothing imports: ``kind`` is framework, engine or orm."""

    kind: str
    name: str
    evidence: Evidence


class Stack(msgspec.Struct, kw_only=True):
    """What a project uses. ``undecided`` are connections whose engine could not be told."""

    frameworks: list[Entry] = []
    databases: list[Entry] = []
    orms: list[Entry] = []
    undecided: list[Evidence] = []
    unused: list[Unused] = []
    connect_only: list[Entry] = []
    """ORMs that are used to connect and to send SQL only"""
    components: list[str] = []
    """directories of the components looked at"""

    def framework(self, name: str) -> Entry | None:
        return _find(self.frameworks, name)

    def database(self, name: str) -> Entry | None:
        """The entry of an engine; an engine of the same family (MySQL, MariaDB) stands for it."""
        return _find(self.databases, name) or next(
            (entry for entry in self.databases if same_family(entry.name, name)), None
        )

    def orm(self, name: str) -> Entry | None:
        return _find(self.orms, name)

    def to_json(self) -> dict[str, object]:
        """``frameworks`` and ``orms`` with ``name``, ``databases`` with ``engine``; each with role and evidence."""
        return {
            "frameworks": [_to_json("name", entry) for entry in self.frameworks],
            "databases": [_to_json("engine", entry) for entry in self.databases],
            "orms": [_to_json("name", entry) for entry in self.orms],
        }


def _find(entries: Iterable[Entry], name: str) -> Entry | None:
    return next((entry for entry in entries if entry.name == name), None)


def _to_json(key: str, entry: Entry) -> dict[str, object]:
    return {
        key: entry.name,
        "role": entry.role,
        "evidence": [msgspec.to_builtins(item) for item in entry.evidence],
    }


def join(stacks: list[Stack]) -> Stack:
    """The stacks of several projects as one: entries united, each in its strongest role."""
    joined = Stack()
    for name in ("frameworks", "databases", "orms", "connect_only"):
        claims = [claim for stack in stacks for entry in getattr(stack, name) for claim in entry.claims]
        setattr(joined, name, entries(claims))
    for stack in stacks:
        joined.undecided += [item for item in stack.undecided if item not in joined.undecided]
        joined.unused += [item for item in stack.unused if item not in joined.unused]
        joined.components += [item for item in stack.components if item not in joined.components]
    return joined


# --- inference --------------------------------------------------------------------------------------------------


def infer(project: Project) -> Stack:
    """The stack of one project. Diagnostics about its manifests and settings are added to the project's."""
    roles = Roles(base_of(project))
    components = components_of(project)
    usages = {name: usages_in(project, item.paths, roles) for name, item in components.items()}
    found = [usage.role for used in usages.values() for usage in used.everything()]
    if "runtime" not in found and "development" in found:
        roles = Roles(roles.base, scripts_run=True)
        usages = {name: usages_in(project, item.paths, roles) for name, item in components.items()}
    subject = with_imported(project, choose_subject(project, components, usages), components, roles)
    project.diagnostics += [
        item for item in records_of(project.tree).diagnostics if item not in project.diagnostics
    ]
    used = _united(usages[component.directory] for component in subject)
    stack = Stack(components=[component.directory for component in subject])
    stack.frameworks = entries(_framework_claims(used))
    _add_orms(project, stack, used, [path for component in subject for path in component.paths])
    if any(component.paths for component in subject):
        claims, stack.undecided = database_claims(project, components, subject, used, roles)
        stack.databases = entries(claims)
        project.diagnostics += [
            Diagnostic(item.path, item.line, "engine-undecided", item.message, item.column)
            for item in stack.undecided
        ]
    stack.unused = _unused(stack, subject)
    return stack


def choose_subject(
    project: Project, components: dict[str, Component], usages: dict[str, Usages]
) -> list[str]:
    """The components the configuration speaks about: see the docstring of ``manifests``."""
    base, config = base_of(project), project.config
    if len(components) == 1:
        return [base]
    serving = {
        name: {usage.name for usage in used.frameworks if usage.role == "runtime"}
        for name, used in usages.items()
    }
    servers = [name for name in components if serving[name]]
    wanted: list[str] = []
    if config.framework:
        declared = {canonical_name(frameworks(), name) for name in config.framework}
        wanted = [
            name
            for name in servers
            if any(related(frameworks(), one, two) for one in serving[name] for two in declared)
        ]
    if base in wanted or (not wanted and serving[base]):
        return [base]
    servers = wanted or servers
    if len(servers) > 1 and (config.database or config.orm):
        servers = [name for name in servers if _speaks(project, components[name], usages[name])] or servers
    if servers:
        return servers
    storing = [
        name
        for name in components
        if any(u.role == "runtime" for u in (*usages[name].drivers, *usages[name].orms))
    ]
    return [base] if base in storing else storing or list(components)


def _speaks(project: Project, component: Component, used: Usages) -> bool:
    """Whether a component uses, or at least installs, a driver of the declared engine or the declared ORM."""
    database, orm = project.config.database, canonical_name(orms(), project.config.orm or "")
    if any(usage.name == orm or orm in implied(orms(), usage.name) for usage in used.orms):
        return True
    if database is None:
        return False
    installed = (
        engine_of_distribution(item.manifest.ecosystem, item.dependency.name)
        for item in component.dependencies()
        if item.group == "runtime"
    )
    return any(same_family(name, database) for name in (*(u.name for u in used.drivers), *installed) if name)


def _united(all_usages: Iterable[Usages]) -> Usages:
    united = Usages()
    for usages in all_usages:
        united.frameworks += usages.frameworks
        united.orms += usages.orms
        united.drivers += usages.drivers
        united.hints += usages.hints
    return united


def _framework_claims(used: Usages) -> list[Claim]:
    """Imports of frameworks, what makes the application first; what another framework is built on is left out."""
    running = {usage.name for usage in used.frameworks if usage.role == "runtime"}
    below = {name for top in running for name in implied(frameworks(), top)}
    kept = [usage for usage in used.frameworks if usage.name not in below]
    return [claim_of(usage) for usage in sorted(kept, key=lambda usage: (usage.rank, usage.path, usage.span))]


def _add_orms(project: Project, stack: Stack, used: Usages, paths: list[str]) -> None:
    claims: list[Claim] = []
    idle: list[Claim] = []
    for name in dict.fromkeys(usage.name for usage in used.orms):
        group = sorted((usage for usage in used.orms if usage.name == name), key=lambda usage: usage.rank)
        running = [usage for usage in group if usage.role in ("runtime", "optional")]
        target = idle if running and only_connects(project, name, running, paths) else claims
        target += [claim_of(usage) for usage in group]
    stack.orms = entries(claims)
    stack.connect_only = entries(idle)


def _unused(stack: Stack, subject: list[Component]) -> list[Unused]:
    """Runtime dependencies on frameworks, ORMs and drivers that are not in use."""
    found: list[Unused] = []
    for component in subject:
        for item in component.dependencies():
            if item.group != "runtime":
                continue
            dependency, manifest = item.dependency, item.manifest
            for kind, name in (
                ("framework", _library_of(frameworks(), manifest.ecosystem, dependency.name)),
                ("orm", _library_of(orms(), manifest.ecosystem, dependency.name)),
                ("engine", engine_of_distribution(manifest.ecosystem, dependency.name)),
            ):
                known = {"framework": stack.frameworks, "orm": stack.orms, "engine": stack.databases}[kind]
                if name is None or _find(known, name) is not None:
                    continue
                if kind == "engine" and engines()[name].kind == "cache":
                    continue
                message = f"{dependency.name} is a dependency here, but nothing uses it"
                found.append(
                    Unused(kind, name, Evidence(manifest.path, dependency.line, dependency.column, message))
                )
    return found


def _library_of(libraries: dict[str, Library], ecosystem: str, distribution: str) -> str | None:
    for name, library in libraries.items():
        listed = library.pypi if ecosystem == "pypi" else library.npm
        if listed and listed[0] == distribution:
            return name
    return None
