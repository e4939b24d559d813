"""What is known of database libraries: the handles they give and where they take SQL (``rules/signatures/handles-*.toml``).

The format is described at the top of ``handles-python.toml``.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from typing import Literal

import msgspec

from constraintlint.rulebook import rules_directory

Role = Literal[
    "", "sql", "statement", "fragment", "statement-or-fragment", "env", "default", "callback"
]  # fmt: skip


class Argument(msgspec.Struct, frozen=True, gc=False):
    """One argument of a library function. ``names`` are its keywords, ``keys`` the keys under which an object holds it."""

    role: Role
    position: int
    names: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    """types of the parameters of a callback"""


class Signature(msgspec.Struct, gc=False):
    """A function or method: ``name`` is its qualified name, ``library`` the table it stands in.

    ``returns``: a type, ``=``/``=2`` (that argument), ``call`` (what its first argument returns), ``type:T`` (a class
    derived from T), ``module:M``, ``[T]`` (an iterable of T), ``?key T``.
    """

    name: str
    library: str
    arguments: list[Argument] = []
    returns: str = ""
    tag: Role = ""
    """what the template is where the name tags one"""


class Type(msgspec.Struct, gc=False):
    """A type whose instances matter."""

    name: str
    library: str
    kind: str
    bases: tuple[str, ...] = ()
    methods: dict[str, Signature] = {}
    members: dict[str, str] = {}
    """attribute -> type of its value, or ``=`` and a qualified name"""
    enter: str = ""


class Library(msgspec.Struct, frozen=True, gc=False):
    """One library: ``role`` is driver, orm, builder or helper."""

    name: str
    language: str
    role: str
    engine: str
    packages: tuple[str, ...]


class Libraries:
    """The libraries of one language family (``python`` or ``javascript``)."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.libraries: dict[str, Library] = {}
        self.types: dict[str, Type] = {}
        self.functions: dict[str, Signature] = {}
        self.values: dict[str, str] = {}
        """qualified name of a module-level object -> its type"""
        self._aliases: dict[str, str] = {}
        self._canonical: dict[str, str] = {}
        self._lineages: dict[str, tuple[str, ...]] = {}
        file = rules_directory() / "signatures" / f"handles-{language}.toml"
        for name, table in tomllib.loads(file.read_text("utf-8")).items():
            self.libraries[name] = Library(
                name, language, table["role"], table.get("engine", ""), tuple(table["packages"])
            )
            _read_api(self, name, table["api"])

    @property
    def aliases(self) -> dict[str, str]:
        """Other qualified names -> the names the signatures use."""
        return self._aliases

    def canonical(self, name: str) -> str:
        """The name the signatures use for a qualified name."""
        found = self._canonical.get(name)
        if found is None:
            found = self._canonical[name] = self._resolve(name, 0)
        return found

    def _resolve(self, name: str, depth: int) -> str:
        aliases = self._aliases
        if depth > 5:
            return name
        exact = aliases.get(name)
        if exact is not None:
            return self._resolve(exact, depth + 1)
        end = len(name)
        while True:
            end = max(name.rfind(".", 0, end), name.rfind("#", 0, end))
            if end <= 0:
                return name
            target = aliases.get(name[:end])
            if target is not None and not target.startswith(name[:end] + "#"):
                rest = name[end:]
                if name[end] == "#" and "#" in target:
                    rest = "." + name[end + 1 :]
                return self._resolve(target + rest, depth + 1)

    def lineage(self, type_name: str) -> tuple[str, ...]:
        """A type and its bases, nearest first."""
        found = self._lineages.get(type_name)
        if found is None:
            names = [type_name]
            for name in names:
                known = self.types.get(name)
                if known is not None:
                    names += [base for base in known.bases if base not in names]
            found = self._lineages[type_name] = tuple(names)
        return found

    def method(self, type_name: str, name: str) -> Signature | None:
        """A method by inheritance; ``*`` of a type stands for its other methods."""
        for owner in self.lineage(type_name):
            known = self.types.get(owner)
            if known is not None:
                found = known.methods.get(name)
                if found is not None:
                    return found
        for owner in self.lineage(type_name):
            known = self.types.get(owner)
            if known is not None and "*" in known.methods and not name.startswith(("`", "(", "[")):
                return known.methods["*"]
        return None

    def member(self, type_name: str, name: str) -> str | None:
        """What an attribute of an instance (or of the class) is: a type, or ``=`` and a qualified name."""
        for owner in self.lineage(type_name):
            known = self.types.get(owner)
            if known is not None:
                found = known.members.get(name)
                if found is not None:
                    return found
        return None

    def library_of(self, type_name: str) -> Library | None:
        known = self.types.get(type_name)
        return self.libraries[known.library] if known is not None else None

    def package_library(self, module: str) -> Library | None:
        """The driver, ORM or builder an imported module belongs to."""
        name = module
        while True:
            found = _packages(self.language).get(name)
            if found is not None:
                return self.libraries[found]
            cut = max(name.rfind("."), name.rfind("/"))
            if cut <= 0:
                return None
            name = name[:cut]

    def _add(self, line: str, library: str, owner: Type | None) -> None:
        if match := _ALIAS.fullmatch(line):
            if owner is not None:
                owner.members[match[1]] = "=" + match[2]
            else:
                self._aliases[match[1]] = match[2]
        elif match := _MEMBER.fullmatch(line):
            if owner is not None:
                owner.members[match[1]] = match[2]
            else:
                self.values[match[1]] = match[2]
        elif match := _TAGGED.fullmatch(line):
            name = f"{match[1]}`"
            _extend(self._table(owner), name, library, owner, tag=match[2], returns=match[3] or "")
        elif match := _FUNCTION.fullmatch(line):
            arguments = _arguments(match[2][1:-1] if match[2] else "")
            _extend(self._table(owner), match[1], library, owner, arguments, match[3] or "")
        else:
            raise ValueError(f"signature not understood: {line}")

    def _table(self, owner: Type | None) -> dict[str, Signature]:
        return self.functions if owner is None else owner.methods


