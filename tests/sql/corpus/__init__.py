"""The labelled statements: ``corpus/*.toml``, each with what the real engines say of it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, NamedTuple

from constraintlint.sql.catalogue import Catalogue, table

FOLDER = Path(__file__).parent


class Statement(NamedTuple):
    """``postgresql`` is ``ok`` or the SQLSTATE, ``sqlite`` is ``ok`` or the library's message, ``newest`` that of its newest release."""

    theme: str
    sql: str
    postgresql: str
    sqlite: str
    newest: str = "ok"

    def is_valid(self, engine: str) -> bool:
        """Whether the engine takes it; a statement some release of SQLite takes is none to reject."""
        return self.postgresql == "ok" if engine == "postgresql" else "ok" in (self.sqlite, self.newest)


def statements() -> list[Statement]:
    found: list[Statement] = []
    for file in sorted(FOLDER.glob("*.toml")):
        if file.name != "schema.toml":
            for item in tomllib.loads(file.read_text("utf-8"))["statement"]:
                found.append(
                    Statement(
                        file.stem,
                        item["sql"],
                        item.get("postgresql", ""),
                        item.get("sqlite", ""),
                        item.get("newest", "ok"),
                    )
                )
    return found


def schema() -> dict[str, Any]:
    return tomllib.loads((FOLDER / "schema.toml").read_text("utf-8"))


def catalogue() -> Catalogue:
    tables = schema()["tables"]
    return Catalogue(
        tuple(table(name, item["columns"], tuple(item["key"])) for name, item in tables.items()),
        complete=True,
    )
