"""What an engine has against a statement."""

from __future__ import annotations

from typing import Literal

import msgspec

Engine = Literal["postgresql", "sqlite", "mysql"]

Kind = Literal[
    "syntax",  # the grammar does not take it
    "table",  # a table does not exist
    "column",  # a column does not exist
    "alias",  # a qualifier names nothing in reach
    "ambiguous",  # a name that several tables have, or a table name given twice
    "group-by",  # a column outside GROUP BY, an aggregate or window function out of place
    "dialect",  # of another engine: syntax, function, operator or type
    "function",  # a function that does not exist, or not with so many arguments
    "extension",  # a function or type of an extension nobody creates
    "type",  # values of types that do not go together
    "parameter",  # a parameter whose type cannot be told
    "semantic",  # any other rule of the engine
]


class Problem(msgspec.Struct, frozen=True):
    """One problem. ``start`` and ``end`` are characters of the text judged; ``message`` says it without the text.

    ``name`` is the offending name as the engine compares it, ``table`` the catalogue's name of the table concerned,
    ``tables`` several of them. ``tag`` tells cases of one kind apart (the extension's name, the parameter's number).
    """

    kind: Kind
    start: int
    end: int
    message: str
    name: str = ""
    table: str = ""
    tables: tuple[str, ...] = ()
    help: str = ""
    tag: str = ""
