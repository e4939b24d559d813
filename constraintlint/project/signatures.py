"""What the signature tables say: which engine, ORM or web framework a module, scheme, dialect or image belongs to.

The tables are ``rules/signatures/engines.toml``, ``orms.toml`` and ``frameworks.toml``; each explains its own keys.
Modules are looked up by ecosystem (``pypi`` or ``npm``), since both have a ``pg`` and a ``redis``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from fnmatch import fnmatchcase
from functools import cache, lru_cache

import msgspec

from constraintlint.project.graph import External
from constraintlint.rulebook import rules_directory


class Engine(msgspec.Struct, kw_only=True, frozen=True):
    """One table of engines.toml. ``kind``: database, cache or other."""

    name: str
    title: str
    kind: str
    family: str = ""
    schemes: list[str] = []
    pypi: dict[str, list[str]] = {}
    npm: list[str] = []
    modules: list[str] = []
    hints: list[str] = []
    images: list[str] = []
    env: list[str] = []
    names: dict[str, list[str]] = {}


class Library(msgspec.Struct, kw_only=True, frozen=True):
    """One table of orms.toml or frameworks.toml."""

    name: str
    title: str
    kind: str = ""
    aliases: list[str] = []
    pypi: list[str] = []
    npm: list[str] = []
    python: list[str] = []
    javascript: list[str] = []
    excepted: list[str] = msgspec.field(default=[], name="except")
    implies: list[str] = []
    connects: list[str] = []
    maps: list[str] = []
    app: list[str] = []


def _tables(file: str) -> dict[str, dict[str, object]]:
    with (rules_directory() / "signatures" / file).open("rb") as handle:
        return tomllib.load(handle)


@cache
def engines() -> dict[str, Engine]:
    """Every engine by name, in the order of the table."""
    return {
        name: msgspec.convert({"name": name, **table}, Engine)
        for name, table in _tables("engines.toml").items()
    }


@cache
def orms() -> dict[str, Library]:
    return {
        name: msgspec.convert({"name": name, **table}, Library)
        for name, table in _tables("orms.toml").items()
    }


@cache
def frameworks() -> dict[str, Library]:
    return {
        name: msgspec.convert({"name": name, **table}, Library)
        for name, table in _tables("frameworks.toml").items()
    }


def canonical_name(libraries: dict[str, Library], declared: str) -> str:
    """The table name of a declared ORM or framework: itself, one of its aliases, or its distribution."""
    word = declared.strip().lower()
    if word in libraries:
        return word
    for name, library in libraries.items():
        if word in library.aliases:
            return name
    for name, library in libraries.items():
        if word in library.pypi or word in library.npm:
            return name
    return word


def related(libraries: dict[str, Library], one: str, other: str) -> bool:
    """Whether one is the other or is built on it, at whatever depth."""
    return one == other or other in implied(libraries, one) or one in implied(libraries, other)


def implied(libraries: dict[str, Library], name: str) -> frozenset[str]:
    """Everything a library is built on."""
    found: set[str] = set()
    queue = [name]
    while queue:
        library = libraries.get(queue.pop())
        for below in library.implies if library is not None else ():
            if below not in found:
                found.add(below)
                queue.append(below)
    return frozenset(found)


def same_family(one: str, other: str) -> bool:
    """Whether two engines speak the same protocol through the same drivers (MySQL and MariaDB)."""
    known = engines()
    first = known[one].family if one in known else ""
    second = known[other].family if other in known else ""
    return one == other or (first or one) == (second or other)


# --- modules ----------------------------------------------------------------------------------------------------


class ModuleTable:
    """Module patterns of one ecosystem -> names; the longest pattern that covers a module wins."""

    def __init__(self, separator: str) -> None:
        self.separator = separator
        self.exact: dict[str, str] = {}
        self.excepted: set[str] = set()
        self.packages: set[str] = set()
        """first parts of all patterns: a quick no for every other import"""

    def add(self, pattern: str, name: str) -> None:
        pattern = pattern.removesuffix("/*")
        self.exact.setdefault(pattern, name)
        self.packages.add(self.package_of(pattern))

    def package_of(self, module: str) -> str:
        head, _, rest = module.partition(self.separator)
        if self.separator == "/" and head.startswith("@"):
            return head  # a scope may be a pattern of its own
        return head if rest or head else module

    def find(self, module: str) -> str | None:
        """The name whose pattern is ``module`` or a prefix of it that ends at a separator."""
        if self.package_of(module) not in self.packages:
            return None
        while module:
            if module in self.excepted:
                return None
            name = self.exact.get(module)
            if name is not None:
                return name
            module = module.rpartition(self.separator)[0]
        return None

    def find_import(self, module: str, names: Iterable[str]) -> str | None:
        """``find`` for an import: a name taken from a module counts as its submodule."""
        if self.package_of(module) not in self.packages:
            return None
        for name in names:
            full = f"{module}{self.separator}{name}"
            if full not in self.excepted:
                found = self.find(full)
                if found is not None:
                    return found
        if names and any(f"{module}{self.separator}{name}" in self.excepted for name in names):
            return None
        return self.find(module)


def ecosystem_of(path: str) -> str:
    """``pypi`` for a Python file, ``npm`` for one of JavaScript or TypeScript."""
    return "pypi" if path.endswith((".py", ".pyi")) else "npm"


@cache
def _library_table(kind: str, ecosystem: str) -> ModuleTable:
    table = ModuleTable("." if ecosystem == "pypi" else "/")
    for name, library in (orms() if kind == "orm" else frameworks()).items():
        if library.kind:
            continue  # "layer": listed for what it stands on
        for pattern in library.python if ecosystem == "pypi" else library.javascript:
            table.add(pattern, name)
        table.excepted.update(library.excepted)
    return table


@cache
def _engine_table(what: str, ecosystem: str) -> ModuleTable:
    table = ModuleTable("." if ecosystem == "pypi" else "/")
    for name, engine in engines().items():
        if what == "hints":
            patterns = engine.hints
        elif ecosystem == "pypi":
            patterns = [module for modules in engine.pypi.values() for module in modules]
        else:
            patterns = engine.npm
        for pattern in (*patterns, *(() if what == "hints" else engine.modules)):
            if ("/" in pattern or pattern.startswith("@")) <= (ecosystem == "npm"):
                table.add(pattern, name)
    return table


def framework_of(item: External) -> str | None:
    """The web framework a third-party import belongs to, None for any other import."""
    return _library_table("framework", ecosystem_of(item.source)).find_import(item.module, item.names)


def orm_of(item: External) -> str | None:
    """The ORM or query builder a third-party import belongs to."""
    return _library_table("orm", ecosystem_of(item.source)).find_import(item.module, item.names)


def driver_of(item: External) -> str | None:
    """The engine a third-party or standard-library import is a driver of (caches included)."""
    return engine_of_module(item.module, ecosystem_of(item.source), item.names)


def engine_of_module(module: str, ecosystem: str, names: Iterable[str] = ()) -> str | None:
    """The engine a module is a driver of."""
    return _engine_table("drivers", ecosystem).find_import(module, names)


def hint_of(item: External) -> str | None:
    """The engine an import speaks of without connecting to it (a dialect's column types)."""
    return _engine_table("hints", ecosystem_of(item.source)).find_import(item.module, item.names)


# --- names ------------------------------------------------------------------------------------------------------


@cache
def _schemes() -> dict[str, str]:
    return {scheme: name for name, engine in engines().items() for scheme in engine.schemes}


@lru_cache(maxsize=4096)
def engine_of_url(url: str) -> str | None:
    """The engine of a connection URL, or of its beginning up to the colon; None where the scheme says nothing.

    ``postgresql+asyncpg://...``, ``sqlite:./x.db``, ``sqlite::memory:``, ``file:./dev.db``, ``jdbc:postgresql:...`` and a
    bare ``:memory:``.
    """
    text = url.strip().lower()
    if text == ":memory:":
        return "sqlite"
    scheme, colon, _ = text.removeprefix("jdbc:").partition(":")
    known = _schemes()
    return (known.get(scheme) or known.get(scheme.partition("+")[0])) if colon else None


@cache
def _dialects(tool: str) -> dict[str, str]:
    return {
        dialect.lower(): name for name, engine in engines().items() for dialect in engine.names.get(tool, ())
    }


def engine_of_dialect(tool: str, dialect: str) -> str | None:
    """The engine a tool calls ``dialect`` (``sequelize``, ``knex``, ``typeorm``, ``django``, ``sqlalchemy``, ...).

    A name the tool does not know, but another one does, still says what is meant.
    """
    word = dialect.strip().lower()
    return _dialects(tool).get(word) or _all_dialects().get(word)


@cache
def _all_dialects() -> dict[str, str]:
    found: dict[str, str] = {}
    for name, engine in engines().items():
        for word in (name, *engine.schemes, *(word for words in engine.names.values() for word in words)):
            found.setdefault(word.lower(), name)
    return found


@cache
def _distributions(ecosystem: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, engine in engines().items():
        for distribution in engine.pypi if ecosystem == "pypi" else engine.npm:
            found.setdefault(distribution, name)
    found.pop("stdlib", None)
    return found


def engine_of_distribution(ecosystem: str, distribution: str) -> str | None:
    """The engine a distribution is a driver of."""
    return _distributions(ecosystem).get(distribution)


@lru_cache(maxsize=4096)
def engine_of_image(image: str) -> str | None:
    """The engine a container image runs; tag and digest are ignored, a registry host too."""
    name = image.partition("@")[0]
    head, _, tail = name.rpartition("/")
    name = f"{head}/{tail.partition(':')[0]}" if head else tail.partition(":")[0]
    candidates = [name.lower()]
    host, slash, rest = name.partition("/")
    if slash and ("." in host or ":" in host or host == "localhost"):
        candidates.append(rest.lower())
    candidates += [item.removeprefix("library/") for item in candidates if item.startswith("library/")]
    for candidate in candidates:
        for engine in engines().values():
            if any(fnmatchcase(candidate, pattern) for pattern in engine.images):
                return engine.name
    return None


@lru_cache(maxsize=4096)
def engine_of_variable(name: str) -> str | None:
    """The engine whose own environment variable this is (``PGHOST``, ``MYSQL_DATABASE``)."""
    for engine in engines().values():
        if any(fnmatchcase(name, pattern) for pattern in engine.env):
            return engine.name
    return None
