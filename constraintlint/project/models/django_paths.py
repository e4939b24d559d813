"""Names in queries: ``author__profile__name__icontains`` resolved against the models, as ``Query.names_to_path`` does it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from constraintlint.project.models.django_fields import (
    COMMON,
    FORWARD,
    OF_RELATION,
    is_lookup,
    transform,
)
from constraintlint.project.models.django_records import DjangoModel, Field

if TYPE_CHECKING:
    from constraintlint.project.models.django_index import DjangoModels

Outcome = Literal["known", "unknown-name", "unknown-lookup", "not-a-relation", "open"]


class Resolved(msgspec.Struct, frozen=True, eq=False):
    """What became of a name. ``open``: something on the way is not known, so nothing can be said. ``model`` and ``part`` are where
    it ended; ``field`` is the last field passed, ``lookup`` the lookup that follows it (``exact`` where none is written).
    """

    outcome: Outcome
    model: DjangoModel | None = None
    part: str = ""
    field: Field | None = None
    lookup: str = ""
    keys: tuple[str, ...] = ()


_OPEN = Resolved("open")


def resolve(
    index: DjangoModels, model: DjangoModel, path: str, names: frozenset[str] | None, *, lookups: bool = True
) -> Resolved:
    """Resolve ``path`` from ``model``. ``names`` are the annotations in reach (None: not known). With ``lookups`` a lookup may end it
    (filter); without, transforms alone may (values, order_by).
    """
    parts = path.split("__")
    if not all(parts) or len(parts) > 30:
        return _OPEN
    here = model
    for i, part in enumerate(parts):
        if i == 0 and names is not None and part in names:
            return _OPEN  # what an annotation has is not followed
        if i == 0 and names and any(path == name or path.startswith(name + "__") for name in names):
            return _OPEN
        field, following = step(index, here, part)
        if field is None and following is None:
            if i == 0 and names is None:
                return _OPEN
            if not here.complete or not here.reverse_complete:
                return _OPEN
            if i == 0:
                return Resolved("unknown-name", here, part)
            previous = parts[i - 1]
            return _after_relation(here, part, parts[i:], lookups, previous)
        if following is None and field is not None and not _leads(field):
            return _tail(index, here, field, parts[i + 1 :], lookups)
        if following is None:
            return _OPEN
        if i == len(parts) - 1:
            return Resolved("known", here, part, field, "exact")
        here = following
    return _OPEN


def _leads(field: Field) -> bool:
    return field.is_relation or field.cls in ("GenericRelation", "GenericForeignKey")


def step(index: DjangoModels, model: DjangoModel, part: str) -> tuple[Field | None, DjangoModel | None]:
    """(field, model it leads to) of one name; (None, None) where the model has none of that name."""
    if part == "pk":
        field = model.pk()
        if field is None:
            return _UNKNOWN_PK, None
        return (field, index.target(field)) if field.is_relation else (field, None)
    field = model.fields.get(part)
    if field is not None:
        if field.is_relation or field.cls == "GenericRelation":
            return field, index.target(field)
        return field, None
    by_attname = model.attnames().get(part)
    if by_attname is not None:
        return msgspec.structs.replace(by_attname, cls="*", name=part), None
    reverse = model.reverse_query.get(part)
    if reverse is not None:
        return reverse.field, index.source(reverse)
    return None, None


_UNKNOWN_PK = Field("pk", "*", None)  # type: ignore[arg-type]


def _after_relation(model: DjangoModel, part: str, rest: list[str], lookups: bool, previous: str) -> Resolved:
    """What follows a key to another model and is none of its fields: a lookup of the key."""
    if lookups and len(rest) == 1 and part in OF_RELATION:
        return Resolved("known", model, previous, None, part)
    if part in COMMON and lookups and len(rest) == 1:
        # ``author__icontains``: Related Field got invalid lookup
        return Resolved("unknown-lookup", model, part, None, part)
    return Resolved("unknown-name", model, part)


def _tail(index: DjangoModels, model: DjangoModel, field: Field, rest: list[str], lookups: bool) -> Resolved:
    """What follows a field that leads nowhere: transforms and a lookup."""
    cls = field.cls
    keys: list[str] = []
    for i, part in enumerate(rest):
        last = i == len(rest) - 1
        if last and lookups and is_lookup(cls, part):
            return Resolved("known", model, part, field, part, tuple(keys))
        following = transform(cls, part)
        if following is None:
            if field.custom or cls == "*" or index.may_be_registered(part):
                return _OPEN
            if is_lookup(cls, part) and not lookups:
                return Resolved("unknown-lookup", model, part, field, part)
            if cls in FORWARD:
                return _OPEN
            return Resolved("not-a-relation" if not last else "unknown-lookup", model, part, field, part)
        keys.append(part)
        cls = following
    return Resolved("known", model, "", field, "exact", tuple(keys))
