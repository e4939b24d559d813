"""Readers of settings beside the code that name a database or set the environment the program runs in.

Compose files (compose specification), Dockerfiles, ``.env`` files, Prisma schemas, alembic.ini, the sequelize-cli
configuration, Procfiles, fly.toml, render.yaml, wrangler.toml. Values are kept as written. A malformed file is a
diagnostic, never an exception.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from constraintlint.facts.manifest import (
    ComposeFile,
    EnvFile,
    Include,
    Record,
    Service,
    Setting,
    SettingsFile,
    Variable,
)
from constraintlint.findings import Diagnostic
from constraintlint.frontends.located import Located, ReadError, decode, load_json
from constraintlint.frontends.located_toml import load_toml
from constraintlint.frontends.located_yaml import load_yaml

_COMPOSE = re.compile(r"(?:.*[-_.])?(?:docker-)?compose(?:[-_.].*)?\.ya?ml$")
_DOCKERFILE = re.compile(r"(?:.*\.)?(?:dockerfile|containerfile)(?:[-_.].*)?$")
_ENV = re.compile(
    r"\.env(?:[-_.].*)?$|(?:.*[-_.])?env[-_.](?:example|sample|template|dist|defaults?)$|.+\.env$|\.flaskenv$"
)

Reader = Callable[[str, str], Record]


def settings_reader(path: str) -> Reader | None:
    """The function that reads settings from a file of this name; None where the name says nothing."""
    name = path.rpartition("/")[2].lower()
    if name.endswith((".yml", ".yaml")):
        if _COMPOSE.match(name):
            return _compose
        return _render if name in ("render.yaml", "render.yml") else None
    if name.endswith(".prisma"):
        return _prisma
    if _ENV.match(name) and not name.endswith((".py", ".js", ".ts", ".mjs", ".cjs")):
        return _env
    if _DOCKERFILE.match(name) and not name.endswith((".dockerignore", ".md")):
        from constraintlint.frontends.dockerfile import read_dockerfile

        return read_dockerfile
    if name == "config.json" and path.lower().endswith(
        ("config/config.json", "sequelize/config.json", "db/config.json")
    ):
        return _sequelize
    return _BY_NAME.get(name)


def read_settings(path: str, data: bytes) -> tuple[Record | None, list[Diagnostic]]:
    """Read one file of settings; None where the path is not that of one or the file cannot be read at all."""
    reader = settings_reader(path)
    return (None, []) if reader is None else _guarded(reader, path, data)


def read_env_file(path: str, data: bytes) -> tuple[Record | None, list[Diagnostic]]:
    """Read a file as ``KEY=value`` lines whatever its name: one that a compose file names."""
    return _guarded(_env, path, data)


def _guarded(reader: Reader, path: str, data: bytes) -> tuple[Record | None, list[Diagnostic]]:
    try:
        return reader(path, decode(data)), []
    except ReadError as error:
        return None, [Diagnostic(path, error.line, "settings-malformed", error.message, error.column)]


# --- compose ----------------------------------------------------------------------------------------------------


def _compose(path: str, text: str) -> ComposeFile:
    compose = ComposeFile(path)
    for name, node in load_yaml(text).table("services"):
        service = Service(name, node.key_line, node.key_column)
        image = node.get("image")
        if image is not None and isinstance(image.value, str):
            service.image, service.image_line, service.image_column = image.value, image.line, image.column
        build = node.get("build")
        if build is not None:
            service.build = build.value if isinstance(build.value, str) else build.text("context") or "."
            service.dockerfile = build.text("dockerfile")
        service.command = _words(node.get("command")) or _words(node.get("entrypoint"))
        service.environment = _variables(node.get("environment"))
        service.env_files = _env_files(node.get("env_file"))
        service.ports = [item.value for item in node.sequence("ports") if isinstance(item.value, str)]
        depends = node.get("depends_on")
        if depends is not None:
            service.depends_on = [key for key, _ in depends.entries()] or _strings(depends)
        service.profiles = _strings(node.get("profiles"))
        compose.services.append(service)
    return compose


def _strings(node: Located | None) -> list[str]:
    return [item.value for item in node.items() if isinstance(item.value, str)] if node is not None else []


def _words(node: Located | None) -> str:
    if node is None:
        return ""
    return node.value if isinstance(node.value, str) else " ".join(_strings(node))


def _variables(node: Located | None) -> list[Variable]:
    """``KEY: value`` or ``- KEY=value``; ``- KEY`` passes the variable of the host through."""
    if node is None:
        return []
    if isinstance(node.value, dict):
        return [
            Variable(key, item.value if isinstance(item.value, str) else None, item.key_line, item.key_column)
            for key, item in node.entries()
        ]
    variables: list[Variable] = []
    for item in node.items():
        if isinstance(item.value, str):
            key, equals, value = item.value.partition("=")
            variables.append(Variable(key.strip(), value if equals else None, item.line, item.column))
    return variables


def _env_files(node: Located | None) -> list[Include]:
    if node is None:
        return []
    items = [node] if isinstance(node.value, str) else list(node.items())
    includes: list[Include] = []
    for item in items:
        name = item.value if isinstance(item.value, str) else item.text("path")
        if name:
            includes.append(Include(name, item.line, item.column))
    return includes


# --- .env -------------------------------------------------------------------------------------------------------

_ENV_LINE = re.compile(
    r"""^[ \t]*(?:export[ \t]+)?(?P<key>[A-Za-z_][A-Za-z0-9_.-]*)[ \t]*=[ \t]*
    (?:"(?P<double>(?:[^"\\]|\\.)*)"|'(?P<single>[^']*)'|`(?P<back>[^`]*)`|(?P<plain>[^\n]*?))[ \t]*(?:(?<![^\s"'`=])\#[^\n]*)?$""",
    re.M | re.X | re.S,
)


