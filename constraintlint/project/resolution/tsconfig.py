"""What a tsconfig.json or jsconfig.json says: its files, its aliases, its output (TypeScript 5.9, tsconfig reference)."""

from __future__ import annotations

import re
from typing import NamedTuple

from constraintlint.globs import GlobError, Matcher, compile_globs
from constraintlint.project.resolution.ecmascript_files import join

_CONFIG_DIR = "${configDir}"
_EXTENDS = re.compile(r'"extends"\s*:')
#: options of a path or paths relative to the file that sets them
_PATHS = ("baseUrl", "outDir", "rootDir", "declarationDir")


class Alias(NamedTuple):
    """One entry of ``paths``: ``prefix*suffix`` (or exactly ``prefix``) and its targets below the checked root."""

    prefix: str
    suffix: str | None
    targets: tuple[str, ...]

    def match(self, specifier: str) -> list[str] | None:
        """The paths to try, in order; None where the pattern does not match."""
        if self.suffix is None:
            return list(self.targets) if specifier == self.prefix else None
        end = len(specifier) - len(self.suffix)
        if (
            end < len(self.prefix)
            or not specifier.startswith(self.prefix)
            or not specifier.endswith(self.suffix)
        ):
            return None
        star = specifier[len(self.prefix) : end]
        return [target.replace("*", star, 1) for target in self.targets]

    @property
    def pattern(self) -> str:
        return self.prefix if self.suffix is None else f"{self.prefix}*{self.suffix}"


class Raw(NamedTuple):
    """What one file says, with paths made absolute below the root; ``options`` keeps only what resolution reads."""

    options: dict[str, object]
    extends: tuple[str, ...]
    files: tuple[str, ...] | None
    include: tuple[str, ...] | None
    exclude: tuple[str, ...] | None
    references: tuple[str, ...]
    line: int
    """of ``extends``"""


class Config:
    """One configuration with all it extends."""

    __slots__ = (
        "_aliases", "_exclude", "_files", "_include", "base_url", "conditions", "directory", "is_solution", "out_dirs",
        "path", "references", "root_dir", "root_dirs",
    )  # fmt: skip

    def __init__(self, path: str, raw: Raw) -> None:
        self.path = path
        self.directory = path.rpartition("/")[0]
        options = {key: _localised(value, self.directory) for key, value in raw.options.items()}
        self.base_url = _text(options.get("baseUrl"))
        self.root_dirs = _texts(options.get("rootDirs"))
        self.root_dir = _text(options.get("rootDir"))
        self.out_dirs = tuple(
            directory for key in ("outDir", "declarationDir") if (directory := _text(options.get(key)))
        )
        self.conditions = _texts(options.get("customConditions"))
        self.references = raw.references
        self.is_solution = raw.files == () and not raw.include
        self._aliases = _aliases(options, self.base_url, self.directory)
        self._files = frozenset(_localise(item, self.directory) for item in raw.files or ())
        include = raw.include
        if include is None:
            include = () if raw.files is not None else (f"{self.directory}/**" if self.directory else "**",)
        self._include = _matcher(include, self.directory)
        self._exclude = _matcher((*(raw.exclude or ()), *self.out_dirs), self.directory)

    def owns(self, path: str) -> bool:
        """Whether ``files``, or ``include`` without ``exclude``, name the file."""
        return path in self._files or (self._include(path) and not self._exclude(path))

    def alias(self, specifier: str) -> tuple[Alias, list[str]] | None:
        """The entry of ``paths`` for a specifier (an exact one, else that with the longest prefix) and its targets."""
        for alias in self._aliases:
            targets = alias.match(specifier)
            if targets is not None:
                return alias, targets
        return None


