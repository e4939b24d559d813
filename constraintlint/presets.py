"""Layer presets: ``rules/presets/*.toml``. A preset names layers from top to bottom and the words that mean each."""

from __future__ import annotations

import tomllib
from functools import cache

import msgspec

from constraintlint.rulebook import rules_directory


class Preset(msgspec.Struct, kw_only=True, frozen=True, rename="kebab", forbid_unknown_fields=True, eq=False):
    """One preset. Every word is a directory name or the last part of a file name, in any case, singular or plural.

    ``layers``: name -> words, top to bottom; a layer may import those below it. ``no_skipping``: layers that an import
    must not jump over. ``minimum_layers``: how many must be there for the architecture to be present.
    ``framework_layers``/``driver_layers``: where the web framework, and drivers and sessions, may be imported.
    ``composition_roots``: words of files, ``composition_directories``: words of directories, that may import everything.
    """

    name: str
    summary: str
    layers: dict[str, list[str]]
    minimum_layers: int
    no_skipping: list[str] = []
    framework_layers: list[str] = []
    driver_layers: list[str] = []
    composition_roots: list[str] = []
    composition_directories: list[str] = []

    def __hash__(self) -> int:
        return hash(self.name)


def preset_names() -> list[str]:
    """The presets there are, sorted."""
    return sorted(file.stem for file in (rules_directory() / "presets").glob("*.toml"))


@cache
def load_preset(name: str) -> Preset:
    """Read one preset. Raises KeyError where there is none of that name."""
    file = rules_directory() / "presets" / f"{name}.toml"
    if name not in preset_names():
        raise KeyError(name)
    return msgspec.convert({"name": name, **tomllib.loads(file.read_text("utf-8"))}, Preset)
