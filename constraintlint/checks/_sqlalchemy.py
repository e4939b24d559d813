"""What rules about SQLAlchemy share: its receivers, its versions, and which expressions are columns of a table."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks._calls import uses
from constraintlint.facts.code import Call, Class, Expr, Index, Member, Name
from constraintlint.project import Project
from constraintlint.project.flow.classes import ancestry
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.flow.values import Value
from constraintlint.project.manifests import components_of
from constraintlint.project.versions import Range, pypi_range

PACKAGES = frozenset(("sqlalchemy", "flask_sqlalchemy", "sqlmodel", "alembic", "flask_sqlalchemy_lite"))
#: what has ``execute`` and takes a statement
EXECUTORS = frozenset(
    [
        "sqlalchemy.Connection",
        "sqlalchemy.orm.Session",
        "sqlalchemy.orm.scoped_session",
        "sqlalchemy.ext.asyncio.AsyncConnection",
        "sqlalchemy.ext.asyncio.AsyncSession",
        "sqlalchemy.ext.asyncio.async_scoped_session",
    ]
)
_DISTRIBUTIONS = frozenset(("sqlalchemy", "flask-sqlalchemy", "sqlmodel", "alembic"))
_FACTORIES = ("sqlalchemy", "flask_sqlalchemy", "sqlmodel", "flask_sqlalchemy_lite")


def in_use(project: Project) -> bool:
    return uses(project, PACKAGES)


def declares(project: Project) -> bool:
    """Whether a manifest names SQLAlchemy, or a library that brings it."""
    return any(_ranges(project))


def may_be_before(project: Project, release: tuple[int, ...], distribution: str = "sqlalchemy") -> bool:
    """Whether a manifest keeps SQLAlchemy (or ``sqlmodel``) below a release."""
    return any(name == distribution and not found.reaches(release) for name, found in _ranges(project))


def _ranges(project: Project) -> Iterator[tuple[str, Range]]:
    for component in components_of(project).values():
        for declared in component.dependencies():
            name = declared.dependency.name.lower()
            if name in _DISTRIBUTIONS:
                found = pypi_range(declared.dependency.specifier)
                if found is not None:
                    yield name, found


def made_by(value: Value, *functions: str) -> Call | None:
    """The call of one of SQLAlchemy's functions (by its last name) that gave ``value``."""
    if value.kind not in ("result", "handle") or value.call is None or not value.name.endswith("()"):
        return None
    name = value.name[:-2]
    if name.startswith(_FACTORIES) and "()" not in name and name.rpartition(".")[2] in functions:
        return value.call
    return None


def column_call(project: Project, expr: Expr, scope: Scope) -> tuple[Call, Scope] | None:
    """The ``Column(...)`` or ``mapped_column(...)`` behind ``Model.attribute`` or ``table.c.name``, with its scope.

    None where it is not certain which column is meant.
    """
    if not isinstance(expr, Member):
        return None
    ev = project.evaluator
    found = ev.eval(expr, scope)
    if len(found) != 1:
        return None
    if any(value.kind == "class" for value in ev.eval(expr.object, scope)):
        call = made_by(found[0], "Column", "mapped_column")
        return (call, found[0].caller) if call is not None and found[0].caller is not None else None
    if _of_table(found[0]) and found[0].base is not None:
        return _table_column(project, found[0].base, expr.name)
    return None


def _table_column(project: Project, table: Value, name: str) -> tuple[Call, Scope] | None:
    """The column of a ``Table(...)`` by its name."""
    if table.call is None or table.caller is None:
        return None
    for arg in table.call.args[2:]:
        for value in project.evaluator.eval(arg.value, table.caller):
            call = made_by(value, "Column")
            if call is None or value.caller is None or not call.args:
                continue
            if any(
                text.constant == name for text in project.evaluator.eval(call.args[0].value, value.caller)
            ):
                return call, value.caller
    return None


_SAME_COLUMN = frozenset(("sqlmodel.col", "sqlmodel.sql.expression.col"))


def is_column(project: Project, expr: Expr, scope: Scope) -> bool:
    """Whether an expression is surely a column: ``Model.attribute`` of a mapped class, or ``table.c.name``."""
    if isinstance(expr, Call) and len(expr.args) == 1 and getattr(expr.callee, "id", "") == "col":
        made = project.evaluator.eval(
            expr.callee, scope
        )  # col() of SQLModel gives the column back, for type checkers
        if made and all(value.name in _SAME_COLUMN for value in made):
            return is_column(project, expr.args[0].value, scope)
    if not isinstance(expr, (Member, Index)):
        return False
    if column_call(project, expr, scope) is not None:
        return True
    ev = project.evaluator
    found = ev.eval(expr, scope)
    if found and all(_of_table(value) for value in found):
        return True
    return isinstance(expr, Member) and (
        _annotated(project, expr, scope) or _of_mapped_class(project, expr, scope)
    )


def _of_table(value: Value) -> bool:
    name = value.name
    return value.kind == "library" and (
        name.startswith(("sqlalchemy.Table().c.", "sqlalchemy.Table().columns."))
        and "(" not in name.removeprefix("sqlalchemy.Table()")
        and name.count(".") == 3
    )


def _of_mapped_class(project: Project, expr: Member, scope: Scope) -> bool:
    """A column that the class has by other means than ``mapped_column``: a field of SQLModel, one of a mixin."""
    if not isinstance(expr.object, (Name, Member)):
        return False
    owners = project.evaluator.eval(expr.object, scope)
    if not owners or any(owner.kind != "class" for owner in owners):
        return False
    models = [project.models.of_class(owner.node) for owner in owners if isinstance(owner.node, Class)]
    found = [model.attributes.get(expr.name) for model in models if model is not None]
    return len(found) == len(models) and all(item is not None and item.kind == "column" for item in found)


def _annotated(project: Project, expr: Member, scope: Scope) -> bool:
    """``name: Mapped[str]`` without a value, in the class or one it derives from."""
    ev = project.evaluator
    owners = ev.eval(expr.object, scope)
    if not owners or any(owner.kind != "class" for owner in owners):
        return False
    return all(_declares(project, owner, expr.name) for owner in owners)


def _declares(project: Project, owner: Value, name: str) -> bool:
    ev = project.evaluator
    for cls in ancestry(ev, owner):
        if cls.scope is None:
            continue
        for variable in cls.scope.names.get(name, ()):
            for bind in variable.binds:
                if bind.kind != "declare" or not isinstance(bind.annotation, Index):
                    return False
                known = ev.eval(bind.annotation.object, bind.inner)
                return bool(known) and all(
                    item.kind == "library"
                    and item.name in ("sqlalchemy.orm.Mapped", "sqlalchemy.orm.base.Mapped")
                    for item in known
                )
    return False
