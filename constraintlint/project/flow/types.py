"""Which types an expression can have, by import, annotation, assignment, construction, factory and injection.

A type of a library is its qualified name: ``sqlite3.Connection``, ``sqlalchemy.orm.Session`` (Python),
``pg#Pool``, ``mysql2/promise#Connection`` (JS/TS: package, ``#``, export). A class of the project is
``app/db.py:Database``. A method name alone never gives a type.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from constraintlint.facts.code import Class, Expr

if TYPE_CHECKING:
    from constraintlint.project import Project
    from constraintlint.project.flow.scopes import Scope
    from constraintlint.project.flow.values import Value


def type_of(project: Project, path: str, expr: Expr, scope: Scope | None = None) -> set[str]:
    """Qualified names of the types ``expr`` of ``code(path)`` can have; empty where nothing is known.

    A project class that derives from a library type has both names. ``await``, ``async with`` and ``with`` targets
    and dependency injection are seen through.
    """
    found: set[str] = set()
    for value in project.evaluator.values(path, expr, scope):
        found |= types_of_value(project, value)
    return found


def types_of_value(project: Project, value: Value) -> set[str]:
    """The type names of one value; empty for anything but an instance."""
    if value.kind == "handle":
        return set(project.evaluator.library.lineage(value.name))
    if value.kind == "object" and isinstance(value.node, Class):
        return project.evaluator.class_names(value)
    return set()


def is_class(project: Project, value: Value, qualified: str) -> bool:
    """Whether a ``class`` or ``library`` value is ``qualified`` or derives from it."""
    return project.evaluator.derives(value, qualified)
