"""A name that nothing binds, or that is read before its scope binds it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from difflib import get_close_matches

from constraintlint.checks._templates import is_placeholder
from constraintlint.checks.code._python_stars import star_names
from constraintlint.facts.source import LooseName
from constraintlint.findings import Finding, finding
from constraintlint.project import Project
from constraintlint.project.components import is_user_interface
from constraintlint.roles import is_test

RULE = "undefined-name"

_MISSING = frozenset(("undefined", "browser", "annotation", "unbound"))
#: a name that so many files read and none defines is provided by the program that runs them
_MANY_FILES = 3
#: files made by a build, or written for a template engine
_MADE = re.compile(
    r"(?:^|/)(?:dist|build|out|chunks|(?:[\w-]+-)?static[\w-]*|public|vendor|bundles?|assets|templates?|skeletons?|boilerplate|cookiecutter[^/]*)/"
    r"|[.-](?:min|bundle)\.|\{\{|(?:^|/)[^/]*_template/"
)
#: what no program holds: a placeholder as a statement (in Python a set within a set, which cannot be made), and the
#: first line of a notebook that Databricks runs with names of its own
_FOREIGN = re.compile(rb"^[ \t]*\{\{ ?[\w.]+ ?\}\};?[ \t]*\r?$|\A# Databricks notebook source", re.M)
#: what a generator writes above its output, among the first lines
_WRITTEN = re.compile(rb"(?i)\b(?:auto(?:matically)?[- ]?generated|generated automatically)\b|@generated\b")
#: comments that tell a linter or a type checker that a name exists: behind a line, or for the whole file
_LINE_OFF = re.compile(
    rb"#\s*(?:[nN][oO][qQ][aA]:[^#\n]*\bF821\b|(?:[nN][oO][qQ][aA]\b[:\s]*)?pylint:\s*disable=[^#\n]*\b(?:undefined-variable|E0602)\b"
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
#: names that a package puts on the global object, for all files of a program that depends on it
_GIVEN = {
    b"@sap/cds": frozenset(
        ("cds", "SELECT", "INSERT", "UPSERT", "UPDATE", "DELETE", "CREATE", "DROP", "CDL", "CQL", "CXL")
    )
}
#: packages that write files behind each other
_JOINS = re.compile(
    rb'"(?:grunt-contrib-concat|gulp-concat|concat|concat-cli|broccoli-concat|rollup-plugin-concat)"'
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
    names = {path: facts.names for path in marked if (facts := project.known_facts(path)) is not None}
    given = {item.name for found in names.values() for item in found if item.kind == "given"}
    hosts = _provided(names)
    for path in project.paths:
        found = [item for item in names.get(path, ()) if item.kind in _MISSING or item.kind == "export"]
        if not found or _MADE.search(path) or any(item.name in hosts for item in found):
            continue
        data = project.tree.read(path) or b""
        python = path.endswith((".py", ".pyi"))
        if (
            not _FOREIGN.search(data)
            and not _WRITTEN.search(data[:1000])
            and not (python and _is_template(data, found))
        ):
            yield from (
                _python(project, path, found, given) if python else _ecmascript(project, path, found, given)
            )


def _is_template(data: bytes, found: list[LooseName]) -> bool:
    if b"{{" not in data and b"**{" not in data:
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


def _python(project: Project, path: str, found: list[LooseName], given: set[str]) -> Iterator[Finding]:
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
        elif item.name in stars or item.name in given or _is_of_host(path, item.name):
            continue
        elif item.kind == "export":
            if not _is_submodule(project, path, item.name):
                message = f"__all__ names {item.name!r}, which the module does not define: 'import *' fails"
                yield _finding(path, item, message, _advice(project, path, item.name), "warning")
        elif item.kind == "annotation":
            if not _resolved_by_registry(project, path):
                message = f"name {item.name!r} is not defined: the annotation cannot be evaluated"
                yield _finding(path, item, message, _advice(project, path, item.name), "warning")
        elif not is_test(path) or not _is_expected(text, item.span[0]):
            message = f"name {item.name!r} is not defined: NameError when this line runs"
            yield _finding(path, item, message, _advice(project, path, item.name))


def _is_of_host(path: str, name: str) -> bool:
    """Whether a file is no module, and run by a program that gives it names.

    The configuration of Jupyter and IPython, and files whose names no import can say (``3.27.0_Any.py``).
    """
    stem = path.rpartition("/")[2].removesuffix(".py")
    return "." in stem or (stem.endswith("_config") and name in ("c", "get_config", "load_subconfig"))


def _is_expected(text: bytes, line: int) -> bool:
    """Whether a test catches everything around a line: it makes the error it wants to see handled."""
    import ast

    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    for node in ast.walk(tree):
        if isinstance(node, ast.Try) and node.body[0].lineno <= line <= (node.body[-1].end_lineno or 0):
            for handler in node.handlers:
                caught = handler.type
                if caught is None or getattr(caught, "id", "") in ("NameError", "Exception", "BaseException"):
                    return True
    return False


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


def _ecmascript(project: Project, path: str, found: list[LooseName], given: set[str]) -> Iterator[Finding]:
    manifests = _manifests(project, path)
    if not manifests and any(other.endswith(".py") for other in project.resolutions):
        return  # pages of a program in Python, which names what they use
    if "*" in given or is_user_interface(project.tree, path) or _has_provider(manifests):
        return
    given = given | _given_by(manifests) | _joined(project, path, manifests)
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
        yield _finding(path, item, message, _advice(project, path, item.name))


def _runs_on_server(project: Project, path: str) -> bool:
    resolution = project.resolutions.get(path)
    if resolution is None:
        return False
    return any(
        (item.standard or item.package in _SERVER) and item.kind != "type-only"
        for item in resolution.external
    )


def _manifests(project: Project, path: str) -> list[bytes]:
    """The texts of the package.json at and above a file."""
    found: list[bytes] = []
    directory = path.rpartition("/")[0]
    while True:
        data = project.tree.read(f"{directory}/package.json" if directory else "package.json")
        if data is not None:
            found.append(data)
        if not directory:
            return found
        directory = directory.rpartition("/")[0]


def _has_provider(manifests: list[bytes]) -> bool:
    """Whether a package.json names a package that provides names without an import."""
    return any(_PROVIDERS.search(data) for data in manifests)


def _given_by(manifests: list[bytes]) -> set[str]:
    """The globals that the packages named there are known to set."""
    return {
        name
        for package, names in _GIVEN.items()
        if any(b'"%b"' % package in data for data in manifests)
        for name in names
    }


def _joined(project: Project, path: str, manifests: list[bytes]) -> set[str]:
    """Names of the files beside one that a build writes behind each other: they hold no module of their own."""
    if not any(_JOINS.search(data) for data in manifests):
        return set()
    directory = path.rpartition("/")[0]
    found: set[str] = set()
    for name in sorted(project.tree.names(directory)):
        other = f"{directory}/{name}" if directory else name
        facts = project.facts(other) if other != path and other in project.resolutions else None
        if facts is not None:
            found |= {item.name for item in facts.bindings}
            found |= {imported.local for imported in facts.imports}
            found |= {item.local for imported in facts.imports for item in imported.names}
    return found


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


def _advice(project: Project, path: str, name: str) -> str:
    facts = project.facts(path)
    known = {item.name for item in facts.bindings} if facts is not None else set()
    for item in facts.imports if facts is not None else ():
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
