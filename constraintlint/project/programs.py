"""What a command line starts: the words of one command, read as the program they name reads them.

Wrappers are taken off (``exec``, ``env A=b``, ``poetry run``, ``dumb-init --``, ``cross-env``); what is left is a file, a Python module, an
application of a server (``app.main:app``), an npm script, or a program of the system.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Literal

import msgspec

Words = Sequence[str | None]

Kind = Literal[
    "file",  # a source file, by path as written
    "module",  # ``python -m name``
    "application",  # ``name`` is the module, ``attribute`` what is taken from it
    "npm",  # a script of package.json
    "manage",  # a command of Django: ``name`` is the command, ``file`` manage.py where it is run
    "inline",  # code on the command line or from standard input
    "system",  # any other program
]


class Program(msgspec.Struct, frozen=True):
    """What is started. ``runner`` is the program that does it (``python``, ``gunicorn``, ``node``); ``arguments`` follow the target.

    ``directory`` is where an option of the runner says it works (``--app-dir``, ``--chdir``, ``--prefix``), relative to the working directory.
    ``position`` is the index of the word that names the target. ``factory``: the attribute is called.
    """

    kind: Kind
    name: str
    runner: str
    position: int
    attribute: str = ""
    factory: bool = False
    directory: str = ""
    arguments: tuple[str | None, ...] = ()
    variables: tuple[tuple[str, str], ...] = ()
    """variables set by a wrapper"""


_PYTHON = re.compile(r"(?:python|pypy)(?:\d(?:\.\d+)?)?(?:\.exe)?")
_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=(.*)", re.S)
_APPLICATION = re.compile(r"([A-Za-z_][\w.]*)(?::([\w.]+)(\(.*\))?)?")
#: wrappers -> options of theirs that take a value
_WRAPPERS: dict[str, frozenset[str]] = {
    "exec": frozenset("a"),
    "command": frozenset(),
    "nohup": frozenset(),
    "time": frozenset(),
    "nice": frozenset("n"),
    "stdbuf": frozenset(),
    "dumb-init": frozenset(),
    "tini": frozenset("p"),
    "cross-env": frozenset(),
    "cross-env-shell": frozenset(),
    "env": frozenset(("u", "C", "S", "unset", "chdir")),
    "sudo": frozenset(("u", "g", "h")),
    "gosu": frozenset(),
    "su-exec": frozenset(),
    "dotenv": frozenset(("f", "e", "file")),
    "doppler": frozenset(),
}
#: managers of environments: ``poetry run ...``
_MANAGERS: dict[str, frozenset[str]] = {
    "poetry": frozenset(("C", "directory", "P", "project")),
    "pipenv": frozenset(),
    "pdm": frozenset(("p", "project")),
    "hatch": frozenset(("e", "env")),
    "rye": frozenset(),
    "uv": frozenset(("p", "python", "with", "extra", "group", "package", "directory", "project", "env-file")),
    "dotenv": frozenset(("f", "file")),
    "doppler": frozenset(),
}
_USERS = frozenset(("gosu", "su-exec"))
_PYTHON_VALUES = frozenset(("W", "X", "check-hash-based-pycs"))
_NODE_VALUES = frozenset(
    (
        "r", "require", "import", "loader", "experimental-loader", "env-file", "env-file-if-exists", "C", "conditions",
        "max-old-space-size", "title", "watch-path", "inspect-port", "ext", "exec", "e", "w", "watch", "i", "ignore", "x",
        "delay", "d", "config", "P", "project", "tsconfig", "c",
    )
)  # fmt: skip
_NODE_RUNNERS = frozenset(
    ("node", "nodejs", "nodemon", "tsx", "ts-node", "ts-node-dev", "tsnd", "ts-node-esm", "bun", "babel-node", "esr", "swc-node", "pm2-runtime")
)  # fmt: skip
_ASGI: dict[str, frozenset[str]] = {
    "uvicorn": frozenset(
        (
            "host", "port", "workers", "app-dir", "log-level", "log-config", "env-file", "reload-dir", "loop", "http", "ws",
            "root-path", "uds", "fd", "lifespan", "interface", "timeout-keep-alive", "limit-concurrency", "backlog",
            "ssl-keyfile", "ssl-certfile", "header", "reload-include", "reload-exclude", "forwarded-allow-ips",
        )
    ),
    "hypercorn": frozenset(("b", "bind", "w", "workers", "c", "config", "k", "worker-class", "log-level", "root-path")),
    "daphne": frozenset(("b", "bind", "p", "port", "v", "verbosity", "e", "endpoint", "u", "f", "access-log")),
    "granian": frozenset(("host", "port", "interface", "workers", "loop", "log-level", "working-dir", "env-files")),
    "gunicorn": frozenset(
        (
            "b", "bind", "w", "workers", "k", "worker-class", "c", "config", "t", "timeout", "threads", "chdir", "n", "name",
            "log-level", "access-logfile", "error-logfile", "log-file", "worker-tmp-dir", "graceful-timeout", "keep-alive",
            "max-requests", "max-requests-jitter", "p", "pid", "u", "user", "g", "group", "e", "env", "pythonpath", "paste",
            "worker-connections", "limit-request-line", "forwarded-allow-ips", "access-logformat", "log-config", "umask",
        )
    ),
    "waitress-serve": frozenset(("host", "port", "listen", "threads", "url-scheme", "url-prefix", "trusted-proxy", "app")),
}  # fmt: skip
_MODULE_SERVERS = {"waitress": "waitress-serve"}


def interpret(words: Words) -> Program | None:
    """What these words start, the program's name first; None where the program is not known."""
    return _interpret(list(words), 0, (), 0)


