"""Which database engine Django's queries reach."""

from __future__ import annotations

from constraintlint.findings import Severity
from constraintlint.project import Project
from constraintlint.project.evidence.claims import Entry


def surely(project: Project, engine: str) -> tuple[Severity | None, Entry] | None:
    """The entry of an engine that queries reach: with severity None where it is the only one, ``warning`` where the environment
    chooses it; None where another one runs, or that is not known.
    """
    stack = project.stack
    serving = [
        entry
        for entry in stack.databases
        if entry.role in ("runtime", "optional") and entry.name not in _SIDE
    ]
    entry = next((item for item in serving if item.name == engine), None)
    if entry is None:
        return None
    if len(serving) == 1 and not stack.undecided:
        return None, entry
    if entry.role == "optional" or all(item.role == "optional" for item in serving):
        return "warning", entry
    if stack.undecided and len(serving) == 1:
        return "warning", entry
    return None


#: engines beside the relational one
_SIDE = frozenset(("redis", "valkey", "mongodb", "elasticsearch", "memcached"))
