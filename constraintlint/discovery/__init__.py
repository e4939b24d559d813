"""Which files the checked root holds, and what each is by its name."""

from constraintlint.discovery.kinds import MAX_BYTES, is_configuration, language_of
from constraintlint.discovery.walk import Discovery, discover

__all__ = ["MAX_BYTES", "Discovery", "discover", "is_configuration", "language_of"]
