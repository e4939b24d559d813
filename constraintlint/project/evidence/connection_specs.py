"""What is known of connections: the calls that open one (``connections.toml``), and the records of what was found."""

from __future__ import annotations

import tomllib
from functools import cache

import msgspec

from constraintlint.facts.source import Span
from constraintlint.findings import Evidence
from constraintlint.project.flow.values import Branch
from constraintlint.rulebook import rules_directory


class Spec(msgspec.Struct, frozen=True, kw_only=True):
    """One ``[[connection]]`` of connections.toml."""

    calls: list[str]
    engine: str = ""
    tool: str = ""
    dialect: list[str] = []
    url: list[str] = []
    odbc: list[str] = []
    variable: str = ""
    optional: bool = False
    """the call may leave the engine to a later one"""
    method: bool = False
    """the call is a method of an object made before"""
    builds: bool = False
    """the call makes a URL and does not connect by itself"""


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """One engine a site can connect to, and where that is said.

    ``label`` is the environment it is chosen for (see ``branch_labels``); ``role`` what the file is for; ``default_of`` the
    variable it stands in for; ``overridden`` whether that variable is set to something else; ``weak`` a mere sample.
    """

    engine: str
    path: str
    span: Span
    message: str
    label: str = ""
    branches: tuple[Branch, ...] = ()
    role: str = "runtime"
    default_of: str = ""
    overridden: bool = False
    weak: bool = False

    @property
    def evidence(self) -> Evidence:
        return Evidence(self.path, self.span[0], self.span[1], self.message)


class Site(msgspec.Struct, kw_only=True):
    """One place that connects. ``unknown`` says what could not be told of the engine; empty where all is known."""

    path: str
    span: Span
    name: str
    tool: str = ""
    role: str = "runtime"
    label: str = ""
    branches: tuple[Branch, ...] = ()
    builds: bool = False
    """whether this only makes a URL"""
    many: bool = False
    """whether all candidates are connected to, not one of them"""
    candidates: list[Candidate] = []
    unknown: list[str] = []


@cache
def specs() -> dict[str, Spec]:
    """Qualified name -> the connection it opens."""
    return {name: spec for spec in msgspec.convert(_table()["connection"], list[Spec]) for name in spec.calls}


@cache
def opening_names(ecosystem: str) -> frozenset[str]:
    """Last names of calls that connect wherever their package is a driver."""
    return frozenset(msgspec.convert(_table()["opens"], dict[str, list[str]])[ecosystem])


@cache
def _table() -> dict[str, object]:
    return tomllib.loads((rules_directory() / "signatures" / "connections.toml").read_text("utf-8"))


@cache
def spec_packages() -> frozenset[str]:
    """Packages (import names and npm packages) one of whose calls is listed."""
    found: set[str] = set()
    for name in specs():
        package, hash_, _ = name.partition("#")
        if hash_ or "." not in name:
            parts = package.split("/")
            found.add("/".join(parts[: 2 if package.startswith("@") else 1]).removesuffix("()"))
        else:
            found.add(package.partition(".")[0])
    return frozenset(found)


@cache
def method_names() -> frozenset[str]:
    """Last names of the calls that are methods of objects."""
    return frozenset(name.rpartition(".")[2] for name, spec in specs().items() if spec.method)


@cache
def last_names() -> frozenset[str]:
    return frozenset(name.replace("#", ".").rpartition(".")[2].removesuffix("()") for name in specs())
