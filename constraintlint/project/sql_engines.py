"""Which engine serves a place where SQL is handed over, and how placeholders are written there."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec

from constraintlint.libraries import libraries
from constraintlint.project.schema.engine import of_project
from constraintlint.sql.placeholders import Style, Styles
from constraintlint.sql.problems import Engine

if TYPE_CHECKING:
    from constraintlint.project import Project
    from constraintlint.project.sql_sites import SqlSite
    from constraintlint.project.sql_text import Content

_ENGINES: dict[str, Engine] = {
    "postgresql": "postgresql",
    "sqlite": "sqlite",
    "mysql": "mysql",
    "mariadb": "mysql",
}
BOTH: tuple[Engine, ...] = ("postgresql", "sqlite")

#: how code speaks of the engines
_WORDS = {
    "postgresql": "postgres|psycopg|asyncpg", "sqlite": "sqlite", "mysql": "mysql|mariadb", "mssql": "mssql|sqlserver", "oracle": "oracle",
}  # fmt: skip
#: servers that speak PostgreSQL's protocol
_COMPATIBLE = re.compile(rb"cockroach|redshift|questdb|cratedb|risingwave", re.I)
#: how the libraries write placeholders; what is not listed takes the engine's own
_STYLES: dict[str, tuple[Style, ...]] = {
    "psycopg2": ("format",), "psycopg": ("format",), "aiopg": ("format",), "pg8000": ("format", "named", "native"), "django": ("format",),
    "sqlalchemy": ("format", "native"), "flask_sqlalchemy": ("format", "native"), "sqlmodel": ("format", "native"),
    "alembic": ("named",), "databases": ("named",), "records": ("named",), "gino": ("named", "native"), "peewee": ("format", "native"),
    "pandas": ("format", "named", "native"), "orator": ("format", "qmark", "native"),
    "pg-promise": ("pg-promise",), "sequelize": ("qmark", "named", "dollar-name", "native"), "knex": ("qmark", "named", "native"),
    "objection": ("qmark", "named", "native"), "typeorm": ("named", "native"), "@mikro-orm/core": ("qmark", "native"),
    "pymysql": ("format",), "mysqlclient": ("format",), "mysql.connector": ("format",), "aiomysql": ("format",),
    "mysql": ("qmark",), "mysql2": ("qmark", "named"), "@planetscale/database": ("qmark", "named"),
    "drizzle-orm": ("native",), "kysely": ("native",), "@prisma/client": ("native",),
}  # fmt: skip
#: libraries that make literals of values before the server sees the text, and those that leave it to a driver which may
_IN_TEXT = frozenset({"psycopg2", "aiopg", "django", "pg-promise", "sequelize"})
_OVER_DRIVERS = frozenset(
    {"sqlalchemy", "flask_sqlalchemy", "sqlmodel", "alembic", "records", "pandas", "peewee", "orator"}
)
#: libraries with a language of their own between the text and the engine
_OTHER = frozenset({"pony", "piccolo", "ormar", "tortoise-query"})
#: drivers whose SQLite takes "x" for a name only
_STRICT = frozenset({"better-sqlite3", "node:sqlite"})
#: tags whose holes are values, unless they hold something the library made
VALUE_TAGS = frozenset({"@prisma/client", "postgres", "@vercel/postgres", "@neondatabase/serverless"})


def engines_of(project: Project, site: SqlSite) -> tuple[Engine, ...]:
    """The engine of the driver, else the one the project runs on; both candidates where that is not known, none for others."""
    if _speaks_for_itself(project, site):
        return ()
    engines = _engines_of(project, site)
    for other in site.others:
        # the same text goes to another database: only what all of them have against it counts
        more = _engines_of(project, msgspec.structs.replace(site, library=other, others=()))
        engines = tuple(dict.fromkeys((*engines, *more))) if engines and more else ()
    return engines if "mysql" not in engines or len(engines) == 1 else ()


def _speaks_for_itself(project: Project, site: SqlSite) -> bool:
    """Whether the text, handed on by another file, is written beside a driver of another engine than the one found there.

    A back end per engine derives from a class they share: which of their connections that class uses is not in its text.
    """
    found = project.resolutions.get(site.path) if site.via else None
    known = libraries("python" if site.path.endswith((".py", ".pyi")) else "javascript").libraries
    own = known.get(site.library)
    if found is None or own is None or not own.engine or all(path == site.path for path, _ in site.via):
        return False
    packages = {item.package for item in found.external}
    beside = {
        library.engine
        for library in known.values()
        if library.role == "driver" and library.engine and not packages.isdisjoint(library.packages)
    }
    return bool(beside) and own.engine not in beside


def _engines_of(project: Project, site: SqlSite) -> tuple[Engine, ...]:
    library = libraries("python" if site.path.endswith((".py", ".pyi")) else "javascript").libraries.get(
        site.library
    )
    if library is None or site.library in _OTHER:
        return ()
    if library.engine:
        engine = _ENGINES.get(library.engine)
        if engine is None or (engine == "postgresql" and _is_like_postgresql(project, site.path)):
            return ()
        return (engine,)
    known = of_project(project)
    if known and known not in _ENGINES:
        return ()
    others = _spoken_of(project, site) | {entry.name for entry in project.stack.databases} - {
        known,
        "redis",
        "mongodb",
    }
    if known and not project.stack.undecided and not others - {known}:
        return (_ENGINES[known],)
    return BOTH if known in (*BOTH, "") and others <= set(BOTH) else ()


def _is_like_postgresql(project: Project, path: str) -> bool:
    """Whether code speaks of a server that takes PostgreSQL's drivers and has statements of its own."""
    facts = project.facts(path)
    return facts is not None and _COMPATIBLE.search(facts.code) is not None


