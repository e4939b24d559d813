"""Walks over the code of Django projects: only the files that name what is looked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from constraintlint.facts.code import Call, Clause, Comprehension, Expr, Loop, Name
from constraintlint.project import Project
from constraintlint.project.flow.scopes import Scope
from constraintlint.roles import is_migration, is_test

#: functions that iterate over their argument
ITERATING = frozenset(
    (
        "list",
        "tuple",
        "set",
        "sorted",
        "enumerate",
        "len",
        "sum",
        "any",
        "all",
        "max",
        "min",
        "map",
        "zip",
        "reversed",
    )
)


def served(project: Project, words: Iterable[str] = ()) -> Iterator[str]:
    """Python files read in depth, tests and migrations left out, that have one of ``words`` in them."""
    wanted = tuple(sorted(words))
    for path in project.paths:
        if not path.endswith(".py") or is_test(path) or is_migration(path):
            continue
        if project.is_deep(path) and (not wanted or project.mentions(path, wanted)):
            yield path


def iterated(project: Project, path: str) -> Iterator[tuple[Expr, Scope, str]]:
    """(expression, scope, how) of everything that is iterated over: ``for``, ``async for``, a comprehension, ``list(...)``."""
    file = project.evaluator.file(path)
    if file is None:
        return
    for node in file.of_kinds(Loop, Comprehension, Call):
        if isinstance(node, Loop):
            if node.iterable is not None and node.kind == "for":
                yield node.iterable, file.at(node.iterable.at[0]), "async for" if node.is_async else "for"
        elif isinstance(node, Comprehension):
            for clause in node.clauses:
                yield clause.iterable, file.at(clause.iterable.at[0]), _how(clause)
        elif isinstance(node, Call) and isinstance(node.callee, Name) and node.callee.id in ITERATING:
            scope = file.at(node.at[0])
            if scope.find(node.callee.id, node.at[0]) is not None:
                continue
            for arg in node.args[:1] if node.callee.id != "map" else node.args[1:2]:
                if not arg.name and not arg.spread:
                    yield arg.value, scope, node.callee.id


def _how(clause: Clause) -> str:
    return "async for" if clause.is_async else "for"