def _interpret(
    words: list[str | None], offset: int, variables: tuple[tuple[str, str], ...], depth: int
) -> Program | None:
    if not words or words[0] is None or depth > 8:
        return None
    name = words[0].rsplit("/", 1)[-1]
    found = None
    if name in _MANAGERS and _manager_runs(words, name):
        skip = _after_options(words, words.index("run") + 1, _MANAGERS[name])
        found = _interpret(words[skip:], offset + skip, variables, depth + 1)
    elif name in _WRAPPERS:
        skip, more = _unwrapped(words, name)
        found = _interpret(words[skip:], offset + skip, (*variables, *more), depth + 1)
    else:
        reader = _reader(name)
        found = reader(words, name)
        if found is not None:
            found = msgspec.structs.replace(found, position=found.position + offset, variables=variables)
    return found


def _manager_runs(words: list[str | None], name: str) -> bool:
    return "run" in words[:6] and (name != "uv" or words[1] != "pip")


def _unwrapped(words: list[str | None], name: str) -> tuple[int, list[tuple[str, str]]]:
    """How many words the wrapper takes, and the variables it sets."""
    index = _after_options(words, 1, _WRAPPERS[name])
    if name in _USERS:
        index += 1
    if index < len(words) and words[index] == "run" and name in ("dotenv", "doppler"):
        index = _after_options(words, index + 1, _WRAPPERS[name])
    found: list[tuple[str, str]] = []
    while index < len(words) and words[index] is not None:
        match = _ASSIGNMENT.fullmatch(words[index] or "")
        if match is None:
            break
        found.append((match[1], match[2]))
        index += 1
    return index, found


def _after_options(words: list[str | None], index: int, with_value: frozenset[str]) -> int:
    """The index of the first word that is no option; ``--`` ends them."""
    while index < len(words):
        word = words[index]
        if word == "--":
            return index + 1
        if word is None or not word.startswith("-") or word == "-":
            return index
        name, equals, _ = word.lstrip("-").partition("=")
        takes = name in with_value or (not word.startswith("--") and len(name) > 1 and name[-1] in with_value)
        index += 2 if takes and not equals else 1
    return index


