"""The syntax tree of a statement, by sqlglot: for the names in it, never for a verdict. Loaded when first asked for."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlglot import exp


def tree_of(text: str, dialect: str) -> exp.Expr | None:
    """The tree of one statement as ``dialect`` of sqlglot reads it, None where it does not read it."""
    import sqlglot

    logging.getLogger("sqlglot").setLevel(logging.CRITICAL)  # what it gives up on is no news to the user
    try:
        return sqlglot.parse_one(text, read=dialect)
    except (
        sqlglot.errors.SqlglotError,
        RecursionError,
        ValueError,
        AttributeError,
        TypeError,
        KeyError,
        IndexError,
    ):
        return None  # its parser raises more than its own errors on broken text