def _spoken_of(project: Project, site: SqlSite) -> set[str]:
    """The engines the code around a site has words of: it may choose the statement by the engine in use."""
    found: set[str] = set()
    for path in {site.path, *(path for path, _ in site.via)}:
        facts = project.facts(path)
        if facts is not None:
            found |= {name for name, word in _WORDS.items() if re.search(word.encode(), facts.code, re.I)}
    return found


def is_driver(site: SqlSite) -> bool:
    library = libraries("python" if site.path.endswith((".py", ".pyi")) else "javascript").libraries.get(
        site.library
    )
    return library is not None and library.role == "driver"


def styles_of(project: Project, site: SqlSite, content: Content) -> Styles:
    in_text: tuple[Style, ...] = ("in-text",) if _puts_in_text(project, site) else ()
    if content.wrapper.endswith((".text", ".TextClause")) or site.sink == "sqlalchemy.text":
        return frozenset(("named", *in_text))
    return frozenset((*_STYLES.get(site.library, ("native",)), *in_text))


def _puts_in_text(project: Project, site: SqlSite) -> bool:
    """Whether a library may put values into the text itself; those over any driver do unless the project names another."""
    return site.library in _IN_TEXT or (site.library in _OVER_DRIVERS and not _sends_parameters(project))


@lru_cache(maxsize=1)
def _sends_parameters(project: Project) -> bool:
    return any(project.mentions(path, ("asyncpg", "psycopg:")) for path in project.resolutions)


@lru_cache(maxsize=1)
def may_be_mariadb(project: Project) -> bool:
    """Whether the server may be MariaDB: the drivers and addresses of MySQL serve both, so the configuration has to say MySQL."""
    return project.config.database != "mysql" or any(
        project.mentions(path, ("mariadb", "MariaDB")) for path in project.resolutions
    )


@lru_cache(maxsize=1)
def takes_names_in_quotes(project: Project) -> bool:
    """Whether a mode of MySQL that takes ``"x"`` for a name may be set."""
    return any(project.mentions(path, ("ANSI", "ansi")) for path in project.resolutions)


def strict_quotes(site: SqlSite) -> bool:
    return site.library in _STRICT
