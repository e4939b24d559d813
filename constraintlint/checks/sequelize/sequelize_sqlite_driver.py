"""Sequelize 6 on SQLite without the ``sqlite3`` package, or with a driver it cannot use."""

from __future__ import annotations

import re
from collections.abc import Iterator

from constraintlint.checks._sequelize_queries import in_use
from constraintlint.facts.code import Call, Expr
from constraintlint.findings import Finding, Step, finding
from constraintlint.project import Project
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.installed import installed_for
from constraintlint.project.models.sequelize.defaults import constructions
from constraintlint.project.models.sequelize.literals import Options, constant, read

RULE = "sequelize-sqlite-driver"

#: packages with the interface of sqlite3
_SUITED = frozenset(("sqlite3", "@journeyapps/sqlcipher", "@vscode/sqlite3", "sqlite3-offline"))
_FORKS = re.compile(r"@sequelize/|sequelize-(?:oracle|cockroachdb)")


def check(project: Project) -> Iterator[Finding]:
    if not in_use(project):
        return
    for call, scope in constructions(project.evaluator):
        if scope.path not in project.paths or not call.args:
            continue
        options = read(project.evaluator, call.args[-1].value, scope)
        module = options.get("dialectModule")
        if module is not None and _is_sqlite(project, call, scope, options):
            yield from _module(project, module.expr, module.scope)
        elif (
            module is None
            and "dialectModulePath" not in options
            and options.complete | _is_text(call, options)
        ) and _is_sqlite(project, call, scope, options):
            yield from _missing(project, call, scope)


def _is_text(call: Call, options: Options) -> bool:
    """One argument alone: a URL."""
    return len(call.args) == 1 and not options.entries


def _is_sqlite(project: Project, call: Call, scope: Scope, options: Options) -> bool:
    """Whether a connection is to SQLite whatever the environment says."""
    dialect = options.get("dialect")
    if dialect is not None:
        return constant(project.evaluator, dialect) == "sqlite"
    found = project.evaluator.eval(call.args[0].value, scope)
    if len(found) != 1 or found[0].text is None or found[0].default_of or found[0].branches:
        return False
    return found[0].text.fill("x").startswith("sqlite:")


def _module(project: Project, expr: Expr, scope: Scope) -> Iterator[Finding]:
    for value in project.evaluator.eval(expr, scope):
        package = re.split(r"[#.]", value.name)[0] if value.kind == "library" else ""
        if value.kind == "library" and package in (
            "better-sqlite3",
            "node:sqlite",
            "bun:sqlite",
            "sql",
            "libsql",
        ):
            yield finding(
                RULE,
                scope.path,
                project.span(scope.path, expr.at),
                f"Sequelize 6 drives SQLite through the interface of sqlite3 (callbacks), which {package} does not have:"
                " the first query fails",
                help="install sqlite3 and leave dialectModule out",
                subject=f"dialectModule {package}",
            )
            return


def _missing(project: Project, call: Call, scope: Scope) -> Iterator[Finding]:
    installed = installed_for(project, scope.path)
    if not installed.known or (not installed.of("sequelize") and not installed.of("sequelize-typescript")):
        return
    names = {item.dependency.name for item in installed.declared}
    if names & _SUITED or any(_FORKS.match(name) for name in names) or installed.by_command("sqlite3"):
        return
    release = installed.range_of("sequelize")
    if release is not None and not release.reaches((4,)):
        return
    manifest = installed.of("sequelize") or installed.of("sequelize-typescript")
    path = manifest[0].manifest.path
    other = sorted(names & {"better-sqlite3", "libsql", "sql.js", "sqlite", "node-sqlite3-wasm"})
    instead = f" ({other[0]} is no substitute)" if other else ""
    line, column = manifest[0].dependency.line, 1
    yield finding(
        RULE,
        scope.path,
        project.span(scope.path, call.at),
        f"the dialect sqlite loads the package sqlite3, which {path} does not ask for{instead}:"
        ' "Please install sqlite3 package manually"',
        help=f"add sqlite3 to the dependencies in {path}",
        trace=[Step(path, line, column, "Sequelize is asked for here")],
        subject=f"sqlite3 {path}",
    )
