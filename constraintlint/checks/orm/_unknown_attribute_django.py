"""The Django part of ``orm-unknown-attribute``: an attribute of a model or of one of its objects that does not exist."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from typing import NamedTuple

from constraintlint.checks._parents import Parents
from constraintlint.checks.django._walk import served
from constraintlint.facts.code import Assign, At, Call, If, Member, Name, Node, Text, Try, walk
from constraintlint.project import Project
from constraintlint.project.models.records import Model
from constraintlint.project.schema.records import Place

_PLAIN = frozenset(dir(object)) | {
    "__dict__",
    "__name__",
    "__qualname__",
    "__module__",
    "__wrapped__",
    "add_to_class",
    "mro",
}
_NAMES_GIVEN = (
    "annotate",
    "alias",
    "extra",
    "raw",
    "Prefetch",
    "setattr",
    "aggregate",
    "in_bulk",
    "add_to_class",
)


class Missing(NamedTuple):
    """An attribute that the model does not have. ``declared`` is the class."""

    path: str
    at: At
    model: Model
    name: str
    message: str
    help: str
    declared: Place


def find(project: Project) -> Iterator[Missing]:
    """Reads of attributes that no model of that name has, nor any code gives to an object, in the served files."""
    django = project.django
    if not django.in_use or not django.all:
        return
    given = _given(project)
    parents = Parents(project)
    known = {model.key: model for model in project.models.of_orm("django")}
    bases = {base for model in django.all for base in model.bases}
    for path in served(project):
        file = project.evaluator.file(path)
        for node in file.of_kind(Member) if file is not None else ():
            if file is None or node.name in given or node.name in _PLAIN:
                continue
            scope = file.at(node.at[0])
            if scope.kind not in ("function", "comprehension"):
                continue
            typed = django.types.of(node.object, scope)
            if typed is None or typed.kind not in ("instance", "class") or typed.model is None or typed.pair:
                continue
            model = known.get(typed.model.key)
            if model is None or not model.complete or model.key in bases or node.name in model.attributes:
                continue
            if node.name.startswith("_") or _is_guarded(parents, path, node):
                continue
            if typed.model.swappable or (isinstance(node.object, Name) and node.object.id == "cls"):
                continue
            if _is_made_unread(project, node.name):
                continue
            close = difflib.get_close_matches(node.name, sorted(model.attributes), 1, 0.7)
            yield Missing(
                path, node.at, model, node.name,
                f'{model.name} has no attribute "{node.name}"',
                f'did you mean "{close[0]}"?' if close else "name a field, a relation or a method of the model",
                model.place,
            )  # fmt: skip


def _given(project: Project) -> set[str]:
    """Names that some code gives to objects: assignments, annotations, ``setattr``."""
    found: set[str] = set()
    for path in sorted(project.resolutions):
        file = project.evaluator.file(path) if path.endswith(".py") else None
        if file is None:
            continue
        found |= set(file.stores)
        for scope in file.by_node.values():
            found |= set(scope.fields)
        for name in _NAMES_GIVEN:
            for call, _ in file.calls.get(name, ()):
                found |= {arg.name for arg in call.args if arg.name}
                for node in walk(call):
                    if isinstance(node, Text) and len(node.pieces) == 1:
                        text = getattr(node.pieces[0], "value", "")
                        if isinstance(text, str):
                            found.add(text)
    return found


def _is_made_unread(project: Project, name: str) -> bool:
    """Whether a file that was not read in depth may give the attribute: it has the name as text, or a class of that name.

    A model elsewhere gives others its ``related_name``, or its own name in lower case.
    """
    wanted = name.removesuffix("_set").lower().encode()
    said = re.compile(rb"""['"]%b['"]""" % re.escape(name.encode()))
    named = re.compile(rb"(?i)^\s*class %b\b" % re.escape(wanted), re.M)
    for path in sorted(project.resolutions):
        if path.endswith(".py") and not project.is_deep(path) and project.facts(path) is not None:
            data = project.tree.read(path)
            if data is not None and wanted in data.lower() and (said.search(data) or named.search(data)):
                return True
    return False


def _is_guarded(parents: Parents, path: str, node: Member) -> bool:
    """Whether the attribute is written, or its absence is expected: ``try`` around it, ``hasattr`` before it."""
    here: Node = node
    while True:
        above = parents.of(path, here)
        if above is None:
            return False
        if isinstance(above, Assign) and any(here is target for target in above.targets):
            return True
        if isinstance(above, Try) and any(here is stmt for stmt in above.body) and above.handlers:
            return True
        if isinstance(above, If) and any(
            isinstance(item, Call)
            and isinstance(item.callee, Name)
            and item.callee.id in ("hasattr", "getattr", "isinstance")
            for item in walk(above.test)
        ):
            return True
        here = above
