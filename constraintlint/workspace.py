"""The checked root on disk, turned into facts and resolved imports, doing again only what changed.

Every file is known by the hash of its content. A file whose size, times and inode are those of the last run is not
even read; on another machine, where those differ, its hash finds the facts all the same.
"""

from __future__ import annotations

import os
import posixpath
import stat
import sys
import time
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from constraintlint.cache import KEY_BYTES, Cache, build_key, content_key
from constraintlint.discovery import MAX_BYTES, discover, language_of
from constraintlint.facts.source import DEEP, FileFacts, Problem, traits
from constraintlint.findings import Diagnostic
from constraintlint.project.graph import Resolution
from constraintlint.project.tree import FileTree
from constraintlint.roles import is_test, is_test_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from constraintlint.config import Config


CONFIGURATION_NAMES = ("constraintlint.toml", "pyproject.toml", "package.json")
#: small sources that take every part of a frontend: an import, and a call worth following
_SAMPLE = (
    b"import sqlite from 'sqlite3';\nsqlite.connect(':memory:');\n",
    b"import sqlite3\nsqlite3.connect(':memory:')\n",
)
#: an API contract is rarely split into more files
_MAX_CONTRACT_FILES = 500
#: a file changed this shortly before it was read may change again within the same time stamp
_RACY_NS = 2_000_000_000


