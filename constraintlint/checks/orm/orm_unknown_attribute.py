"""An attribute of a mapped class, of one of its objects, or in ``filter_by``, that the class does not have."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks._calls import calls, uses
from constraintlint.checks._parents import Parents
from constraintlint.checks._sa_models import class_reads, derived, function_name, listed, nearest, step
from constraintlint.checks._sa_object_reads import relation_names
from constraintlint.facts.code import Assign, Call, Member, Name, Node, Unary
from constraintlint.findings import Finding, finding
from constraintlint.project import Project
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.models.records import Model
from constraintlint.project.models.sqlalchemy.classes import OBJECT

RULE = "orm-unknown-attribute"

#: what Python gives every class and every instance
_PLAIN = OBJECT | {"__doc__", "__name__", "__qualname__", "__wrapped__"}


def check(project: Project) -> Iterator[Finding]:
    if project.models.of_orm("sqlalchemy"):
        yield from _sqlalchemy(project)
    if uses(project, frozenset(("django",))):
        yield from _django(project)


def _django(project: Project) -> Iterator[Finding]:
    from constraintlint.checks.orm import _unknown_attribute_django

    for item in _unknown_attribute_django.find(project):
        yield finding(
            RULE,
            item.path,
            project.span(item.path, item.at),
            item.message,
            help=item.help,
            trace=[step(item.declared, f"{item.model.name} is defined here")],
            subject=f"{item.model.name}.{item.name}",
        )


def _sqlalchemy(project: Project) -> Iterator[Finding]:
    parents = Parents(project)
    writes = _Writes(project)
    for read, scope, model in class_reads(project):
        wrong = _is_unknown(project, model, read.name) and not _is_written(parents, scope, read)
        if wrong and not writes.given(read.name):
            yield _finding(project, scope, read, model, f"{model.name}.{read.name}", read.name)
    yield from _keywords(project)
    yield from _instances(project, parents, writes)


def _is_unknown(project: Project, model: Model, name: str) -> bool:
    if not model.complete or name in model.attributes or name in _PLAIN or name.startswith(("__", "_sa_")):
        return False
    return not any(name in child.attributes or not child.complete for child in derived(project, model))


def _is_written(parents: Parents, scope: Scope, read: Member) -> bool:
    """Whether the attribute is a target of an assignment, or deleted."""
    parent = parents.of(scope.path, read)
    if isinstance(parent, Unary) and parent.op == "delete":
        return True
    return isinstance(parent, Assign) and any(target is read for target in parent.targets)


class _Writes:
    """Which attributes any file may give to an object from outside: ``user.token = ...``, ``setattr(user, "token", ...)``."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._texts: list[bytes] | None = None

    def given(self, name: str) -> bool:
        if self._texts is None:
            self._texts = []
            for path in sorted(self._project.resolutions):
                if path.endswith(".py"):
                    self._project.facts(path)  # the answer depends on the file
                    self._texts.append(self._project.tree.read(path) or b"")
        import re

        word = re.escape(name.encode())
        pattern = re.compile(
            rb"\.%s\s*(?::[^=\n]+)?(?:=(?!=)|[-+*/|&]=|,[^\n]*[^=]=(?!=))|setattr\([^\n]*['\"]%s['\"]|for\s[^\n]*\.%s\s+in\b"
            % (word, word, word)
        )
        return any(pattern.search(text) for text in self._texts)


# --- keywords ---------------------------------------------------------------------------------------------------


def _keywords(project: Project) -> Iterator[Finding]:
    """``filter_by(name=...)`` on a query of one class without joins."""
    for call, scope in calls(project, ("filter_by",), python=True):
        if not isinstance(call.callee, Member) or any(arg.spread for arg in call.args):
            continue
        found = project.objects.of(call.callee.object, scope)
        query = found.queries[0] if len(found.queries) == 1 and found.sure and not found.held else None
        if query is None or query.model is None or query.kind not in ("query", "select"):
            continue
        if query.called("join", "outerjoin", "select_from", "join_from", "outerjoin_from"):
            continue
        for arg in call.args:
            if arg.name and _is_unknown(project, query.model, arg.name):
                yield _finding(project, scope, arg, query.model, f"filter_by({arg.name}=...)", arg.name)


# --- objects ----------------------------------------------------------------------------------------------------


def _instances(project: Project, parents: Parents, writes: _Writes) -> Iterator[Finding]:
    known = {name for model in project.models.of_orm("sqlalchemy") for name in model.attributes}
    relations = relation_names(project)
    for path in project.paths:
        if not path.endswith(".py"):
            continue
        file = project.evaluator.file(path) if project.is_deep(path) else None
        if file is None or not project.mentions(path, project.objects.names):
            continue
        for node in file.of_kind(Member):
            if node.name in _PLAIN:
                continue
            owner = node.object
            if isinstance(owner, Member):
                if owner.name not in relations:  # order.customer.nickname
                    continue
            elif not isinstance(owner, Name) or owner.id in ("self", "cls", "db"):
                continue
            scope = file.at(node.at[0])
            if scope.kind == "module" or scope.kind == "class":
                continue
            held = project.objects.of(owner, scope).only
            if held is None or held.many or held.root.origin == "parameter" or held.model.orm != "sqlalchemy":
                continue
            if not _is_unknown(project, held.model, node.name) or _is_written(parents, scope, node):
                continue
            if _is_guarded(node.name, known) or writes.given(node.name):
                continue
            start = owner.id if isinstance(owner, Name) else held.model.name
            yield _finding(project, scope, node, held.model, f"{start}.{node.name}", node.name)


def _is_guarded(name: str, known: set[str]) -> bool:
    """Whether a name is private, or of the instance state."""
    return name.startswith("_") and name not in known


def _finding(project: Project, scope: Scope, node: Node, model: Model, shown: str, name: str) -> Finding:
    names = [key for key, item in model.attributes.items() if item.kind not in ("method", "other")]
    close = nearest(name, names)
    error = (
        "InvalidRequestError" if isinstance(node, Call) or shown.startswith("filter_by") else "AttributeError"
    )
    return finding(
        RULE,
        scope.path,
        project.span(scope.path, node.at),
        f"{shown}: {model.name} has no attribute {name!r} ({error}); it has: {listed(names)}",
        help=f"did you mean {close}?"
        if close
        else f"declare {name} on {model.name}, or use one of its attributes",
        trace=[step(model.place, f"{model.name} is mapped here")],
        subject=f"{model.name}.{name} in {function_name(scope)}",
    )
