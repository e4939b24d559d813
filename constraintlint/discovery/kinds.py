"""What a file is, by its name alone: source, configuration, or something else; and directories that hold neither."""

from __future__ import annotations

import re

#: Source files above this size are not read (diagnostic ``too-large``, given by the reader).
MAX_BYTES = 2 * 1024 * 1024

_LANGUAGES = {
    "py": "python", "pyi": "python",
    "js": "javascript", "mjs": "javascript", "cjs": "javascript", "jsx": "javascript",
    "ts": "typescript", "mts": "typescript", "cts": "typescript", "tsx": "typescript",
}  # fmt: skip

_SOURCE_SUFFIXES = frozenset({*_LANGUAGES, "sql", "SQL", "prisma"})

#: Names, of directories as a rule, below which a project's own source never is, whatever git says of them.
SKIPPED_NAMES = frozenset(
    {
        ".git", ".hg", ".svn", ".jj", "node_modules", "bower_components", "jspm_packages", "__pycache__",
        "__pypackages__", "site-packages", ".tox", ".nox", ".venv", ".eggs", ".mypy_cache", ".ruff_cache",
        ".pytest_cache", ".hypothesis", ".constraintlint_cache", ".ipynb_checkpoints", ".yarn", ".pnpm-store",
        ".next", ".nuxt", ".svelte-kit", ".turbo", ".parcel-cache", ".nyc_output", ".serverless", ".aws-sam",
        ".terraform", ".gradle", ".idea", ".direnv", "LC_MESSAGES",
    }
)  # fmt: skip

_YAML = r"""environment[^.]*|pnpm-workspace|(?:.*[-_.])?(?:docker-)?compose(?:[-_.].*)?|render|serverless
    |(?:.*[-_.])?(?:openapi|swagger|api-spec|api-docs)(?:[-_.].*)?|ormconfig"""
_SETTINGS = (
    r"""(?:config|settings|application|app|default|development|production|test|database)(?:[-_.].*)?"""
)
_JSON = r"""package|wrangler|lerna|nx|turbo|deno|nest-cli|ormconfig|[tj]sconfig.*|.*\.base|nodemon|ecosystem\.config
    |(?:.*[-_.])?(?:openapi|swagger|api-spec|api-docs)(?:[-_.].*)?"""


def _names(expression: str) -> re.Pattern[str]:
    return re.compile(rf"(?:{expression})\.\w+", re.VERBOSE | re.IGNORECASE)


#: Manifests, settings, compose and start files by suffix: they say which stack a project has and where its modules are.
_CONFIGURATION = {
    "toml": _names(rf"pyproject|constraintlint|pdm|uv|fly|wrangler|{_SETTINGS}"),
    "cfg": _names(rf"setup|{_SETTINGS}"),
    "ini": _names(rf"tox|alembic|{_SETTINGS}"),
    "txt": _names(r"(?:.*[-_.])?requirements(?:[-_.].*)?|constraints"),
    "in": _names(r"(?:.*[-_.])?requirements(?:[-_.].*)?"),
    "yml": _names(rf"{_YAML}|{_SETTINGS}"),
    "yaml": _names(rf"{_YAML}|{_SETTINGS}"),
    "json": _names(rf"{_JSON}|{_SETTINGS}"),
    "jsonc": _names(rf"{_JSON}"),
    "env": _names(r".*"),
    "sh": _names(r".*"),
    "Dockerfile": _names(r".*"),
    "dockerfile": _names(r".*"),
}
_PLAIN_NAMES = re.compile(
    r"(?:Dockerfile|Containerfile)(?:[-_.].*)?|\.env(?:[-_.].*)?|\.flaskenv|Procfile(?:\..*)?|Pipfile"
    r"|Makefile|justfile|\.sequelizerc|\.gitignore",
    re.IGNORECASE,
)
_PLAIN_STARTS = tuple("dDcCpPmMjJ.")
_LOCK_FILES = frozenset({"package-lock.json", "npm-shrinkwrap.json", "composer.json", "pnpm-lock.yaml"})

#: Directories in which every plain settings file counts.
SETTINGS_DIRECTORIES = frozenset({"config", "configs", "conf", "settings", "requirements"})
_SETTINGS_SUFFIXES = frozenset({"json", "yml", "yaml", "toml", "ini", "cfg", "txt", "in"})


def language_of(path: str) -> str:
    """``python``, ``javascript``, ``typescript``, or ``""`` for what is no source file of these."""
    return _LANGUAGES.get(_suffix(path), "")


def _suffix(name: str) -> str:
    dot = name.rfind(".")
    return name[dot + 1 :] if dot >= 0 else ""


def is_configuration(name: str) -> bool:
    """Whether a file name is that of a manifest, a settings, compose or start file."""
    by_suffix = _CONFIGURATION.get(_suffix(name))
    if by_suffix is not None and by_suffix.fullmatch(name):
        return name not in _LOCK_FILES
    return name.startswith(_PLAIN_STARTS) and _PLAIN_NAMES.fullmatch(name) is not None


def is_wanted(name: str, in_settings_directory: bool = False, beside_tsconfig: bool = False) -> bool:
    """Whether a file is listed as source or configuration. A tsconfig may extend any JSON file beside it."""
    suffix = _suffix(name)
    if suffix in _SOURCE_SUFFIXES or is_configuration(name):
        return True
    if name in _LOCK_FILES:
        return False
    return (in_settings_directory and suffix in _SETTINGS_SUFFIXES) or (beside_tsconfig and suffix == "json")
