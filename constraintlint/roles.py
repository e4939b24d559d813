"""What a file is for, by its path: a test, a migration, an example or development script, or running code."""

from __future__ import annotations

import re
from functools import lru_cache

_TEST_DIRECTORIES = frozenset(
    {"test", "tests", "__tests__", "__test__", "testing", "spec", "specs", "e2e", "integration_tests", "unit_tests", "cypress", "__mocks__", "__fixtures__"}
)  # fmt: skip
_TEST_FILE = re.compile(
    r"(test_.*|.*_tests?|tests|conftest)\.pyi?$|.*[._-](test|spec|e2e|mock|stories)\.[cm]?[jt]sx?$|(jest|vitest|playwright|cypress|karma)[.\w-]*\.[cm]?[jt]s$"
)
_MIGRATION_DIRECTORIES = frozenset(
    {"migrations", "migration", "alembic", "seeders", "seeds", "seed", "migrate"}
)
_DEVELOPMENT_DIRECTORIES = frozenset(
    {"examples", "example", "docs", "doc", "scripts", "script", "tools", "benchmarks", "benchmark", "demo", "demos", "samples", "sample", ".github", "ci", ".ci", ".storybook"}
)  # fmt: skip


@lru_cache(maxsize=65536)
def is_test(path: str) -> bool:
    """A test, its configuration or its helpers, by directory or file name."""
    *directories, name = path.split("/")
    return any(part.lower() in _TEST_DIRECTORIES for part in directories) or bool(
        _TEST_FILE.match(name.lower())
    )


@lru_cache(maxsize=65536)
def is_test_file(path: str) -> bool:
    """A test by its own name, whatever directory it lies in."""
    return bool(_TEST_FILE.match(path.rpartition("/")[2].lower()))


@lru_cache(maxsize=65536)
def is_migration(path: str) -> bool:
    """A schema migration or a seed: raw SQL is at home there."""
    return any(part.lower() in _MIGRATION_DIRECTORIES for part in path.split("/")[:-1])


@lru_cache(maxsize=65536)
def is_development(path: str) -> bool:
    """Examples, documentation and scripts that are not part of the running program."""
    return any(part.lower() in _DEVELOPMENT_DIRECTORIES for part in path.split("/")[:-1])
