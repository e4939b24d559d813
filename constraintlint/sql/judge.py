"""The verdict on one text: placeholders translated, holes filled, the engine asked, its answer put back on the text."""

from __future__ import annotations

import re
from itertools import pairwise

import msgspec

from constraintlint.sql import dialects, holes, postgres
from constraintlint.sql.catalogue import Catalogue, folded
from constraintlint.sql.placeholders import Styles, edits
from constraintlint.sql.problems import Engine, Kind, Problem
from constraintlint.sql.sqlite import Oracle
from constraintlint.sql.template import Edit, Rendered, Template, render
from constraintlint.sql.tokens import HOLE, Token, tokens

MAX_CHARACTERS = 100_000
MAX_HOLES = 12
#: what a statement with unknown text can still be told: the rest depends on that text
_WITH_HOLES: frozenset[Kind] = frozenset({"table", "column", "alias", "dialect", "function", "extension"})


class Question(msgspec.Struct, frozen=True):
    """What is asked. ``strict_quotes``: the engine takes ``"x"`` for a name only."""

    template: Template
    engine: Engine
    styles: Styles = frozenset({"native"})
    strict_quotes: bool = False
    tables_known: bool = True
    """whether the catalogue is of the time of the statement: not so in a migration"""
    mariadb: bool = True
    """whether a server of MySQL may be MariaDB"""


_NAMESPACE = re.compile(
    rf"\b(?:from|join|into|update|only|table|references|using)\s+(?P<space>{HOLE}\.|\"{HOLE}\"\.)"
    r"(?:\"(?P<quoted>[^\"]+)\"|(?P<name>[A-Za-z_]\w*))",
    re.I,
)
_INSERT = re.compile(r"\s*insert\b", re.I)
#: an INSERT whose values are not as many as its columns
_COUNTED = re.compile(
    r"^\d+ values for \d+ columns|^INSERT has more (?:expressions than target columns|target columns than)"
)
_PARAMETER = re.compile(r"\$\d+")
#: a placeholder whose number is worked out: ``$${params.length}``
_NUMBERED = re.compile(rf"(?<![\w$])\${HOLE}(?![\w$.{HOLE}])")
_FIRST_NUMBER = 9001


