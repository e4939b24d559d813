"""Cut, doubled and spliced statements with holes: every engine's path ends, and gives the same answer twice.

``CONSTRAINTLINT_FUZZ`` sets how many are tried (2,000 by default; the release is tried with 20,000).
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from typing import get_args

from constraintlint.sql.judge import Judge, Question
from constraintlint.sql.placeholders import Style
from constraintlint.sql.problems import Kind
from constraintlint.sql.template import Template
from constraintlint.sql.tokens import HOLE
from tests.sql.corpus import catalogue, statements

INPUTS = int(os.environ.get("CONSTRAINTLINT_FUZZ", "2000"))
STYLES: list[Style] = list(get_args(Style))
PIECES = [
    HOLE, HOLE * 3, "'", '"', "`", "$$", "(", ")", "((((((((", "--", "/*", "*/", ";", "%s", "?", "$1", ":name", "::", "\\", "\n", "é€😀",
    "\ud800", "\x01", "[", "]", ",", " SELECT ", " FROM ", " WHERE ", " UNION ", " WITH x AS (", "1e999", "0x", ".", "NULL", "@", "#", "E'\\",
]  # fmt: skip


def mutations(seed: int, count: int) -> Iterator[str]:
    """Statements of the corpus with pieces deleted, doubled, swapped with those of others, and odd characters put in."""
    rng = random.Random(seed)
    pool = [item.sql for item in statements()]
    for _ in range(count):
        text = rng.choice(pool)
        for _ in range(rng.randint(1, 5)):
            start = rng.randrange(len(text) + 1)
            end = min(len(text), start + rng.choice((0, 1, 4, 20)))
            other = rng.choice(pool)
            place = rng.randrange(len(other))
            text = (
                text[:start]
                + rng.choice(("", text[start:end] * 2, other[place : place + 30], rng.choice(PIECES)))
                + text[end:]
            )
        yield text


def test_mutated_statements() -> None:
    rng = random.Random(7)
    first, second = Judge(catalogue()), Judge(catalogue())
    kinds = set(get_args(Kind))
    for number, text in enumerate(mutations(20_261, INPUTS)):
        holes = tuple(rng.choice(("any", "bound", "value")) for _ in range(text.count(HOLE)))
        question = Question(
            Template(text, holes),
            rng.choice(("postgresql", "sqlite", "mysql")),
            frozenset(rng.sample(STYLES, rng.randint(1, 3))),
            rng.random() < 0.3,
        )
        found = first.problems(question)
        assert all(
            item.kind in kinds and 0 <= item.start < item.end <= max(len(text), 1) for item in found
        ), (text, found)
        if number % 10 == 0:
            assert second.problems(question) == found, text
