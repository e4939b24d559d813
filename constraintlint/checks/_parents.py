"""The expression or statement that directly holds another one, for the statements where a check asks."""

from __future__ import annotations

from bisect import bisect_right

from constraintlint.facts.code import Node, Stmt, children
from constraintlint.project import Project


class Parents:
    """Made once a check; a statement of a module is walked when the first question about what is in it is asked."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._files: dict[str, _File] = {}

    def of(self, path: str, node: Node) -> Node | None:
        """The record that holds ``node`` of ``code(path)``; None at the top of the module."""
        known = self._files.get(path)
        if known is None:
            code = self._project.code(path)
            known = self._files[path] = _File(code.body if code is not None else [])
        return known.of(node)


class _File:
    """The parents of one module, statement by statement."""

    def __init__(self, body: list[Stmt]) -> None:
        self._body = sorted(body, key=lambda stmt: stmt.at[0])
        self._starts = [stmt.at[0] for stmt in self._body]
        self._walked: set[int] = set()
        self._parents: dict[int, Node] = {}

    def of(self, node: Node) -> Node | None:
        index = bisect_right(self._starts, node.at[0]) - 1
        if index >= 0 and index not in self._walked:
            self._walked.add(index)
            self._walk(self._body[index])
        return self._parents.get(id(node))

    def _walk(self, stmt: Stmt) -> None:
        found = self._parents
        stack: list[Node] = [stmt]
        while stack:
            node = stack.pop()
            for child in children(node):
                found[id(child)] = node
                stack.append(child)
