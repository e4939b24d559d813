"""One failed system check."""

from __future__ import annotations

import msgspec

from constraintlint.project.schema.records import Place


class Problem(msgspec.Struct, frozen=True):
    """``id`` is Django's, ``fields.E304``."""

    id: str
    place: Place
    message: str
    help: str
    subject: str
    trace: tuple[tuple[Place, str], ...] = ()
