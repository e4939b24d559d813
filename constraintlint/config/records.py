"""What a team declares: the typed form of constraintlint.toml, [tool.constraintlint] and package.json."""

from __future__ import annotations

import posixpath

import msgspec


class Contract(msgspec.Struct, kw_only=True):
    """One ``[[forbid]]``, ``[[independent]]``, ``[[protect]]`` or ``[[acyclic]]`` table.

    ``sources``/``targets`` are ``from``/``to`` of forbid; ``paths`` belongs to independent, acyclic and protect
    (as a list); ``only`` to protect. Patterns are globs on paths relative to the configuration file's directory, or
    third-party packages: ``pypi:requests``, ``pypi:sqlalchemy.orm``, ``npm:axios``, ``npm:@prisma/client``.
    """

    kind: str
    sources: list[str] = []
    targets: list[str] = []
    paths: list[str] = []
    only: list[str] = []
    transitive: bool = False
    type_only: bool = False
    """whether type-only imports count"""
    because: str = ""
    name: str = ""
    line: int = 1
    """where the table stands in the configuration file"""


class Override(msgspec.Struct, kw_only=True):
    """``[[overrides]]``: other severities for some paths."""

    paths: list[str]
    rules: dict[str, str]
    line: int = 1


class Verify(msgspec.Struct, kw_only=True):
    """``[verify]``: how ``constraintlint verify`` sets up, starts and tests the backend. None is the default.

    ``database`` is an engine that can be provided, "none", or the URL of a server. ``timeouts`` are seconds, by part.
    """

    setup: list[str] | None = None
    run: str | None = None
    port: int | None = None
    base_url: str | None = None
    health: str | None = None
    database: str | None = None
    env: dict[str, str] = {}
    suite: str | None = None
    timeouts: dict[str, float] = {}


class Config(msgspec.Struct, kw_only=True):
    """One configuration; everything is optional. ``path`` is "" where no file declares anything.

    ``path`` and ``directory`` are relative to the checked root with forward slashes; a configuration above the root
    has a directory starting with ``..``.
    """

    path: str = ""
    directory: str = ""
    framework: list[str] = []
    architecture: str | None = None
    database: str | None = None
    orm: str | None = None
    openapi: str | None = None
    exclude: list[str] = []
    composition_roots: list[str] = []
    layers: dict[str, list[str]] = {}
    """``[layers]``: name -> globs, top to bottom; empty where the preset's names apply"""
    contracts: list[Contract] = []
    rules: dict[str, str] = {}
    overrides: list[Override] = []
    verify: Verify | None = None
    lines: dict[str, int] = {}
    """the line on which each top-level key (and ``rules.<name>``, ``layers.<name>``) stands"""
    above: str = ""
    """for a configuration above the checked root: the way from its directory down to the root"""

    def relative(self, path: str) -> str:
        """A path of the checked root as the patterns of this configuration see it."""
        if self.directory.startswith(".."):
            return f"{self.above}/{path}"
        if not self.directory:
            return path
        prefix = self.directory + "/"
        return path[len(prefix) :] if path.startswith(prefix) else posixpath.relpath(path, self.directory)
