"""Placeholders of the drivers turned into the engine's own, and values bound by templates."""

from __future__ import annotations

import re
from functools import cache
from typing import Literal

from constraintlint.sql.problems import Engine
from constraintlint.sql.template import MARK, Edit, Template
from constraintlint.sql.tokens import HOLE

Style = Literal[
    "native",  # what the engine itself takes
    "format",  # %s %(name)s, %% for a percent sign
    "qmark",  # ?, and ?? for a name
    "named",  # :name, and \: for a colon
    "dollar-name",  # $name
    "pg-promise",  # $1 ${name} $(name) $<name> $[name] $/name/, with :modifiers
    "in-text",  # besides one of the above: values become literals of the text before the engine sees it
]
Styles = frozenset[Style]

_OPAQUE = (
    r"--[^\n]*|/\*.*?(?:\*/|\Z)|(?<![A-Za-z0-9_])[eE]'(?:[^'\\]|''|\\.)*(?:'|\Z)|'(?:[^']|'')*(?:'|\Z)"
    r'|"(?:[^"]|"")*(?:"|\Z)|`[^`]*(?:`|\Z)'
)
_DOLLAR_QUOTE = r"|(?<![\w$])\$(?P<quote>(?:[^\W\d]\w*)?)\$.*?\$(?P=quote)\$"
_PATTERNS: dict[Style, str] = {
    "format": r"(?P<percent>%%)|(?P<format>%s|%b(?!\w)|%t(?!\w))|%\((?P<fname>[^)\0]*)\)[sbt]",
    "qmark": r"(?P<identifier>\?\?(?![|&]))|(?P<escape>\\\?)|(?P<qmark>\?(?![|&?]))",
    "named": r"(?P<colon>\\:)|(?<![:\w\\]):(?P<name>[A-Za-z_]\w*)",
    "dollar-name": r"(?<![\w$])\$(?P<dname>[A-Za-z_]\w*)",
    "pg-promise": (
        r"\$(?:\{(?P<p1>[^}]*)\}|\((?P<p2>[^)]*)\)|<(?P<p3>[^>]*)>|\[(?P<p4>[^\]]*)\]|/(?P<p5>[^/]*)/|(?P<p6>\d+))(?P<modifier>\^|~|#|:\w+)?"
    ),
    "native": r"(?P<native>(?!))",
    "in-text": r"(?!)",
}


#: a name of pg-promise and how it is put in
_PROMISED = re.compile(r"(.*?)((?:\^|~|#|:\w+)?)", re.S)
_RAW = frozenset({"^", "~", "#", ":raw", ":name", ":alias", ":value"})
#: what stands before a list
_IN = re.compile(r"\b(?:in|IN|In)\s*\Z")


@cache
def _pattern(styles: Styles, engine: Engine) -> re.Pattern[str]:
    opaque = _OPAQUE + (_DOLLAR_QUOTE if engine == "postgresql" else "")
    parts = [_PATTERNS[style] for style in sorted(styles)]
    return re.compile("|".join([f"(?P<opaque>{opaque})", "(?P<hole>\0)", *parts]), re.S)


def edits(
    template: Template, styles: Styles, engine: Engine, bound: frozenset[str]
) -> tuple[list[Edit], list[int]]:
    """Edits that put the engine's placeholders in, and the indexes of the holes they fill.

    ``bound`` are the kinds of holes that are taken for values.
    """
    numbers: dict[str, int] = {}
    explicit = [int(found) for found in re.findall(r"\$(\d{1,5})", template.text)]
    highest = max(explicit, default=0) if "pg-promise" not in styles else 0
    found: list[Edit] = []
    filled: list[int] = []
    hole = -1

    def value(name: str | None = None) -> str:
        nonlocal highest
        if engine == "sqlite" or engine == "mysql":
            return "?"
        if name is not None and name in numbers:
            return f"${numbers[name]}"
        highest += 1
        if name is not None:
            numbers[name] = highest
        return f"${highest}"

    for match in _pattern(styles, engine).finditer(template.text):
        groups = {name: text for name, text in match.groupdict().items() if text is not None}
        if "opaque" in groups:
            hole += groups["opaque"].count(HOLE)
            continue
        if "hole" in groups:
            hole += 1
            if template.holes[hole] in bound and not _in_word(template.text, match.start()):
                filled.append(hole)
                found.append(Edit(match.start(), match.end(), value()))
            continue
        text = _replacement(groups, value)
        if (
            text is not None
            and text != MARK
            and _IN.search(template.text[max(0, match.start() - 12) : match.start()])
        ):
            text = (
                f"({text})"  # a list that is put in: IN %s of psycopg2, an expanding parameter of SQLAlchemy
            )
        if text is not None:
            found.append(Edit(match.start(), match.end(), text))
    return found, filled


def _in_word(text: str, index: int) -> bool:
    """Whether a hole is part of a word."""
    before, after = text[index - 1 : index], text[index + 1 : index + 2]
    return (
        before.isalnum()
        or (before in ("_", HOLE) and bool(before))
        or after.isalnum()
        or (after in ("_", HOLE) and bool(after))
    )


def _replacement(groups: dict[str, str], value: object) -> str | None:
    assert callable(value)
    if "percent" in groups:
        return "%"
    if "escape" in groups:
        return "?"
    if "colon" in groups:
        return ":"
    if "identifier" in groups:
        return MARK
    for key in ("p1", "p2", "p3", "p4", "p5", "p6"):
        if key in groups:
            name, modifier = _PROMISED.fullmatch(groups[key].strip() + groups.get("modifier", "")).groups()  # type: ignore[union-attr]
            return MARK if modifier.strip() in _RAW else str(value(name))
    for key in ("fname", "name", "dname"):
        if key in groups:
            return str(value(groups[key]))
    return str(value()) if "format" in groups or "qmark" in groups else None
