"""Find the configurations of a checked root, and which one serves a file: the nearest above it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from constraintlint.config.errors import ConfigError, Mistake
from constraintlint.config.parse import parse
from constraintlint.config.patterns import Pattern, unmatched
from constraintlint.config.read import read
from constraintlint.config.records import Config
from constraintlint.globs import compile_globs

#: In one directory the first of these that holds a configuration wins.
NAMES = ("constraintlint.toml", "pyproject.toml", "package.json")


def load(
    root: Path,
    files: Iterable[str],
    *,
    assets: Iterable[str] = (),
    is_ignored: Callable[[str], bool] | None = None,
) -> list[Config]:
    """All configurations of a root, outermost first; one without declarations where none serves the root itself.

    ``files`` and ``assets`` are the listing of discovery, ``is_ignored`` says where it lists nothing. A configuration
    below a directory that an outer one excludes is not read. Raises ConfigError with every mistake in all of them.
    """
    listing = sorted(files)
    others = sorted(assets)
    configs: list[Config] = []
    patterns: list[tuple[Config, list[Pattern]]] = []
    mistakes: list[Mistake] = []
    for path in _candidates(root, listing):
        if excluded_by(configs)(path) or any(_directory(path) == config.directory for config in configs):
            continue
        if path.startswith("..") and any(not config.directory for config in configs):
            continue  # the root has a configuration of its own
        found = _load_one(root, path, mistakes)
        if found is not None:
            configs.append(found[0])
            patterns.append(found)
    if not any(config.directory == "" or config.directory.startswith("..") for config in configs):
        configs.insert(0, Config())
    for config, found_patterns in patterns:
        if not config.directory.startswith(".."):
            mistakes += unmatched(config, found_patterns, root, listing, others, is_ignored)
    if mistakes:
        raise ConfigError(mistakes)
    return configs


def config_for(configs: Sequence[Config], path: str) -> Config:
    """The configuration nearest above a file of the root."""
    best: Config | None = None
    for config in configs:
        serves = config.directory in ("", ".") or config.directory.startswith("..")
        if (serves or path.startswith(config.directory + "/")) and (
            best is None or _depth(config) > _depth(best)
        ):
            best = config
    return best if best is not None else Config()


def excluded_by(configs: Sequence[Config]) -> Callable[[str], bool]:
    """Whether the configuration that serves a file excludes it."""
    if not any(config.exclude for config in configs):
        return lambda path: False
    matchers = {id(config): compile_globs(config.exclude) for config in configs}

    def excluded(path: str) -> bool:
        config = config_for(configs, path)
        matches = matchers.get(id(config))
        return matches is not None and matches(config.relative(path))

    return excluded


def _depth(config: Config) -> int:
    if config.directory.startswith(".."):
        return -config.directory.count("..")
    return config.directory.count("/") + 1 if config.directory else 0


def _directory(path: str) -> str:
    return path.rpartition("/")[0]


def _candidates(root: Path, listing: list[str]) -> list[str]:
    """Files that may hold a configuration: those of the root, then of the directories above it, nearest first, then
    those inside, outermost first."""
    inside = [path for path in listing if path.rpartition("/")[2] in NAMES]
    inside.sort(key=lambda path: (path.count("/"), _directory(path), NAMES.index(path.rpartition("/")[2])))
    own = [path for path in inside if "/" not in path]
    return [*own, *_above(root), *inside[len(own) :]]


def _above(root: Path) -> list[str]:
    """Files of all directories above the root, nearest first, up to the top of the git work tree if there is one."""
    found: list[str] = []
    directory = Path(os.path.abspath(root))
    prefix = ""
    while not (directory / ".git").exists() and directory != directory.parent:
        directory = directory.parent
        prefix += "../"
        found += [prefix + name for name in NAMES if (directory / name).is_file()]
    return found


def _load_one(root: Path, path: str, mistakes: list[Mistake]) -> tuple[Config, list[Pattern]] | None:
    directory = _directory(path)
    try:
        data = (root / path).read_bytes()
        section = parse(path, data)
    except ConfigError as error:
        mistakes += error.mistakes
        return None
    except OSError as error:
        if path.endswith("constraintlint.toml"):
            mistakes.append(Mistake(path, 1, f"the file cannot be read: {error.strerror}"))
        return None
    if section is None:
        return None
    config, patterns, wrong = read(section, directory)
    mistakes += wrong
    if directory.startswith(".."):
        absolute = Path(os.path.abspath(root))
        config.above = absolute.relative_to(absolute.parents[directory.count("..") - 1]).as_posix()
        # What is asked for by name is checked, whatever is excluded when its surroundings are
        config.exclude = [
            pattern for pattern in config.exclude if not compile_globs([pattern])(f"{config.above}/.")
        ]
    return config, patterns
