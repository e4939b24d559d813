"""What one run of ``verify`` does: command line over ``[verify]`` over the defaults of the study."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from constraintlint.behavior.errors import CannotRun
from constraintlint.config.records import Config, Verify
from constraintlint.findings import Report

PYTHON_PORT = 8080
NODE_PORT = 3000
_NODE_FRAMEWORKS = frozenset({"express", "fastify", "hono", "koa", "nestjs", "hapi"})
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


class Settings(msgspec.Struct, kw_only=True):
    """``port`` 0 is any free one; ``fixed_port`` means that no other will do. ``setup`` None is the default set-up."""

    project: Path
    setup: list[str] | None = None
    run: str = "./run.sh"
    port: int = 0
    fixed_port: bool = False
    base_url: str = "/api"
    health: str = "/api/health-check"
    database: str = "none"
    env: dict[str, str] = {}
    suite: str = "conduit"
    suite_root: Path
    setup_timeout: float = 900.0
    start_timeout: float = 60.0
    request_timeout: float = 10.0
    suite_timeout: float = 300.0
    stop_timeout: float = 3.0
    runs: int = 1
    in_place: bool = False
    keep_environment: bool = True


class Wishes(msgspec.Struct, kw_only=True):
    """What the command line asks for; None is no wish."""

    suite: str | None = None
    database_url: str | None = None
    port: int | None = None
    runs: int = 1
    in_place: bool = False
    keep_environment: bool = True
    start_timeout: float | None = None


def settle(root: Path, config: Config, check: Report, wishes: Wishes, here: Path) -> Settings:
    """Everything a run needs. Raises CannotRun where the engine of the database is not known or cannot be provided."""
    declared = config.verify or Verify()
    given = wishes.port if wishes.port is not None else declared.port
    base = declared.base_url if declared.base_url is not None else "/api"
    # a suite named on the command line is a path from here, one in the configuration a path from there
    suite_root = here if wishes.suite is not None else root
    return Settings(
        project=root,
        setup=declared.setup,
        run=declared.run or "./run.sh",
        port=given if given is not None else _port(root, config, check),
        fixed_port=bool(given),
        base_url=base.rstrip("/"),
        health=declared.health if declared.health is not None else f"{base.rstrip('/')}/health-check",
        database=wishes.database_url or declared.database or _engine(config, check),
        env=dict(declared.env),
        suite=wishes.suite or declared.suite or "conduit",
        suite_root=suite_root,
        setup_timeout=declared.timeouts.get("setup", 900.0),
        start_timeout=wishes.start_timeout or declared.timeouts.get("start", 60.0),
        request_timeout=declared.timeouts.get("request", 10.0),
        suite_timeout=declared.timeouts.get("suite", 300.0),
        stop_timeout=declared.timeouts.get("stop", 3.0),
        runs=wishes.runs,
        in_place=wishes.in_place,
        keep_environment=wishes.keep_environment,
    )


def expanded(values: dict[str, str], environment: dict[str, str]) -> dict[str, str]:
    """``[verify.env]`` with ``$NAME`` and ``${NAME}`` replaced, so a backend gets the database under its own names."""
    result = dict(environment)
    for name, value in values.items():
        result[name] = _VARIABLE.sub(lambda match: result.get(match[1] or match[2], ""), value)
    return result


def _port(root: Path, config: Config, check: Report) -> int:
    """The study's: 8080 for Python, 3000 for Node."""
    frameworks = config.framework or [_word(item, "name") for item in _listed(check, "frameworks")]
    if frameworks:
        return NODE_PORT if frameworks[0] in _NODE_FRAMEWORKS else PYTHON_PORT
    python = any((root / name).is_file() for name in ("requirements.txt", "pyproject.toml"))
    return NODE_PORT if (root / "package.json").is_file() and not python else PYTHON_PORT


def _engine(config: Config, check: Report) -> str:
    """The declared engine, else the one the code uses at run time."""
    if config.database is not None:
        return config.database
    engines = {
        _word(item, "engine") for item in _listed(check, "databases") if _word(item, "role") == "runtime"
    }
    usable = sorted(engines & {"sqlite", "postgresql"})
    if len(usable) == 1:
        return usable[0]
    if not engines:
        return "none"
    found = ", ".join(sorted(engines))
    raise CannotRun(
        f"which database to provide is not clear (found: {found}); declare database, or give --database-url"
    )


def _listed(check: Report, key: str) -> list[object]:
    items = check.stack.get(key)
    return list(items) if isinstance(items, (list, tuple)) else []


def _word(item: object, key: str) -> str:
    if isinstance(item, str):
        return item
    record = msgspec.to_builtins(item)
    return str(record.get(key, "")) if isinstance(record, dict) else ""
