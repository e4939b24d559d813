"""``mapped_column(...)`` as an argument of ``Table(...)``, which takes ``Column`` only."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks._calls import calls
from constraintlint.checks._sqlalchemy import in_use
from constraintlint.facts.code import Spread
from constraintlint.findings import Finding, finding
from constraintlint.project import Project
from constraintlint.project.models.sqlalchemy.reading import constant_text, made_of

RULE = "sa-mapped-column-in-core-table"


def check(project: Project) -> Iterator[Finding]:
    if not in_use(project):
        return
    ev = project.evaluator
    for call, scope in calls(project, ("Table",), python=True):
        table = made_of(ev, call, scope)
        if table is None or table.name != "Table":
            continue
        name = constant_text(ev, table.positional[0], scope) if table.positional else None
        for arg in call.args:
            if arg.name or arg.spread or isinstance(arg.value, Spread):
                continue
            item = made_of(ev, arg.value, scope)
            if item is not None and item.name == "mapped_column":
                yield finding(
                    RULE,
                    scope.path,
                    project.span(scope.path, arg.value.at),
                    f"mapped_column() inside Table({name!r}): SQLAlchemy raises ArgumentError when the module is imported",
                    help="use Column(...) in a Table; mapped_column belongs in a mapped class",
                    subject=f"mapped_column in {name}",
                )