class FileState(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What ``stat`` says of a file, and the hash of the content it had then."""

    size: int
    mtime: int
    ctime: int
    inode: int
    key: bytes


class Snapshot(msgspec.Struct, array_like=True, gc=False):
    """What the last run of a root knew: the state of its files, and their imports as resolved then."""

    saved: int
    context: bytes
    """hash of everything resolution depends on besides source code: the list of files, manifests, tsconfigs"""
    files: dict[str, FileState]
    resolutions: dict[str, bytes]
    traits: dict[str, int]
    """``facts.source.traits`` of every source file"""
    diagnostics: list[Diagnostic]
    """what resolution found wrong in configuration files"""
    values: dict[str, bytes]
    """``reuse.ValueResults`` of each project, by the directory of its configuration"""


class Workspace:
    """One checked root. Build it with ``open_workspace``; then ``read``; facts and resolutions are computed on demand."""

    def __init__(
        self, root: Path, cache: Cache, jobs: int, override: tuple[str, bytes] | None = None
    ) -> None:
        self.root = root
        self.cache = cache
        self.jobs = jobs
        self.override = override
        self.diagnostics: list[Diagnostic] = []
        self.root_key = blake2b(build_key() + os.fsencode(root.resolve()), digest_size=16).digest()
        self.names = True
        """whether the loose names of files are read, which takes about half of the time of reading Python"""
        self.listing = discover(root)
        self.listed: list[str] = self.listing.files
        if override and override[0] not in set(self.listed):
            self.listed = sorted([*self.listed, override[0]])
        self.diagnostics += self.listing.diagnostics
        self.paths: list[str] = []
        self.sources: list[str] = []
        self.configs: list[Config] = []
        self._stats: dict[str, os.stat_result] = {}
        self._states: dict[str, FileState] = {}
        self._data: dict[str, bytes] = {}
        self._encoded: dict[str, bytes] = {}
        self._decoded: dict[str, FileFacts | None] = {}
        self._fresh: dict[bytes, bytes] = {}
        self._resolutions: dict[str, Resolution] = {}
        self._reused: dict[str, bytes] = {}
        self._traits: dict[str, int] = {}
        self._resolver_diagnostics: list[Diagnostic] = []
        self._same_context = False
        self._declared_assets: set[str] = set()
        """files that a configuration names and discovery did not list; it is known too late for ``stat_key``"""
        self.changed: set[str] = set()
        """source files that are not as the last run saw them (meaningful once imports are resolved)"""
        self.values: dict[str, bytes] = {}
        """what to remember of this run's value-following results (``reuse.ValueResults``)"""
        self._snapshot: Snapshot | None = None
        self._started = time.time_ns()
        self._stat_all()

    # --- which files, and in which state ---------------------------------------------------------------------------

    def _stat_all(self) -> None:
        base = f"{self.root}/"
        stat_of = os.stat
        stats = self._stats
        for path in self.listed:
            try:
                stats[path] = stat_of(base + path)
            except OSError as error:
                if not (self.override and path == self.override[0]):
                    self._unreadable(path, error)
        self.listed = [
            path for path in self.listed if path in stats or (self.override and path == self.override[0])
        ]

    def stat_key(self) -> bytes | None:
        """A digest of the listing and every file's ``stat``; None where a file is too fresh to be told by it."""
        if self.override or self._declared_assets:
            return None
        limit = self._started - _RACY_NS
        digest = blake2b(self.root_key, digest_size=16)
        parts = [*self.listing.assets, *self._configurations_above()]
        for path, status in self._stats.items():
            if status.st_mtime_ns > limit or status.st_ctime_ns > limit:
                return None
            parts.append(
                f"{path}\0{status.st_size} {status.st_mtime_ns} {status.st_ctime_ns} {status.st_ino}"
            )
        digest.update("\n".join(parts).encode("utf-8", "surrogateescape"))
        return digest.digest()

    def _configurations_above(self) -> list[str]:
        """The state of files above the root that may configure it."""
        found: list[str] = []
        for directory in Path(os.path.abspath(self.root)).parents:
            for name in CONFIGURATION_NAMES:
                try:
                    status = os.stat(directory / name)
                except OSError:
                    continue
                found.append(
                    f"{directory}/{name}\0{status.st_size} {status.st_mtime_ns} {status.st_ctime_ns}"
                )
        return found

    def read(
        self, configs: list[Config], excluded: Callable[[str], bool] | None = None, names: bool = True
    ) -> None:
        """Hash every file that is not excluded; ``tree_key`` then tells the state of the whole root.

        ``names``: whether a rule asks for loose names.
        """
        self.configs = configs
        self.names = names
        self._list_contracts()
        self.paths = [path for path in self.listed if excluded is None or not excluded(path)]
        self.sources = [path for path in self.paths if language_of(path)]
        self._load_snapshot()
        if self._snapshot is None and not self.override and self.cache.is_empty():
            self._read_sources()
        known = self._snapshot.files if self._snapshot else {}
        for path in self.paths:
            if path not in self._states:
                self._states_of(path, known.get(path))
        self.paths = [path for path in self.paths if path in self._states]
        self.sources = [path for path in self.sources if path in self._states]
        self.tree = FileTree(
            self.paths, self.bytes_of, self.listing.assets, self.listing.is_ignored, self._is_executable
        )

    def _list_contracts(self) -> None:
        """List the declared API contracts, and what may be a part of them, where their names alone did not tell."""
        assets = set(self.listing.assets)
        for config in self.configs:
            if not config.openapi or config.directory.startswith(".."):
                continue
            path = posixpath.normpath(posixpath.join(config.directory, config.openapi))
            below = posixpath.dirname(path)
            parts = {
                asset
                for asset in assets
                if asset.endswith((".yml", ".yaml", ".json")) and (not below or asset.startswith(f"{below}/"))
            }
            for asset in sorted({path, *parts} & assets)[:_MAX_CONTRACT_FILES]:
                try:
                    self._stats[asset] = os.stat(f"{self.root}/{asset}")
                except OSError:
                    continue
                self._declared_assets.add(asset)
        if self._declared_assets:
            self.listed = sorted({*self.listed, *self._declared_assets})

    def _read_sources(self) -> None:
        """Read, hash and parse every source file at once, on all cores: nothing is known yet that could spare it."""
        from constraintlint.parallel import map_bytes

        paths = [path for path in self.sources if self._stats[path].st_size <= MAX_BYTES]
        base = f"{self.root}/"

        def work(path: str) -> bytes:
            try:
                with open(base + path, "rb") as file:
                    data = file.read(MAX_BYTES + 1)
            except OSError:
                return b""  # said by the one who tries again
            return content_key(data) + _encode(read(path, data))

        read = self._reader()
        weights = [self._stats[path].st_size for path in paths]
        if self.jobs > 1:
            _prepare(paths)
        for path, result in zip(paths, map_bytes(work, paths, weights, self.jobs), strict=True):
            if result:
                key, self._encoded[path] = result[:KEY_BYTES], result[KEY_BYTES:]
                status = self._stats[path]
                self._states[path] = FileState(
                    status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino, key
                )
                self._fresh[self._facts_key(path)] = self._encoded[path]

    def _states_of(self, path: str, known: FileState | None) -> None:
        if self.override and path == self.override[0]:
            self._data[path] = self.override[1]
            self._states[path] = FileState(len(self.override[1]), 0, 0, 0, content_key(self.override[1]))
            return
        status = self._stats[path]
        if (
            known is not None
            and known.size == status.st_size
            and known.mtime == status.st_mtime_ns
            and known.ctime == status.st_ctime_ns
            and known.inode == status.st_ino
            and self._snapshot is not None
            and max(known.mtime, known.ctime) < self._snapshot.saved - _RACY_NS
        ):
            self._states[path] = known
            return
        if status.st_size > MAX_BYTES:
            key = content_key(f"too large {status.st_size} {status.st_mtime_ns}".encode())
        else:
            data = self._load(path)
            if data is None:
                return
            key = content_key(data)
        self._states[path] = FileState(
            status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino, key
        )

    def _load(self, path: str) -> bytes | None:
        try:
            with open(f"{self.root}/{path}", "rb") as file:
                data = file.read(MAX_BYTES + 1)
        except OSError as error:
            self._unreadable(path, error)
            return None
        self._data[path] = data
        return data

    def _unreadable(self, path: str, error: OSError) -> None:
        reason = (error.strerror or type(error).__name__).lower()
        self.diagnostics.append(Diagnostic(path, 1, "unreadable", f"cannot be read: {reason}"))

    def bytes_of(self, path: str) -> bytes | None:
        """The content of a listed file, None where it cannot be read (any more)."""
        if self.override and path == self.override[0]:
            return self.override[1]
        data = self._data.get(path)
        return data if data is not None else self._load(path)

    def tree_key(self) -> bytes:
        """A digest of all paths and contents."""
        digest = blake2b(self._context(), digest_size=16)
        for path, state in self._states.items():
            digest.update(path.encode("utf-8", "surrogateescape") + b"\0" + state.key)
        return digest.digest()

    # --- facts ------------------------------------------------------------------------------------------------------

    def facts(self, path: str) -> FileFacts | None:
        """All facts of a source file, None for other files; read once more where its imports alone were read."""
        known = self.known(path)
        if known is not None and not known.whole:
            known = self._complete(path, known)
        return known

    def _complete(self, path: str, known: FileFacts) -> FileFacts:
        data = self.bytes_of(path) or b""
        if content_key(data) != self._states[path].key:  # it changes while we read
            return msgspec.structs.replace(known, dynamic_names=True)
        facts = read_source(path, data, backend=self._is_backend, names=False)
        facts.names = known.names
        self._decoded[path] = facts
        self._encoded[path] = self._fresh[self._facts_key(path)] = _encode(facts)
        self._traits.pop(path, None)
        return facts

    def known(self, path: str) -> FileFacts | None:
        """The facts of a source file as far as they were read: its imports, loose names, problems and suppressions."""
        if path in self._decoded:
            return self._decoded[path]
        encoded = self._encoded.get(path)
        if encoded is None and path in self._states and language_of(path):
            self.load_facts([path])
            encoded = self._encoded.get(path)
        decoded = _decoder().decode(encoded) if encoded is not None else None
        self._decoded[path] = decoded
        return decoded

    def traits(self, path: str) -> int:
        """What is known of a source file without its facts (``facts.source.traits``)."""
        known = self._traits.get(path)
        if known is None:
            known = self._traits[path] = traits(self.known(path))
        return known

    def load_facts(self, paths: Iterable[str] | None = None) -> None:
        """Have the facts of these (all) source files at hand: from the cache, else by reading them, on all cores."""
        wanted = [path for path in (self.sources if paths is None else paths) if path not in self._encoded]
        keys = {path: self._facts_key(path) for path in wanted}
        known = self.cache.facts(keys.values())
        missing: dict[bytes, str] = {}
        for path in wanted:
            if keys[path] in known:
                self._encoded[path] = known[keys[path]]
            else:
                missing.setdefault(keys[path], path)
        if missing:
            fresh = self._parse(list(missing.values()))
            for path in wanted:
                if path not in self._encoded:
                    self._encoded[path] = fresh[missing[keys[path]]]
            self._fresh.update({key: fresh[path] for key, path in missing.items()})
            self._data.clear()  # what is read once more is a few configuration files and excerpts

    def _reader(self) -> Callable[[str, bytes], FileFacts]:
        """What reads one source file for a first time."""
        backend, names = self._is_backend, self.names

        def read(path: str, data: bytes) -> FileFacts:
            # nearly nobody imports from a test: what it binds can wait until somebody asks
            return read_source(path, data, backend=backend, names=names, whole=not is_test_file(path))

        return read

    @cached_property
    def _is_backend(self) -> bool:
        """Whether the JavaScript here may be a backend's; it certainly is where somebody configured what must hold."""
        from constraintlint.frontends.backends import may_be_backend

        if any(config.path for config in self.configs):
            return True
        manifests = [path for path in self.paths if path.rpartition("/")[2] == "package.json"]
        return may_be_backend(self.bytes_of(path) or b"" for path in manifests)

    def _facts_key(self, path: str) -> bytes:
        """Content, and the parts of the path a frontend looks at."""
        name = path.rpartition("/")[2]
        kind = (
            name
            if name.startswith("__init__.")
            else f"{name.partition('.')[2]} {is_test(path)} {is_test_file(path)} {path.endswith(('.py', '.pyi')) or self._is_backend}"
        )
        kind += f" {self.names}"
        return blake2b(
            self._states[path].key + kind.encode("utf-8", "replace"), key=build_key(), digest_size=16
        ).digest()

    def _parse(self, paths: list[str]) -> dict[str, bytes]:
        from constraintlint.parallel import map_bytes

        items: list[tuple[str, bytes]] = []
        for path in paths:
            size = self._states[path].size
            items.append((path, b"" if size > MAX_BYTES else self.bytes_of(path) or b""))
        weights = [len(data) for _, data in items]
        too_large = {path for path in paths if self._states[path].size > MAX_BYTES}

        def work(item: tuple[str, bytes]) -> bytes:
            path, data = item
            if path in too_large:
                return _encode(_too_large(path))
            return _encode(read(path, data))

        read = self._reader()
        return dict(zip(paths, map_bytes(work, items, weights, self.jobs), strict=True))

    # --- imports ----------------------------------------------------------------------------------------------------

    def resolve(self) -> dict[str, Resolution]:
        """The imports of every source file; what neither changed nor consulted a changed file is taken from before."""
        if self._resolutions:
            return self._resolutions
        from constraintlint.project.imports import Resolver

        kept = self._kept()
        self.load_facts([path for path in self.sources if path not in kept])
        resolver = Resolver(self.tree, self.facts)
        for path in self.sources:
            resolution = kept.get(path)
            if resolution is None:
                facts = self.known(path)
                resolution = resolver.resolve(path, facts) if facts is not None else Resolution()
            self._resolutions[path] = resolution
        self._resolver_diagnostics = sorted({*self._resolver_diagnostics, *resolver.diagnostics})
        self.diagnostics += self._resolver_diagnostics
        return self._resolutions

    def _kept(self) -> dict[str, Resolution]:
        """What the last run found out and still holds: traits of unchanged files, and the resolutions of those that
        consulted no changed file."""
        before = self._snapshot
        if before is None:
            return {}
        self.changed = changed = {
            path
            for path in self.sources
            if path not in before.files or before.files[path].key != self._states[path].key
        }
        self._same_context = before.context == self._context()
        if not self._same_context:
            return {}
        self._traits = {path: bits for path, bits in before.traits.items() if path not in changed}
        self._resolver_diagnostics = before.diagnostics
        decode = msgspec.msgpack.Decoder(Resolution).decode
        kept: dict[str, Resolution] = {}
        for path, encoded in before.resolutions.items():
            if path not in changed:
                resolution = decode(encoded)
                if changed.isdisjoint(resolution.consulted):
                    kept[path] = resolution
                    self._reused[path] = encoded
        return kept

    def before(self, path: str) -> tuple[int, Resolution] | None:
        """The traits and the resolved imports of a file as the last run saw it."""
        snapshot = self._snapshot
        if snapshot is None or path not in snapshot.traits or path not in snapshot.resolutions:
            return None
        return snapshot.traits[path], msgspec.msgpack.decode(snapshot.resolutions[path], type=Resolution)

    def earlier_values(self, directory: str) -> bytes | None:
        """The value-following results of the last run, where it saw the same files, manifests and settings."""
        if self._snapshot is None or not self._same_context:
            return None
        return self._snapshot.values.get(directory)

    def _is_executable(self, path: str) -> bool:
        if sys.platform == "win32":
            return True  # the file system does not say
        status = self._stats.get(path)
        return status is not None and bool(status.st_mode & stat.S_IXUSR)

    def _context(self) -> bytes:
        digest = blake2b(build_key(), digest_size=16)
        for path in (*self.paths, "", *self.listing.assets):
            digest.update(path.encode("utf-8", "surrogateescape") + b"\0")
        for path in self.paths:
            if not language_of(path):
                digest.update(self._states[path].key)
                if path.endswith(".sh"):
                    digest.update(b"x" if self._is_executable(path) else b"-")
        return digest.digest()

    # --- memory between runs ------------------------------------------------------------------------------------------

    def _snapshot_key(self) -> bytes:
        """Runs that want other facts remember other things."""
        return (
            self.root_key if self.names else blake2b(self.root_key, key=b"no names", digest_size=16).digest()
        )

    def _load_snapshot(self) -> None:
        data = self.cache.snapshot(self._snapshot_key())
        if data is None:
            return
        try:
            self._snapshot = msgspec.msgpack.decode(data, type=Snapshot)
        except msgspec.MsgspecError:
            self._snapshot = None  # written by a crashed or foreign process: start afresh

    def has_deep(self) -> bool:
        """Whether any file was read in depth; their facts are all at hand then."""
        deep = [path for path in self.sources if self.traits(path) & DEEP]
        self.load_facts(deep)
        return bool(deep)

    def save_facts(self) -> None:
        """Remember new facts early, while something else is being worked out."""
        if not self.override and self._fresh:
            self.cache.store(self._snapshot_key(), self._fresh, None, None)
            self._fresh = {}

    def save(self, result: tuple[bytes, bytes] | None, aliases: Iterable[bytes] = ()) -> None:
        """Remember what this run learnt: new facts, the snapshot, and one result under its key."""
        if not self.cache.works or self.override:
            return
        snapshot = None
        if self._resolutions:
            encode = msgspec.msgpack.Encoder().encode
            resolutions = {
                path: self._reused.get(path) or encode(resolution)
                for path, resolution in self._resolutions.items()
            }
            known = {path: self.traits(path) for path in self.sources}
            before = self._snapshot
            if not self.values and before is not None and self._same_context and not self.changed:
                self.values = before.values  # a command that follows no values must not forget them
            snapshot = encode(
                Snapshot(
                    self._started,
                    self._context(),
                    self._states,
                    resolutions,
                    known,
                    self._resolver_diagnostics,
                    self.values,
                )
            )
        self.cache.store(self._snapshot_key(), self._fresh, snapshot, result)
        for alias in aliases:
            if result is not None:
                self.cache.store(self._snapshot_key(), {}, None, (alias, result[1]))

    def lines(self, path: str) -> list[str]:
        """The source lines of a file, for excerpts; empty where it cannot be read any more."""
        data = self.bytes_of(path) if path in self._states else None
        if data is None:
            return []
        from constraintlint.text import decode_source

        return decode_source(path, data).split("\n")


def _too_large(path: str) -> FileFacts:
    message = f"larger than {MAX_BYTES // (1024 * 1024)} MiB, not read; exclude it or split it"
    return FileFacts(language_of(path), problems=[Problem("too-large", message)])


def read_source(
    path: str, data: bytes, *, backend: bool = True, names: bool = True, whole: bool = True
) -> FileFacts:
    """The facts of one source file, by its language; frontends are imported when first needed.

    ``backend``: whether JavaScript may be that of a backend; ``names``: whether loose names are wanted; ``whole``: whether
    more than imports and loose names is wanted of a file that nothing else is to be known of.
    A fault of ours becomes a problem of that file, so that one file never costs the others.
    """
    language = language_of(path)
    try:
        from constraintlint.frontends.needles import needles

        if language == "python":
            from constraintlint.frontends.python import read as read_python

            return read_python(path, data, needles(language, is_test(path)), names=names, whole=whole)
        from constraintlint.frontends.ecmascript import read as read_ecmascript

        return read_ecmascript(path, data, needles(language, is_test(path), backend), names=names)
    except Exception as error:
        message = f"could not be analysed: internal error {type(error).__name__}: {error}"
        return FileFacts(language, problems=[Problem("analysis-incomplete", message)])


def _prepare(paths: Iterable[str]) -> None:
    """Import what reading these files needs, once, before there are several processes."""
    for suffix in sorted({path[path.rfind(".") :] for path in paths}):
        for name in (f"a{suffix}", f"tests/a{suffix}"):
            read_source(name, _SAMPLE[language_of(name) == "python"])


def _encode(facts: FileFacts) -> bytes:
    return msgspec.msgpack.encode(facts)


def _decoder() -> msgspec.msgpack.Decoder[FileFacts]:
    global _facts_decoder
    if _facts_decoder is None:
        _facts_decoder = msgspec.msgpack.Decoder(FileFacts)
    return _facts_decoder


_facts_decoder: msgspec.msgpack.Decoder[FileFacts] | None = None
