"""A name that nothing binds, or that is read before its scope binds it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from difflib import get_close_matches

from constraintlint.checks._templates import is_placeholder
from constraintlint.checks.code._python_stars import star_names
from constraintlint.facts.source import FileFacts, LooseName
from constraintlint.findings import Finding, finding
from constraintlint.project import Project
from constraintlint.project.components import is_user_interface

RULE = "undefined-name"

_MISSING = frozenset(("undefined", "browser", "annotation", "unbound"))
#: a name that so many files read and none defines is provided by the program that runs them
_MANY_FILES = 3
#: files made by a build, or written for a template engine
_MADE = re.compile(
    r"(?:^|/)(?:dist|build|out|chunks|static[\w-]*|public|vendor|bundles?|assets|templates?|skeletons?|boilerplate|cookiecutter[^/]*)/"
    r"|[.-](?:min|bundle)\.|\{\{|(?:^|/)[^/]*_template/"
)
#: what no program holds: a placeholder as a statement (in Python a set within a set, which cannot be made), and the
#: first line of a notebook that Databricks runs with names of its own
_FOREIGN = re.compile(rb"^[ \t]*\{\{ ?[\w.]+ ?\}\};?[ \t]*\r?$|\A# Databricks notebook source", re.M)
#: comments that tell a linter or a type checker that a name exists: behind a line, or for the whole file
_LINE_OFF = re.compile(
    rb"#\s*(?:noqa:[^#\n]*\bF821\b|pylint:\s*disable=[^#\n]*\b(?:undefined-variable|E0602)\b"
    rb"|type:\s*ignore\[[^\]\n]*name-defined|pyright:\s*ignore\[[^\]\n]*reportUndefinedVariable)"
)
_FILE_OFF = re.compile(
    rb"^#\s*(?:(?:ruff|flake8):\s*noqa:[^#\n]*\bF821\b|pylint:\s*disable=[^#\n]*\b(?:undefined-variable|E0602)\b)",
    re.M,
)
#: packages that put names into files which do not import them
_PROVIDERS = re.compile(
    rb'"(?:nuxt|nuxt3|nitropack|nitro|unplugin-auto-import|sails|meteor-node-stubs|@adonisjs/[\w-]+|wxt|@wordpress/scripts|k6|@types/k6'
    rb'|@types/google-apps-script|@google/clasp|casperjs|ember-cli|babel-plugin-[\w-]*globals?[\w-]*)"'
)
#: packages only a program on a server imports
_SERVER = frozenset(
    (
        "express", "fastify", "hono", "koa", "@hono/node-server", "@koa/router", "@koa/bodyparser", "pg", "mysql2", "sequelize",
        "knex", "better-sqlite3", "sqlite3", "jsonwebtoken", "bcrypt", "bcryptjs", "dotenv", "typeorm", "mongoose",
        "@prisma/client", "@nestjs/common",
    )
)  # fmt: skip


def check(project: Project) -> Iterator[Finding]:
    marked = [path for path in sorted(project.resolutions) if project.has_names(path)]
    if not marked:
        return
    names = {path: facts.names for path in marked if (facts := project.facts(path)) is not None}
    given = {item.name for found in names.values() for item in found if item.kind == "given"}
    hosts = _provided(names)
    for path in project.paths:
        found = [item for item in names.get(path, ()) if item.kind in _MISSING or item.kind == "export"]
        if not found or _MADE.search(path) or any(item.name in hosts for item in found):
            continue
        facts = project.facts(path)
        data = project.tree.read(path) or b""
        python = path.endswith((".py", ".pyi"))
        if facts is not None and not _FOREIGN.search(data) and not (python and _is_template(data, found)):
            yield from (
                _python(project, path, facts, found, given)
                if python
                else _ecmascript(project, path, facts, found, given)
            )


def _is_template(data: bytes, found: list[LooseName]) -> bool:
    if b"{{" not in data:
        return False
    lines = data.decode("utf-8", "replace").split("\n")
    return any(is_placeholder(item, lines) for item in found)


def _provided(names: dict[str, list[LooseName]]) -> set[str]:
    """Names that many files read and none defines: the program that runs these files provides them."""
    files = Counter(
        name
        for found in names.values()
        for name in {item.name for item in found if item.kind in ("undefined", "browser")}
    )
    return {name for name, count in files.items() if count > _MANY_FILES}


# --- Python -----------------------------------------------------------------------------------------------------


def _python(
    project: Project, path: str, facts: FileFacts, found: list[LooseName], given: set[str]
) -> Iterator[Finding]:
    stars = star_names(project, path)
    if stars is None or "*" in given:
        return
    text = project.tree.read(path) or b""
    lines = text.split(b"\n") if _LINE_OFF.search(text) else []
    checked = _FILE_OFF.search(text) is not None
    for item in found:
        if item.kind in ("undefined", "annotation") and (
            checked or (lines and _LINE_OFF.search(lines[item.span[0] - 1]))
        ):
            continue
        if item.kind == "unbound":
            yield _finding(
                path, item, f"{item.name!r} is read before it is assigned: {_unbound(item)}",
                "assign it before this line, or give the variable of this function another name than the one outside",
            )  # fmt: skip
        elif item.name in stars or item.name in given:
            continue
        elif item.kind == "export":
            if not _is_submodule(project, path, item.name):
                message = f"__all__ names {item.name!r}, which the module does not define: 'import *' fails"
                yield _finding(path, item, message, _advice(facts, item.name), "warning")
        elif item.kind == "annotation":
            if not _resolved_by_registry(project, path):
                message = f"name {item.name!r} is not defined: the annotation cannot be evaluated"
                yield _finding(path, item, message, _advice(facts, item.name), "warning")
        else:
            message = f"name {item.name!r} is not defined: NameError when this line runs"
            yield _finding(path, item, message, _advice(facts, item.name))


def _unbound(item: LooseName) -> str:
    return "UnboundLocalError or NameError when this line runs"


def _is_submodule(project: Project, path: str, name: str) -> bool:
    directory, _, file = path.rpartition("/")
    if file != "__init__.py":
        return False
    names = project.tree.names(directory)
    return name in names or any(other.partition(".")[0] == name for other in names)


def _resolved_by_registry(project: Project, path: str) -> bool:
    """Whether SQLAlchemy may look the class up by its name: ``Mapped[Other]`` needs no import of ``Other``."""
    resolution = project.resolutions.get(path)
    return resolution is not None and any(
        item.package in ("sqlalchemy", "sqlmodel") for item in resolution.external
    )


# --- JavaScript and TypeScript ------------------------------------------------------------------------------------


def _ecmascript(
    project: Project, path: str, facts: FileFacts, found: list[LooseName], given: set[str]
) -> Iterator[Finding]:
    if "*" in given or is_user_interface(project.tree, path) or _has_provider(project, path):
        return
    server = _runs_on_server(project, path)
    for item in found:
        if (
            item.name in given
            or (item.kind == "browser" and not server)
            or _is_configured(project, item.name)
        ):
            continue
        message = f"{item.name} is not defined: ReferenceError when this line runs"
        if item.kind == "browser":
            message = f"{item.name} is not defined in Node: ReferenceError when this line runs"
        yield _finding(path, item, message, _advice(facts, item.name))


def _runs_on_server(project: Project, path: str) -> bool:
    resolution = project.resolutions.get(path)
    if resolution is None:
        return False
    return any(
        (item.standard or item.package in _SERVER) and item.kind != "type-only"
        for item in resolution.external
    )


def _has_provider(project: Project, path: str) -> bool:
    """Whether a package.json at or above a file names a package that provides names without an import."""
    directory = path.rpartition("/")[0]
    while True:
        data = project.tree.read(f"{directory}/package.json" if directory else "package.json")
        if data is not None and _PROVIDERS.search(data):
            return True
        if not directory:
            return False
        directory = directory.rpartition("/")[0]


def _is_configured(project: Project, name: str) -> bool:
    """Whether the configuration of a linter or of a build names the global."""
    word = re.compile(rb"(?<![\w$])%b(?![\w$])" % re.escape(name.encode()))
    for file in sorted(project.tree.files):
        base = file.rpartition("/")[2]
        if base.startswith(
            (
                ".eslintrc",
                "eslint.config.",
                "vite.config.",
                "webpack.config.",
                "rollup.config.",
                "tsup.config.",
                "esbuild.",
            )
        ):
            data = project.tree.read(file)
            if data is not None and word.search(data):
                return True
    return False


# --- what is said -------------------------------------------------------------------------------------------------


def _advice(facts: FileFacts, name: str) -> str:
    known = {item.name for item in facts.bindings}
    for item in facts.imports:
        known.add(item.local)
        known.update(imported.local for imported in item.names)
    close = get_close_matches(name, sorted(known - {"", name, "*"}), 1, 0.8)
    return (
        f"did you mean {close[0]}?"
        if close
        else "import it, define it, or put quotes around it if it is text"
    )


def _finding(path: str, item: LooseName, message: str, advice: str, severity: str | None = None) -> Finding:
    return finding(
        RULE, path, item.span, message, help=advice, subject=f"{item.kind} {item.name}",
        severity="warning" if severity else None,
    )  # fmt: skip
