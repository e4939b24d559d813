"""``execute(text("... :a :b"), {"a": 1})``: a parameter of the text is given no value."""

from __future__ import annotations

import re
from collections.abc import Iterator

from constraintlint.checks._calls import argument, has_spread, literal_entries
from constraintlint.checks._sqlalchemy import EXECUTORS, in_use, made_by
from constraintlint.facts.code import Call, Expr, Sequence
from constraintlint.findings import Finding, finding
from constraintlint.project import Project
from constraintlint.project.flow.texts import BuiltText
from constraintlint.project.sql_sites import SqlSite

RULE = "sa-missing-bind-value"
#: SQLAlchemy's own expression (2.0 and 2.1): it also finds parameters inside quotes
_BIND = re.compile(r"(?<![:\w\x5c]):(\w+)(?![:\w])")
_PARAMETERS = {
    "execute": "params",
    "scalar": "params",
    "scalars": "params",
    "stream": "params",
    "stream_scalars": "params",
}


def check(project: Project) -> Iterator[Finding]:
    if not in_use(project):
        return
    served = set(project.paths)
    for site in project.sql_sites:
        if site.path in served and not site.via and site.receivers:
            yield from _of_site(project, site)


def _of_site(project: Project, site: SqlSite) -> Iterator[Finding]:
    method = site.sink.rpartition(".")[2]
    if method not in _PARAMETERS or not all(name in EXECUTORS for name in site.receivers):
        return
    call = site.node
    if not isinstance(call, Call) or has_spread(call) or not _plain_text(project, site):
        return
    given = argument(call, 1, "params", "parameters")
    keys = _given(given)
    if keys is None:
        return
    keys |= {
        arg.name for arg in call.args if arg.name
    }  # before 2.0 keywords were values; 2.0 refuses them by name
    for content in site.contents:
        if content.text is None or content.branches or content.text.holes:
            return
    missing = [name for content in site.contents for name in _names(content.text) if name not in keys]
    for name in dict.fromkeys(missing):
        yield finding(
            RULE,
            site.path,
            project.evaluator.span(site.path, call.at if given is None else given.at),
            f'the statement has a parameter :{name} and is given no value for it ("A value is required for'
            f" bind parameter '{name}'\")",
            help=f'give it a value, as in {{"{name}": ...}}; write \\:{name} where no parameter is meant',
            subject=f":{name} in {site.function.name if site.function else 'the module'}",
        )


def _plain_text(project: Project, site: SqlSite) -> bool:
    """The statement is ``text(...)`` itself: nothing like ``bindparams`` was called on it."""
    if site.argument is None or len(site.contents) != 1:
        return False
    values = project.evaluator.eval(site.argument, site.scope)
    return len(values) == 1 and made_by(values[0], "text") is not None


def _given(expr: Expr | None) -> set[str] | None:
    """The names that surely have a value; None where they are not all known."""
    if expr is None:
        return set()
    if isinstance(expr, Sequence) and expr.items:
        sets = [_given(item) for item in expr.items]
        known = [found for found in sets if found is not None]
        return set.intersection(*known) if len(known) == len(sets) else None
    entries = literal_entries(expr)
    return set(entries) if entries is not None else None


def _names(text: BuiltText | None) -> list[str]:
    constant = text.constant if text is not None else None
    return [match[1] for match in _BIND.finditer(constant)] if constant is not None else []
