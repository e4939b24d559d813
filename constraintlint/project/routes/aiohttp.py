from __future__ import annotations

from typing import TYPE_CHECKING

from constraintlint.project.routes.records import Part

if TYPE_CHECKING:
    from constraintlint.project import Project


def read(project: Project) -> Part:
    return Part()
