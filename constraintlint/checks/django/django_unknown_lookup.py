"""A query names a field, relation or lookup that the model does not have."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from constraintlint.checks.django._queries import Query, Reference, queries, references
from constraintlint.findings import Finding, Step, finding
from constraintlint.project import Project
from constraintlint.project.models.django_index import DjangoModels
from constraintlint.project.models.django_paths import resolve, step
from constraintlint.project.models.django_records import DjangoModel

RULE = "django-unknown-lookup"


def check(project: Project) -> Iterator[Finding]:
    seen: set[tuple[str, int, str]] = set()
    for query in queries(project):
        for reference in references(project, query):
            problem = _problem(project, query, reference)
            key = (reference.path, reference.at[0], reference.name)
            if problem is None or key in seen:
                continue
            seen.add(key)
            message, help_text, model = problem
            yield finding(
                RULE,
                reference.path,
                project.span(reference.path, reference.at),
                message,
                help=help_text,
                trace=_declared(model),
                subject=f"{reference.path}: {query.model.label}.{reference.name}",
            )


_Problem = tuple[str, str, DjangoModel]


def _problem(project: Project, query: Query, reference: Reference) -> _Problem | None:
    index = project.django
    role, name = reference.role, reference.name
    if query.owner.kind == "rows" and role in ("select", "prefetch", "only", "update", "create"):
        return None
    if role == "lookup":
        return _lookup(index, query, name, True)
    if role in ("value", "order"):
        name = name.lstrip("-+") if role == "order" else name
        if not name or name == "?" or name.startswith(("?", "@")):
            return None
        return _lookup(index, query, name, False)
    if role == "select":
        return _select(index, query, name)
    if role == "prefetch":
        return _prefetch(index, query, name)
    if role in ("update", "create"):
        return _column(index, query, name, role)
    return _lookup(index, query, name, False) if role == "only" and name != "*" else None


def _lookup(index: DjangoModels, query: Query, name: str, lookups: bool) -> _Problem | None:
    found = resolve(index, query.model, name, query.names, lookups=lookups)
    model = found.model
    if found.outcome in ("open", "known") or model is None:
        return None
    if found.outcome == "unknown-name":
        choices = _choices(model)
        return (
            f'{model.name} has no field or relation "{found.part}"'
            + (f', asked for by "{name}"' if found.part != name else "")
            + ": FieldError, Cannot resolve keyword",
            _nearest(found.part, choices, "use one of: " + ", ".join(choices[:12])),
            model,
        )
    field = found.field
    what = f'the {field.cls} "{field.name}"' if field is not None else f"a relation of {model.name}"
    if found.outcome == "not-a-relation":
        return (
            f'{what} of {model.name} leads nowhere, so "{found.part}" cannot follow it: FieldError, Unsupported lookup',
            "follow a ForeignKey, OneToOneField or ManyToManyField",
            model,
        )
    if not lookups:
        return (
            f'"{found.part}" is no transform of {what}: FieldError, Cannot resolve keyword',
            "name the field alone",
            model,
        )
    return (
        f'"{found.part}" is no lookup of {what}: FieldError, Unsupported lookup',
        "use a lookup of the field (exact, in, gt, icontains, isnull, ...)"
        if field is not None
        else "name a field of the related model",
        model,
    )


def _choices(model: DjangoModel) -> list[str]:
    return sorted({*model.fields, *model.reverse_query})


def _nearest(part: str, choices: list[str], otherwise: str) -> str:
    close = difflib.get_close_matches(part, choices, 1, 0.7)
    return f'did you mean "{close[0]}"?' if close else otherwise


def _select(index: DjangoModels, query: Query, path: str) -> _Problem | None:
    """``select_related``: keys to one model, forward or one-to-one reverse, by their query names."""
    here = query.model
    for i, part in enumerate(path.split("__")):
        if i == 0 and (query.names is None or part in query.names):
            return None
        if part in here.fields:
            field = here.fields[part]
            if field.cls in ("ForeignKey", "OneToOneField"):
                target = index.target(field)
                if target is None:
                    return None
                here = target
                continue
            if field.custom or field.cls == "*":
                return None
            return (
                f'select_related cannot follow the {field.cls} "{part}" of {here.name}: FieldError, Invalid field name',
                "use prefetch_related for many objects"
                if field.cls == "ManyToManyField"
                else "name a ForeignKey or OneToOneField",
                here,
            )
        reverse = here.reverse_query.get(part)
        if reverse is not None:
            if not reverse.many:
                source = index.source(reverse)
                if source is None:
                    return None
                here = source
                continue
            if not reverse.field.unique:
                return (
                    f'select_related cannot follow "{part}" of {here.name}, it leads to many objects: FieldError',
                    "use prefetch_related",
                    here,
                )
            return None
        if not here.complete or not here.reverse_complete:
            return None
        names = [name for name, field in here.fields.items() if field.cls in ("ForeignKey", "OneToOneField")]
        return (
            f'{here.name} has no relation "{part}" that select_related can follow: FieldError, Invalid field name',
            _nearest(
                part, names, "use one of: " + ", ".join(sorted(names)[:12]) if names else "leave it out"
            ),
            here,
        )
    return None


def _prefetch(index: DjangoModels, query: Query, path: str) -> _Problem | None:
    """``prefetch_related``: attributes of the instances, so accessors and not query names."""
    here = query.model
    for part in path.split("__"):
        field = here.fields.get(part)
        if field is not None:
            target = index.target(field) if field.is_relation else None
            if target is None:
                return None
            here = target
            continue
        reverse = here.reverse.get(part)
        if reverse is not None:
            source = index.source(reverse)
            if source is None:
                return None
            here = source
            continue
        if part in here.members or not here.complete or not here.reverse_complete or not part:
            return None
        names = sorted({*here.reverse, *(name for name, item in here.fields.items() if item.is_relation)})
        return (
            f"{here.name} has no attribute \"{part}\" to prefetch: AttributeError, Cannot find '{part}'",
            _nearest(part, names, "use one of: " + ", ".join(names[:12]) if names else "leave it out"),
            here,
        )
    return None


def _column(index: DjangoModels, query: Query, name: str, role: str) -> _Problem | None:
    model = query.model
    if not model.complete or not model.reverse_complete:
        return None
    if role == "create" and (
        name in model.properties or name in model.members or query.owner.kind == "related"
    ):
        return None
    if role == "create" and "__init__" in model.members:
        return None
    if name == "pk" or name in model.fields or name in model.attnames():
        return None
    if role == "create" and step(index, model, name) != (None, None) and name not in model.reverse_query:
        return None
    fields = sorted(name for name, field in model.fields.items() if field.cls != "GenericRelation")
    error = "FieldDoesNotExist" if role == "update" else "TypeError, unexpected keyword argument"
    return (
        f'{model.name} has no field "{name}": {error}',
        _nearest(name, fields, "use one of: " + ", ".join(fields[:12])),
        model,
    )


def _declared(model: DjangoModel) -> list[Step]:
    if not model.path:
        return []
    line, column, *_ = model.place.span
    return [Step(model.path, line, column, f"{model.name} is defined here")]
