"""Plain values -> Config, noting every mistake on the way: unknown keys and words, wrong types, missing keys."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any

from constraintlint.config.errors import Mistake, suggestion
from constraintlint.config.locate import Key, nearest_line
from constraintlint.config.parse import Section
from constraintlint.config.patterns import Pattern
from constraintlint.config.records import Config, Contract, Override, Verify
from constraintlint.config.vocabulary import (
    COMMON_KEYS,
    CONTRACTS,
    KEYS,
    OVERRIDE_KEYS,
    SEVERITIES,
    databases,
    frameworks,
    orms,
)
from constraintlint.globs import GlobError, translate

_PACKAGE = re.compile(
    r"pypi:[A-Za-z0-9_*][\w*-]*(?:\.[\w*-]+)*|npm:(?:@[a-z0-9*~][\w.*~-]*/)?[a-z0-9*~@][\w.*~-]*(?:/[\w.*~-]+)*"
)
_PLACES_FOR_PACKAGES = {("forbid", "to"), ("protect", "paths"), ("protect", "path")}


def read(section: Section, directory: str) -> tuple[Config, list[Pattern], list[Mistake]]:
    """The typed form of a section, its path patterns, and what is wrong with it. Mistaken parts keep their defaults."""
    reader = Reader(section)
    config = reader.config(directory)
    return config, reader.patterns, reader.mistakes


class Reader:
    """One section on its way to a Config; ``mistakes`` and ``patterns`` grow as it is read."""

    def __init__(self, section: Section) -> None:
        self.section = section
        self.mistakes: list[Mistake] = []
        self.patterns: list[Pattern] = []

    def wrong(self, key: Key, message: str) -> None:
        line = nearest_line(self.section.lines, key)
        self.mistakes.append(Mistake(self.section.path, line, message))

    # --- the whole -------------------------------------------------------------------------------------------------

    def config(self, directory: str) -> Config:
        values = self.section.values
        self.known_keys(values, KEYS, ())
        lines = {
            str(key[0]) if len(key) == 1 else f"{key[0]}.{key[1]}": line
            for key, line in self.section.lines.items()
            if len(key) == 1 or (len(key) == 2 and key[0] in ("rules", "layers"))
        }
        layers = self.layers()
        architecture = self.word(("architecture",), _architectures)
        self.check_layers(architecture, layers)
        return Config(
            path=self.section.path,
            directory=directory,
            framework=self.words(("framework",), frameworks),
            architecture=architecture,
            database=self.word(("database",), databases),
            orm=self.word(("orm",), orms),
            openapi=self.openapi(),
            exclude=self.globs(("exclude",)),
            composition_roots=self.globs(("composition-roots",)),
            layers=layers,
            contracts=self.contracts(),
            rules=self.severities(("rules",)),
            overrides=self.overrides(),
            verify=self.verify() if "verify" in values else None,
            lines=lines,
        )

    def verify(self) -> Verify:
        from constraintlint.config.verify import read_verify

        return read_verify(self)

    def openapi(self) -> str | None:
        path = self.text(("openapi",))
        if path is None or "://" in path:
            return path
        return next(iter(self.globs(("openapi",))), None)

    def layers(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for name in self.table(("layers",)):
            found[name] = self.globs(("layers", name))
            if not found[name] and isinstance(self.get(("layers", name)), list):
                self.wrong(("layers", name), f'the layer "{name}" has no pattern')
        return found

    def check_layers(self, architecture: str | None, layers: dict[str, list[str]]) -> None:
        """``layered`` needs layers of its own; a preset's layers keep their names."""
        if architecture == "layered":
            if not layers:
                self.wrong(
                    ("architecture",), 'architecture "layered" needs the layers in [layers], top to bottom'
                )
            return
        if architecture == "none" or not layers:
            return
        from constraintlint.presets import load_preset

        preset = load_preset(architecture or "clean")
        for name in layers:
            if name not in preset.layers:
                known = ", ".join(preset.layers)
                self.wrong(
                    ("layers", name),
                    f'"{name}" is no layer of the preset "{preset.name}" ({known})'
                    + (suggestion(name, preset.layers) or '; own layers need architecture = "layered"'),
                )

    def contracts(self) -> list[Contract]:
        found: list[Contract] = []
        for kind, own in CONTRACTS.items():
            for key, table in self.tables((kind,)):
                keys = {*own, *COMMON_KEYS} | ({"path"} if kind == "protect" else set())
                self.known_keys(table, keys, key)
                for required in own:
                    if required not in table and not (
                        required == "paths" and kind == "protect" and "path" in table
                    ):
                        self.wrong(key, f'[[{kind}]] needs "{required}"')
                found.append(
                    Contract(
                        kind=kind,
                        sources=self.globs((*key, "from")),
                        targets=self.globs((*key, "to")),
                        paths=self.globs((*key, "paths"))
                        + (self.globs((*key, "path")) if kind == "protect" else []),
                        only=self.globs((*key, "only")),
                        transitive=self.flag((*key, "transitive")),
                        type_only=self.flag((*key, "type-only")),
                        because=self.text((*key, "because")) or "",
                        name=self.text((*key, "name")) or "",
                        line=nearest_line(self.section.lines, key),
                    )
                )
        return sorted(found, key=lambda contract: contract.line)

    def overrides(self) -> list[Override]:
        found: list[Override] = []
        for key, table in self.tables(("overrides",)):
            self.known_keys(table, OVERRIDE_KEYS, key)
            for required in OVERRIDE_KEYS:
                if required not in table:
                    self.wrong(key, f'[[overrides]] needs "{required}"')
            line = nearest_line(self.section.lines, key)
            found.append(
                Override(paths=self.globs((*key, "paths")), rules=self.severities((*key, "rules")), line=line)
            )
        return found

    def severities(self, key: Key) -> dict[str, str]:
        found: dict[str, str] = {}
        for rule, level in self.table(key).items():
            if rule not in _rule_words():
                self.wrong(
                    (*key, rule), f'unknown rule or category "{rule}"{suggestion(rule, _rule_words())}'
                )
            elif not isinstance(level, str):
                self.wrong((*key, rule), f'"{rule}" must be one of {_listed(SEVERITIES)}, not {_kind(level)}')
            elif level not in SEVERITIES:
                hint = suggestion(level, SEVERITIES)
                self.wrong(
                    (*key, rule), f'unknown severity "{level}"{hint or f" (known: {_listed(SEVERITIES)})"}'
                )
            else:
                found[rule] = level
        return found

    # --- values of one kind ------------------------------------------------------------------------------------------

    def get(self, key: Key) -> Any:
        value: Any = self.section.values
        for part in key:
            if isinstance(value, dict):
                value = value.get(str(part))
            else:
                value = value[part] if isinstance(value, list) and isinstance(part, int) else None
        return value

    def known_keys(self, table: Mapping[str, Any], known: Iterable[str], where: Key) -> None:
        names = list(known)
        for name in table:
            if name not in names:
                self.wrong((*where, name), f'unknown key "{name}"{suggestion(name, names)}')

    @staticmethod
    def kind(value: object) -> str:
        return _kind(value)

    def text(self, key: Key) -> str | None:
        value = self.get(key)
        if value is None or isinstance(value, str):
            return value
        self.wrong(key, f'"{key[-1]}" must be a string, not {_kind(value)}')
        return None

    def flag(self, key: Key) -> bool:
        value = self.get(key)
        if value is None or isinstance(value, bool):
            return bool(value)
        self.wrong(key, f'"{key[-1]}" must be true or false, not {_kind(value)}')
        return False

    def word(self, key: Key, known: Callable[[], list[str]]) -> str | None:
        value = self.text(key)
        return value if value is not None and self.is_known(key, value, known) else None

    def words(self, key: Key, known: Callable[[], list[str]]) -> list[str]:
        return [word for place, word in self.strings(key) if self.is_known(place, word, known, key)]

    def is_known(self, place: Key, word: str, known: Callable[[], list[str]], key: Key = ()) -> bool:
        names = known()
        if word in names:
            return True
        hint = (
            suggestion(word, names) or f" (known: {_listed(names[:12])}{', ...' if len(names) > 12 else ''})"
        )
        self.wrong(place, f'unknown {(key or place)[-1]} "{word}"{hint}')
        return False

    def globs(self, key: Key) -> list[str]:
        """Patterns that have a meaning; packages only where a package can stand."""
        found: list[str] = []
        packages = (key[0], key[-1]) in _PLACES_FOR_PACKAGES
        for place, pattern in self.strings(key):
            if pattern.startswith(("pypi:", "npm:")):
                if not packages:
                    self.wrong(
                        place, f'the package "{pattern}" cannot stand in "{key[-1]}", which takes paths'
                    )
                elif not _PACKAGE.fullmatch(pattern):
                    self.wrong(
                        place,
                        f'"{pattern}" is not the name of a package, as in pypi:sqlalchemy.orm or npm:axios',
                    )
                else:
                    found.append(pattern)
                continue
            try:
                translate(pattern)
            except GlobError as error:
                self.wrong(place, f'the pattern "{pattern}" has no meaning: {error}')
            else:
                found.append(pattern)
                self.patterns.append(Pattern(nearest_line(self.section.lines, place), pattern, str(key[0])))
        return found

    def strings(self, key: Key) -> list[tuple[Key, str]]:
        """A list of strings, or one string, with the place of each."""
        value = self.get(key)
        if value is None:
            return []
        if isinstance(value, str):
            return [(key, value)]
        if not isinstance(value, list):
            self.wrong(key, f'"{key[-1]}" must be a list of strings, not {_kind(value)}')
            return []
        found: list[tuple[Key, str]] = []
        for index, item in enumerate(value):
            if isinstance(item, str):
                found.append(((*key, index), item))
            else:
                self.wrong((*key, index), f'"{key[-1]}" must hold strings only, not {_kind(item)}')
        return found

    def table(self, key: Key) -> dict[str, Any]:
        value = self.get(key)
        if value is None or isinstance(value, dict):
            return value or {}
        self.wrong(key, f'"{key[-1]}" must be a table, not {_kind(value)}')
        return {}

    def tables(self, key: Key) -> list[tuple[Key, dict[str, Any]]]:
        value = self.get(key)
        if value is None:
            return []
        if not isinstance(value, list):
            hint = (
                f", written [[{key[-1]}]]"
                if isinstance(value, dict) and self.section.path.endswith(".toml")
                else ""
            )
            self.wrong(key, f'"{key[-1]}" must be a list of tables{hint}, not {_kind(value)}')
            return []
        found: list[tuple[Key, dict[str, Any]]] = []
        for index, item in enumerate(value):
            if isinstance(item, dict):
                found.append(((*key, index), item))
            else:
                self.wrong((*key, index), f'"{key[-1]}" must hold tables only, not {_kind(item)}')
        return found


def _kind(value: object) -> str:
    """What a TOML or JSON value is, with its article."""
    if isinstance(value, bool):
        return "true" if value else "false"
    names: tuple[tuple[type | tuple[type, ...], str], ...] = (
        (int, "an integer"), (float, "a number"), (str, "a string"), (list, "a list"), (dict, "a table"),
    )  # fmt: skip
    return next(
        (name for kind, name in names if isinstance(value, kind)),
        "null" if value is None else "a date or time",
    )


def _listed(words: Iterable[str]) -> str:
    return ", ".join(words)


@cache
def _rule_words() -> frozenset[str]:
    from constraintlint.rulebook import CATEGORIES, rules_directory

    root = rules_directory()
    return frozenset(CATEGORIES) | {
        file.stem for category in CATEGORIES for file in (root / category).glob("*.md")
    }


def _architectures() -> list[str]:
    from constraintlint.presets import preset_names

    return [*preset_names(), "layered", "none"]
