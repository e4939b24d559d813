"""A start script needs a program, or an option, that its machine does not have."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from constraintlint.facts.manifest import Dockerfile
from constraintlint.findings import Finding, finding
from constraintlint.findings import Step as Hop
from constraintlint.project import Project
from constraintlint.project.manifests import records_of
from constraintlint.project.starts import Start, Step

RULE = "run-script-unavailable-command"

#: program -> packages of Debian and Alpine that have it
_PACKAGES = {
    "nc": ("netcat", "nmap", "busybox"),
    "netcat": ("netcat",),
    "ncat": ("nmap", "ncat"),
    "pg_isready": ("postgresql", "libpq"),
    "psql": ("postgresql", "libpq"),
    "createdb": ("postgresql",),
    "pg_restore": ("postgresql",),
    "mysql": ("mysql", "mariadb"),
    "mysqladmin": ("mysql", "mariadb"),
    "redis-cli": ("redis",),
    "jq": ("jq",),
    "yq": ("yq",),
    "telnet": ("telnet", "inetutils", "busybox"),
    "dig": ("dnsutils", "bind"),
    "nslookup": ("dnsutils", "bind"),
    "curl": ("curl",),
    "wget": ("wget",),
    "git": ("git",),
    "ps": ("procps",),
    "lsof": ("lsof",),
    "fuser": ("psmisc",),
    "killall": ("psmisc",),
    "sqlite3": ("sqlite",),
    "dos2unix": ("dos2unix",),
    "make": ("make", "build-essential", "build-base", "alpine-sdk"),
    "bash": ("bash",),
    "node": ("nodejs", "nvm", "n "),
    "npm": ("npm", "nodejs"),
}
#: in no image of a language, whatever its size
_NOWHERE = frozenset(
    ("nc", "netcat", "ncat", "pg_isready", "psql", "createdb", "pg_restore", "mysql", "mysqladmin", "redis-cli", "jq", "yq", "telnet", "dos2unix")
)  # fmt: skip
_NOT_SLIM = _NOWHERE | {"curl", "wget", "git", "ps", "lsof", "fuser", "killall", "make", "dig", "nslookup"}
_NOT_FULL = _NOWHERE | {"lsof", "fuser", "killall", "dig", "nslookup"}
_NOT_ALPINE = (_NOWHERE | {"curl", "git", "make", "bash", "lsof"}) - {"nc", "telnet"}
_IMAGE = re.compile(r"(?:docker\.io/)?(?:library/)?(?P<name>python|node)(?::(?P<tag>[\w.-]+))?(?:@.*)?")
_INSTALLERS = frozenset(("apt-get", "apt", "apk", "yum", "dnf", "microdnf", "brew"))


def check(project: Project) -> Iterator[Finding]:
    seen: set[tuple[str, int, str]] = set()
    for start in project.starts:
        image = _image_of(project, start)
        installed = _installs(project, start, image)
        for step in start.steps:
            if step.command.conditional or (step.command.tolerated and step.command.name not in _NOWHERE):
                continue
            found = _judge(start, step, image, installed)
            if found is not None and (found.path, found.line, found.subject) not in seen:
                seen.add((found.path, found.line, found.subject))
                yield found


def _judge(
    start: Start, step: Step, image: tuple[Dockerfile, str, int] | None, installed: str
) -> Finding | None:
    option = _unknown_option(step)
    if option:
        return _finding(step, 0, option, "use a virtual environment, or leave the option out", None)
    name = step.command.name
    if name not in _missing_in(image) or _guarded(start, name):
        return None
    if any(word in installed for word in _PACKAGES[name]):
        return None
    where = (
        f"the image {image[1]} has no {name}"
        if image
        else f"{name} is in no image of Python or Node by default"
    )
    trace = [Hop(image[0].path, image[2], 1, f"built from {image[1]}")] if image else None
    return _finding(
        step,
        0,
        f"{where}: the script stops with '{name}: not found'",
        f"install {_PACKAGES[name][0]} in the image, or do it in the program itself",
        trace,
    )


def _missing_in(image: tuple[Dockerfile, str, int] | None) -> frozenset[str]:
    if image is None:
        return _NOWHERE
    match = _IMAGE.fullmatch(image[1])
    if match is None:
        return frozenset()
    tag = match["tag"] or ""
    missing = _NOT_ALPINE if "alpine" in tag else _NOT_SLIM if "slim" in tag else _NOT_FULL
    return missing | ({"node", "npm"} if match["name"] == "python" else frozenset())


def _unknown_option(step: Step) -> str:
    """``pip install --system`` is an option of uv."""
    words = [word.known for word in step.command.words]
    names = [(word or "").rsplit("/", 1)[-1] for word in words[:3]]
    is_pip = names[:1] in (["pip"], ["pip3"]) or (len(names) == 3 and names[1:] == ["-m", "pip"])
    if is_pip and "--system" in words:
        return "pip has no option --system: the script stops with 'no such option'"
    return ""


def _guarded(start: Start, name: str) -> bool:
    """Whether the script asks first if the program is there."""
    for step in start.steps:
        words = [word.known for word in step.command.words]
        if words[:1] and words[0] in ("command", "which", "type", "hash") and name in words[1:]:
            return True
    return start.script is not None and name in start.script.functions


def _image_of(project: Project, start: Start) -> tuple[Dockerfile, str, int] | None:
    """The Dockerfile that runs a start, with its base image; None where there is none, or more than one."""
    files = records_of(project.tree).dockerfiles
    mine = [file for file in files if file.path == start.path] or [
        file
        for file in files
        if posixpath.dirname(file.path) in ("", posixpath.dirname(start.path), start.base)
    ]
    if len(mine) != 1 or not mine[0].stages:
        return None
    stages = {stage.name: stage for stage in mine[0].stages if stage.name}
    last = mine[0].stages[-1]
    image, line = last.image, last.line
    for _ in range(len(stages)):
        if image in stages:
            image, line = stages[image].image, stages[image].line
    return mine[0], image, line


def _installs(project: Project, start: Start, image: tuple[Dockerfile, str, int] | None) -> str:
    """The text of everything that installs packages of the system."""
    texts = [
        " ".join(word.text for word in step.command.words)
        for step in start.steps
        if step.command.name in _INSTALLERS or step.command.name == "sudo"
    ]
    files = [image[0]] if image else records_of(project.tree).dockerfiles
    texts += [item.command for file in files for stage in file.stages for item in stage.builds]
    return " ".join(texts)


def _finding(step: Step, index: int, message: str, help: str, trace: list[Hop] | None) -> Finding:
    return finding(
        RULE, step.path, step.word_span(index), message, help=help, trace=trace, subject=f"{step.path}: {step.command.name}"
    )  # fmt: skip
