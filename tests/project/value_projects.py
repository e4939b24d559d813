"""Small projects for the tests of the value follower: files in, the Project and its expressions out."""

from __future__ import annotations

import re
from textwrap import dedent

from constraintlint.config import Config
from constraintlint.facts.code import Expr, ExprStmt, walk
from constraintlint.facts.source import FileFacts
from constraintlint.frontends.ecmascript import read as read_ecmascript
from constraintlint.frontends.needles import needles
from constraintlint.frontends.python import read as read_python
from constraintlint.project import Project
from constraintlint.project.flow.types import type_of
from constraintlint.project.flow.values import Value, possible_values
from constraintlint.project.imports import Resolver
from constraintlint.project.tree import FileTree

_ECMASCRIPT = (".js", ".mjs", ".cjs", ".ts", ".tsx")


def project_of(files: dict[str, str], config: Config | None = None, *, real_needles: bool = False) -> Project:
    """The assembled project of ``files`` (path -> text), read with the real frontends and resolvers.

    Every function is read, unless ``real_needles`` asks for the selection of a real run.
    """
    everything = re.compile(b"")
    data = {path: dedent(text).lstrip("\n").encode() for path, text in files.items()}
    facts: dict[str, FileFacts] = {}
    for path, content in data.items():
        if path.endswith((".py", ".pyi")):
            facts[path] = read_python(path, content, needles("python") if real_needles else everything)
        elif path.endswith(_ECMASCRIPT):
            facts[path] = read_ecmascript(
                path, content, needles("typescript") if real_needles else everything
            )
    tree = FileTree(data, data.get)
    resolver = Resolver(tree, facts.get)
    resolutions = {path: resolver.resolve(path, item) for path, item in facts.items()}
    return Project(config or Config(), tree, facts.get, resolutions, sorted(facts))


def expression(project: Project, path: str, text: str) -> Expr:
    """The last expression of ``path`` that is spelled ``text``."""
    source = project.tree.read(path)
    code = project.code(path)
    assert source is not None and code is not None, f"{path} was not read in depth"
    found = [
        node
        for node in walk(list(code.body))
        if isinstance(node, Expr)  # type: ignore[arg-type]
        and source[node.at[0] : node.at[1]].decode() == text
        and not isinstance(node, ExprStmt)
    ]
    assert found, f"{text!r} is not in {path}"
    return found[-1]  # type: ignore[return-value]


def render(value: Value) -> str:
    """A value in one line: its kind and content, ``<-`` the variable it replaces, ``?`` the choices on the way."""
    shown = value.kind
    if value.text is not None:
        shown = repr(value.text.fill("{}"))
    elif value.kind == "constant":
        shown = str(value.constant)
    elif value.name:
        shown = f"{value.kind} {value.name}"
    if value.default_of:
        shown += f" <- {value.default_of}"
    for branch in value.branches:
        shown += (
            " ?"
            + branch.kind
            + ("" if branch.taken else " not")
            + (f" {branch.label}" if branch.label else "")
        )
    return shown


def values(project: Project, path: str, text: str) -> list[str]:
    return [render(value) for value in possible_values(project, path, expression(project, path, text))]


def types(project: Project, path: str, text: str) -> list[str]:
    return sorted(type_of(project, path, expression(project, path, text)))
