"""The body that the signature of a FastAPI path operation asks for.

One body parameter is the body itself, unless ``embed=True`` says otherwise; several are keys of one object (FastAPI 0.100 and later).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from constraintlint.facts.code import (
    Binary,
    Call,
    Class,
    Constant,
    Expr,
    Function,
    Index,
    Member,
    Name,
    Param,
    Sequence,
)
from constraintlint.project.flow.names import concrete
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.flow.values import Value
from constraintlint.project.handlers import form_classes
from constraintlint.project.handlers.definitions import definition
from constraintlint.project.handlers.records import Frame, Reading
from constraintlint.project.handlers.requests import OPEN

if TYPE_CHECKING:
    from constraintlint.project.handlers.forms import Reader
    from constraintlint.project.routes.records import Route

_OTHER = frozenset(("Depends", "Security", "Query", "Path", "Header", "Cookie", "Form", "File"))


def signature(reader: Reader, route: Route, function: Function, scope: Scope) -> Reading | None:
    """The keys the parameters ask for; None where no parameter is the body, and the request itself has to be looked at."""
    in_path = {segment.value for segment in route.segments if segment.kind != "static"}
    bodies: list[tuple[Param, Expr | None, bool, bool]] = []
    for param in function.params:
        if param.kind in ("rest", "kwrest"):
            return OPEN
        annotation, made = parts(reader, param, scope)
        name = _named(made)
        if param.name in in_path or name in _OTHER:
            if name in ("Depends", "Security") and not _is_harmless(reader, annotation, made, scope):
                return OPEN
            continue
        if name == "Body":
            bodies.append((param, annotation, _is_embedded(made), True))
        elif _is_model(reader, annotation, scope):
            bodies.append((param, annotation, False, False))
        elif _may_be_body(annotation):
            return OPEN
    if not bodies:
        return None
    path = scope.path
    if len(bodies) > 1 or bodies[0][2]:
        keys = {param.name: (path, param.at) for param, *_ in bodies}
        return Reading(keys, any(_has_alias(reader, param, scope) for param, *_ in bodies))
    param, annotation, _, _ = bodies[0]
    value = _class(reader, annotation, scope)
    if value is None:
        return OPEN
    form = form_classes.fields(
        reader, value, form_classes.kind_of(reader, value), Frame(scope.parent or scope), writing=True
    )
    if form.kind != "object":
        return OPEN
    return Reading(dict.fromkeys(form.keys, (path, param.at)), form.open)


def parts(reader: Reader, param: Param, scope: Scope) -> tuple[Expr | None, Call | None]:
    """The type of a parameter, and the ``Body()``, ``Query()``, ``Depends()`` it has as default or in ``Annotated``."""
    annotation = param.annotation
    made = param.default if isinstance(param.default, Call) else None
    for _ in range(4):
        if (
            isinstance(annotation, Index)
            and _named(annotation.object) == "Annotated"
            and isinstance(annotation.index, Sequence)
        ):
            for item in annotation.index.items[1:]:
                if isinstance(item, Call):
                    made = item
            return annotation.index.items[0], made
        alias = _alias(reader, annotation, scope)
        if alias is None:
            break
        annotation = alias
    return annotation, made


def _alias(reader: Reader, annotation: Expr | None, scope: Scope) -> Expr | None:
    """What a name for ``Annotated[...]`` stands for, also one that is imported."""
    if not isinstance(annotation, Name):
        return None
    variable = scope.find(annotation.id, annotation.at[0])
    if variable is None or len(variable.binds) != 1:
        return None
    there = definition(reader.ev, variable.binds[0])
    return (
        there.value
        if there is not None and there.kind == "assign" and isinstance(there.value, Index)
        else None
    )


def _named(expr: Expr | None) -> str:
    inner = expr.callee if isinstance(expr, Call) else expr
    return inner.id if isinstance(inner, Name) else inner.name if isinstance(inner, Member) else ""


def _is_embedded(made: Call | None) -> bool:
    return made is not None and any(
        arg.name == "embed" and isinstance(arg.value, Constant) and bool(arg.value.value) for arg in made.args
    )


def _has_alias(reader: Reader, param: Param, scope: Scope) -> bool:
    _, made = parts(reader, param, scope)
    return made is not None and any(arg.name in ("alias", "validation_alias") for arg in made.args)


def _class(reader: Reader, annotation: Expr | None, scope: Scope) -> Value | None:
    """The one model a parameter's type is; ``X | None`` counts as X."""
    if isinstance(annotation, Binary) and annotation.op == "|":
        parts = [item for item in (annotation.left, annotation.right) if not isinstance(item, Constant)]
        return _class(reader, parts[0], scope) if len(parts) == 1 else None
    if isinstance(annotation, Index) and _named(annotation.object) == "Optional":
        return _class(reader, annotation.index, scope)
    if not isinstance(annotation, (Name, Member)):
        return None
    found = [
        item
        for value in reader.ev.eval(annotation, scope.parent or scope)
        for item in concrete(reader.ev, value)
    ]
    if len(found) != 1 or found[0].kind != "class" or not isinstance(found[0].node, Class):
        return None
    return found[0] if form_classes.kind_of(reader, found[0]) in ("pydantic", "dataclass") else None


def _is_model(reader: Reader, annotation: Expr | None, scope: Scope) -> bool:
    return _class(reader, annotation, scope) is not None


def _is_harmless(reader: Reader, annotation: Expr | None, made: Call | None, scope: Scope) -> bool:
    """Whether a dependency surely takes nothing of the body: its own parameters are no models."""
    given = made.args[0].value if made is not None and made.args else annotation
    if given is None:
        return True
    for value in reader.ev.eval(given, scope.parent or scope):
        for item in concrete(reader.ev, value):
            function = item.node
            if not isinstance(function, Function) or item.scope is None:
                continue
            if any(
                _is_model(reader, param.annotation, item.scope)
                for param in function.params
                if param.default is None
            ):
                return False
    return True


_PLAIN = frozenset(
    ("str", "int", "float", "bool", "UUID", "datetime", "date", "Decimal", "Request", "Response", "BackgroundTasks", "WebSocket", "HTTPConnection",
     "Literal", "Session", "AsyncSession", "SecurityScopes", "EmailStr", "Enum")
)  # fmt: skip


def _may_be_body(annotation: Expr | None) -> bool:
    """Whether FastAPI could take a type for the body though it is no model that is known here: ``dict``, ``list[Item]``."""
    if annotation is None:
        return False
    if isinstance(annotation, Binary):
        return _may_be_body(annotation.left) or _may_be_body(annotation.right)
    if isinstance(annotation, Index):
        if _named(annotation.object) in ("Optional", "Annotated"):
            inner = annotation.index.items[0] if isinstance(annotation.index, Sequence) else annotation.index
            return _may_be_body(inner)
        return _named(annotation.object) not in ("Literal", "Annotated")
    if isinstance(annotation, Constant):
        return False
    return _named(annotation) not in _PLAIN
