"""Names that a module gets while its classes are made: by a base class, a metaclass or a decorator that writes to it.

``class Image(Record): SEQUENCE_NAME = "ImageSequence"``, where ``Record.__init_subclass__`` puts a class of that name into
``sys.modules[cls.__module__]``; ``@settings.add() class Event``, which puts ``Event_Store`` beside it. What these do is
not followed: a name that the module writes as a text it gives to something, or that begins with the name of a class
decorated there, is one of which nobody can say that it is missing.
"""

from __future__ import annotations

import re

_DECORATED = re.compile(rb"^((?:@[^\n]*\n(?:[ \t)][^\n]*\n)*+)++)class[ \t]+(\w+)", re.M)
_DECORATOR = re.compile(rb"^@[ \t]*([^\n]*)", re.M)
#: decorators that are known to write nothing beside their class
_PLAIN = re.compile(
    rb"(?:dataclasses\.|functools\.|enum\.|typing\.|attrs?\.|six\.)?"
    rb"(?:dataclass|total_ordering|unique|final|runtime_checkable|define|frozen|mutable|s|attrs)\b"
)


def may_be_made(source: bytes, name: str) -> bool:
    """Whether something may put ``name`` into the module of this source text as it is loaded."""
    wanted = name.encode()
    if re.search(rb"[=(]\s*([\"'])%s\1" % re.escape(wanted), source):
        return True
    return any(
        wanted.startswith(cls)
        and wanted != cls
        and not all(_PLAIN.match(decorator) for decorator in _DECORATOR.findall(decorators))
        for decorators, cls in _DECORATED.findall(source)
    )
