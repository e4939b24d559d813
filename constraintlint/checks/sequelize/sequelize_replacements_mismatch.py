"""``sequelize.query``: a replacement or bind parameter of the statement is given no value, or is of the other kind."""

from __future__ import annotations

import re
from collections.abc import Iterator

from constraintlint.checks._bind_text import masked
from constraintlint.checks._calls import argument, has_spread, literal_entries
from constraintlint.checks._sequelize import in_use
from constraintlint.facts.code import Call, Expr, Sequence, Spread
from constraintlint.findings import Finding, finding
from constraintlint.project import Project
from constraintlint.project.sql_sites import SqlSite

RULE = "sequelize-replacements-mismatch"

#: as lib/utils/sql.js reads them: a name behind a space, a bracket, a comma or an operator, and no second colon
_NAMED = re.compile(r"(?<![:\w]):([A-Za-z_]\w*)(?!:)(?!\w)")
_POSITION = re.compile(r"\?(?![|&?])")
_BIND = re.compile(r"(?<![\w$])\$(\w+)")


def check(project: Project) -> Iterator[Finding]:
    if not in_use(project):
        return
    served = set(project.paths)
    for site in project.sql_sites:
        if site.path in served and site.sink == "sequelize#Sequelize.query" and not site.via:
            yield from _of_site(project, site)


def _of_site(project: Project, site: SqlSite) -> Iterator[Finding]:
    call = site.node
    content = site.contents[0] if len(site.contents) == 1 else None
    if not isinstance(call, Call) or has_spread(call) or content is None or content.text is None:
        return
    sql = content.text.constant
    options = literal_entries(argument(call, 1))
    if sql is None or content.branches or content.wrapper or options is None:
        return
    replacements, bind = options.get("replacements"), options.get("bind")
    text = masked(sql)
    if replacements is not None and bind is not None:
        return  # one of them may be undefined on purpose
    if replacements is not None:
        yield from _replaced(project, site, replacements.value, text)
    elif bind is not None:
        yield from _bound(project, site, bind.value, text)


def _replaced(project: Project, site: SqlSite, given: Expr, text: str) -> Iterator[Finding]:
    named = list(dict.fromkeys(match[1] for match in _NAMED.finditer(text)))
    positions = len(_POSITION.findall(text))
    length = _length(given)
    entries = literal_entries(given)
    if length is not None and length < positions:
        message = f"the statement has {positions} replacements (?) and is given {length}"
        yield _finding(project, site, given, message + ": the call throws", "give each ? its value")
    elif entries is not None:
        for name in named:
            if name not in entries:
                message = f'the replacement :{name} has no value ("Named replacement has no entry in the replacement map")'
                yield _finding(project, site, given, message, f"add {name} to the replacements")
    known = length or entries
    if known and not named and not positions and _BIND.search(text):
        message = "the statement has bind parameters ($1): replacements fill in :name and ? only"
        yield _finding(project, site, given, message, "give the values as bind, or write :name")


def _bound(project: Project, site: SqlSite, given: Expr, text: str) -> Iterator[Finding]:
    names = list(dict.fromkeys(match[1] for match in _BIND.finditer(text)))
    length = _length(given)
    entries = literal_entries(given)
    for name in names:
        if length is not None and (not name.isdigit() or int(name) > length):
            yield _finding(project, site, given, _no_value(name), f"give ${name} its value")
        elif entries is not None and name not in entries:
            yield _finding(project, site, given, _no_value(name), f"add {name} to bind")
    if (length or entries) and not names and (_NAMED.search(text) or _POSITION.search(text)):
        message = "the statement has replacements (:name or ?): bind fills in $1 and $name only"
        yield _finding(project, site, given, message, "give the values as replacements, or write $1 or $name")


def _no_value(name: str) -> str:
    return f'the bind parameter ${name} has no value: the call throws ("Named bind parameter has no value")'


def _length(given: Expr) -> int | None:
    if not isinstance(given, Sequence) or any(isinstance(item, Spread) for item in given.items):
        return None
    return len(given.items)


def _finding(project: Project, site: SqlSite, at: Expr, message: str, help: str) -> Finding:
    return finding(
        RULE,
        site.path,
        project.span(site.path, at.at),
        message,
        help=help,
        subject=f"{message} in {site.function.name if site.function else 'the module'}",
    )
