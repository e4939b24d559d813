"""The list of tracked files, read from ``.git/index`` (git's index-format, versions 2 to 4).

Git ignores no file that it tracks, so a tracked ``lib/`` under a ``.gitignore`` that says ``lib/`` is source. Reading
the index needs no process, and runs nothing that the repository's configuration names.
"""

from __future__ import annotations

import os
from pathlib import Path

_HEADER = 12
_REGULAR = 8
"""type bits of a regular file in an entry's mode"""
_FIXED = 62
"""bytes of an entry before its name, with 20 bytes of SHA-1"""


def find_repository(directory: Path) -> tuple[Path, Path] | None:
    """The work tree around ``directory`` and its git directory; None outside a repository."""
    for candidate in (directory, *directory.parents):
        git = git_directory(candidate)
        if git is not None:
            return candidate, git
    return None


def git_directory(work_tree: Path) -> Path | None:
    """``.git``, or what the file ``.git`` of a linked work tree or submodule points to."""
    git = work_tree / ".git"
    try:
        if git.is_dir():
            return git if (git / "HEAD").exists() else None
        text = git.read_bytes()[:4096].decode("utf-8", "surrogateescape")
    except (OSError, ValueError):
        return None
    if not text.startswith("gitdir:"):
        return None
    target = Path(os.path.normpath(work_tree / text[len("gitdir:") :].strip()))
    return target if target.is_dir() else None


def exclude_file(git: Path) -> Path:
    """``info/exclude`` of a repository; linked work trees share that of the main one."""
    try:
        common = (git / "commondir").read_text("utf-8").strip()
    except (OSError, ValueError):
        return git / "info" / "exclude"
    return git / common / "info" / "exclude"


def tracked_files(git: Path) -> list[str] | None:
    """Paths of the regular files in the index; None where there is no index or it has another form."""
    try:
        data = (git / "index").read_bytes()
    except OSError:
        return None
    if len(data) < _HEADER + 20 or data[:4] != b"DIRC":
        return None
    version = int.from_bytes(data[4:8])
    count = int.from_bytes(data[8:12])
    if version not in (2, 3, 4) or count * _FIXED > len(data):
        return None
    try:
        return _entries(data, version, count)
    except (IndexError, ValueError):
        return None


def _entries(data: bytes, version: int, count: int) -> list[str]:
    paths: list[str] = []
    position = _HEADER
    name = b""
    for _ in range(count):
        extended = version >= 3 and data[position + 60] & 0x40
        start = position + _FIXED + (2 if extended else 0)
        if version == 4:
            strip, start = _varint(data, start)
            if strip > len(name):
                raise ValueError("not an index of version 4")
            end = data.index(b"\0", start)
            name = name[: len(name) - strip] + data[start:end]
            after = end + 1
        else:
            end = data.index(b"\0", start)
            name = data[start:end]
            after = position + ((end - position + 8) & ~7)
        if data[position + 26] >> 4 == _REGULAR and name:
            paths.append(os.fsdecode(name))
        position = after
    return paths


def _varint(data: bytes, position: int) -> tuple[int, int]:
    """Git's offset encoding: seven bits a byte, each continuation adds one."""
    byte = data[position]
    value = byte & 0x7F
    while byte & 0x80:
        position += 1
        byte = data[position]
        value = ((value + 1) << 7) | (byte & 0x7F)
    return value, position + 1
