"""``[verify]``: plain values -> Verify, noting every mistake as the rest of the configuration does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from constraintlint.config.errors import suggestion
from constraintlint.config.records import Verify
from constraintlint.config.vocabulary import VERIFY_DATABASES, VERIFY_KEYS, VERIFY_TIMEOUTS

if TYPE_CHECKING:
    from constraintlint.config.locate import Key
    from constraintlint.config.read import Reader

_VARIABLE = re.compile(r"[A-Za-z_]\w*")


def read_verify(reader: Reader) -> Verify:
    """The table as a record; mistaken parts keep their defaults."""
    table = reader.table(("verify",))
    reader.known_keys(table, VERIFY_KEYS, ("verify",))
    setup = None
    if "setup" in table:
        setup = [command for _, command in reader.strings(("verify", "setup"))]
    return Verify(
        setup=setup,
        run=_filled(reader, "run"),
        port=_port(reader, table),
        base_url=_path(reader, "base-url"),
        health=_path(reader, "health"),
        database=_database(reader),
        env=_env(reader),
        suite=_filled(reader, "suite"),
        timeouts=_timeouts(reader),
    )


def _filled(reader: Reader, name: str) -> str | None:
    value = reader.text(("verify", name))
    if value is not None and not value.strip():
        reader.wrong(("verify", name), f'"{name}" must not be empty')
        return None
    return value


def _path(reader: Reader, name: str) -> str | None:
    """A path of the server, with its leading slash; the base may be empty."""
    value = reader.text(("verify", name))
    if value is None or value.startswith("/") or (name == "base-url" and not value):
        return value
    hint = f' (as in "/{value}")' if "://" not in value else ", not a whole URL"
    reader.wrong(("verify", name), f'"{name}" must be a path that starts with /{hint}')
    return None


def _port(reader: Reader, table: dict[str, Any]) -> int | None:
    value = table.get("port")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 65535:
        shown = value if isinstance(value, int) and not isinstance(value, bool) else reader.kind(value)
        reader.wrong(
            ("verify", "port"), f'"port" must be an integer from 0 (any free port) to 65535, not {shown}'
        )
        return None
    return value


def _database(reader: Reader) -> str | None:
    value = reader.text(("verify", "database"))
    if value is None or value in VERIFY_DATABASES or "://" in value:
        return value
    hint = suggestion(value, VERIFY_DATABASES) or f" (known: {', '.join(VERIFY_DATABASES)}, or a URL)"
    reader.wrong(("verify", "database"), f'unknown database "{value}"{hint}')
    return None


def _env(reader: Reader) -> dict[str, str]:
    key: Key = ("verify", "env")
    found: dict[str, str] = {}
    for name, value in reader.table(key).items():
        if not _VARIABLE.fullmatch(name):
            reader.wrong((*key, name), f'"{name}" is not the name of an environment variable')
        elif not isinstance(value, str):
            reader.wrong((*key, name), f'"{name}" must be a string, not {reader.kind(value)}')
        elif "\0" in value:
            reader.wrong((*key, name), f'"{name}" must not hold a null character')
        else:
            found[name] = value
    return found


def _timeouts(reader: Reader) -> dict[str, float]:
    key: Key = ("verify", "timeouts")
    table = reader.table(key)
    reader.known_keys(table, VERIFY_TIMEOUTS, key)
    found: dict[str, float] = {}
    for name, value in table.items():
        if name not in VERIFY_TIMEOUTS:
            continue
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            reader.wrong((*key, name), f'"{name}" must be a number of seconds, not {reader.kind(value)}')
        elif not 0 < value <= 86_400:
            reader.wrong((*key, name), f'"{name}" must be more than 0 and at most 86400 seconds')
        else:
            found[name] = float(value)
    return found
