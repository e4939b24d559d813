"""The whole program, assembled from the facts of every file. Checks read this and nothing below it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from constraintlint.facts.source import DEEP, EMPTY, NAMES, PROBLEMS, SUPPRESSES, FileFacts, traits
from constraintlint.project.tree import FileTree

if TYPE_CHECKING:
    from constraintlint.config import Config
    from constraintlint.facts.code import At, Code
    from constraintlint.facts.contract import Contract
    from constraintlint.facts.source import Span, Suppression
    from constraintlint.findings import Diagnostic
    from constraintlint.project.contract_match import Matches
    from constraintlint.project.flow.evaluate import Evaluator
    from constraintlint.project.graph import Edge, Resolution
    from constraintlint.project.handlers import Handlers
    from constraintlint.project.layers import Layers
    from constraintlint.project.models import Models
    from constraintlint.project.models.django_index import DjangoModels
    from constraintlint.project.models.objects import Objects
    from constraintlint.project.origins import Origins
    from constraintlint.project.routes import RouteTable
    from constraintlint.project.schema import Schema
    from constraintlint.project.sql_sites import SqlSite
    from constraintlint.project.sql_statements import SqlProblem
    from constraintlint.project.stack import Stack
    from constraintlint.project.starts import Start

#: stands for every file of the root in ``Project.walked``
EVERY_FILE = "*"


class Project:
    """One configured project: the files one configuration serves, and what is known of them.

    ``tree`` and ``resolutions`` cover the whole checked root; ``paths`` are the source files this configuration
    serves (sorted): checks report in these only. Everything derived is computed on first use.
    """

    def __init__(
        self,
        config: Config,
        tree: FileTree,
        facts_of: Callable[[str], FileFacts | None],
        resolutions: dict[str, Resolution],
        paths: list[str],
        traits_of: Callable[[str], int] | None = None,
        known_of: Callable[[str], FileFacts | None] | None = None,
    ) -> None:
        self.config = config
        self.tree = tree
        self.resolutions = resolutions
        self.paths = paths
        self.diagnostics: list[Diagnostic] = []
        self.consulted: set[str] = set()
        """files whose facts or code somebody asked for"""
        self.asked: dict[str, set[str]] = {}
        """files not read in depth -> the names somebody asked them for, and nothing else"""
        self.walked: set[str] = set()
        """files whose imports somebody went along; ``EVERY_FILE`` where these were all"""
        self.facts_of = facts_of
        """facts for those who keep no results of them"""
        self._traits_of = traits_of or (lambda path: traits(facts_of(path)))
        self._known_of = known_of or facts_of
        self._code: dict[str, Code | None] = {}
        self._mentioned: dict[tuple[str, tuple[str, ...] | frozenset[str]], bool] = {}

    def facts(self, path: str) -> FileFacts | None:
        """Facts of a source file of the checked root, None where it has none."""
        self.consulted.add(path)
        return self.facts_of(path)

    def known_facts(self, path: str) -> FileFacts | None:
        """Facts as far as the file was read: its imports and loose names, and all others where somebody asked."""
        self.consulted.add(path)
        return self._known_of(path)

    def facts_for_name(self, path: str, name: str) -> FileFacts | None:
        """The facts of a file of which no more is read than what it gives under ``name``."""
        if self.is_deep(path):
            self.consulted.add(path)
        else:
            self.asked.setdefault(path, set()).add(name)
        return self.facts_of(path)

    def forget_questions(self) -> None:
        """Begin a new record of what was asked of which file."""
        self.consulted.clear()
        self.asked.clear()
        self.walked.clear()

    def edges_of(self, path: str) -> list[Edge]:
        """The imports of a file, to be followed further."""
        self.walked.add(path)
        resolution = self.resolutions.get(path)
        return resolution.edges if resolution is not None else []

    def all_edges(self) -> Iterator[Edge]:
        """Every import of the checked root."""
        self.walked.add(EVERY_FILE)
        for resolution in self.resolutions.values():
            yield from resolution.edges

    def is_deep(self, path: str) -> bool:
        """Whether a file was read in depth."""
        return bool(self._traits_of(path) & DEEP)

    def has_problems(self, path: str) -> bool:
        """Whether something in a file could not be read."""
        return bool(self._traits_of(path) & PROBLEMS)

    def has_names(self, path: str) -> bool:
        """Whether a file has loose names."""
        return bool(self._traits_of(path) & NAMES)

    def mentions(self, path: str, words: tuple[str, ...] | frozenset[str]) -> bool:
        """Whether a file read in depth has one of these names in it: a quick no before its code is looked at."""
        if not self.is_deep(path):
            return False
        self.consulted.add(path)
        known = self._mentioned.get((path, words))
        if known is None:
            facts = self.facts_of(path)
            known = facts is not None and any(word.encode() in facts.code for word in words)
            self._mentioned[path, words] = known
        return known

    def suppressions(self) -> dict[str, list[Suppression]]:
        """The suppression comments of the files this configuration serves."""
        found: dict[str, list[Suppression]] = {}
        for path in self.paths:
            if self._traits_of(path) & SUPPRESSES:
                facts = self.facts_of(path)
                if facts is not None:
                    found[path] = facts.suppressions
        return found

    def code(self, path: str) -> Code | None:
        """The neutral code of a deep file, None where the file was not read in depth."""
        if path not in self._code:
            if not self.is_deep(path):
                return None
            self.consulted.add(path)
            from constraintlint.facts.code import decode

            facts = self.facts_of(path)
            self._code[path] = decode(facts.code) if facts is not None and facts.code else None
        return self._code[path]

    def span(self, path: str, at: At) -> Span:
        """Lines and columns of a record of ``code(path)``."""
        code = self.code(path)
        assert code is not None, f"{path} has no code facts"
        return code.lines.span(at)

    @cached_property
    def layers(self) -> Layers:
        """Which layer each file belongs to."""
        from constraintlint.project.components import is_user_interface
        from constraintlint.project.layers import assign

        return assign(
            self.config,
            self.paths,
            is_empty=self._is_empty,
            holds_tables=self.holds_tables,
            applies=lambda path: not is_user_interface(self.tree, path),
        )

    def _is_empty(self, path: str) -> bool:
        return bool(self._traits_of(path) & EMPTY)

    def holds_tables(self, path: str) -> bool:
        """Whether a file uses an ORM at run time, as one that defines tables does."""
        from constraintlint.project.packages import is_orm

        resolution = self.resolutions.get(path)
        return resolution is not None and any(is_orm(item) for item in resolution.external)

    @cached_property
    def stack(self) -> Stack:
        """Frameworks, engines and ORMs in use, each with role and evidence."""
        from constraintlint.project.stack import infer

        return infer(self)

    @cached_property
    def evaluator(self) -> Evaluator:
        """Follows values and types; use ``project.values`` and ``project.types`` to ask it."""
        from constraintlint.project.flow.evaluate import Evaluator

        return Evaluator(self)

    @cached_property
    def sql_sites(self) -> list[SqlSite]:
        """Every place of the checked root where SQL reaches a database library, sorted by place."""
        from constraintlint.project.sql_sites import find

        return find(self)

    @cached_property
    def sql_problems(self) -> list[SqlProblem]:
        """What the engines have against the statements of the sites, sorted by place."""
        from constraintlint.project.sql_statements import judged

        return judged(self)

    @cached_property
    def models(self) -> Models:
        """Every mapped class of the checked root."""
        from constraintlint.project.models import build

        return build(self)

    @cached_property
    def django(self) -> DjangoModels:
        """The Django models, apps and settings of the checked root, as Django itself sees them."""
        from constraintlint.project.models.django_index import DjangoModels

        return DjangoModels(self)

    @cached_property
    def objects(self) -> Objects:
        """Which mapped objects an expression holds, and the query that loaded them."""
        from constraintlint.project.models.objects import Objects

        return Objects(self)

    @cached_property
    def schema(self) -> Schema:
        """Every table that any source of the checked root declares, united."""
        from constraintlint.project.schema import build

        schema = build(self)
        if schema.gaps:
            from constraintlint.project.gaps import of_schema

            self.diagnostics += of_schema(schema)
        return schema

    @cached_property
    def routes(self) -> RouteTable:
        """Every method and absolute path the applications answer."""
        from constraintlint.project.routes import build

        routes = build(self)
        if routes.unknown:
            from constraintlint.project.gaps import of_routes

            self.diagnostics += of_routes(routes)
        return routes

    @cached_property
    def starts(self) -> list[Start]:
        """Every way to start the project that its scripts, images and manifests state."""
        from constraintlint.project.starts import starts_of

        return starts_of(self)

    @cached_property
    def contract(self) -> Contract | None:
        """The declared OpenAPI description, None where none is declared."""
        from constraintlint.frontends.openapi import read

        path, directory = self.config.openapi, self.config.directory
        if path is None:
            return None
        inside = directory and not directory.startswith("..")
        return read(f"{directory}/{path}" if inside else path, self.tree.read)

    @cached_property
    def contract_matches(self) -> Matches | None:
        """The routes of every operation of the contract, None where no contract is declared."""
        from constraintlint.project.contract_match import match

        contract = self.contract
        return match(self, contract) if contract is not None else None

    @cached_property
    def handlers(self) -> Handlers:
        """What the handlers of routes read and answer."""
        from constraintlint.project.handlers import Handlers

        return Handlers(self)

    @cached_property
    def origins(self) -> Origins:
        """Where values that become part of a text come from."""
        from constraintlint.project.origins import Origins

        return Origins(self)
