"""package.json asks for versions of two packages that do not go together."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.facts.manifest import Manifest
from constraintlint.findings import Finding, Step, finding
from constraintlint.project import Project
from constraintlint.project.manifests import base_of, records_of
from constraintlint.project.peers import Peer, allows, peers
from constraintlint.project.starts import Starts
from constraintlint.project.versions import npm_range

RULE = "node-dependencies-not-installable"


def check(project: Project) -> Iterator[Finding]:
    base = base_of(project)
    for manifest in records_of(project.tree).manifests:
        if manifest.ecosystem == "npm" and (not base or manifest.path.startswith(f"{base}/")):
            yield from _judge(manifest)
    yield from _without_lock(project)


def _without_lock(project: Project) -> Iterator[Finding]:
    """``npm ci`` where there is no lock file."""
    seen: set[tuple[str, int]] = set()
    for start in project.starts:
        for step in start.steps:
            words = [word.known for word in step.command.words]
            if (
                words[:2] != ["npm", "ci"]
                or step.directory is None
                or step.command.conditional
                or step.command.tolerated
            ):
                continue
            places = [
                Starts.join(step.directory, name) for name in ("package-lock.json", "npm-shrinkwrap.json")
            ]
            manifest = Starts.join(step.directory, "package.json")
            if not project.tree.exists(manifest) or (step.path, step.span[0]) in seen:
                continue
            if any(project.tree.exists(place) or project.tree.is_ignored(place) for place in places):
                continue
            seen.add((step.path, step.span[0]))
            yield finding(
                RULE, step.path, step.span,
                f"npm ci needs a lock file, and there is no {places[0]}: it stops with EUSAGE",
                help="commit package-lock.json, or use npm install", subject=f"{step.path}: npm ci", severity="error",
            )  # fmt: skip


def _judge(manifest: Manifest) -> Iterator[Finding]:
    declared = {item.name: item for item in manifest.dependencies if item.group != "optional"}
    for name in sorted(declared.keys() & peers().keys()):
        item = declared[name]
        version = npm_range(item.specifier)
        for peer in peers()[name]:
            other = declared.get(peer.of)
            host = npm_range(other.specifier) if other is not None else None
            if version is None or other is None or host is None:
                continue
            wanted = peer.wanted(version)
            if not wanted or allows(wanted, host):
                continue
            column = (item.line, item.column, item.line, item.column + len(name) + 2)
            yield finding(
                RULE,
                manifest.path,
                column,
                f"{name} {item.specifier} works with {peer.of} {wanted}, and {peer.of} {other.specifier} is asked for: {_effect(peer)}",
                help=_help(peer, other.specifier),
                trace=[Step(manifest.path, other.line, other.column, f"{peer.of} {other.specifier}")],
                subject=f"{manifest.path}: {name} with {peer.of}",
                severity="error" if peer.kind == "plugin" else None,
            )


def _effect(peer: Peer) -> str:
    if peer.kind == "plugin":
        return "registering it stops the server (FST_ERR_PLUGIN_VERSION_MISMATCH)"
    return "npm install stops (ERESOLVE)"


def _help(peer: Peer, specifier: str) -> str:
    host = npm_range(specifier)
    fitting = [
        major for major, wanted in sorted(peer.ranges.items()) if host is not None and allows(wanted, host)
    ]
    if fitting:
        return f"use {peer.name} ^{fitting[-1]}, or the {peer.of} it works with"
    return f"use versions of {peer.name} and {peer.of} that work together"
