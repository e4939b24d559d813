"""For which engine SQL text of a project is written, where one answer is certain."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from constraintlint.project import Project

_ALIASES = {"mariadb": "mysql", "cockroachdb": "postgresql", "postgres": "postgresql"}
_SIGNS = (
    ("mysql", re.compile(r"\bENGINE\s*=|\bAUTO_INCREMENT\b|\bUNSIGNED\b|^\s*CREATE TABLE[^\n(]*`", re.I | re.M)),
    ("sqlite", re.compile(r"\bAUTOINCREMENT\b|\bWITHOUT\s+ROWID\b|\bPRAGMA\s+\w+|\bUSING\s+fts[345]\b", re.I)),
    ("mssql", re.compile(r"^\s*GO\s*$|\bIDENTITY\s*\(\s*\d|\bNVARCHAR\b|\[dbo\]", re.I | re.M)),
    ("postgresql", re.compile(r"\b(?:BIG|SMALL)?SERIAL\b|\bTIMESTAMPTZ\b|\bJSONB\b|\bBYTEA\b|::\w|\$\$|\bUSING\s+btree\b|\bEXTENSION\b", re.I)),
)  # fmt: skip


def of_project(project: Project) -> str:
    """The engine all connections of the running program are made to, "" where there are several or none."""
    declared = project.config.database
    names = {declared} if isinstance(declared, str) else set()
    if not names:
        names = {entry.name for entry in project.stack.databases if entry.role in ("runtime", "optional")}
    found = {_ALIASES.get(name, name) for name in names} - {"redis", "mongodb", "memcached"}
    return next(iter(found)) if len(found) == 1 else ""


def of_text(text: str, fallback: str) -> str:
    """The engine a script is written for, by the words only it has."""
    found = [engine for engine, signs in _SIGNS if signs.search(text[:200_000])]
    return found[0] if len(found) == 1 else fallback
