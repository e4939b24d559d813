"""Reads one connection: which call it is, what its arguments say of the engine, for which environment."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec

from constraintlint.facts.code import At, Call, Expr, Sequence
from constraintlint.project.evidence.branch_labels import label_of_branches, label_of_words
from constraintlint.project.evidence.callee_names import imported_names, may_be_library
from constraintlint.project.evidence.connection_specs import Candidate, Site, Spec, opening_names, specs
from constraintlint.project.evidence.engine_names import (
    PLAIN_ENVIRONMENTS,
    doubt_about,
    engine_named,
    engine_of_name,
    engine_of_odbc,
    engine_of_setting,
    label_of_settings_file,
    shown_call,
    shown_engine,
)
from constraintlint.project.evidence.environment import Environment
from constraintlint.project.evidence.surroundings import branches_around
from constraintlint.project.flow.values import Value, exported_values, object_entries, place, possible_values
from constraintlint.project.manifests import Roles, relative
from constraintlint.project.signatures import ecosystem_of, engine_of_module, engines

if TYPE_CHECKING:
    from constraintlint.project import Project
    from constraintlint.project.flow.scopes import Scope

_MAX_NESTING = 4


class SiteReader:
    """Reads the engines of calls and settings of one project."""

    def __init__(self, project: Project, environment: Environment, roles: Roles) -> None:
        self.project = project
        self.environment = environment
        self.roles = roles
        self.unknown: list[str] = []

    # --- calls --------------------------------------------------------------------------------------------------

    def site(self, path: str, call: Call, scope: Scope | None) -> Site | None:
        """The connection a call opens, None where it opens none."""
        matched = self._match(path, call, scope)
        if matched is None:
            return None
        name, spec, engine = matched
        self.unknown = []
        site = self._new_site(path, call.at, name, spec.tool if spec else "")
        site.many = spec is not None and any(
            "*." in ref or ref.endswith(".*") for ref in (*spec.dialect, *spec.url) if ref[0] != "*"
        )
        if spec is not None and spec.optional and not call.args:
            return None
        site.candidates = self._candidates(path, call, scope, name, spec, engine, site.label, 0)
        site.builds = spec is not None and spec.builds
        site.unknown = list(dict.fromkeys(self.unknown))
        if spec is not None and not site.candidates and not site.unknown:
            site.unknown = ["no argument says which"]
        return site

    def _new_site(self, path: str, at: At, name: str, tool: str) -> Site:
        code = self.project.code(path)
        branches, classes = branches_around(path, code, at) if code is not None else ([], [])
        label = label_of_branches(branches) or self._label_of_place(path, classes)
        return Site(
            path=path,
            span=self.project.span(path, at),
            name=name,
            tool=tool,
            role=self.roles.of(path),
            label=label,
            branches=tuple(branches),
        )

    def _match(self, path: str, call: Call, scope: Scope | None) -> tuple[str, Spec | None, str] | None:
        """(name, spec, engine) of a call that connects; ``engine`` where a driver leaves no choice."""
        ecosystem = ecosystem_of(path)
        library = self.project.evaluator.library_for(path)
        names = imported_names(self.project, path, call.callee, scope)
        for name in self._names_of(path, call.callee, scope) if names is None else names:
            for alias in dict.fromkeys((name, library.canonical(name))):
                spec = specs().get(alias.removesuffix(".default"))
                if spec is not None:
                    return alias, spec, spec.engine
            module, hash_, export = name.partition("#")
            last = (export or module).rpartition(".")[2]
            if last in opening_names(ecosystem) and (hash_ or ecosystem == "pypi"):
                engine = engine_of_module(module, ecosystem)
                if engine is not None:
                    return name, None, engine
        return self._plugin(path, call, scope)

    def _names_of(self, path: str, callee: Expr, scope: Scope | None) -> list[str]:
        """The qualified names a callee can have, where it is a function or class of a library."""
        if not may_be_library(callee, scope):
            return []
        return [
            value.name
            for value in possible_values(self.project, path, callee, scope)
            if value.kind in ("library", "result", "package")
            and (value.base is None or value.name in specs())
        ]

    def _plugin(self, path: str, call: Call, scope: Scope | None) -> tuple[str, Spec | None, str] | None:
        """``app.register(plugin)`` of a package that connects (Fastify)."""
        if getattr(call.callee, "name", "") != "register" or not call.args or ecosystem_of(path) != "npm":
            return None
        for value in possible_values(self.project, path, call.args[0].value, scope):
            if value.kind == "library" and value.name.startswith(("@fastify/", "fastify-")):
                engine = engine_of_module(value.name.partition("#")[0], "npm")
                if engine is not None:
                    return f"register({value.name.partition('#')[0]})", None, engine
        return None

    def _candidates(
        self,
        path: str,
        call: Call,
        scope: Scope | None,
        name: str,
        spec: Spec | None,
        engine: str,
        label: str,
        depth: int,
    ) -> list[Candidate]:
        shown = shown_call(name)
        if spec is not None:
            for refs, by_url in ((spec.dialect, False), (spec.url, True)):
                for ref in refs:
                    found: list[Candidate] = []
                    for value in self._argument(path, call, scope, ref):
                        found += self._of_value(value, spec.tool, by_url, shown, label, depth)
                    if found:
                        return found
            for ref in spec.odbc:
                for value in self._argument(path, call, scope, ref):
                    engine = engine_of_odbc(value) or engine
            if spec.variable and not self._given(call, spec.url):
                return self._of_variable(spec.variable, spec.tool, shown, label)
        if not engine or engines()[engine].kind == "cache":
            return []
        message = f"{shown}() connects to {engines()[engine].title}"
        span = self.project.span(path, call.at)
        role = self.roles.of(path)
        return [Candidate(engine=engine, path=path, span=span, message=message, label=label, role=role)]

    def _given(self, call: Call, refs: Iterable[str]) -> bool:
        names = {ref.partition(".")[0] for ref in refs}
        return any(arg.name in names or (not arg.name and "0" in names) for arg in call.args)

    # --- settings -----------------------------------------------------------------------------------------------

    def setting_site(self, path: str, at: At, name: str, tool: str) -> Site:
        """An empty site for a setting at a place of a source file; ``finish`` closes it."""
        self.unknown = []
        return self._new_site(path, at, name, tool)

    def candidates_of(self, value: Value, tool: str, by_url: bool, name: str, label: str) -> list[Candidate]:
        """The engines a value of a setting names."""
        return self._of_value(value, tool, by_url, name, label, 0)

    def doubt(self, value: Value) -> None:
        """Note that a value of the present site cannot be told."""
        if value.kind != "constant":
            self.unknown.append(doubt_about(value))

    def finish(self, site: Site) -> list[Site]:
        """The site where it says anything, or leaves something open."""
        site.unknown = list(dict.fromkeys(self.unknown))
        return [site] if site.candidates or site.unknown else []

    def variable_site(self, name: str, tool: str, shown: str) -> list[Site]:
        """The connection a library makes from a variable of the environment by itself; none where nothing sets it."""
        self.unknown = []
        found = self._of_variable(name, tool, shown, "")
        first = next(iter(found), None)
        return (
            []
            if first is None
            else [Site(path=first.path, span=first.span, name=name, tool=tool, candidates=found)]
        )

    # --- arguments ----------------------------------------------------------------------------------------------

    def _argument(self, path: str, call: Call, scope: Scope | None, ref: str) -> list[Value]:
        """What an argument reference of connections.toml can be at this call."""
        head, *keys = ref.split(".")
        exprs: list[Expr] = []
        for position, arg in enumerate(call.args):
            if arg.spread:
                if head != "*":
                    self.unknown.append("its arguments are spread")
                break
            if head == "*" or arg.name == head or (head.isdigit() and not arg.name and position == int(head)):
                exprs.append(arg.value)
        values = [value for expr in exprs for value in possible_values(self.project, path, expr, scope)]
        for key in keys:
            values = [inner for value in values for inner in self._inside(value, key)]
        return values

    def _inside(self, value: Value, key: str) -> list[Value]:
        """What stands under ``key`` in a value."""
        found: list[Value] = []
        if key == "()":
            scope = value.scope
            if value.kind == "function" and scope is not None:
                for item in scope.returns:
                    if item.value is not None:
                        found += possible_values(self.project, scope.path, item.value, scope)
        elif value.kind == "mapping":
            entries = object_entries(self.project, value)
            for name, values in entries.items():
                if key in (name, "*"):
                    found += values
        elif value.kind == "module":
            for name in self._exported(value.name) if key == "*" else [key]:
                found += exported_values(self.project, value.name, name)
            found = [item for item in found if item.kind != "unknown"]
        elif value.kind == "sequence" and key == "*" and isinstance(value.node, Sequence):
            for expr in value.node.items:
                found += possible_values(self.project, value.path, expr, value.scope)
        elif value.kind in ("unknown", "result", "env"):
            self.unknown.append(doubt_about(value))
        return [msgspec.structs.replace(item, branches=(*value.branches, *item.branches)) for item in found]

    def _exported(self, path: str) -> list[str]:
        facts = self.project.facts(path)
        return list(dict.fromkeys(item.name for item in facts.exports)) if facts is not None else []

    # --- values -------------------------------------------------------------------------------------------------

    def _of_value(
        self, value: Value, tool: str, by_url: bool, shown: str, label: str, depth: int
    ) -> list[Candidate]:
        """The engines one value of an argument names."""
        own = self._label_of_value(value) or label
        if value.kind == "env":
            return self._of_variable(value.name, tool, shown, own)
        if value.text is not None:
            text = value.text.constant if value.text.constant is not None else value.text.start
            engine = engine_named(tool, text, by_url)
            if engine is None and not text and value.text.holes and value.text.holes[0].env:
                return self._of_variable(value.text.holes[0].env, tool, shown, own)
            if engine is None:
                if value.text.constant is None:
                    self.unknown.append("its beginning is computed")
                elif not by_url or "://" in text:
                    self.unknown.append(f'"{text.partition("://")[0][:40]}" is no engine that is known')
                return []
            return self._candidate(engine, value, f"{shown}() connects to {shown_engine(text, engine)}", own)
        if value.call is not None and depth < _MAX_NESTING and value.kind in ("result", "handle", "object"):
            found = self._of_call(value, own, depth)
            if found:
                return found
        if value.kind in ("library", "handle", "result", "class", "object"):
            engine = engine_of_name(tool, value.name, ecosystem_of(value.path))
            if engine is not None:
                return self._candidate(engine, value, f"{shown}() connects to {engines()[engine].title}", own)
        if value.kind in ("unknown", "result", "library"):
            self.unknown.append(doubt_about(value))
        return []

    def _of_call(self, value: Value, label: str, depth: int) -> list[Candidate]:
        """The engines of a call whose result is the argument: ``URL.create(...)``, ``new PostgresDialect(...)``."""
        call = value.call
        assert call is not None
        path = value.caller.path if value.caller is not None else value.path
        if self.project.code(path) is None:
            return []
        matched = self._match(path, call, value.caller)
        if matched is None:
            return []
        name, spec, engine = matched
        return self._candidates(path, call, value.caller, name, spec, engine, label, depth + 1)

    def _candidate(self, engine: str, value: Value, message: str, label: str) -> list[Candidate]:
        if engines()[engine].kind == "cache":
            return []
        span = place(self.project, value.path, value.at)
        overridden = False
        if value.default_of:
            settings = [item for item in self.environment.lookup(value.default_of) if item.level == "runtime"]
            overridden = any(engine_of_setting("", item) not in (None, engine) for item in settings)
            message += f" where {value.default_of} is not set"
        return [
            Candidate(
                engine=engine, path=value.path, span=span, message=message, label=label, branches=value.branches,
                role=self.roles.of(value.path), default_of=value.default_of, overridden=overridden,
            )
        ]  # fmt: skip

    def _of_variable(self, name: str, tool: str, shown: str, label: str) -> list[Candidate]:
        """The engines an environment variable is set to, by level; unknown where nothing sets it."""
        label = label or label_of_words(name)
        found: list[Candidate] = []
        for item in self.environment.lookup(name):
            engine = engine_of_setting(tool, item)
            if engine is None or engines()[engine].kind == "cache":
                continue
            evidence = item.evidence
            found.append(
                Candidate(
                    engine=engine, path=evidence.path, span=(evidence.line, evidence.column, evidence.line, evidence.column),
                    message=f"{name} is set to {shown_engine(item.value, engine)}, which {shown}() reads",
                    label={"test": "test", "development": "development"}.get(item.level, label),
                    weak=item.level == "example", default_of="",
                )
            )  # fmt: skip
        if label != "test" and not any(item.label != "test" for item in found):
            self.unknown.append(f"it is read from {name}, which nothing sets")
        return found

    def _label_of_value(self, value: Value) -> str:
        label = label_of_branches(value.branches)
        if not label and not any(branch.kind == "or" for branch in value.branches):
            label = label_of_words(value.default_of)  # TEST_DATABASE_URL
        if label:
            return label
        code = self.project.code(value.path) if not value.path.endswith(".json") else None
        classes = branches_around(value.path, code, value.at)[1] if code is not None else []
        return self._label_of_place(value.path, classes)

    def _label_of_place(self, path: str, classes: list[str]) -> str:
        """The environment by the class of settings or the settings module a place stands in."""
        for name in reversed(classes):
            if (
                any(word in name.lower() for word in ("config", "setting", "environment"))
                or name.lower() in PLAIN_ENVIRONMENTS
            ):
                label = label_of_words(name)
                if label:
                    return label
        return label_of_settings_file(relative(path, self.roles.base))
