"""A name is used that the installed version of a library does not have any more, or never had."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from functools import cache

import msgspec

from constraintlint.facts.code import At, Call, Member, Name
from constraintlint.facts.source import Span
from constraintlint.findings import Finding, Step, finding
from constraintlint.project import Project
from constraintlint.project.flow.scopes import FileScopes, Scope
from constraintlint.project.installed import Installed, installed_for
from constraintlint.project.versions import Release
from constraintlint.roles import is_test
from constraintlint.rulebook import rules_directory

RULE = "removed-framework-api"
_PARAMETERS = ("express:request", "express:response")
_EXPRESS = ("express()", "express#Router()")


class Api(msgspec.Struct, frozen=True):
    """One table of removed-apis.toml."""

    names: list[str]
    distribution: str
    since: str
    instead: str
    via: dict[str, str] = {}
    argument: list[str] = []

    def release(self) -> Release:
        return _release(self.since)


def _release(text: str) -> Release:
    return tuple(int(part) for part in text.split("."))


@cache
def _table() -> dict[str, Api]:
    with (rules_directory() / "signatures" / "removed-apis.toml").open("rb") as handle:
        entries = msgspec.convert(tomllib.load(handle)["api"], list[Api])
    return {name: api for api in entries for name in api.names}


@cache
def _packages() -> frozenset[str]:
    return frozenset(
        name.partition(".")[0].partition("#")[0].partition(":")[0].removesuffix("()") for name in _table()
    )


def check(project: Project) -> Iterator[Finding]:
    reasons: dict[int, dict[str, Step]] = {}
    for path in project.paths:
        if is_test(path) or not any(
            item.package in _packages() and item.kind != "type-only"
            for item in project.resolutions[path].external
        ):
            continue
        installed = installed_for(project, path)
        gone = reasons.get(id(installed))
        if gone is None:
            gone = reasons[id(installed)] = _gone(installed)
        if not gone:
            continue
        seen: set[tuple[str, int]] = set()
        for name, span in sorted(_uses(project, path, gone), key=lambda item: item[1]):
            if (name, span[0]) not in seen:
                seen.add((name, span[0]))
                yield _finding(path, span, name, _table()[name], gone[name])


def _finding(path: str, span: Span, name: str, api: Api, reason: Step) -> Finding:
    shown = name.replace("express:request", "req").replace("express:response", "res")
    shown = shown.replace("#", ".").replace("()", "")
    if api.argument:
        what = f"{shown} takes one object of options from {api.distribution} {api.since} on"
    elif api.release() == (0,):
        what = f"{shown} does not exist"
    else:
        what = f"{shown} is gone since {api.distribution} {api.since}"
    return finding(
        RULE,
        path,
        span,
        f"{what}, which is what is installed",
        help=api.instead,
        trace=[reason],
        subject=name,
    )


def _gone(installed: Installed) -> dict[str, Step]:
    """The names that what is installed does not have, each with the declaration that says so."""
    found = {name: _why_gone(installed, api) for name, api in _table().items()}
    return {name: reason for name, reason in found.items() if reason is not None}


def _why_gone(installed: Installed, api: Api) -> Step | None:
    """The declaration by which a release without the name is installed; None where it is not, or not certainly."""
    if not installed.complete:
        return None
    declared = installed.of(api.distribution)
    if declared:
        return (
            _step(installed, api.distribution)
            if installed.installs(api.distribution, api.release())
            else None
        )
    if installed.locked:
        return None
    for bringer, since in api.via.items():
        if installed.installs(bringer, _release(since)):
            return _step(installed, bringer)
    return None


def _step(installed: Installed, name: str) -> Step:
    item = installed.of(name)[0]
    dependency = item.dependency
    said = f"{name}{dependency.specifier}" if dependency.specifier else f"{name}, in any version"
    return Step(item.manifest.path, dependency.line, dependency.column, said)


# --- uses ---------------------------------------------------------------------------------------------------------


def _uses(project: Project, path: str, gone: dict[str, Step]) -> Iterator[tuple[str, Span]]:
    """(name of the table, place) of every use in a file."""
    for item in project.resolutions[path].external:
        if item.optional or item.kind == "type-only":
            continue
        for taken in item.names:
            name = f"{item.module}.{taken}"
            if name in gone and not _conditional(project, path, item.line):
                yield name, (item.line, item.column, item.end_line, item.end_column)
    file = project.evaluator.file(path)
    words = {name.rpartition(".")[2] for name in gone}
    data = project.tree.read(path) if file is not None else None
    if file is None or data is None or _asks_first(file) or not any(word.encode() in data for word in words):
        return
    for node in file.of_kind(Member):
        if node.name in words:
            name = _qualified(project, file, node)
            if name in gone and not _table()[name].argument:
                yield name, project.span(path, node.at)
    for call, scope in (pair for name in sorted(_with_argument()) for pair in file.calls.get(name, ())):
        name = _qualified(project, file, call.callee) if isinstance(call.callee, Member) else ""
        if name in gone and _fits(project, call, scope, _table()[name].argument):
            yield name, project.span(path, call.at)


def _conditional(project: Project, path: str, line: int) -> bool:
    facts = project.facts(path)
    return facts is not None and any(
        imported.conditional and imported.span[0] <= line <= imported.span[2] for imported in facts.imports
    )


def _asks_first(file: FileScopes) -> bool:
    """Whether the file looks whether the name is there: ``hasattr(app, "before_first_request")``."""
    return bool(file.calls.get("hasattr"))


@cache
def _with_argument() -> frozenset[str]:
    return frozenset(name.rpartition(".")[2] for name, api in _table().items() if api.argument)


def _qualified(project: Project, file: FileScopes, node: Member) -> str:
    scope = file.at(node.at[0])
    values = project.evaluator.eval(node, scope)
    if values and all(value.kind == "library" and value.name in _table() for value in values):
        return values[0].name
    return _of_parameter(project, node, scope, node.at)


def _of_parameter(project: Project, node: Member, scope: Scope, at: At) -> str:
    """``req.x`` and ``res.x`` in a handler given to Express."""
    if not isinstance(node.object, Name):
        return ""
    variable = scope.find(node.object.id, at[0])
    if variable is None or len(variable.binds) != 1:
        return ""
    bind = variable.binds[0]
    passed = bind.scope.passed
    function, outer = bind.scope.function, bind.scope.parent
    if bind.kind != "param" or bind.keys or passed is None or function is None or outer is None:
        return ""
    callee = passed[0].callee
    if len(function.params) > 3 or not 0 <= bind.index < 2 or not isinstance(callee, Member):
        return ""  # an error handler has the error first
    if any(
        value.kind == "result" and value.name in _EXPRESS
        for value in project.evaluator.eval(callee.object, outer)
    ):
        return f"{_PARAMETERS[bind.index]}.{node.name}"
    return ""


def _fits(project: Project, call: Call, scope: Scope, kinds: list[str]) -> bool:
    if not call.args:
        return False
    values = project.evaluator.eval(call.args[0].value, scope)
    return bool(values) and all(
        ("text" in kinds and (value.kind == "text" or value.kind == "env"))
        or ("number" in kinds and value.kind == "constant" and isinstance(value.constant, (int, float)))
        for value in values
    )
