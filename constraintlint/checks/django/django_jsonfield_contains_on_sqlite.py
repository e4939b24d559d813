"""``contains`` or ``contained_by`` on a JSONField where the database is SQLite."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks._stack import steps_of
from constraintlint.checks.django._engines import surely
from constraintlint.checks.django._queries import queries, references
from constraintlint.findings import Finding, Step, finding
from constraintlint.project import Project
from constraintlint.project.models.django_paths import Resolved, resolve

RULE = "django-jsonfield-contains-on-sqlite"
_LOOKUPS = ("contains", "contained_by")
#: engines without the feature ``supports_json_field_contains``
_ENGINES = (("sqlite", "SQLite"), ("oracle", "Oracle"))


def check(project: Project) -> Iterator[Finding]:
    index = project.django
    if not index.in_use or not any(
        field.cls == "JSONField" for model in index.all for field in model.fields.values()
    ):
        return
    for engine, title in _ENGINES:
        known = surely(project, engine)
        if known is None:
            continue
        severity, entry = known
        seen: set[tuple[str, int]] = set()
        for query in queries(project):
            for reference in references(project, query):
                if reference.role != "lookup" or not reference.name.endswith(_LOOKUPS):
                    continue
                found = resolve(index, query.model, reference.name, query.names)
                if not _is_json(found) or (reference.path, reference.at[0]) in seen:
                    continue
                seen.add((reference.path, reference.at[0]))
                field = found.field
                assert field is not None
                yield finding(
                    RULE,
                    reference.path,
                    project.span(reference.path, reference.at),
                    f'"{found.lookup}" on the JSONField "{field.name}": NotSupportedError, {found.lookup} lookup is not '
                    f"supported on {title}",
                    help="keep the values in a table of their own (a ManyToManyField), or filter them in Python",
                    trace=[*_declared(field.place.path, field.place.span, field.name), *steps_of(entry)],
                    subject=f"{reference.path}: {query.model.label}.{reference.name}",
                    severity=severity,
                )


def _is_json(found: Resolved) -> bool:
    return (
        found.outcome == "known"
        and found.lookup in _LOOKUPS
        and found.field is not None
        and found.field.cls == "JSONField"
        and not found.field.custom
    )


def _declared(path: str, span: tuple[int, int, int, int], name: str) -> list[Step]:
    return [Step(path, span[0], span[1], f"{name} is declared here", span[2], span[3])] if path else []
