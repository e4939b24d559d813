"""What an imported third-party package is to the architecture rules, and which distributions bring it."""

from __future__ import annotations

from functools import cache

from constraintlint.project.graph import External
from constraintlint.project.signatures import engines, framework_of, orm_of

#: packages of a framework that carry what every layer needs (dependency injection, decorators of services)
_NOT_ONLY_WEB = frozenset({"@nestjs/common", "@nestjs/core", "@adonisjs/core", "@loopback/core"})
#: distributions outside the engine signatures whose import name is another
_RENAMED = {
    "yaml": "pyyaml", "bs4": "beautifulsoup4", "PIL": "pillow", "dotenv": "python_dotenv", "jwt": "pyjwt",
    "jose": "python_jose", "dateutil": "python_dateutil", "sklearn": "scikit_learn", "cv2": "opencv_python",
    "rest_framework": "djangorestframework", "ninja": "django_ninja", "corsheaders": "django_cors_headers",
    "attr": "attrs", "magic": "python_magic", "serial": "pyserial", "zmq": "pyzmq", "Crypto": "pycryptodome",
    "OpenSSL": "pyopenssl", "git": "gitpython", "docx": "python_docx", "slugify": "python_slugify",
}  # fmt: skip


def web_framework_of(item: External) -> str | None:
    """The web framework an import belongs to, None where it is none (or the framework's own ORM or client)."""
    return None if item.package in _NOT_ONLY_WEB else framework_of(item)


def is_orm(item: External) -> bool:
    """Whether an import, made at run time, is of an ORM or query builder."""
    return item.kind != "type-only" and orm_of(item) is not None


def distributions_of(import_name: str) -> tuple[str, ...]:
    """The PyPI distributions known to install a top-level module of another name."""
    return _distributions().get(import_name, ())


@cache
def _distributions() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {module: [distribution] for module, distribution in _RENAMED.items()}
    for engine in engines().values():
        for distribution, modules in engine.pypi.items():
            for module in modules:
                if module != distribution and distribution != "stdlib":
                    found.setdefault(module, []).append(distribution)
    return {module: tuple(names) for module, names in found.items()}
