"""Which names of calls can take SQL in a project: those of the libraries whose packages it imports.

Asking what a receiver is costs much more than looking at a name, and ``get``, ``all`` or ``map`` are names of everything.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from constraintlint.facts.code import Call
from constraintlint.libraries import Argument, Libraries, Signature, libraries
from constraintlint.project.flow.library_calls import argument_of
from constraintlint.project.sql_text import text_argument

if TYPE_CHECKING:
    from constraintlint.project import Project

#: last name of a callee -> the arguments that can hold SQL
Sinks = dict[str, list[Argument]]

_NAME = re.compile(r"[@&.\w$/-]+(?:#[\w.$]+)?")


def seen_packages(project: Project) -> frozenset[str]:
    """Roots of qualified names that the imports of the checked root can lead to."""
    found: set[str] = set()
    for resolution in project.resolutions.values():
        for item in resolution.external:
            found |= {item.package, item.module.removeprefix("node:"), item.module}
        for unresolved in resolution.unresolved:
            found.add(unresolved.specifier)
            if "prisma" in unresolved.specifier:
                found.add("@prisma/client")  # the generated client of a project that was not generated yet
    return frozenset(root for name in found for root in (_root(name), _root(name.removeprefix("node:"))))


@cache
def sinks(language: str, seen: frozenset[str] | None = None) -> Sinks:
    """Every last name of a function or method that takes SQL; of the packages ``seen`` and what these hand out."""
    library = libraries(language)
    wanted = _closure(language, seen) if seen is not None else None
    found: Sinks = {}

    def add(name: str, root: str, signature: Signature) -> None:
        argument = text_argument(signature)
        if argument is not None and (wanted is None or root in wanted):
            found.setdefault(name, []).append(argument)

    for qualified, signature in library.functions.items():
        add(signature.name.replace("#", ".").rsplit(".", 1)[-1], _root(qualified), signature)
    for known in library.types.values():
        for name, method in known.methods.items():
            add(name, _root(known.name), method)
    return {name: arguments for name, arguments in found.items() if name.isidentifier() or name[:1] == "$"}


def takes(found: list[Argument], call: Call) -> bool:
    """Whether a call has one of these arguments."""
    return any(argument_of(call, argument) is not None for argument in found)


@cache
def callable_makers() -> frozenset[str]:
    """The last names of JavaScript functions whose result is itself called with SQL."""
    library = libraries("javascript")
    takers = {
        name
        for name, known in library.types.items()
        if "()" in known.methods and text_argument(known.methods["()"]) is not None
    }
    return frozenset(
        signature.name.rpartition("#")[2]
        for signature in library.functions.values()
        if signature.returns in takers
    )


def _root(name: str) -> str:
    """The package of a qualified name: ``@a/b/c#D.e`` -> ``@a/b``, ``sqlalchemy.orm.Session`` -> ``sqlalchemy``."""
    if "#" in name or "/" in name:
        parts = name.split("#")[0].split("/")
        return "/".join(parts[:2]) if name.startswith("@") else parts[0]
    return name.split(".")[0] if not name.startswith(".") else name


def _closure(language: str, seen: frozenset[str]) -> frozenset[str]:
    """The packages seen, names that need no import, and every package whose types these hand out."""
    links = _links(language)
    declared = {
        _root(package) for item in libraries(language).libraries.values() for package in item.packages
    }
    reached = {root for root in links if root in seen or root not in declared}
    queue = sorted(reached)
    for root in queue:
        for other in links.get(root, ()):
            if other not in reached:
                reached.add(other)
                queue.append(other)
    return frozenset(reached)


@cache
def _links(language: str) -> dict[str, frozenset[str]]:
    """Package -> the packages that its signatures name."""
    library: Libraries = libraries(language)
    found: dict[str, set[str]] = {}

    def link(owner: str, *named: str) -> None:
        roots = found.setdefault(_root(owner), set())
        for text in named:
            roots.update(_root(name) for name in _NAME.findall(text))

    def link_signature(owner: str, signature: Signature) -> None:
        link(owner, signature.returns, *(name for argument in signature.arguments for name in argument.types))

    for name, signature in library.functions.items():
        link_signature(name, signature)
    for name, known in library.types.items():
        link(name, *known.bases, *known.members.values(), known.enter)
        for method in known.methods.values():
            link_signature(name, method)
    for name, type_ in library.values.items():
        link(name, type_)
    for name, target in library.aliases.items():
        link(name, target)
    return {name: frozenset(roots) for name, roots in found.items()}
