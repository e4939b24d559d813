"""The verdicts of the engines on the statements of a project, each at its place in the code.

A statement has as many contents as the program can put together. A problem is reported where no content that holds its place is
without it: what only one combination of branches would have may be a combination that never happens.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from constraintlint.facts.code import Assign, Class, Function, Name, walk
from constraintlint.libraries import libraries
from constraintlint.project.flow.texts import BuiltText, TextHole, TextPiece
from constraintlint.project.sql_catalogue import catalogue_of
from constraintlint.project.sql_engines import (
    VALUE_TAGS,
    engines_of,
    may_be_mariadb,
    strict_quotes,
    styles_of,
    takes_names_in_quotes,
)
from constraintlint.project.sql_text import Content, is_statement
from constraintlint.roles import is_migration, is_test
from constraintlint.sql.problems import Engine, Problem
from constraintlint.sql.template import HoleKind, Template
from constraintlint.sql.tokens import HOLE

if TYPE_CHECKING:
    from constraintlint.project import Project
    from constraintlint.project.sql_sites import SqlSite
    from constraintlint.sql.judge import Judge

#: what both engines have to say where it is not known which one is asked
_ON_BOTH = frozenset({"syntax", "table", "column", "alias", "ambiguous"})
MAX_CONTENTS = 24
_MIGRATES = re.compile(r"migrat|upgrad|downgrad|(?:^|/)(?:alembic|versions)/", re.I)


class SqlProblem(msgspec.Struct, frozen=True, eq=False):
    """One problem of one statement: characters ``start``..``end`` of ``path`` spell what is wrong.

    ``at`` are bytes; ``engine`` is "" where it is not known and both say so.
    """

    path: str
    at: tuple[int, int]
    problem: Problem
    engine: str
    site: SqlSite
    content: Content


def judged(project: Project) -> list[SqlProblem]:
    """Every problem of the served files, sorted by place; one for each kind and place."""
    sites = [site for site in project.sql_sites if site.kind in ("raw", "tagged") and not is_test(site.path)]
    if not sites:
        return []
    from constraintlint.sql.judge import Judge

    judge = Judge(catalogue_of(project))
    rewritten = _rewritten(project)
    sites = [site for site in sites if site.library not in rewritten]
    found: dict[tuple[str, tuple[int, int], str], SqlProblem] = {}
    for site in sites:
        for item in _of_site(project, judge, site):
            found.setdefault((item.path, item.at, item.problem.kind), item)
    return sorted(found.values(), key=lambda item: (item.path, item.at, item.problem.kind))


def _rewritten(project: Project) -> set[str]:
    """The drivers whose cursor or connection has a class of the project below it that puts the text together itself.

    ``class Cursor(psycopg2.extras.DictCursor): def execute(self, query): super().execute(query.format(...))``
    """
    drivers = {
        library
        for language in ("python", "javascript")
        for library, item in libraries(language).libraries.items()
        if item.role == "driver"
    }
    found: set[str] = set()
    for file in project.evaluator.files():
        for scope in file.by_node.values():
            if not isinstance(scope.node, Class) or not scope.node.bases or scope.parent is None:
                continue
            own = [
                bind.node
                for name in ("execute", "query")
                for variable in scope.names.get(name, ())
                for bind in variable.binds
            ]
            if not any(isinstance(node, Function) and _changes(node) for node in own):
                continue
            for base in scope.node.bases:
                for value in project.evaluator.eval(base.value, scope.parent):
                    if value.kind in ("library", "handle"):
                        found |= {name for name in drivers if re.match(rf"{re.escape(name)}\b", value.name)}
    return found


def _changes(function: Function) -> bool:
    """Whether a method gives its first parameter another value before it hands it on."""
    given = [param.name for param in function.params[1:2]]
    return any(
        isinstance(node, Assign)
        and any(isinstance(target, Name) and target.id in given for target in node.targets)
        for stmt in function.body or ()
        for node in walk(stmt)
    )


def _of_site(project: Project, judge: Judge, site: SqlSite) -> Iterator[SqlProblem]:
    texts = [content for content in site.contents if content.text is not None]
    if not texts or len(texts) > MAX_CONTENTS or site.sink.endswith("execute_values"):
        return  # that one puts rows in where the statement has a single placeholder
    engines = engines_of(project, site)
    if not engines:
        return
    results = [_of_content(project, judge, site, content, engines) for content in texts]
    # at the limit there may be more of them, which nobody has looked at
    unknown = len(texts) == MAX_CONTENTS or any(content.kind == "unknown" for content in site.contents)
    for content, problems in zip(texts, results, strict=True):
        if unknown and (content.branches or (len(texts) == MAX_CONTENTS and not _is_whole(content))):
            continue
        for place, problem in problems:
            if all(
                _agrees(other, found, place, problem)
                for other, found in zip(texts, results, strict=True)
                if other is not content
            ):
                path, at = place
                if is_test(path):
                    continue  # what a test hands over, it has made itself
                yield SqlProblem(path, at, problem, engines[0] if len(engines) == 1 else "", site, content)


def _is_whole(content: Content) -> bool:
    """Whether a text stands in one place: parts put together may each be of another caller, who never meets the other."""
    assert content.text is not None
    return sum(isinstance(piece, TextPiece) and bool(piece.text.strip()) for piece in content.text.pieces) < 2


Place = tuple[str, tuple[int, int]]


def _agrees(other: Content, found: list[tuple[Place, Problem]], place: Place, problem: Problem) -> bool:
    """Whether another content has the same problem, or does not have that place."""
    path, at = place
    assert other.text is not None
    if not any(
        isinstance(p, TextPiece) and p.path == path and p.at[0] <= at[0] < p.at[1] for p in other.text.pieces
    ):
        return True
    return any(where == place and item.kind == problem.kind for where, item in found)


def _of_content(
    project: Project, judge: Judge, site: SqlSite, content: Content, engines: tuple[Engine, ...]
) -> list[tuple[Place, Problem]]:
    text = content.text
    assert text is not None
    if not is_statement(text) and not text.start.lstrip().startswith("("):
        return []
    template = template_of(project, site, text)
    if template is None:
        return []
    verdicts = [_problems(project, judge, site, content, template, engine) for engine in engines]
    problems = verdicts[0] if len(engines) == 1 else _on_both(verdicts)
    return [(_place(site, text, problem), problem) for problem in problems]


def _problems(
    project: Project, judge: Judge, site: SqlSite, content: Content, template: Template, engine: Engine
) -> tuple[Problem, ...]:
    from constraintlint.sql.judge import Question

    question = Question(
        template,
        engine,
        styles_of(project, site, content),
        takes_names_in_quotes(project) if engine == "mysql" else engine == "sqlite" and strict_quotes(site),
        not _is_of_its_time(site),
        engine != "mysql" or may_be_mariadb(project),
    )
    return judge.problems(question)


def _is_of_its_time(site: SqlSite) -> bool:
    """Whether a statement is run on the schema of another time: a migration, or a function that upgrades."""
    if is_migration(site.path) or site.library == "alembic" or _MIGRATES.search(site.path):
        return True
    return site.function is not None and _MIGRATES.search(site.function.name) is not None


def _on_both(verdicts: list[tuple[Problem, ...]]) -> list[Problem]:
    """The problems that every engine has at the same place."""
    first, *others = verdicts
    return [
        item
        for item in first
        if item.kind in _ON_BOTH
        and all(
            any(o.kind == item.kind and o.start < item.end and item.start < o.end for o in found)
            for found in others
        )
    ]


def template_of(project: Project, site: SqlSite, text: BuiltText) -> Template | None:
    """The text with a hole for each part that is not known; None where it holds the hole's own character."""
    if any(isinstance(piece, TextPiece) and HOLE in piece.text for piece in text.pieces):
        return None
    kinds: list[HoleKind] = []
    for piece in text.pieces:
        if isinstance(piece, TextHole):
            kinds.append(_hole(project, site, piece))
    return Template(text.fill(HOLE), tuple(kinds))


def _hole(project: Project, site: SqlSite, piece: TextHole) -> HoleKind:
    if piece.format != "bound":
        return "any"
    if site.library in VALUE_TAGS and piece.expr is not None:
        values = project.evaluator.values(piece.path, piece.expr)
        if values and all(value.kind in ("text", "constant", "env") for value in values):
            return "value"
    return "bound"


def _place(site: SqlSite, text: BuiltText, problem: Problem) -> Place:
    """Where the characters of a problem stand; the call where they have no place of their own."""
    first = text.locate(problem.start, HOLE)
    last = text.locate(max(problem.end - 1, problem.start), HOLE)
    if first is None:
        return site.path, site.at
    path, start = first
    end = (
        _after(text, max(problem.end - 1, problem.start))
        if last is not None and last[0] == path
        else start + 1
    )
    return path, (start, max(start, end))


def _after(text: BuiltText, index: int) -> int:
    """The byte behind character ``index``."""
    position = 0
    for piece in text.pieces:
        size = len(piece.text) if isinstance(piece, TextPiece) else 1
        if position <= index < position + size:
            return piece.offset(index - position + 1) if isinstance(piece, TextPiece) else piece.at[1]
        position += size
    return 0
