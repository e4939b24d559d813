"""A function or type of an extension that nothing in the project creates."""

from __future__ import annotations

import re
from collections.abc import Iterator

from constraintlint.checks._calls import uses
from constraintlint.checks._sql import problems, report
from constraintlint.findings import Finding, finding
from constraintlint.project import Project
from constraintlint.roles import is_test

RULE = "pg-extension-function-without-extension"
#: libraries that create extensions by themselves
_CREATING = frozenset({"typeorm"})
#: extensions called like what they bring: only beside the word do they stand for themselves
_TYPES = frozenset({"citext", "hstore", "ltree", "cube", "unaccent", "dblink", "seg", "lo"})
_DJANGO = {
    "pgcrypto": "Crypto",
    "pg_trgm": "Trigram",
    "btree_gin": "BtreeGin",
    "btree_gist": "BtreeGist",
    "citext": "CIText",
}
#: words without which no extension can be meant
_BROUGHT = re.compile(
    rb"uuid_generate|crypt|gen_salt|citext|hstore|similarity|unaccent|ltree|digest|levenshtein|soundex|trgm",
    re.I,
)
_PROSE = (".md", ".lock", "-lock.json", "-lock.yaml", ".txt", ".rst")


def check(project: Project) -> Iterator[Finding]:
    for item in problems(project, ("extension",)):
        if uses(project, _CREATING) or _is_named(project, item.problem.tag):
            continue
        yield report(project, RULE, item)
    yield from _of_files(project)


def _of_files(project: Project) -> Iterator[Finding]:
    """The files of SQL that make the tables, where the program reads and runs them as they are."""
    if not any(path.endswith(".sql") for path in project.tree.files):
        return
    paths = {item.place.path for table in project.schema.tables for item in table.declared}
    engines = {entry.name for entry in project.stack.databases if entry.role in ("runtime", "optional")}
    if engines != {"postgresql"} or uses(project, _CREATING):
        return
    for path in sorted(path for path in paths if path.endswith(".sql") and not is_test(path)):
        data = project.tree.read(path)
        if data is None or not _BROUGHT.search(data):
            continue
        from constraintlint.project.sql_catalogue import catalogue_of
        from constraintlint.sql import postgres

        text = data.decode("utf-8", "replace")
        for problem in postgres.check(text, catalogue_of(project)):
            if problem.kind == "extension" and not _is_named(project, problem.tag):
                line = text.count("\n", 0, problem.start) + 1
                column = problem.start - text.rfind("\n", 0, problem.start)
                yield finding(
                    RULE,
                    path,
                    (line, column, line, column + problem.end - problem.start),
                    problem.message,
                    help=problem.help or "create the extension before the tables",
                    subject=f"{problem.name}: {path}",
                )


def _is_named(project: Project, extension: str) -> bool:
    """Whether some file of the project speaks of the extension: a script, an image or a migration may create it."""
    name = re.escape(extension).encode()
    django = _DJANGO.get(extension, "".join(part.capitalize() for part in extension.split("_")))
    near = rb"" if extension not in _TYPES else rb"extensions?\W[^;\n]{0,80}"
    pattern = re.compile(near + rb"\b" + name + rb"\b|" + django.encode() + rb"Extension", re.I)
    for path in sorted(project.tree.files):
        if path.endswith(_PROSE):
            continue
        if path in project.resolutions:
            facts = project.facts(path) if project.is_deep(path) else None
            data = facts.code if facts is not None else None
        else:
            data = project.tree.read(path)
        if data is not None and pattern.search(data):
            return True
    return False
