"""The expression or statement that directly holds another one, for the files where a check asks."""

from __future__ import annotations

from constraintlint.facts.code import Node, children
from constraintlint.project import Project


class Parents:
    """Made once a check; a file is walked when the first question about it is asked."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._files: dict[str, dict[int, Node]] = {}

    def of(self, path: str, node: Node) -> Node | None:
        """The record that holds ``node`` of ``code(path)``; None at the top of the module."""
        known = self._files.get(path)
        if known is None:
            known = self._files[path] = self._read(path)
        return known.get(id(node))

    def _read(self, path: str) -> dict[int, Node]:
        code = self._project.code(path)
        found: dict[int, Node] = {}
        stack: list[Node] = list(code.body) if code is not None else []
        while stack:
            node = stack.pop()
            for child in children(node):
                found[id(child)] = node
                stack.append(child)
        return found
