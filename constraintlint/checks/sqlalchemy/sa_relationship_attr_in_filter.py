"""``Model.relationship.column`` on the class: a relationship attribute has no columns of its target."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks._parents import Parents
from constraintlint.checks._sa_models import class_reads, step
from constraintlint.facts.code import Call, Member
from constraintlint.findings import Finding, finding
from constraintlint.project import Project
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.models.records import Model, Relation

RULE = "sa-relationship-attr-in-filter"

#: what ``InstrumentedAttribute`` of a relationship has in SQLAlchemy 2.0 and 2.1, beyond names with an underscore in front
_HAS = frozenset(
    ["adapt_to_entity", "adapter", "all_", "allows_lambda", "and_", "any", "any_", "any_op", "asc", "between", "bitwise_and",
     "bitwise_lshift", "bitwise_not", "bitwise_or", "bitwise_rshift", "bitwise_xor", "bool_op", "class_", "collate", "comparator",
     "concat", "contains", "desc", "dispatch", "distinct", "endswith", "entity", "expression", "extension_type", "get_history",
     "has", "has_op", "hasparent", "icontains", "iendswith", "ilike", "impl", "in_", "info", "inherit_cache", "is_",
     "is_aliased_class", "is_attribute", "is_bundle", "is_clause_element", "is_distinct_from", "is_instance", "is_mapper",
     "is_not", "is_not_distinct_from", "is_property", "is_selectable", "isnot", "isnot_distinct_from", "istartswith", "key",
     "label", "like", "mapper", "match", "not_ilike", "not_in", "not_like", "notilike", "notin_", "notlike", "nulls_first",
     "nulls_last", "nullsfirst", "nullslast", "of_type", "of_type_op", "op", "operate", "params", "parent", "prop", "property",
     "regexp_match", "regexp_replace", "reverse_operate", "startswith", "timetuple", "unique_params", "uses_inspection"]
)  # fmt: skip


def check(project: Project) -> Iterator[Finding]:
    parents = Parents(project)
    for read, scope, model in class_reads(project):
        relation = model.relations.get(read.name)
        outer = parents.of(scope.path, read)
        if relation is None or not isinstance(outer, Member) or outer.object is not read:
            continue
        if outer.name.startswith("_") or not _is_wrong(project, parents, scope, outer, relation):
            continue
        yield _finding(project, scope, outer, model, relation)


def _is_wrong(project: Project, parents: Parents, scope: Scope, outer: Member, relation: Relation) -> bool:
    if outer.name not in _HAS:
        return True
    # a column of the target that is named like something the attribute has: the condition compares with that, in silence
    target = project.models.target(relation)
    attribute = target.attributes.get(outer.name) if target is not None else None
    parent = parents.of(scope.path, outer)
    called = isinstance(parent, Call) and parent.callee is outer
    return (
        attribute is not None and attribute.kind == "column" and not called and not isinstance(parent, Member)
    )


def _finding(project: Project, scope: Scope, outer: Member, model: Model, relation: Relation) -> Finding:
    target = project.models.target(relation)
    name = target.name if target is not None else relation.target_written or "the target"
    test = "any" if relation.cardinality == "many" else "has"
    effect = (
        f"{model.name}.{relation.name}.{outer.name} is not a column of {name} but something of the attribute itself"
        if outer.name in _HAS
        else f"{model.name}.{relation.name} is a relationship and has no attribute {outer.name!r}: AttributeError"
    )
    return finding(
        RULE,
        scope.path,
        project.span(scope.path, outer.at),
        effect,
        help=f"join {model.name}.{relation.name} and use {name}.{outer.name}, or {model.name}.{relation.name}.{test}({outer.name}=...)",
        trace=[step(relation.place, f"{relation.name} is declared here")],
        subject=f"{model.name}.{relation.name}.{outer.name}",
    )
