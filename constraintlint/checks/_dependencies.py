"""Dependencies of FastAPI as parameters name them: by a default, in ``Annotated``, or by a name for it."""

from __future__ import annotations

from constraintlint.facts.code import Call, Expr, Index, Name, Param, Sequence
from constraintlint.project import Project
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.handlers.definitions import definition
from constraintlint.project.models.sqlalchemy.reading import last_name


def dependency(project: Project, param: Param, scope: Scope) -> tuple[Expr, Scope] | None:
    """The function that a parameter depends on, with its scope: in its default, or in ``Annotated``, which may have a name."""
    outer = scope.parent or scope
    places = [(param.default, outer)]
    annotation = param.annotation
    if isinstance(annotation, Name):
        variable = outer.find(annotation.id, annotation.at[0])
        bind = variable.binds[0] if variable is not None and len(variable.binds) == 1 else None
        there = definition(project.evaluator, bind) if bind is not None else None
        if there is not None and there.kind == "assign":
            annotation, outer = there.value, there.inner
    if isinstance(annotation, Index) and last_name(annotation.object) == "Annotated":
        index = annotation.index
        places += [(item, outer) for item in index.items[1:]] if isinstance(index, Sequence) else []
    for place, where in places:
        if isinstance(place, Call) and last_name(place.callee) in ("Depends", "Security") and place.args:
            return place.args[0].value, where
    return None