def _option(words: list[str | None], *names: str) -> str:
    """The value of an option, ``""`` where it is not given or not known."""
    for index, word in enumerate(words):
        if word is None or not word.startswith("-"):
            continue
        name, equals, value = word.lstrip("-").partition("=")
        if name in names:
            return value if equals else (words[index + 1] or "" if index + 1 < len(words) else "")
    return ""


# --- the programs -----------------------------------------------------------------------------------------------------

Reader = Callable[[list[str | None], str], Program | None]


def _reader(name: str) -> Reader:
    if _PYTHON.fullmatch(name):
        return _python
    if name in _ASGI:
        return _server
    return _READERS.get(name, _node if name in _NODE_RUNNERS else _system)


def _system(words: list[str | None], name: str) -> Program | None:
    first = words[0] or ""
    if "/" in first and first.endswith((".py", ".js", ".mjs", ".cjs", ".ts")):
        return Program("file", first, "", 0, arguments=tuple(words[1:]))
    if "/" in first and first.endswith(".sh"):
        return Program("system", name, "sh", 0, arguments=tuple(words))
    return Program("system", name, name, 0, arguments=tuple(words[1:]))


def _python(words: list[str | None], name: str) -> Program | None:
    index = 1
    while index < len(words):
        word = words[index]
        if word is None:
            return None
        if word == "-m" or (re.fullmatch(r"-[A-Za-z]*m", word) and not word.startswith("--")):
            return _python_module(words, index + 1)
        if word == "-c" or word == "-":
            return Program("inline", "", "python", index)
        if not word.startswith("-"):
            return _python_file(words, index)
        index += 2 if word.lstrip("-") in _PYTHON_VALUES else 1
    return Program("inline", "", "python", 0)


def _python_module(words: list[str | None], index: int) -> Program | None:
    module = words[index] if index < len(words) else None
    if module is None:
        return None
    server = _MODULE_SERVERS.get(module, module)
    reader = _READERS.get(server) if server in ("flask", "fastapi", "django") else None
    if server in _ASGI or reader is not None:
        found = (reader or _server)([server, *words[index + 1 :]], server)
        if found is not None:
            return msgspec.structs.replace(
                found, position=found.position + index, runner=f"python -m {module}"
            )
    return Program("module", module, "python -m", index, arguments=tuple(words[index + 1 :]))


def _python_file(words: list[str | None], index: int) -> Program | None:
    path = words[index] or ""
    rest = tuple(words[index + 1 :])
    if path.rsplit("/", 1)[-1] == "manage.py":
        command = next((word for word in rest if word and not word.startswith("-")), "")
        return Program("manage", command, "python", index, attribute=path, arguments=rest)
    return Program("file", path, "python", index, arguments=rest)


def _server(words: list[str | None], name: str) -> Program | None:
    """``uvicorn app.main:app``, and its relatives."""
    options = _ASGI[name]
    index = _after_options(words, 1, options)
    while index < len(words) and (words[index] or "").startswith("-"):
        index = _after_options(words, index, options)
    called = any(word in ("--factory", "--call") for word in words)
    directory = _option(words, "app-dir", "chdir", "pythonpath", "working-dir")
    target = words[index] if index < len(words) else _option(words, "app") or None
    match = _APPLICATION.fullmatch(target) if target else None
    if match is None:
        return None
    module, attribute, call = match.groups()
    default = "application" if name == "gunicorn" else ""
    return Program(
        "application", module, name, index, attribute or default, called or bool(call), directory, tuple(words[index + 1 :])
    )  # fmt: skip


def _flask(words: list[str | None], name: str) -> Program | None:
    written = _option(words, "app", "A")
    index = next((i for i, word in enumerate(words) if word and word.endswith(written)), 0) if written else 0
    module, _, attribute = written.partition(":")
    called = attribute.endswith(")")
    if module.endswith(".py") or "/" in module:
        return Program("file", module, name, index, attribute.partition("(")[0], called)
    return Program("application", module, name, index, attribute.partition("(")[0], called)


