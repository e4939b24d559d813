"""Code of the files that start-up runs through: as the project has it, or read in full where it was not read in depth."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary, ref

from constraintlint.facts.code import At, Code, Function, decode, walk
from constraintlint.facts.source import FileFacts
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.graph import Edge
from constraintlint.project.schema.records import Place

if TYPE_CHECKING:
    from constraintlint.project import Project

_ANY_WORD = re.compile(rb"\w+")
#: a file larger than this is generated: nothing of it is read only to play it
_MAX_BYTES = 2_000_000


class _Everything:
    """A needle that makes every function matter."""

    def search(self, data: bytes, /) -> object | None:
        return True

    def finditer(self, data: bytes, /) -> Iterator[re.Match[bytes]]:
        return _ANY_WORD.finditer(data)


def sources_of(project: Project) -> Sources:
    """The sources of a project, made once."""
    found = _MADE.get(project)
    if found is None:
        found = _MADE[project] = Sources(project)
    return found


class Sources:
    def __init__(self, project: Project) -> None:
        self._project = ref(project)
        self._full: dict[str, Code | None] = {}
        self._bodies: dict[str, dict[int, Function]] = {}
        self._own: dict[str, dict[At, Function]] = {}
        self._edges: dict[str, list[Edge]] = {}

    @property
    def project(self) -> Project:
        project = self._project()
        assert project is not None
        return project

    def facts(self, path: str) -> FileFacts | None:
        return self.project.facts(path)

    def code(self, path: str) -> Code | None:
        """The code of a file; None where it cannot be read."""
        return self.project.code(path) if self.project.is_deep(path) else self.full(path)

    def full(self, path: str) -> Code | None:
        """The code of a file with the body of every function."""
        if path not in self._full:
            facts = self.project.facts(path)
            data = self.project.tree.read(path) if facts is not None else None
            code = None
            if data is not None and len(data) <= _MAX_BYTES:
                from constraintlint.frontends.python import read

                text = read(path, data, _Everything(), names=False).code
                code = decode(text) if text else None
            self._full[path] = code
        return self._full[path]

    def body(self, path: str, function: Function) -> Function | None:
        """A function whose body was left out, with its body."""
        if function.body is not None:
            return function
        if path not in self._bodies:
            code = self.full(path)
            self._bodies[path] = {
                node.at[0]: node for node in (walk(code.body) if code else ()) if isinstance(node, Function)
            }
        found = self._bodies[path].get(function.at[0])
        return found if found is not None and found.name == function.name else None

    def place(self, path: str, at: At) -> Place:
        code = self.code(path)
        return Place(path, code.lines.span(at) if code is not None else (1, 1, 1, 1))

    def scope(self, path: str, function: Function) -> tuple[Function, Scope | None]:
        """The project's own record of a function and its scope; the function as it is where its file was not read in depth."""
        file = self.project.evaluator.file(path)
        if file is None:
            return function, None
        if path not in self._own:
            self._own[path] = {
                scope.node.at: scope.node
                for scope in file.by_node.values()
                if isinstance(scope.node, Function)
            }
        own = self._own[path].get(function.at, function)
        return own, file.by_node.get(id(own))

    def edges(self, path: str) -> list[Edge]:
        if path not in self._edges:
            self._edges[path] = list(self.project.edges_of(path))
        return self._edges[path]

    def module_file(self, name: str, near: str) -> str:
        """The file of a dotted module name as code in file ``near`` means it, "" where there is none."""
        files = self.project.tree.files
        wanted = name.replace(".", "/")
        directory = near.rpartition("/")[0]
        while True:
            base = f"{directory}/{wanted}" if directory else wanted
            for candidate in (base + ".py", base + "/__init__.py"):
                if candidate in files:
                    return candidate
            if not directory:
                break
            directory = directory.rpartition("/")[0]
        ends = ("/" + wanted + ".py", "/" + wanted + "/__init__.py")
        found = sorted(path for path in files if path.endswith(ends))
        return found[0] if len(found) == 1 else ""


_MADE: WeakKeyDictionary[Project, Sources] = WeakKeyDictionary()
