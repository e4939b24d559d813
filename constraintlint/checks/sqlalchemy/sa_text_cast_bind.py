"""``text("... :name::type")``: SQLAlchemy does not take ``:name`` for a bound parameter."""

from __future__ import annotations

import re
from collections.abc import Iterator

from constraintlint.checks._bind_text import masked
from constraintlint.checks._sqlalchemy import in_use
from constraintlint.findings import Edit, Finding, Fix, finding
from constraintlint.project import Project
from constraintlint.project.flow.texts import BuiltText

RULE = "sa-text-cast-bind"

#: SQLAlchemy 2.0 and 2.1 bind ``(?<![:\w\x5c]):(\w+)(?![:\w])``, which a second colon behind the name prevents
_CAST = re.compile(r"(?<![:\w\x5c]):(?P<name>[A-Za-z_]\w*)::(?P<type>\w+(?:\s*\([\d,\s]*\))?(?:\[\d*\])*)")
#: stands for a hole, so that nothing is matched across one
_HOLE = "\x00"


def check(project: Project) -> Iterator[Finding]:
    if not in_use(project):
        return
    served = set(project.paths)
    seen: set[tuple[str, int]] = set()
    for site in project.sql_sites:
        for content in site.contents:
            if content.text is None or "sqlalchemy.text" not in (content.wrapper, site.sink):
                continue
            for item in _of_text(project, content.text):
                place = (item.path, item.line * 10_000 + item.column)
                if item.path in served and place not in seen:
                    seen.add(place)
                    yield item


def _of_text(project: Project, text: BuiltText) -> Iterator[Finding]:
    for match in _CAST.finditer(masked(text.fill(_HOLE))):
        start, end = text.locate(match.start(), _HOLE), text.locate(match.end() - 1, _HOLE)
        if start is None or end is None:
            continue
        path, offset = start
        stop = end[1] + 1 if end[0] == path and end[1] >= offset else offset
        name, kind = match["name"], match["type"]
        span = project.evaluator.span(path, (offset, stop))
        plain = stop - offset == len(match[0].encode())  # no escape and no end of a literal between
        fix = Fix("write CAST", (Edit(path, span, (f"CAST(:{name} AS {kind})",)),)) if plain else None
        yield finding(
            RULE,
            path,
            span,
            f":{name}::{kind} is not bound: text() takes :{name} for a parameter only where no colon follows it,"
            " so the database reads the colons and rejects the statement",
            help=f"write CAST(:{name} AS {kind}), or (:{name})::{kind}",
            subject=f":{name}::{kind}",
            fix=fix,
        )