def _env(path: str, text: str) -> EnvFile:
    """``KEY=value`` lines as python-dotenv and the dotenv package read them; other lines are ignored, as they do."""
    variables: list[Variable] = []
    line = 1
    counted = 0
    for match in _ENV_LINE.finditer(text):
        start = match.start("key")
        line += text.count("\n", counted, start)
        counted = start
        value = next(match[name] for name in ("double", "single", "back", "plain") if match[name] is not None)
        column = start - text.rfind("\n", 0, start)
        variables.append(Variable(match["key"], value, line, column))
    return EnvFile(path, variables)


# --- Prisma -----------------------------------------------------------------------------------------------------

_PRISMA_TOKEN = re.compile(
    r'//[^\n]*|/\*.*?\*/|"(?:[^"\\\n]|\\.)*"|(?P<word>[A-Za-z_][\w.-]*)|(?P<mark>[{}()=\[\],\n])', re.S
)
_ENV_CALL = re.compile(r'env\(\s*"([^"]*)"\s*\)')


def _prisma(path: str, text: str) -> SettingsFile:
    """``datasource`` and ``generator`` blocks of a Prisma schema (Prisma schema reference, versions 2 to 7)."""
    out = SettingsFile(path, "prisma")
    line, start_of_line = 1, 0
    block = ""
    words: list[str] = []
    depth = 0
    key: tuple[str, int, int] | None = None
    for match in _PRISMA_TOKEN.finditer(text):
        token = match[0]
        position = (line, match.start() - start_of_line + 1)
        if token == "\n":
            line, start_of_line = line + 1, match.end()
            if depth == 0:
                words = []
            key = None
            continue
        if token.startswith(("//", "/*")):
            line += token.count("\n")
            if "\n" in token:
                start_of_line = match.start() + token.rindex("\n") + 1
            continue
        if token == "{":
            block = words[0] if depth == 0 and words else block
            depth += 1
            key = None
        elif token == "}":
            depth = max(0, depth - 1)
            block = "" if depth == 0 else block
            words = []
        elif depth == 0:
            words.append(token)
        elif block in ("datasource", "generator"):
            if match["word"] and key is None:
                key = (token, *position)
            elif key is not None and token.startswith('"'):
                out.settings.append(_prisma_setting(block, key, token, text, match.start()))
    return out


