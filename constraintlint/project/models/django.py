"""The Django part of the model index: what ``project.django`` knows, in the records all ORMs share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constraintlint.project.models.django_fields import FAMILIES
from constraintlint.project.models.django_records import DjangoModel, Field, Reverse
from constraintlint.project.models.records import Attribute, Model, Relation
from constraintlint.project.schema.records import Column, Family, ForeignKey, Index, Place, Reference, Table

if TYPE_CHECKING:
    from constraintlint.project import Project
    from constraintlint.project.models.django_index import DjangoModels


def read(project: Project) -> list[Model]:
    """Every model class of the project, abstract ones included, and the join tables Django makes for them."""
    index = project.django
    found = [_model(index, model) for model in index.all]
    for model in index.all:
        if not model.abstract and not model.proxy and model.managed:
            for field in model.fields.values():
                made = _join_table(index, model, field)
                if made is not None:
                    found.append(made)
    return found


def _model(index: DjangoModels, model: DjangoModel) -> Model:
    attributes: dict[str, Attribute] = {}
    relations: dict[str, Relation] = {}

    def add(name: str, kind: str, place: Place) -> None:
        attributes.setdefault(name, Attribute(name, kind, place))  # type: ignore[arg-type]

    for field in model.fields.values():
        attributes[field.name] = _attribute(index, field)
        if field.is_relation:
            relations[field.name] = _forward(index, model, field)
    for field in model.fields.values():
        if field.attname != field.name:
            attributes.setdefault(
                field.attname,
                Attribute(
                    field.attname,
                    "virtual",
                    field.place,
                    field.column,
                    key_family(index, field),
                    nullable=field.null,
                ),
            )
        if field.has_choices or field.custom:
            add(f"get_{field.name}_display", "method", field.place)
        if field.cls in ("DateField", "DateTimeField", "*"):
            add(f"get_next_by_{field.name}", "method", field.place)
            add(f"get_previous_by_{field.name}", "method", field.place)
        if field.cls == "ImageField":
            for name in _texts(field, "width_field", "height_field"):
                add(name, "other", field.place)
        if field.cls == "GenericForeignKey":
            add(field.name, "other", field.place)
    for name in sorted(model.members):
        kind = "property" if name in model.properties else "method"
        add(name, kind, model.place)
    for name in model.managers:
        add(name, "other", model.place)
    for reverse in model.reverse.values():
        relations.setdefault(reverse.accessor, _backward(index, model, reverse))
        attributes.setdefault(
            reverse.accessor, Attribute(reverse.accessor, "relationship", reverse.field.place)
        )
    for field in model.fields.values():
        if field.cls == "ForeignKey" or field.cls == "OneToOneField":
            continue
    for item in model.meta.get("order_with_respect_to", ())[:1]:
        for name in ("get_next_in_order", "get_previous_in_order", "_order"):
            add(name, "method", model.place)
        del item
    for reverse in model.reverse.values():
        source = index.source(reverse)
        if source is not None and "order_with_respect_to" in source.meta:
            add(f"get_{source.model_name}_order", "method", model.place)
            add(f"set_{source.model_name}_order", "method", model.place)
    return Model(
        model.key, model.name, "django", model.path, model.place, table_of(index, model), attributes, relations,
        complete=model.complete and (model.reverse_complete or model.abstract) and not model.abstract,
        relations_complete=model.reverse_complete and model.complete,
        abstract=model.abstract,
        node=model.node,
        bases=tuple(model.bases),
    )  # fmt: skip


def _texts(field: Field, *keys: str) -> list[str]:
    found = []
    for arg in field.call.args if field.call is not None else ():
        pieces = getattr(arg.value, "pieces", None)
        if arg.name in keys and pieces and len(pieces) == 1:
            found.append(getattr(pieces[0], "value", ""))
    return [name for name in found if isinstance(name, str) and name]


def family(field: Field) -> Family:
    return FAMILIES.get(field.cls, "unknown")


def key_family(index: DjangoModels, field: Field, depth: int = 0) -> Family:
    """The family of the column of a key: that of the column it points at."""
    if field.cls not in ("ForeignKey", "OneToOneField"):
        return family(field)
    target = index.target(field)
    if target is None or depth > 8:
        return "unknown"
    aimed = target.fields.get(field.to_field) if field.to_field else target.pk()
    return key_family(index, aimed, depth + 1) if aimed is not None else "unknown"


def _attribute(index: DjangoModels, field: Field) -> Attribute:
    relation = field.is_relation or field.cls in ("GenericForeignKey", "GenericRelation")
    return Attribute(
        field.name,
        "relationship" if relation else "column",
        field.place,
        field.column,
        "unknown" if relation else family(field),
        field.cls,
        field.null,
        not field.optional,
        field.primary_key,
        field.call,
        field.scope,
    )


def _key(index: DjangoModels, label: str) -> str:
    target = index.by_label.get(label.lower()) if label else None
    return target.key if target is not None and target.node is not None else ""


def _forward(index: DjangoModels, model: DjangoModel, field: Field) -> Relation:
    return Relation(
        field.name, field.cls, field.place, "many" if field.cls == "ManyToManyField" else "one",
        target=_key(index, field.target), target_written=field.target or field.target_written,
        reverse=_accessor_of(index, field), reverse_declared="related_name" if field.related_name else "",
        through=field.through, foreign_key=(field.column,) if field.column else (), node=field.call, scope=field.scope,
    )  # fmt: skip


def _accessor_of(index: DjangoModels, field: Field) -> str:
    target = index.target(field)
    for reverse in target.reverse.values() if target is not None else ():
        if reverse.field is field:
            return reverse.accessor
    return ""


def _backward(index: DjangoModels, model: DjangoModel, reverse: Reverse) -> Relation:
    field = reverse.field
    return Relation(
        reverse.accessor, "reverse", field.place, "many" if reverse.many else "one", target=_key(index, reverse.source),
        target_written=reverse.source, reverse=field.name, reverse_declared="related_name" if field.related_name else "",
        through=field.through, foreign_key=(field.column,) if field.column else (), node=field.call, scope=field.scope,
    )  # fmt: skip


def table_of(index: DjangoModels, model: DjangoModel) -> Table | None:
    """The table behind a concrete model; None for abstract and proxy models."""
    if model.abstract or model.proxy or not model.db_table:
        return None
    columns: list[Column] = []
    keys: list[ForeignKey] = []
    indexes: list[Index] = []
    complete = model.complete
    for field in model.fields.values():
        if not field.own or not field.column:
            continue
        if field.column == "?":
            complete = False
            continue
        reference = reference_of(index, field)
        columns.append(
            Column(
                field.column, field.place, field.cls if field.cls != "*" else "", key_family(index, field), field.null,
                field.primary_key, field.unique, field.has_default, field.cls in ("AutoField", "BigAutoField", "SmallAutoField"),
                True, zoned=None, references=reference,
            )
        )  # fmt: skip
        if reference is not None:
            keys.append(ForeignKey((field.column,), reference, field.place))
        if field.unique and not field.primary_key:
            indexes.append(Index((field.column,), True, field.place))
    primary = tuple(field.column for field in model.fields.values() if field.primary_key and field.own)
    if "order_with_respect_to" in model.meta:
        columns.append(Column("_order", model.place, "OrderWrt", "integer", False, quoted=True))
    name, namespace = model.db_table, ""
    if "." in name and '"' in name:
        namespace, _, name = name.partition('"."')
    return Table(
        name.strip('"'), model.place, "django", tuple(columns), complete, namespace.strip('"'), True,
        primary_key=primary, foreign_keys=tuple(keys), indexes=tuple(indexes),
    )  # fmt: skip


def reference_of(index: DjangoModels, field: Field) -> Reference | None:
    if field.cls not in ("ForeignKey", "OneToOneField"):
        return None
    target = index.target(field)
    if target is None:
        return None
    aimed = target.fields.get(field.to_field) if field.to_field else target.pk()
    return Reference(target.db_table, (aimed.column,) if aimed is not None and aimed.column else ())


def join_table(index: DjangoModels, model: DjangoModel, field: Field) -> Table | None:
    """The table Django makes for a ManyToManyField without ``through``."""
    if field.cls != "ManyToManyField" or field.through or not field.own or field.db_table == "?":
        return None
    target = index.target(field)
    name = field.db_table or f"{model.db_table}_{field.name}"
    own = model.model_name
    other = target.model_name if target is not None else field.target.rpartition(".")[2].lower()
    if not other:
        return Table(name, field.place, "django", (), False, quoted=True)
    first, second = (f"from_{own}", f"to_{own}") if target is model else (own, other)
    pk = model.pk()
    columns = [
        Column("id", field.place, "BigAutoField", "integer", False, True, True, False, True, True),
        Column(
            f"{first}_id", field.place, "ForeignKey", key_family(index, pk) if pk is not None else "unknown", False, quoted=True,
            references=Reference(model.db_table, (pk.column,) if pk is not None else ()),
        ),
        Column(
            f"{second}_id", field.place, "ForeignKey",
            key_family(index, aimed) if target is not None and (aimed := target.pk()) is not None else "unknown", False, quoted=True,
            references=Reference(target.db_table, ()) if target is not None else None,
        ),
    ]  # fmt: skip
    keys = [ForeignKey((c.name,), c.references, field.place) for c in columns if c.references is not None]
    return Table(
        name, field.place, "django", tuple(columns), True, "", True, primary_key=("id",), foreign_keys=tuple(keys),
        indexes=(Index((columns[1].name, columns[2].name), True, field.place),),
    )  # fmt: skip


def _join_table(index: DjangoModels, model: DjangoModel, field: Field) -> Model | None:
    table = join_table(index, model, field)
    if table is None:
        return None
    attributes = {
        column.name: Attribute(
            column.name, "column", field.place, column.name, column.family, column.type, False
        )
        for column in table.columns
    }
    name = f"{model.name}_{field.name}"
    return Model(
        f"{model.key}.{field.name}.through", name, "django", model.path, field.place, table, attributes, {},
        complete=False, relations_complete=False, made=field.call,
    )  # fmt: skip
