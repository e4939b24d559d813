"""A system check of Django fails: ``runserver``, ``migrate`` and ``check`` stop with it."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks.django import _model_checks, _settings_checks
from constraintlint.findings import Finding, Step, finding
from constraintlint.project import Project
from constraintlint.project.schema.records import Place

RULE = "django-system-check"


def check(project: Project) -> Iterator[Finding]:
    django = project.django
    if not django.in_use:
        return
    seen: set[tuple[str, Place]] = set()
    for problem in (*_model_checks.problems(project), *_settings_checks.problems(project)):
        if (problem.id, problem.place) in seen:
            continue
        seen.add((problem.id, problem.place))
        yield finding(
            RULE,
            problem.place.path,
            problem.place.span,
            f"({problem.id}) {problem.message}",
            help=problem.help,
            trace=[
                Step(place.path, place.span[0], place.span[1], message) for place, message in problem.trace
            ],
            subject=f"{problem.id}: {problem.subject}",
        )
