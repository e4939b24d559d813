"""A serializer field whose ``source`` is its own name: the framework refuses it."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks.django._drf import derives_from_rest, in_use
from constraintlint.checks.django._queries import plain
from constraintlint.facts.code import Call, Class
from constraintlint.findings import Finding, finding
from constraintlint.project import Project

RULE = "drf-redundant-source"


def check(project: Project) -> Iterator[Finding]:
    if not in_use(project):
        return
    for path in project.paths:
        if not path.endswith(".py") or not project.mentions(path, ("source",)):
            continue
        file = project.evaluator.file(path)
        for scope in list(file.by_node.values()) if file is not None else ():
            if not isinstance(scope.node, Class):
                continue
            for name, variables in scope.names.items():
                for bind in variables[-1].binds:
                    if not isinstance(bind.value, Call) or bind.keys:
                        continue
                    source = next((arg for arg in bind.value.args if arg.name == "source"), None)
                    if source is None or plain(source.value) != name:
                        continue
                    values = project.evaluator.eval(bind.value.callee, bind.inner)
                    if not values or not all(derives_from_rest(project, value) for value in values):
                        continue
                    yield finding(
                        RULE,
                        path,
                        project.span(path, source.at),
                        f"source='{name}' on the field {name} is redundant: AssertionError when the fields of {scope.node.name} "
                        "are first used",
                        help="remove the source argument",
                        subject=f"{path}: {scope.node.name}.{name}",
                    )