def _prisma_setting(block: str, key: tuple[str, int, int], token: str, text: str, start: int) -> Setting:
    name, line, column = key
    value = token[1:-1]
    before = text[max(0, start - 20) : start].rstrip()
    if before.endswith("(") and before[:-1].rstrip().endswith("env"):
        name += "-env"
    return Setting(name, value, line, column, block)


# --- INI, JSON, TOML, YAML --------------------------------------------------------------------------------------


def _alembic(path: str, text: str) -> SettingsFile:
    from constraintlint.frontends.ini import load_ini

    out = SettingsFile(path, "alembic")
    for section, key, lines in load_ini(text):
        if key == "sqlalchemy.url" and lines:
            value, line, column = lines[0]
            out.settings.append(Setting("url", value, line, column, section))
    return out


def _sequelize(path: str, text: str) -> SettingsFile:
    """``{"development": {"dialect": ...}, "production": ...}``, or one such object without environments."""
    out = SettingsFile(path, "sequelize-config")
    root = load_json(text)
    flat = isinstance(getattr(root.get("dialect"), "value", None), str)
    environments = [("", root)] if flat else list(root.entries())
    for name, node in environments:
        for key in ("dialect", "url", "use_env_variable", "storage"):
            item = node.get(key)
            if item is not None and isinstance(item.value, str):
                out.settings.append(Setting(key, item.value, item.key_line, item.key_column, name))
    return out


def _procfile(path: str, text: str) -> SettingsFile:
    out = SettingsFile(path, "procfile")
    for number, line in enumerate(text.split("\n"), 1):
        match = re.match(r"\s*([A-Za-z0-9_-]+)\s*:\s*(\S.*)$", line)
        if match:
            out.settings.append(Setting(match[1], match[2].strip(), number, match.start(1) + 1))
    return out


def _fly(path: str, text: str) -> SettingsFile:
    out = SettingsFile(path, "fly")
    root = load_toml(text)
    for table in ("env", "processes"):
        for key, item in root.table(table):
            value = item.value if isinstance(item.value, str) else json.dumps(item.value, default=str)
            out.settings.append(
                Setting(key, value, item.key_line, item.key_column, "" if table == "env" else table)
            )
    return out


def _render(path: str, text: str) -> SettingsFile:
    """A Render blueprint: its ``databases`` are PostgreSQL; variables taken from one name it in ``database``."""
    out = SettingsFile(path, "render")
    root = load_yaml(text)
    for database in root.sequence("databases"):
        name = database.text("name")
        out.settings.append(Setting("database", name, database.line, database.column))
    for service in root.sequence("services"):
        where = service.text("rootDir")
        for item in service.sequence("envVars"):
            key = item.text("key")
            value = item.text("value")
            if (
                item.get("fromDatabase") is not None
                and item.text("fromDatabase", "property") == "connectionString"
            ):
                value = "postgresql://"
            if key and value:
                out.settings.append(Setting(key, value, item.line, item.column, where))
    return out


def _wrangler(path: str, text: str) -> SettingsFile:
    out = SettingsFile(path, "wrangler")
    root = load_toml(text) if path.endswith(".toml") else load_json(_without_comments(text))
    for database in root.sequence("d1_databases"):
        out.settings.append(Setting("d1_databases", database.text("binding"), database.line, database.column))
    for key, item in root.table("vars"):
        if isinstance(item.value, str):
            out.settings.append(Setting(key, item.value, item.key_line, item.key_column))
    return out


_JSONC = re.compile(r'"(?:[^"\\\n]|\\.)*"|//[^\n]*|/\*.*?\*/|,(?=\s*[}\]])', re.S)


def _without_comments(text: str) -> str:
    """JSON with comments and trailing commas -> JSON, every character that stays in its place."""
    return _JSONC.sub(lambda m: m[0] if m[0][0] == '"' else re.sub(r"[^\n]", " ", m[0]), text)


_BY_NAME: dict[str, Reader] = {
    "alembic.ini": _alembic,
    "procfile": _procfile,
    "fly.toml": _fly,
    "wrangler.toml": _wrangler,
    "wrangler.json": _wrangler,
    "wrangler.jsonc": _wrangler,
}
