"""A function or type of an extension that nothing in the project creates."""

from __future__ import annotations

import re
from collections.abc import Iterator

from constraintlint.checks._calls import uses
from constraintlint.checks._sql import problems, report
from constraintlint.findings import Finding
from constraintlint.project import Project

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
_PROSE = (".md", ".lock", "-lock.json", "-lock.yaml", ".txt", ".rst")


def check(project: Project) -> Iterator[Finding]:
    for item in problems(project, ("extension",)):
        if uses(project, _CREATING) or _is_named(project, item.problem.tag):
            continue
        yield report(project, RULE, item)


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
