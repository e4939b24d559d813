"""One run of ``check``: workspace -> project -> checks -> report. Nothing here prints.

``analyse`` is what the command line calls; ``open_projects`` gives the assembled projects to commands that show them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from constraintlint.cache import Cache, build_key
from constraintlint.findings import Report
from constraintlint.parallel import available_cores
from constraintlint.workspace import Workspace

if TYPE_CHECKING:
    from constraintlint.config import Config
    from constraintlint.project import Project

CACHE_DIRECTORY = ".constraintlint_cache"


class Options(msgspec.Struct, kw_only=True):
    """What the caller asks for. ``paths`` restrict what is reported, never what is read."""

    root: Path
    paths: list[str] = []
    """relative to the root, files or directories; empty means everything"""
    select: list[str] = []
    ignore: list[str] = []
    cache: bool = True
    cache_directory: Path | None = None
    jobs: int = 0
    """processes; 0 means one a core"""
    override: tuple[str, bytes] | None = None
    """a path and the content to read instead of the file's (``--stdin-filename``)"""

    def key(self) -> bytes:
        """What the result depends on besides the files."""
        parts = [
            build_key(),
            *(",".join(sorted(part)).encode() for part in (self.paths, self.select, self.ignore)),
        ]
        return blake2b(b"\0".join(parts), digest_size=16).digest()


def analyse(options: Options, note: Callable[[str], None] | None = None) -> Report:
    """Check one root. ``note`` is told what a person may want to know of the run itself (a cache that does not work).

    Raises ``constraintlint.config.ConfigError`` for a configuration that cannot be used.
    """
    started = time.perf_counter()
    workspace = _open(options)
    report = None
    if not workspace.cache.is_empty():
        report = _from_cache(workspace, options, workspace.stat_key())
    if report is None:
        report = _compute(workspace, options)
    if note is not None and workspace.cache.problem:
        note(f"the cache is not used: {workspace.cache.problem}")
    workspace.cache.close()
    report.root = str(options.root)
    report.summary.duration_ms = round((time.perf_counter() - started) * 1000)
    return report


def _open(options: Options) -> Workspace:
    directory = options.cache_directory or options.root / CACHE_DIRECTORY
    cache = Cache(directory if options.cache else None)
    return Workspace(options.root, cache, options.jobs or available_cores(), options.override)


def _result_key(options: Options, state: bytes) -> bytes:
    return blake2b(options.key() + state, digest_size=16).digest()


def _from_cache(workspace: Workspace, options: Options, state: bytes | None) -> Report | None:
    if state is None:
        return None
    data = workspace.cache.result(_result_key(options, state))
    if data is None:
        return None
    try:
        return msgspec.msgpack.decode(data, type=Report)
    except msgspec.MsgspecError:
        return None


def _compute(workspace: Workspace, options: Options) -> Report:
    from constraintlint.config import excluded_by
    from constraintlint.run import build_report, wants_names

    configs = _configurations(workspace)
    workspace.read(configs, excluded_by(configs), wants_names(configs, options.select, options.ignore))
    by_stat = workspace.stat_key()
    state = blake2b(workspace.tree_key() + _outside(configs), digest_size=16).digest()
    report = None if options.override else _from_cache(workspace, options, state)
    if report is None:
        report = build_report(
            workspace, open_projects(workspace), options.paths, options.select, options.ignore
        )
    aliases = [_result_key(options, by_stat)] if by_stat is not None else []
    workspace.save((_result_key(options, state), msgspec.msgpack.encode(report)), aliases)
    return report


def _configurations(workspace: Workspace) -> list[Config]:
    from constraintlint.config import load

    listing = workspace.listing
    return load(workspace.root, workspace.listed, assets=listing.assets, is_ignored=listing.is_ignored)


def _outside(configs: Iterable[msgspec.Struct]) -> bytes:
    """What a configuration above the checked root says: it is not among the listed files."""
    return b"".join(
        msgspec.msgpack.encode(c) for c in configs if getattr(c, "directory", "").startswith("..")
    )


def root_config(options: Options) -> Config:
    """The configuration that serves the root itself. Raises ConfigError."""
    from constraintlint.config import config_for

    workspace = _open(options)
    try:
        return config_for(_configurations(workspace), "")
    finally:
        workspace.cache.close()


def open_workspace(options: Options) -> Workspace:
    """A workspace that has been read, for commands other than ``check``. Raises ConfigError."""
    from constraintlint.config import excluded_by

    workspace = _open(options)
    configs = _configurations(workspace)
    workspace.read(configs, excluded_by(configs))
    return workspace


def open_projects(workspace: Workspace) -> list[Project]:
    """One Project for each configuration that serves at least one source file (one without any where none is)."""
    from constraintlint.config import Config, config_for
    from constraintlint.project import Project

    resolutions = workspace.resolve()
    served: dict[str, list[str]] = {}
    by_place: dict[str, Config] = {}
    for path in workspace.sources:
        config = config_for(workspace.configs, path)
        by_place[config.directory] = config
        served.setdefault(config.directory, []).append(path)
    for config in workspace.configs:
        inside = config.path and not config.directory.startswith("..")
        if inside and config.directory not in by_place:
            by_place[config.directory] = config
            served[config.directory] = []
    if not by_place:
        by_place[""] = Config()
        served[""] = []
    return [
        Project(
            by_place[place],
            workspace.tree,
            workspace.facts,
            resolutions,
            served[place],
            workspace.traits,
            workspace.known,
        )
        for place in sorted(by_place)
    ]
