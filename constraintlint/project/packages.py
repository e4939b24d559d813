"""What an imported third-party package is to the architecture rules, and which distributions bring it."""

from __future__ import annotations

from functools import cache

from constraintlint.project.distributions import providers
from constraintlint.project.graph import External
from constraintlint.project.signatures import engines, framework_of, orm_of

#: packages of a framework that carry what every layer needs (dependency injection, decorators of services)
_NOT_ONLY_WEB = frozenset({"@nestjs/common", "@nestjs/core", "@adonisjs/core", "@loopback/core"})


def web_framework_of(item: External) -> str | None:
    """The web framework an import belongs to, None where it is none (or the framework's own ORM or client)."""
    return None if item.package in _NOT_ONLY_WEB else framework_of(item)


def is_orm(item: External) -> bool:
    """Whether an import, made at run time, is of an ORM or query builder."""
    return item.kind != "type-only" and orm_of(item) is not None


def distributions_of(import_name: str) -> tuple[str, ...]:
    """The PyPI distributions known to install a top-level module of another name."""
    return (*providers(import_name), *_drivers().get(import_name, ()))


@cache
def _drivers() -> dict[str, list[str]]:
    """Import name -> distributions of database drivers, as the engine signatures have them."""
    found: dict[str, list[str]] = {}
    for engine in engines().values():
        for distribution, modules in engine.pypi.items():
            for module in modules:
                if module != distribution and distribution != "stdlib":
                    found.setdefault(module, []).append(distribution)
    return found
