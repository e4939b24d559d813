"""Models of pydantic: which classes are ones, and which fields they declare."""

from __future__ import annotations

from constraintlint.checks._calls import uses
from constraintlint.facts.code import Assign, Call, Class, Constant, Expr, Mapping, Name, Text
from constraintlint.project import Project
from constraintlint.project.flow import classes
from constraintlint.project.flow.scopes import Bind
from constraintlint.project.flow.values import Value

#: SQLModel's class is one of pydantic; with ``table=True`` its fields are columns, which are not validated
_BASES = frozenset(
    ("pydantic.BaseModel", "pydantic.main.BaseModel", "sqlmodel.SQLModel", "sqlmodel.main.SQLModel")
)


def in_use(project: Project) -> bool:
    return uses(project, frozenset(("pydantic", "fastapi", "ninja", "sqlmodel")))


def model(project: Project, values: tuple[Value, ...]) -> Value | None:
    """The one pydantic model of the project that all these values are instances of; every base is known."""
    if not values or len({id(value.node) for value in values}) != 1:
        return None
    value = values[0]
    if value.kind != "object" or not isinstance(value.node, Class):
        return None
    family = classes.ancestry(project.evaluator, value)
    libraries = {item.name for item in family if not isinstance(item.node, Class)}
    if not libraries or not libraries <= _BASES:
        return None
    for item in family:
        if isinstance(item.node, Class) and item.scope is not None and item.scope.parent is not None:
            if any(base.name == "table" for base in item.node.bases):
                return None
            known = sum(
                bool(project.evaluator.eval(base.value, item.scope.parent)) for base in item.node.bases
            )
            if known != len(item.node.bases):
                return None
    return value


def defines(project: Project, value: Value, name: str) -> bool:
    """Whether a class of the model's family in the project binds a name."""
    return any(
        name in item.scope.names or name in item.scope.fields
        for item in classes.ancestry(project.evaluator, value)
        if item.scope is not None and isinstance(item.node, Class)
    )


def fields(project: Project, value: Value) -> dict[str, Bind]:
    """The annotated fields of a model and of its bases."""
    found: dict[str, Bind] = {}
    for item in classes.ancestry(project.evaluator, value):
        if item.scope is None or not isinstance(item.node, Class):
            continue
        for name, variables in item.scope.names.items():
            for variable in variables:
                for bind in variable.binds:
                    if bind.annotation is not None and bind.kind in ("assign", "declare"):
                        found.setdefault(name, bind)
    return found


def optional_names(project: Project) -> set[str]:
    """The names of all annotated class members that are None by default, of whatever class: a quick no."""
    return {
        name
        for file in project.evaluator.files()
        for scope in file.by_node.values()
        if isinstance(scope.node, Class)
        for name, variables in scope.names.items()
        for variable in variables
        if any(bind.annotation is not None and is_optional(bind) for bind in variable.binds)
    }


def takes_anything(project: Project, value: Value) -> bool:
    """Whether the model may be given attributes it does not declare: ``extra="allow"``, its own ``__setattr__``."""
    for item in classes.ancestry(project.evaluator, value):
        if item.scope is None or not isinstance(item.node, Class):
            continue
        if {"__setattr__", "__getattr__", "Config"} & item.scope.names.keys() or item.node.decorators:
            return True
        if any(base.name for base in item.node.bases):
            return True
        for stmt in item.scope.body:
            if (
                isinstance(stmt, Assign)
                and any(isinstance(t, Name) and t.id == "model_config" for t in stmt.targets)
                and not _forbids(stmt.value)
            ):
                return True
    return False


def _forbids(config: Expr | None) -> bool:
    """Whether a ``model_config`` surely leaves ``extra`` as it is, or narrows it."""
    if isinstance(config, Call):
        given = {arg.name: arg.value for arg in config.args}
        if any(arg.spread or not arg.name for arg in config.args):
            return False
    elif isinstance(config, Mapping):
        given = {}
        for entry in config.entries:
            if not isinstance(entry.key, Text) or len(entry.key.pieces) != 1:
                return False
            given[getattr(entry.key.pieces[0], "value", "")] = entry.value
    else:
        return False
    extra = given.get("extra")
    if extra is None:
        return True
    return isinstance(extra, Text) and [getattr(piece, "value", "") for piece in extra.pieces] in (
        ["forbid"],
        ["ignore"],
    )


def is_optional(bind: Bind) -> bool:
    """Whether a field may be None when it is left out: its default is None."""
    value = bind.value
    if isinstance(value, Call):
        value = next(
            (arg.value for arg in value.args if arg.name in ("", "default") and not arg.spread), None
        )
    return isinstance(value, Constant) and value.kind == "none"