def _fastapi(words: list[str | None], name: str) -> Program | None:
    index = _after_options(words, 2, frozenset(("host", "port", "root-path", "app", "workers")))
    path = words[index] if index < len(words) else ""
    return None if path is None else Program("file", path, name, index, _option(words, "app"))


def _django(words: list[str | None], name: str) -> Program | None:
    command = next((word for word in words[1:] if word and not word.startswith("-")), "")
    return Program("manage", command, name, 0, arguments=tuple(words[1:]))


def _node(words: list[str | None], name: str) -> Program | None:
    if name == "bun" and len(words) > 1 and words[1] in ("install", "add", "x", "test", "build"):
        return Program("system", name, name, 0, arguments=tuple(words[1:]))
    start = (
        2
        if len(words) > 1 and words[1] in ("watch", "run", "start") and name in ("tsx", "bun", "pm2-runtime")
        else 1
    )
    if any(word in ("-e", "--eval", "-p", "--print") for word in words[start:]) and name in (
        "node",
        "nodejs",
    ):
        return Program("inline", "", name, 0)
    if name == "node" and "--run" in words:
        return Program("npm", _option(words, "run"), name, words.index("--run") + 1)
    index = _after_options(words, start, _NODE_VALUES)
    path = words[index] if index < len(words) else ""
    if path is None:
        return None
    if not path:
        return Program("inline", "", name, 0)
    if name == "bun" and "/" not in path and "." not in path:
        return Program("npm", path, name, index)
    return Program("file", path, name, index, arguments=tuple(words[index + 1 :]))


def _npm(words: list[str | None], name: str) -> Program | None:
    """``npm start``, ``npm run build``, ``yarn dev``, ``pnpm --filter api start``."""
    values = frozenset(("prefix", "C", "dir", "cwd", "w", "workspace", "filter", "F", "loglevel"))
    directory = _option(words, "prefix", "C", "dir", "cwd")
    elsewhere = _option(words, "w", "workspace", "filter", "F")
    index = _after_options(words, 1, values)
    command = words[index] if index < len(words) else None
    if command is None or elsewhere:
        return Program("system", name, name, 0, arguments=tuple(words[1:])) if not elsewhere else None
    if command in ("run", "run-script", "rum", "urn"):
        index = _after_options(words, index + 1, values)
        script = words[index] if index < len(words) else None
        return Program("npm", script, name, index, directory=directory) if script else None
    if command in ("start", "test", "stop", "restart"):
        return Program("npm", command, name, index, directory=directory)
    if name != "npm" and command not in _PACKAGE_COMMANDS:
        return Program("npm", command, name, index, directory=directory)
    return Program("system", name, name, 0, directory=directory, arguments=tuple(words[1:]))


_PACKAGE_COMMANDS = frozenset(
    (
        "install", "i", "add", "ci", "remove", "rm", "update", "up", "upgrade", "link", "publish", "pack", "exec", "dlx", "init",
        "create", "audit", "cache", "config", "set", "workspaces", "workspace", "why", "list", "ls", "global", "import", "fetch",
        "prune", "store", "root", "bin", "node", "deploy", "rebuild", "approve-builds", "self-update", "env", "info", "--version",
    )
)  # fmt: skip


def _npx(words: list[str | None], name: str) -> Program | None:
    index = _after_options(words, 1, frozenset(("p", "package", "c", "call")))
    return _interpret(words[index:], 0, (), 4) if index < len(words) else None


def _npx_here(words: list[str | None], name: str) -> Program | None:
    index = _after_options(words, 1, frozenset(("p", "package", "c", "call")))
    found = _npx(words, name)
    return None if found is None else msgspec.structs.replace(found, position=found.position + index)


_READERS: dict[str, Reader] = {
    "flask": _flask,
    "fastapi": _fastapi,
    "django-admin": _django,
    "django": _django,
    "npm": _npm,
    "yarn": _npm,
    "pnpm": _npm,
    "npx": _npx_here,
    "pnpx": _npx_here,
    "bunx": _npx_here,
}
