"""Which expressions are, by their names, the token somebody is logged in with."""

from __future__ import annotations

import re

from constraintlint.facts.code import Call, Expr, Index, Member, Name, Text

#: a token that tells who somebody is, not one of a parser, a page or a model
_TOKEN = re.compile(
    r"(?:^|[_a-z])(?:access|auth|bearer|session|id|user|jwt|api)?_?token$|^jwt$|^session_?id$|^sid$", re.I
)
_OTHER = re.compile(
    r"csrf|xsrf|refresh_?count|next|page|cursor|continuation|push|device|reset|verif|invite|cancel|abort|injection|^default_?token$",
    re.I,
)


def names_in(expr: Expr) -> str:
    """The name an expression is known by: a variable, the last member, the key of a look-up."""
    if isinstance(expr, Name):
        return expr.id
    if isinstance(expr, Member):
        return expr.name
    if isinstance(expr, Index) and isinstance(expr.index, Text):
        return "".join(
            getattr(piece, "value", "")
            for piece in expr.index.pieces
            if isinstance(getattr(piece, "value", ""), str)
        )
    if isinstance(expr, Call):
        return names_in(expr.callee)
    return ""


def is_token_name(name: str) -> bool:
    return bool(_TOKEN.search(name)) and not _OTHER.search(name)


def is_token(expr: Expr) -> bool:
    return not isinstance(expr, Call) and is_token_name(names_in(expr))
