"""A mapped class or a dataclass is made with a keyword it does not have, or without a field it needs."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks._calls import uses
from constraintlint.checks._sa_models import function_name, listed, nearest, step
from constraintlint.facts.code import (
    Arg,
    Assign,
    Call,
    Class,
    Define,
    Expr,
    Index,
    Member,
    Name,
    Node,
    Unary,
    walk,
)
from constraintlint.findings import Finding, finding
from constraintlint.project import Project
from constraintlint.project.flow.scopes import FileScopes, Scope
from constraintlint.project.flow.values import Value
from constraintlint.project.models.records import Model
from constraintlint.project.models.sqlalchemy.classes import Draft, Drafts, flavor
from constraintlint.project.models.sqlalchemy.reading import last_name
from constraintlint.project.schema.records import Place

RULE = "model-constructor-arguments"

_DATACLASS_BASES = frozenset(("object", "ABC", "Generic", "Protocol"))


def check(project: Project) -> Iterator[Finding]:
    if uses(project, frozenset(("django",))) and project.django.in_use:
        yield from _managers(project)
    drafts = Drafts(project.evaluator)
    names = {model.name for model in project.models.of_orm("sqlalchemy")}
    for path in project.paths:
        file = project.evaluator.file(path) if path.endswith(".py") and project.is_deep(path) else None
        if file is None:
            continue
        for name, found in sorted(file.calls.items()):
            if not (name in names or name[:1].isupper()):
                continue
            for call, scope in found:
                yield from _call(project, drafts, file, call, scope)


def _call(project: Project, drafts: Drafts, file: FileScopes, call: Call, scope: Scope) -> Iterator[Finding]:
    if any(arg.spread == "*" for arg in call.args):
        return
    values = project.evaluator.eval(call.callee, scope)
    if len(values) != 1 or values[0].kind != "class" or not isinstance(values[0].node, Class):
        return
    if last_name(call.callee) != values[0].node.name:
        return  # another name for it may hold arguments already: ``partial(Theme, folder="a")``
    model = project.models.of_class(values[0].node)
    if model is not None:
        if model.orm == "sqlalchemy" and model.node is not None and model.made is None:
            yield from _model(project, drafts, model, values[0], call, scope)
        return
    draft = drafts.of(values[0])
    if draft is not None:
        yield from _dataclass(project, draft, call, scope)


def _managers(project: Project) -> Iterator[Finding]:
    from constraintlint.checks.orm._manager_calls import refused

    for item in refused(project):
        place = Place(item.path, project.span(item.path, item.function.at))
        yield finding(
            RULE,
            item.scope.path,
            project.span(item.scope.path, item.at.at),
            f"{item.method} of {item.owner} {item.problem}: TypeError; it takes: {listed(list(item.takes))}",
            help="pass what the manager takes, or give its method the argument (or **extra_fields)",
            trace=[step(place, f"{item.method} is defined here")],
            subject=f"{item.owner}.{item.method} {item.problem}",
        )


# --- mapped classes ---------------------------------------------------------------------------------------------


def _model(
    project: Project, drafts: Drafts, model: Model, value: Value, call: Call, scope: Scope
) -> Iterator[Finding]:
    draft = drafts.of(value)
    if draft is None or not model.complete or model.abstract:
        return
    if {"__init__", "__new__"} & set(model.attributes):
        return
    dataclass = any(item.dataclass for item in draft.mro)
    for arg in call.args:
        if not arg.name and not arg.spread and not dataclass:
            usable = list(_usable(model))
            yield _finding(project, scope, arg, model.name, "a positional argument", "", usable, model.place)
            return
        if flavor(draft) == "sqlmodel":
            continue  # it drops keywords it does not know
        if arg.spread == "**":
            for key in _keys(project, arg.value, scope):
                if key not in model.attributes:
                    usable = list(_usable(model))
                    yield _finding(project, scope, arg, model.name, repr(key), key, usable, model.place)
        elif arg.name and arg.name not in model.attributes:
            yield _finding(
                project, scope, arg, model.name, repr(arg.name), arg.name, list(_usable(model)), model.place
            )
    if dataclass and not any(arg.spread or not arg.name for arg in call.args):
        given = {arg.name for arg in call.args}
        missing = [name for name, item in model.attributes.items() if item.required and name not in given]
        if missing:
            yield _missing(project, scope, call, model.name, missing, model.place)


def _keys(project: Project, expr: Expr, scope: Scope) -> list[str]:
    """The keys a dict surely has when it is spread: those of its literal, where none is taken out again."""
    found = project.evaluator.eval(expr, scope)
    if len(found) != 1 or found[0].kind != "mapping" or found[0].branches or found[0].path != scope.path:
        return []
    if isinstance(expr, Name):
        variable = scope.find(expr.id, expr.at[0])
        if variable is None or len(variable.binds) != 1:
            return []
        for stmt in variable.scope.body:
            for node in walk(stmt):
                if isinstance(node, Unary) and node.op == "delete":
                    return []
                if isinstance(node, Call) and getattr(node.callee, "name", "") in ("pop", "popitem", "clear"):
                    return []
    return sorted(project.evaluator.entries(found[0]))


def _usable(model: Model) -> Iterator[str]:
    for name, item in model.attributes.items():
        if item.kind in ("column", "relationship", "synonym", "hybrid", "proxy"):
            yield name


# --- dataclasses ------------------------------------------------------------------------------------------------


def _dataclass(project: Project, draft: Draft, call: Call, scope: Scope) -> Iterator[Finding]:
    fields = fields_of(draft)
    if fields is None:
        return
    place = Place(draft.path, project.span(draft.path, draft.node.at))
    names = [name for name, (init, _) in fields.items() if init]
    unknown = [arg for arg in call.args if arg.name and arg.name not in names]
    for arg in unknown:
        yield _finding(project, scope, arg, draft.name, repr(arg.name), arg.name, names, place)
    if unknown or any(arg.spread for arg in call.args):
        return
    positional = [arg for arg in call.args if not arg.name]
    if len(positional) > len(names):
        return
    given = {arg.name for arg in call.args} | set(names[: len(positional)])
    missing = [name for name in names if name not in given and not fields[name][1]]
    if missing:
        yield _missing(project, scope, call, draft.name, missing, place)


def fields_of(draft: Draft) -> dict[str, tuple[bool, bool]] | None:
    """The fields of a dataclass: whether ``__init__`` takes them, whether they have a default. None where that is not known."""
    found: dict[str, tuple[bool, bool]] = {}
    for item in reversed(draft.mro):
        if item.libraries - {"builtins.object", "abc.ABC", "typing.Generic"} or not item.known:
            return None
        decorated = [expr for expr in item.node.decorators if last_name(_callee(expr)) == "dataclass"]
        if not decorated:
            if item is draft or _annotates(item):
                return None
            continue
        if len(item.node.decorators) != 1 or _option(decorated[0], "init", "kw_only"):
            return None
        for stmt in item.node.body:
            if isinstance(stmt, Define) and stmt.function.name in ("__init__", "__new__"):
                return None
            if isinstance(stmt, Assign) and stmt.annotation is not None and isinstance(stmt.targets[0], Name):
                field = _field(stmt)
                if field is None:
                    return None
                if field != (False, False) or not _is_class_variable(stmt.annotation):
                    found[stmt.targets[0].id] = field
    return found


def _annotates(draft: Draft) -> bool:
    return any(isinstance(stmt, Assign) and stmt.annotation is not None for stmt in draft.node.body)


def _callee(expr: Expr) -> Expr:
    return expr.callee if isinstance(expr, Call) else expr


def _option(expr: Expr, *names: str) -> bool:
    return isinstance(expr, Call) and any(arg.name in names or arg.spread for arg in expr.args)


def _is_class_variable(annotation: Expr) -> bool:
    return _type_name(annotation) in ("ClassVar", "KW_ONLY")


def _type_name(annotation: Expr) -> str:
    """``ClassVar`` of ``typing.ClassVar[int]``, ``KW_ONLY`` of ``dataclasses.KW_ONLY``."""
    inner = annotation.object if isinstance(annotation, Index) else annotation
    return last_name(inner) if isinstance(inner, (Name, Member)) else ""


def _field(stmt: Assign) -> tuple[bool, bool] | None:
    """Whether a field is in ``__init__`` and has a default; None for what cannot be told."""
    assert stmt.annotation is not None
    if _is_class_variable(stmt.annotation):
        return (False, False) if _type_name(stmt.annotation) == "ClassVar" else None
    value = stmt.value
    if isinstance(value, Call) and last_name(value.callee) == "field":
        keywords = {arg.name: arg.value for arg in value.args}
        if "kw_only" in keywords or any(arg.spread for arg in value.args):
            return None
        init = keywords.get("init")
        return (
            not (init is not None and getattr(init, "value", None) is False),
            "default" in keywords or "default_factory" in keywords,
        )
    return True, value is not None


# --- findings ---------------------------------------------------------------------------------------------------


def _finding(
    project: Project, scope: Scope, arg: Arg, name: str, what: str, word: str, names: list[str], place: Place
) -> Finding:
    close = nearest(word, names) if word else ""
    node: Node = arg
    return finding(
        RULE,
        scope.path,
        project.span(scope.path, node.at),
        f"{name}(...) does not take {what}: TypeError; it has: {listed(names)}",
        help=f"did you mean {close}?" if close else f"leave it out, or declare it on {name}",
        trace=[step(place, f"{name} is defined here")],
        subject=f"{name} {what} in {function_name(scope)}",
    )


def _missing(
    project: Project, scope: Scope, call: Call, name: str, missing: list[str], place: Place
) -> Finding:
    return finding(
        RULE,
        scope.path,
        project.span(scope.path, call.at),
        f"{name}(...) needs {', '.join(missing)}: TypeError",
        help=f"give {'it' if len(missing) == 1 else 'them'}, or a default in the class",
        trace=[step(place, f"{name} is defined here")],
        subject=f"{name} without {', '.join(missing)} in {function_name(scope)}",
    )
