"""``from m import x`` takes the ``None`` that ``x`` holds until a function of ``m`` binds it anew."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.facts.code import Call, Constant, Member, Name, walk
from constraintlint.findings import Finding, Step, finding
from constraintlint.project import Project
from constraintlint.project.flow.scopes import Bind
from constraintlint.project.graph import Edge

RULE = "import-of-later-rebound-global"


def check(project: Project) -> Iterator[Finding]:
    rebound: dict[str, dict[str, Bind]] = {}
    for path in project.paths:
        if not path.endswith(".py") or not project.is_deep(path):
            continue
        for edge in project.resolutions[path].edges:
            if not edge.names or edge.kind != "import" or edge.in_function:
                continue
            target = edge.origin or edge.target
            if target not in rebound:
                rebound[target] = _rebound(project, target)
            yield from _taken(project, path, edge, target, rebound[target])


def _rebound(project: Project, path: str) -> dict[str, Bind]:
    """The names a module binds to None only, and a function of it to something else."""
    file = project.evaluator.file(path) if path.endswith(".py") else None
    found: dict[str, Bind] = {}
    for name, variables in file.module.names.items() if file is not None else ():
        binds = [bind for variable in variables for bind in variable.binds]
        first = [bind for bind in binds if not bind.remote]
        later = [bind for bind in binds if bind.remote and not _is_none(bind)]
        if (
            later
            and first
            and all(bind.kind == "assign" and (_is_none(bind) or bind.value is None) for bind in first)
        ) and any(_is_none(bind) for bind in first):
            found[name] = later[0]
    return found


def _is_none(bind: Bind) -> bool:
    return isinstance(bind.value, Constant) and bind.value.kind == "none" and not bind.keys


def _taken(
    project: Project, path: str, edge: Edge, target: str, rebound: dict[str, Bind]
) -> Iterator[Finding]:
    facts = project.facts(path)
    if facts is None or not rebound or not _is_loaded_early(project, path):
        return
    for item in facts.imports:
        if item.in_function or item.span[0] > edge.line or item.span[2] < edge.line:
            continue
        for name in item.names:
            bind = rebound.get(name.name)
            if bind is None or name.name not in edge.names or not _is_used(project, path, name.local):
                continue
            if _is_module(edge, item.specifier, name.name):
                continue
            line, column = project.span(target, bind.at)[:2]
            module = target.rpartition("/")[2].removesuffix(".py")
            yield finding(
                RULE,
                path,
                (name.line, name.column, name.line, name.end_column),
                f"{name.name} is None when it is imported, and stays None here: {target} binds it anew later",
                help=f"import the module ({module}) and use {module}.{name.name}, or a function that returns it",
                trace=[
                    Step(
                        target, line, column, f"{name.name} gets its value here, when the function is called"
                    )
                ],
                subject=f"{path} {name.name}",
            )


def _is_module(edge: Edge, specifier: str, name: str) -> bool:
    """Whether a name stands for the file itself: ``from store import pool`` loads ``store/pool.py``, which may hold a ``pool`` too."""
    stem = edge.target.removesuffix(".py").removesuffix("/__init__").rpartition("/")[2]
    return stem == name and specifier.rpartition(".")[2] != name


def _is_loaded_early(project: Project, path: str) -> bool:
    """Whether nothing suggests that the file is loaded only after the value is there: functions alone import it."""
    importers = [
        edge
        for resolution in project.resolutions.values()
        for edge in resolution.edges
        if edge.target == path and edge.kind != "type-only"
    ]
    return not importers or any(not edge.in_function for edge in importers)


def _is_used(project: Project, path: str, name: str) -> bool:
    """Whether the file calls the name or asks it for a member, and neither binds it itself nor tests it."""
    file = project.evaluator.file(path)
    code = project.code(path)
    if file is None or code is None:
        return False
    if any(bind.kind != "import" for variable in file.module.names.get(name, ()) for bind in variable.binds):
        return False
    return any(
        (isinstance(node, Call) and isinstance(node.callee, Name) and node.callee.id == name)
        or (isinstance(node, Member) and isinstance(node.object, Name) and node.object.id == name)
        for node in walk(code.body)
    )
