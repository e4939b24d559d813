"""What ends the life of connections, cursors and pools of the drivers, and what fails on them afterwards."""

from __future__ import annotations

import msgspec


class Kind(msgspec.Struct, frozen=True):
    """``closers`` end the object; ``fails`` are the methods that fail then, with ``error``. ``entered``: ``with`` ends it too.

    ``takes_along`` are the types of the cursors that end with it. ``released``: it may be used by somebody else then, which no error tells.
    """

    closers: frozenset[str]
    fails: frozenset[str]
    error: str
    entered: bool = False
    takes_along: frozenset[str] = frozenset()
    released: bool = False


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SQL = "execute executemany executescript cursor commit rollback"
_FETCH = "execute executemany executescript fetchone fetchall fetchmany"
_ASYNCPG = "execute executemany fetch fetchrow fetchval fetchmany prepare cursor transaction"
_SA = "execute scalar scalars stream exec_driver_sql begin begin_nested commit run_sync"

KINDS: dict[str, Kind] = {
    "sqlite3.Connection": Kind(
        _words("close"),
        _words(_SQL),
        "ProgrammingError: Cannot operate on a closed database",
        takes_along=frozenset(("sqlite3.Cursor",)),
    ),
    "sqlite3.Cursor": Kind(
        _words("close"), _words(_FETCH), "ProgrammingError: Cannot operate on a closed cursor"
    ),
    "aiosqlite.Connection": Kind(
        _words("close"),
        _words(_SQL + " execute_fetchall execute_insert"),
        "ValueError: no active connection",
        entered=True,
        takes_along=frozenset(("aiosqlite.Cursor",)),
    ),
    "aiosqlite.Cursor": Kind(
        _words("close"), _words(_FETCH), "ProgrammingError: Cannot operate on a closed cursor", entered=True
    ),
    "asyncpg.Connection": Kind(
        _words("close terminate"),
        _words(_ASYNCPG),
        "InterfaceError: the connection is closed, or has been released back to the pool",
        entered=True,
    ),
    "asyncpg.Pool": Kind(
        _words("close terminate"),
        _words("execute executemany fetch fetchrow fetchval acquire"),
        "InterfaceError: pool is closed",
        entered=True,
    ),
    "psycopg2.connection": Kind(
        _words("close"),
        _words("cursor commit rollback"),
        "InterfaceError: connection already closed",
        takes_along=frozenset(("psycopg2.cursor",)),
    ),
    "psycopg2.cursor": Kind(
        _words("close"), _words(_FETCH), "InterfaceError: cursor already closed", entered=True
    ),
    **{
        name: Kind(
            _words("close"),
            _words("execute cursor commit rollback"),
            "OperationalError: the connection is closed",
            entered=True,
        )
        for name in ("psycopg.Connection", "psycopg.AsyncConnection")
    },
    **{
        name: Kind(_words("close"), _words(_FETCH), "InterfaceError: the cursor is closed", entered=True)
        for name in ("psycopg.Cursor", "psycopg.AsyncCursor")
    },
    **{
        name: Kind(
            _words("close"), _words(_SA), "ResourceClosedError: This Connection is closed", entered=True
        )
        for name in ("sqlalchemy.Connection", "sqlalchemy.ext.asyncio.AsyncConnection")
    },
    "better-sqlite3": Kind(
        _words("close"),
        _words("prepare exec pragma transaction function aggregate"),
        "TypeError: The database connection is not open",
    ),
    "node:sqlite#DatabaseSync": Kind(_words("close"), _words("prepare exec"), "Error: database is not open"),
    "sqlite3#Database": Kind(
        _words("close"), _words("run all get each exec prepare"), "SQLITE_MISUSE: Database is closed"
    ),
    "pg#Client": Kind(_words("end"), _words("query"), "Error: Client was closed and is not queryable"),
    "pg#Pool": Kind(
        _words("end"), _words("query connect"), "Error: Cannot use a pool after calling end on the pool"
    ),
    "pg#PoolClient": Kind(
        _words("release"),
        _words("query"),
        "it is back in the pool, where another request may be in the middle of its transaction on it",
        released=True,
    ),
    "mysql2/promise#Connection": Kind(
        _words("end destroy"),
        _words("query execute beginTransaction"),
        "Error: Can't add new command when connection is in closed state",
    ),
}