_ALIAS = re.compile(r"(\S+) = (\S+)")
_MEMBER = re.compile(r"(\S+) : (\S+)")
_TAGGED = re.compile(r"([^\s`]*)`([a-z-]+)`(?: -> (\S+))?")
_FUNCTION = re.compile(r"(enter|\S+?)(\((?!\)\().*\))?(?: -> (.+))?")
_CLASS = re.compile(r"class ([^\s(]+)(?:\(([^)]*)\))? : ([a-z]+)")
_ARGUMENT = re.compile(r"(_|=|[a-z-]+)?(?::([\w/]+))?(?:\{([\w,]+)\})?")


def _read_api(libraries: Libraries, library: str, api: str) -> None:
    owner: Type | None = None
    for line in api.strip().split("\n"):
        if line.startswith("  ") and owner is not None:
            text = line.strip()
            if text.startswith("enter -> "):
                owner.enter = text.removeprefix("enter -> ")
            else:
                libraries._add(text, library, owner)
        elif match := _CLASS.fullmatch(line):
            bases = tuple(base.strip() for base in (match[2] or "").split(",") if base.strip())
            owner = libraries.types[match[1]] = Type(match[1], library, match[3], bases, {}, {})
        else:
            owner = None
            libraries._add(line, library, None)


def _extend(
    table: dict[str, Signature],
    name: str,
    library: str,
    owner: Type | None,
    arguments: list[Argument] | None = None,
    returns: str = "",
    tag: str = "",
) -> None:
    """Add a signature; a second line for the same name is an overload whose arguments are added."""
    known = table.get(name)
    if known is None:
        full = f"{owner.name}.{name}" if owner is not None else name
        known = table[name] = Signature(full, library, [], returns)
    known.arguments = [*known.arguments, *(arguments or [])]
    known.returns = known.returns or returns
    if tag:
        known.tag = _role(tag)


def _role(text: str) -> Role:
    if text in ("sql", "statement", "fragment", "statement-or-fragment", "env", "default"):
        return text  # type: ignore[return-value]
    raise ValueError(f"argument role not understood: {text}")


def _arguments(text: str) -> list[Argument]:
    found: list[Argument] = []
    for position, part in enumerate(_split(text)):
        if part.startswith("fn("):
            types = tuple(name.strip() for name in part[3:-1].split(",") if name.strip())
            found.append(Argument("callback", position, types=types))
            continue
        match = _ARGUMENT.fullmatch(part)
        if match is None:
            raise ValueError(f"argument not understood: {part}")
        role, names, keys = match[1] or "_", match[2], match[3]
        if role in ("_", "=") and not keys:
            continue
        found.append(
            Argument(
                "" if role == "_" else _role(role),
                position,
                tuple(names.split("/")) if names else (),
                tuple(keys.split(",")) if keys else (),
            )
        )
    return found


def _split(text: str) -> list[str]:
    """Split at the commas outside parentheses and braces."""
    parts: list[str] = []
    depth = start = 0
    for i, character in enumerate(text):
        if character in "({":
            depth += 1
        elif character in ")}":
            depth -= 1
        elif character == "," and not depth:
            parts.append(text[start:i].strip())
            start = i + 1
    last = text[start:].strip()
    return [*parts, last] if last else parts


@cache
def _packages(language: str) -> dict[str, str]:
    return {
        package: library.name
        for library in libraries(language).libraries.values()
        for package in library.packages
        if library.role in ("driver", "orm", "builder")
    }


@cache
def _load(language: str) -> Libraries:
    return Libraries(language)


def libraries(language: str) -> Libraries:
    """The libraries of ``python``, or of ``javascript`` and ``typescript``."""
    return _load("python" if language == "python" else "javascript")
