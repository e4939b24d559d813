"""Relationships that cannot be configured: an unknown class, no foreign key or several, a back_populates on one side only."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks._sa_models import has_option, models, own_relations, step
from constraintlint.findings import Finding, Severity, finding
from constraintlint.project import Project
from constraintlint.project.models.records import Model, Relation
from constraintlint.project.schema.records import ForeignKey, Table

RULE = "sa-relationship-configuration"

_JOINS = ("primaryjoin", "secondaryjoin", "foreign_keys")


def check(project: Project) -> Iterator[Finding]:
    for model, relation in own_relations(project):
        found = _problem(project, model, relation)
        if found is not None:
            message, help, severity = found
            target = project.models.target(relation)
            yield finding(
                RULE,
                relation.place.path,
                relation.place.span,
                message,
                help=help,
                severity=severity,
                trace=[step(target.place, f"{target.name} is mapped here")] if target is not None else [],
                subject=f"{model.name}.{relation.name}",
            )
    yield from _foreign_keys_by_class(project)


Problem = tuple[str, str, Severity | None]


def _problem(project: Project, model: Model, relation: Relation) -> Problem | None:
    target = project.models.target(relation)
    if target is None:
        return _unknown_class(project, model, relation)
    if model.abstract or target.abstract:
        return None
    if has_option(relation, *_JOINS):
        return _one_sided(project, model, relation, target)
    if relation.through:
        return _secondary(project, model, relation, target) or _one_sided(project, model, relation, target)
    return _direct(model, relation, target) or _one_sided(project, model, relation, target)


# --- the class --------------------------------------------------------------------------------------------------


def _unknown_class(project: Project, model: Model, relation: Relation) -> Problem | None:
    written = relation.target_written
    name = written.rpartition(".")[2]
    if not name.isidentifier() or not model.complete or _may_exist(project, name):
        return None
    return (
        f'{model.name}.{relation.name}: no mapped class is named "{name}"',
        "name the class as it is defined, and have its module imported before the first query",
        None,
    )


def _may_exist(project: Project, name: str) -> bool:
    """Whether any file defines or imports a class of this name, or gives one by means that cannot be followed."""
    if any(model.name == name for model in project.models.all):
        return True
    if any(not model.complete and not model.abstract for model in models(project)):
        return True
    for path in project.resolutions:
        facts = project.facts(path) if path.endswith(".py") else None
        if facts is None:
            continue
        if any(binding.name == name for binding in facts.bindings):
            return True
        if any(
            item.name == name or item.local == name for imported in facts.imports for item in imported.names
        ):
            return True
        file = project.evaluator.file(path)
        if file is not None and any(
            getattr(scope.node, "name", "") == name for scope in file.by_node.values()
        ):
            return True
    return False


# --- foreign keys -----------------------------------------------------------------------------------------------


def keys_between(table: Table, other: Table) -> list[ForeignKey]:
    """The foreign keys of one table to another; two that say the same are one."""
    found: dict[tuple[tuple[str, ...], tuple[str, ...]], ForeignKey] = {}
    for key in table.foreign_keys:
        named = not key.references.namespace or key.references.namespace == other.namespace
        if key.references.table == other.name and named:
            found.setdefault((key.columns, key.references.columns), key)
    return list(found.values())


def _is_known(table: Table) -> bool:
    return table.complete and table.keys_known


def _direct(model: Model, relation: Relation, target: Model) -> Problem | None:
    own, other = model.table, target.table
    if own is None or other is None or not _is_known(own) or not _is_known(other):
        return None
    if model.bases or target.bases:
        return None  # with inheritance several tables take part
    to, back = keys_between(own, other), keys_between(other, own)
    keys = to if own is other else [*to, *back]
    where = f"{model.name}.{relation.name}"
    if not keys:
        return (
            f'{where}: no foreign key links "{own.name}" and "{other.name}"',
            f'add a ForeignKey("{other.name}.<column>") on one side, or give the relationship a primaryjoin or secondary',
            None,
        )
    if len(keys) > 1 and own is not other:
        columns = ", ".join(
            sorted(
                f"{table.name}.{key.columns[0]}"
                for table, found in ((own, to), (other, back))
                for key in found
            )
        )
        return (
            f'{where}: several foreign keys link "{own.name}" and "{other.name}" ({columns})',
            "say which one is meant: foreign_keys=[...] on the relationship, on both ends",
            None,
        )
    return None


def _secondary(project: Project, model: Model, relation: Relation, target: Model) -> Problem | None:
    found = [
        table
        for united in project.schema.tables
        if united.name == relation.through
        for table in united.declared
    ]
    found = [table for table in found if table.source == "sqlalchemy"]
    own, other = model.table, target.table
    if len(found) != 1 or own is None or other is None or own is other or model.bases or target.bases:
        return None
    if not all(_is_known(table) for table in (found[0], own, other)):
        return None
    for table in (own, other):
        keys = keys_between(found[0], table)
        if len(keys) != 1:
            much = "no foreign key" if not keys else "several foreign keys"
            return (
                f'{model.name}.{relation.name}: the join table "{found[0].name}" has {much} to "{table.name}"',
                f'give it one ForeignKey("{table.name}.<column>"), or the relationship a primaryjoin and secondaryjoin',
                None,
            )
    return None


def _foreign_keys_by_class(project: Project) -> Iterator[Finding]:
    """``ForeignKey("User.id")``: the name of the class where the name of the table belongs."""
    known = models(project)
    tables = {table.name.lower() for table in project.schema.tables}
    by_class = {model.name: model for model in known if model.table is not None and not model.abstract}
    seen: set[object] = set()
    for model in known:
        for key in model.table.foreign_keys if model.table is not None else ():
            target = by_class.get(key.references.table)
            if (
                target is None
                or target.table is None
                or key.references.table.lower() in tables
                or key.place in seen
            ):
                continue
            seen.add(key.place)
            if key.place.path in project.paths:
                yield finding(
                    RULE,
                    key.place.path,
                    key.place.span,
                    f'the foreign key of {model.name} names "{key.references.table}": that is the class, its table is "{target.table.name}"',
                    help=f'use ForeignKey("{target.table.name}.{(key.references.columns or ("id",))[0]}")',
                    trace=[step(target.place, f"{target.name} is mapped here")],
                    subject=f"{model.name} {key.columns[0]} -> {key.references.table}",
                )


# --- both ends --------------------------------------------------------------------------------------------------


def _one_sided(project: Project, model: Model, relation: Relation, target: Model) -> Problem | None:
    """The other end exists, leads back, and does not name this one."""
    if relation.reverse_declared != "back_populates" or has_option(relation, "viewonly"):
        return None
    back = target.relations.get(relation.reverse)
    if back is None or back.reverse_declared or back.target != model.key or has_option(back, "viewonly"):
        return None
    return (
        f'{model.name}.{relation.name} has back_populates="{relation.reverse}", but {target.name}.{back.name} '
        f"does not name it: setting {target.name}.{back.name} leaves {model.name}.{relation.name} as it was",
        f'add back_populates="{relation.name}" to {target.name}.{back.name}',
        "warning",
    )
