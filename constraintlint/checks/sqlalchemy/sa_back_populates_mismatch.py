"""``back_populates`` names something that the class at the other end does not have as a relationship back."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks._sa_models import listed, own_relations, step
from constraintlint.findings import Finding, finding
from constraintlint.project import Project
from constraintlint.project.models.records import Model, Relation

RULE = "sa-back-populates-mismatch"


def check(project: Project) -> Iterator[Finding]:
    for model, relation in own_relations(project):
        target = project.models.target(relation)
        if relation.reverse_declared != "back_populates" or not relation.reverse or target is None:
            continue
        problem = _problem(project, model, relation, target)
        if problem:
            yield finding(
                RULE,
                relation.place.path,
                relation.place.span,
                problem,
                help=_help(model, target),
                trace=[step(target.place, f"{target.name} is mapped here")],
                subject=f"{model.name}.{relation.name} -> {target.name}.{relation.reverse}",
            )


def _problem(project: Project, model: Model, relation: Relation, target: Model) -> str:
    said = f'{model.name}.{relation.name} has back_populates="{relation.reverse}"'
    attribute = target.attributes.get(relation.reverse)
    if attribute is None:
        if not target.complete or target.abstract:
            return ""
        known = listed(list(target.relations))
        return f"{said}, but {target.name} has no such relationship (it has: {known or 'none'})"
    back = target.relations.get(relation.reverse)
    if back is None:
        if attribute.kind != "column":
            return ""
        return f"{said}, but {target.name}.{relation.reverse} is a column, not a relationship"
    other = project.models.target(back)
    if other is None or _related(project, model, other):
        return ""
    return f"{said}, but {target.name}.{back.name} leads to {other.name}, not back to {model.name}"


def _related(project: Project, model: Model, other: Model) -> bool:
    """Whether one class derives from the other, or both from one."""
    return model.key == other.key or model.key in other.bases or other.key in model.bases or model.abstract


def _help(model: Model, target: Model) -> str:
    back = [
        relation.name
        for relation in target.relations.values()
        if relation.target == model.key and relation.kind == "relationship"
    ]
    if len(back) == 1:
        return f'the relationship of {target.name} that leads back is "{back[0]}": name it on both ends'
    return f"declare a relationship of that name on {target.name} that leads to {model.name}, each end naming the other"
