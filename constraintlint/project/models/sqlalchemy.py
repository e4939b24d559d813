from __future__ import annotations

from typing import TYPE_CHECKING

from constraintlint.project.models.records import Model

if TYPE_CHECKING:
    from constraintlint.project import Project


def read(project: Project) -> list[Model]:
    return []
