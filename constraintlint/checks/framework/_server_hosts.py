"""Start commands of Python servers that bind 127.0.0.1 because no host is given, or because they are told to.

Defaults: uvicorn 0.34 and hypercorn 0.17 (``127.0.0.1:8000``), ``flask run`` (Flask 3.1), ``runserver`` (Django 5.2). gunicorn takes
``0.0.0.0:$PORT`` where PORT is set, so it is asked only what it is told.
"""

from __future__ import annotations

from constraintlint.project import Project
from constraintlint.project.manifests import records_of
from constraintlint.project.starts import Step

_LOOPBACK = ("127.0.0.1", "localhost", "[::1]", "::1")
#: the options that say where a server listens
_HOST = {
    "uvicorn": ("--host", "--uds", "--fd"),
    "hypercorn": ("-b", "--bind", "-c", "--config", "--quic-bind", "--insecure-bind"),
    "flask": ("-h", "--host", "--cert"),
    "gunicorn": ("-b", "--bind"),
}
_SHOWN = {"uvicorn": "uvicorn", "hypercorn": "hypercorn", "flask": "flask run", "gunicorn": "gunicorn"}
_VARIABLES = {"uvicorn": "UVICORN_HOST", "flask": "FLASK_RUN_HOST"}


def told(project: Project, step: Step) -> str:
    """What a command says about its host; "" where it listens to others, or may."""
    program = step.program
    if program is None or step.command.conditional or step.command.function:
        return ""
    words = [word.known for word in step.command.words]
    if program.kind == "manage":
        return _runserver(words) if program.name == "runserver" else ""
    options = _HOST.get(program.runner)
    if options is None or program.kind != "application" or (program.runner == "flask" and "run" not in words):
        return ""
    given = _given(words, options)
    if given is not None:
        host = given.rpartition(":")[0] if given.count(":") == 1 else given
        return f"{_SHOWN[program.runner]} listens on {host} alone" if host in _LOOPBACK else ""
    if program.runner == "gunicorn" or (None in words and _is_open(step)):
        return ""
    if _is_set(project, step, _VARIABLES.get(program.runner, "")):
        return ""
    return f"{_SHOWN[program.runner]} listens on 127.0.0.1 where no host is given"


def _given(words: list[str | None], options: tuple[str, ...]) -> str | None:
    """The value of the first of these options; "" where it is not known, None where none is given."""
    for index, word in enumerate(words):
        if word is None:
            continue
        name, equals, value = word.partition("=")
        if name in options:
            return value if equals else (words[index + 1] or "") if index + 1 < len(words) else ""
        if len(word) > 2 and word[:2] in options and word[1] != "-" and not word.startswith("--"):
            return word[2:]
    return None


def _is_open(step: Step) -> bool:
    """Whether a word that is not known may hold options: it is no option's value."""
    words = step.command.words
    return any(
        word.known is None
        and not (index and (words[index - 1].known or "").startswith("-") and "@" not in word.text)
        and not word.text.lstrip("\"'").startswith("--")
        for index, word in enumerate(words)
    )


def _runserver(words: list[str | None]) -> str:
    if "runserver" not in words:
        return ""
    rest = words[words.index("runserver") + 1 :]
    if None in rest:
        return ""
    where = next((word for word in rest if word and not word.startswith("-")), "")
    if not where or where.isdigit():
        return "runserver listens on 127.0.0.1 where no address is given"
    host = where.rpartition(":")[0]
    return f"runserver listens on {host} alone" if host in _LOOPBACK else ""


def _is_set(project: Project, step: Step, variable: str) -> bool:
    """Whether a variable that stands for the option is set, or the container shares the network of its machine."""
    if variable and variable in step.variables:
        return True
    records = records_of(project.tree)
    found = [v for file in records.env_files for v in file.variables]
    found += [v for file in records.dockerfiles for stage in file.stages for v in stage.variables]
    found += [v for file in records.compose for service in file.services for v in service.environment]
    return any(item.key == variable for item in found) or any(
        b"network_mode" in (project.tree.read(file.path) or b"") for file in records.compose
    )
