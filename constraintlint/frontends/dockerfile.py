"""Dockerfiles: stages, the variables they set and the commands they run (Dockerfile reference, BuildKit syntax)."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

from constraintlint.facts.manifest import Dockerfile, Script, Stage, Variable
from constraintlint.frontends.located import ReadError, load_json

_INSTRUCTION = re.compile(r"\s*([A-Za-z]+)\s+(.*)$", re.S)
_FROM = re.compile(r"(?:--\S+\s+)*(\S+)(?:\s+as\s+(\S+))?\s*$", re.I)
_PAIR = re.compile(r"""([A-Za-z_]\w*)=("(?:[^"\\]|\\.)*"|'[^']*'|(?:[^\s\\"']|\\.)*)""", re.S)
_HEREDOC = re.compile(r"<<-?\s*[\"']?(\w+)[\"']?")


def read_dockerfile(path: str, text: str) -> Dockerfile:
    out = Dockerfile(path)
    for line, name, rest in _instructions(text):
        if name == "FROM":
            match = _FROM.match(rest)
            out.stages.append(Stage(match[1] if match else rest, line, (match[2] or "") if match else ""))
            continue
        if not out.stages:
            continue  # ARG before the first FROM
        stage = out.stages[-1]
        if name in ("ENV", "ARG"):
            stage.variables += _variables(name, rest, line)
        elif name in ("CMD", "ENTRYPOINT"):
            stage.commands.append(Script(name.lower(), _command(rest), line, 1))
        elif name == "RUN":
            stage.builds.append(Script("run", _command(rest), line, 1))
        elif name == "WORKDIR":
            stage.workdir = rest.strip()
    return out


def _variables(instruction: str, rest: str, line: int) -> list[Variable]:
    """``ENV K=V K2="V 2"``, the old ``ENV K V``, and ``ARG K=V``, whose default is in the build alone."""
    if instruction == "ARG":
        return []
    pairs = _PAIR.findall(rest)
    if pairs and "=" in rest.split(None, 1)[0]:
        return [Variable(key, _unquoted(value), line, 1) for key, value in pairs]
    key, _, value = rest.strip().partition(" ")
    return [Variable(key, value.strip(), line, 1)] if value.strip() else []


def _unquoted(value: str) -> str:
    return value[1:-1] if value[:1] in ('"', "'") else value


def _command(rest: str) -> str:
    """The exec form ``["a", "b"]`` as the shell would have it, or the shell form as it is."""
    rest = rest.strip()
    if rest.startswith("["):
        try:
            items = [item.value for item in load_json(rest).items()]
        except ReadError:
            return rest
        return shlex.join(item for item in items if isinstance(item, str))
    return rest


def _instructions(text: str) -> Iterator[tuple[int, str, str]]:
    """(line, NAME, arguments) of every instruction: continued lines joined, comments and heredoc bodies left out."""
    lines = text.split("\n")
    index = 0
    while index < len(lines):
        start = index
        content = lines[index]
        index += 1
        if not content.strip() or content.lstrip().startswith("#"):
            continue
        parts: list[str] = []
        while True:
            stripped = content.rstrip()
            if not stripped.endswith("\\"):
                parts.append(stripped)
                break
            parts.append(stripped[:-1])
            while index < len(lines) and lines[index].lstrip().startswith("#"):
                index += 1
            if index >= len(lines):
                break
            content = lines[index]
            index += 1
        instruction = " ".join(parts)
        match = _INSTRUCTION.match(instruction)
        if match is None:
            continue
        name = match[1].upper()
        if name in ("RUN", "COPY", "ADD"):
            for end in _HEREDOC.findall(instruction):
                while index < len(lines) and lines[index].strip() != end:
                    index += 1
                index += 1
        yield start + 1, name, match[2].strip()
