"""The functions of the project that a function runs, directly or through others; asked once a function."""

from __future__ import annotations

from collections.abc import Callable

from constraintlint.facts.code import Call, Function, Member, Name, walk
from constraintlint.project import Project
from constraintlint.project.flow.scopes import Scope

_MAX_DEPTH = 3
#: functions looked at for one question
_MAX_FUNCTIONS = 60


class Reach:
    """``names`` of a function are the last names of calls whose target is not known."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._direct: dict[int, tuple[tuple[Scope, ...], frozenset[str]]] = {}
        self._all: dict[int, tuple[tuple[Scope, ...], frozenset[str]]] = {}

    def direct(self, function: Function, scope: Scope) -> tuple[tuple[Scope, ...], frozenset[str]]:
        known = self._direct.get(id(function))
        if known is None:
            scopes: dict[int, Scope] = {}
            names: set[str] = set()
            for node in walk(list(function.body or ())):
                if not isinstance(node, Call):
                    continue
                found = self.project.evaluator.eval(node.callee, scope)
                for value in found:
                    if (
                        value.kind == "function"
                        and value.scope is not None
                        and value.scope.function is not None
                    ):
                        scopes[id(value.scope)] = value.scope
                if not found:
                    names.add(_last(node))
            known = self._direct[id(function)] = (tuple(scopes.values()), frozenset(names))
        return known

    def of(self, function: Function, scope: Scope) -> tuple[tuple[Scope, ...], frozenset[str]]:
        """Every function of the project that is run, up to some depth, and the names of the calls that are not known."""
        known = self._all.get(id(function))
        if known is None:
            level, names = self.direct(function, scope)
            seen = {id(item): item for item in level}
            for _ in range(_MAX_DEPTH):
                following: list[Scope] = []
                for item in level:
                    inner = item.function
                    if inner is None or len(seen) > _MAX_FUNCTIONS:
                        continue
                    called, more = self.direct(inner, item)
                    names |= more
                    following += [other for other in called if id(other) not in seen]
                    seen.update((id(other), other) for other in called)
                level = tuple(following)
            known = self._all[id(function)] = (tuple(seen.values()), names)
        return known

    def any(self, function: Function, scope: Scope, asked: Callable[[Scope], bool]) -> bool:
        """Whether something holds of one of the functions that are run."""
        return any(asked(item) for item in self.of(function, scope)[0])


def _last(call: Call) -> str:
    callee = call.callee
    return callee.name if isinstance(callee, Member) else callee.id if isinstance(callee, Name) else ""