class Judge:
    """Verdicts against one catalogue, each worked out once."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self._memo: dict[Question, tuple[Problem, ...]] = {}
        self._oracles: dict[bool, Oracle] = {}

    def problems(self, question: Question) -> tuple[Problem, ...]:
        """What the engine has against the text, at characters of the template; empty where that is not certain."""
        found = self._memo.get(question)
        if found is None:
            found = self._memo[question] = tuple(self._judge(question))
        return found

    def _judge(self, question: Question) -> list[Problem]:
        template = question.template
        if (
            len(template.text) > MAX_CHARACTERS
            or len(template.holes) > MAX_HOLES
            or template.text.count(HOLE) != len(template.holes)
        ):
            return []
        if not template.text.strip():
            return []
        if question.engine == "mysql":
            return self._by_lists(question)
        rendered, found, certain = self._readable(question)
        if rendered is None:
            return found
        names_known = question.tables_known and (
            certain
            or not holes.lets_names_in(tokens(template.text, question.engine), self._unknown(question))
        )
        found = self._ask(question, rendered.sql, names_known)
        if "in-text" in question.styles and self._reads_with_literals(question, rendered.sql, found):
            found = [item for item in found if item.kind != "syntax" and item.tag != "place"]
        if not certain:
            counted = self._ask(question, rendered.sql, True) if self._counts_all(question) else []
            found = [item for item in found if item.kind in _WITH_HOLES]
            found += [item for item in counted if _COUNTED.search(item.message) is not None]
        if self._numbered(question):
            found = [item for item in found if item.kind != "parameter"]
        found = [self._classified(question, rendered, item) for item in found]
        moved = [self._moved(rendered, item) for item in found]
        unknown = self._unknown(question)
        kept = [item for item in moved if not any(item.start <= place < item.end for place in unknown)]
        return [*kept, *self._silent(question, rendered)]

    def _counts_all(self, question: Question) -> bool:
        """Whether the columns and values of an INSERT are all there: what is unknown comes before them, as its table."""
        text, unknown = question.template.text, self._unknown(question)
        return _INSERT.match(text) is not None and all(place < text.find("(") for place in unknown)

    def _unknown(self, question: Question) -> list[int]:
        places = question.template.places()
        spaces = {**self._namespaces(question.template), **self._numbered(question)}
        return [
            place
            for i, (place, kind) in enumerate(zip(places, question.template.holes, strict=True))
            if kind != "value" and i not in spaces
        ]

    def _namespaces(self, template: Template) -> dict[int, Edit]:
        """Holes that name the schema of a known table (``FROM ${schema}.job``), each with the edit that leaves it out."""
        if f"{HOLE}." not in template.text and f'{HOLE}".' not in template.text:
            return {}
        numbers = {place: i for i, place in enumerate(template.places())}
        found: dict[int, Edit] = {}
        for match in _NAMESPACE.finditer(template.text):
            quoted = match["quoted"]
            if any(
                self.catalogue.named(name) for name in ([quoted] if quoted else folded(match["name"], None))
            ):
                start = match.start("space")
                found[numbers[template.text.index(HOLE, start)]] = Edit(start, match.end("space"), "")
        return found

    def _numbered(self, question: Question) -> dict[int, Edit]:
        """Holes that are the number of a placeholder of PostgreSQL, each with a number of its own: which are the same is not known."""
        if question.engine != "postgresql" or f"${HOLE}" not in question.template.text:
            return {}
        numbers = {place: i for i, place in enumerate(question.template.places())}
        return {
            numbers[match.end() - 1]: Edit(
                match.end() - 1, match.end(), str(_FIRST_NUMBER + numbers[match.end() - 1])
            )
            for match in _NUMBERED.finditer(question.template.text)
        }

    # --- filling --------------------------------------------------------------------------------------------------------

    def _readable(self, question: Question) -> tuple[Rendered | None, list[Problem], bool]:
        """The text as the engine can read it; whether it is certain, that is without unknown parts."""
        template, engine = question.template, question.engine
        spaces = {**self._namespaces(template), **self._numbered(question)}
        unknown = [i for i, kind in enumerate(template.holes) if kind != "value" and i not in spaces]
        marks, done = edits(template, question.styles, engine, frozenset({"value"}))
        marks, done = [*marks, *spaces.values()], [*done, *spaces]
        left = [i for i in range(len(template.holes)) if i not in done]
        if not left:
            return filled_rest(template, marks, left, ()), [], True
        ways: list[tuple[list[Edit], list[int], tuple[str, ...]]] = []
        with_bound, taken = edits(template, question.styles, engine, frozenset({"value", "bound"}))
        with_bound, taken = [*with_bound, *spaces.values()], [*taken, *spaces]
        rest = [i for i in range(len(template.holes)) if i not in taken]
        places = template.places()
        found = tokens(template.text, engine)
        if len(taken) > len(done):
            ways += (
                [
                    (with_bound, rest, way)
                    for way in holes.candidates(len(rest), holes.guesses(found, [places[i] for i in rest]))
                ]
                if rest
                else [(with_bound, [], ())]
            )
        ways += [
            (marks, left, way)
            for way in holes.candidates(len(left), holes.guesses(found, [places[i] for i in left]))
        ]
        for edited, open_holes, way in ways[: 2 * holes.MAX_TRIES]:
            rendered = filled_rest(template, edited, open_holes, way)
            if self._reads(question, rendered.sql):
                return rendered, [], not unknown
        return None, self._hopeless(question, found), False

    def _reads(self, question: Question, sql: str) -> bool:
        if question.engine == "postgresql":
            return postgres.parse(sql).error is None
        return not any(item.kind == "syntax" for item in self._oracle(question).check(sql, names_known=False))

    def _reads_with_literals(self, question: Question, sql: str, found: list[Problem]) -> bool:
        """Whether all that hinders is a parameter where the grammar has a literal: ``NOTIFY jobs, $1``, ``INTERVAL $1``."""
        if not any(
            item.tag == "place" or (item.kind == "syntax" and _PARAMETER.fullmatch(item.name))
            for item in found
        ):
            return False
        return self._reads(question, _PARAMETER.sub("''", sql))

    def _hopeless(self, question: Question, found: list[Token]) -> list[Problem]:
        """What is wrong whatever the holes hold: a dollar quote that is opened before a hole and never closed."""
        if question.engine != "postgresql":
            return []
        for token, after in pairwise(found):
            opened = token.text == "$" and after.text == "$" and after.start == token.end
            if opened and question.template.text[after.end : after.end + 1] == HOLE:
                return [
                    Problem(
                        "syntax", token.start, after.end, "unterminated dollar-quoted string: $$ begins a string", name="$$",
                        help="write one dollar sign before the number of the placeholder", tag="dollar",
                    )
                ]  # fmt: skip
        return []

    def _by_lists(self, question: Question) -> list[Problem]:
        """What the lists of MySQL say; holes of unknown text stay holes."""
        from constraintlint.sql import mysql

        marks, filled = edits(question.template, question.styles, "mysql", frozenset({"value", "bound"}))
        rendered = render(question.template.text, marks)
        certain = len(filled) == len(question.template.holes)
        found = mysql.check(
            rendered.sql,
            certain=certain,
            mariadb=question.mariadb,
            ansi_quotes=question.strict_quotes,
            functions=self.catalogue.functions,
        )
        return [self._moved(rendered, item) for item in found]

    # --- asking ---------------------------------------------------------------------------------------------------------

    def _oracle(self, question: Question) -> Oracle:
        found = self._oracles.get(question.strict_quotes)
        if found is None:
            found = self._oracles[question.strict_quotes] = Oracle(self.catalogue, question.strict_quotes)
        return found

    def _ask(self, question: Question, sql: str, names_known: bool) -> list[Problem]:
        if question.engine == "postgresql":
            return postgres.check(sql, self.catalogue, names_known)
        return self._oracle(question).check(sql, names_known)

    def _moved(self, rendered: Rendered, item: Problem) -> Problem:
        start, end = rendered.span(item.start, item.end)
        return msgspec.structs.replace(item, start=start, end=max(end, start + 1))

    # --- classifying ----------------------------------------------------------------------------------------------------

    def _classified(self, question: Question, rendered: Rendered, item: Problem) -> Problem:
        engine = question.engine
        title = dialects.TITLES[engine]
        if item.kind == "function" and item.tag != "arguments":
            foreign = dialects.foreign_function(engine, item.name)
            if foreign is not None:
                other, instead = foreign
                return msgspec.structs.replace(
                    item, kind="dialect", message=f"{title} has no function {item.name}(): it is one of {dialects.TITLES[other]}",
                    help=f"use {instead}" if instead else "compute it in the program", tag=other,
                )  # fmt: skip
            return item
        if item.kind == "type" and item.tag in ("boolean", "condition", "like", "arithmetic", "united"):
            return msgspec.structs.replace(item, kind="dialect", tag="types")
        if item.kind != "syntax":
            return item
        known = dialects.construct(engine, tokens(rendered.sql, engine), item)
        if known is not None:
            other, what, instead = known
            return msgspec.structs.replace(
                item, kind="dialect", message=f"{title} does not have {what}, which {dialects.TITLES[other]} has ({item.message})",
                help=f"use {instead}" if instead else "rewrite the statement for the engine in use", tag=other,
            )  # fmt: skip
        other_engine: Engine = "sqlite" if engine == "postgresql" else "postgresql"
        if item.tag != "end" and self._taken_by(question, other_engine):
            return msgspec.structs.replace(
                item, kind="dialect", message=f"{title} does not take this, {dialects.TITLES[other_engine]} does: {item.message}",
                help="rewrite the statement for the engine in use", tag=other_engine,
            )  # fmt: skip
        return item

    def _taken_by(self, question: Question, engine: Engine) -> bool:
        other = msgspec.structs.replace(question, engine=engine, strict_quotes=False)
        marks, left = edits(other.template, other.styles, engine, frozenset({"value", "bound"}))
        if len(left) != len(other.template.holes):
            return False
        return self._reads(other, filled_rest(other.template, marks, [], ()).sql)

    def _silent(self, question: Question, rendered: Rendered) -> list[Problem]:
        """SQLite takes any word for a type: SERIAL makes no numbers there."""
        if question.engine != "sqlite":
            return []
        found = tokens(rendered.sql, "sqlite")
        if [token.word for token in found[:2]] != ["CREATE", "TABLE"]:
            return []
        problems = []
        for before, token in pairwise(found):
            if token.word in ("SERIAL", "BIGSERIAL", "SMALLSERIAL") and before.kind in ("word", "quoted"):
                problems.append(
                    Problem(
                        "dialect", token.start, token.end,
                        f"SQLite has no {token.text}: it takes the word for a type without numbers of its own, and stores NULL",
                        name=token.text, help="write INTEGER PRIMARY KEY", tag="postgresql",
                    )
                )  # fmt: skip
        return [self._moved(rendered, item) for item in problems]


def filled_rest(template: Template, marks: list[Edit], left: list[int], way: tuple[str, ...]) -> Rendered:
    """The text with the placeholders in and the holes ``left`` filled ``way``."""
    places = template.places()
    edited = [Edit(places[i], places[i] + 1, filler) for i, filler in zip(left, way, strict=True)]
    return render(template.text, [*marks, *edited])