def read_raw(value: dict[str, object], path: str, data: bytes) -> Raw:
    directory = path.rpartition("/")[0]
    given = value.get("compilerOptions")
    given = given if isinstance(given, dict) else {}
    options: dict[str, object] = {}
    for key in _PATHS:
        text = given.get(key)
        if isinstance(text, str):
            options[key] = _anchored(text, directory)
    if isinstance(given.get("rootDirs"), list):
        options["rootDirs"] = [
            _anchored(item, directory) for item in given["rootDirs"] if isinstance(item, str)
        ]
    if isinstance(given.get("customConditions"), list):
        options["customConditions"] = [item for item in given["customConditions"] if isinstance(item, str)]
    if isinstance(given.get("paths"), dict):
        options["paths"] = given["paths"]
        options["pathsBase"] = directory
    extends = value.get("extends")
    listed = extends if isinstance(extends, list) else [extends]
    line = 1
    if extends is not None:
        match = _EXTENDS.search(data.decode("utf-8", "replace"))
        line = match.string.count("\n", 0, match.start()) + 1 if match else 1
    return Raw(
        options,
        tuple(item for item in listed if isinstance(item, str) and item),
        _anchored_list(value.get("files"), directory),
        _anchored_list(value.get("include"), directory),
        _anchored_list(value.get("exclude"), directory),
        tuple(_references(value.get("references"), directory)),
        line,
    )


def _references(value: object, directory: str) -> list[str]:
    found = []
    for item in value if isinstance(value, list) else ():
        path = item.get("path") if isinstance(item, dict) else None
        target = join(directory, path) if isinstance(path, str) else None
        if target is not None:
            is_file = target.endswith(".json")
            found.append(target if is_file else f"{target}/tsconfig.json" if target else "tsconfig.json")
    return found


def _anchored(text: str, directory: str) -> str:
    """A path below the root, or one that still starts with ``${configDir}``; "\0" for one that leads out of it."""
    text = text.replace("\\", "/")
    if text.startswith(_CONFIG_DIR):
        return text
    path = join(directory, text)
    return "\0" if path is None else path


def _anchored_list(value: object, directory: str) -> tuple[str, ...] | None:
    if not isinstance(value, list):
        return None
    return tuple(_anchored(item, directory) for item in value if isinstance(item, str))


def _localise(text: str, directory: str) -> str:
    if not text.startswith(_CONFIG_DIR):
        return text
    path = join(directory, text[len(_CONFIG_DIR) :])
    return "\0" if path is None else path


def _localised(value: object, directory: str) -> object:
    if isinstance(value, str):
        return _localise(value, directory)
    if isinstance(value, list):
        return [_localise(item, directory) if isinstance(item, str) else item for item in value]
    return value


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value != "\0" else None


def _texts(value: object) -> tuple[str, ...]:
    return (
        tuple(item for item in value if isinstance(item, str) and item != "\0")
        if isinstance(value, list)
        else ()
    )


def _aliases(options: dict[str, object], base_url: str | None, directory: str) -> list[Alias]:
    """``paths``, in the order they are tried: exact entries, then those with the longest prefix."""
    paths = options.get("paths")
    if not isinstance(paths, dict):
        return []
    base = base_url if base_url is not None else str(options.get("pathsBase", ""))
    found: list[Alias] = []
    for pattern, targets in paths.items():
        if not isinstance(targets, list):
            continue
        places = tuple(
            place
            for target in targets
            if isinstance(target, str) and (place := _target(target, base, directory)) is not None
        )
        prefix, star, suffix = pattern.partition("*")
        found.append(Alias(prefix, suffix if star else None, places))
    found.sort(key=lambda alias: (alias.suffix is not None, -len(alias.prefix)))
    return found


def _target(target: str, base: str, directory: str) -> str | None:
    if target.startswith(_CONFIG_DIR):
        return join(directory, target[len(_CONFIG_DIR) :])
    return join(base, target)


def _matcher(patterns: tuple[str, ...], directory: str) -> Matcher:
    """A predicate for ``include``/``exclude`` patterns; one that leads out of the root or has no meaning matches nothing."""
    found: list[str] = []
    for pattern in patterns:
        text = _localise(pattern, directory)
        if text == "\0":
            continue
        try:
            compile_globs((text or "**",))
        except GlobError:
            continue
        found.append(text or "**")
    return compile_globs(found)
