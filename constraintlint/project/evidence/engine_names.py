"""How engines, calls and doubts are named: what a text, setting or class says of an engine, and how messages say it."""

from __future__ import annotations

from constraintlint.project.evidence.branch_labels import label_of_words
from constraintlint.project.evidence.environment import EnvSetting
from constraintlint.project.flow.values import Value
from constraintlint.project.signatures import engine_of_dialect, engine_of_module, engine_of_url, engines

PLAIN_ENVIRONMENTS = frozenset(
    {"test", "testing", "dev", "development", "local", "production", "prod", "staging"}
)


def label_of_settings_file(path: str) -> str:
    """The environment a settings module is for: ``settings/dev.py``, ``config.production.ts``, ``settings_test.py``."""
    directory, _, name = path.lower().rpartition("/")
    parts = directory.split("/")
    stem = name.rpartition(".")[0]
    inside = any(part in ("settings", "config", "configs", "conf", "environments", "env") for part in parts)
    if inside or "settings" in stem or "config" in stem or stem.startswith("environment"):
        return label_of_words(stem)
    return ""


def engine_named(tool: str, text: str, by_url: bool) -> str | None:
    if by_url:
        return engine_of_url(text)
    return engine_of_dialect(tool, text) or engine_of_dialect(tool, text.partition("+")[0])


def engine_of_setting(tool: str, item: EnvSetting) -> str | None:
    """The engine a variable's value names: a URL, or what the tool (or any tool) calls it."""
    engine = engine_of_url(item.value)
    if engine is None:
        tools = (tool,) if tool else ("sqlalchemy", "sequelize", "knex", "typeorm", "prisma", "django")
        words = (item.value, item.value.partition("+")[0])
        engine = next(
            (found for name in tools for word in words if (found := engine_of_dialect(name, word))), None
        )
    return engine


def engine_of_name(tool: str, name: str, ecosystem: str) -> str | None:
    """The engine of a class or module of a library: ``kysely#PostgresDialect``, ``@mikro-orm/mysql#MySqlDriver``."""
    module, _, export = name.partition("#")
    last = (export or module).rpartition(".")[2].removesuffix("()")
    return engine_of_dialect(tool, last) or (
        engine_of_module(module, ecosystem) if ecosystem == "npm" else None
    )


def engine_of_odbc(value: Value) -> str | None:
    text = (value.text.fill() if value.text is not None else "").lower()
    for word, engine in (
        ("sql server", "mssql"),
        ("postgres", "postgresql"),
        ("mysql", "mysql"),
        ("mariadb", "mariadb"),
        ("sqlite", "sqlite"),
        ("oracle", "oracle"),
    ):
        if word in text:
            return engine
    return None


def shown_engine(text: str, engine: str) -> str:
    """A URL by its scheme alone (it may hold a password), a dialect as it is."""
    scheme, separator, _ = text.partition("://")
    return f"{engines()[engine].title} ({scheme if separator else text[:40]}{separator})"


def shown_call(name: str) -> str:
    """A qualified name as code would write it."""
    module, hash_, export = name.removesuffix("()").partition("#")
    return export if hash_ else module


def doubt_about(value: Value) -> str:
    if value.kind == "env":
        return f"it is read from {value.name}"
    return f"{value.name} gives it" if value.name else "its value is not known"
