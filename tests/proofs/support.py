"""Runs small programs on real versions of libraries, installed once into a cache outside the repository.

The cache is ``$CONSTRAINTLINT_PROOFS`` (default ``~/.cache/constraintlint-proofs``), one folder a set of versions.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterable
from pathlib import Path

import pytest

CACHE = Path(os.environ.get("CONSTRAINTLINT_PROOFS") or Path.home() / ".cache" / "constraintlint-proofs")
_TIMEOUT = 300


def _folder(kind: str, wanted: Iterable[str]) -> Path:
    words = sorted(wanted)
    readable = re.sub(r"[^A-Za-z0-9.]+", "-", "-".join(words))[:60].strip("-") or "bare"
    return CACHE / f"{kind}-{readable}-{hashlib.sha256(repr(words).encode()).hexdigest()[:10]}"


def python_with(*requirements: str) -> Path:
    """The interpreter of a virtual environment with exactly these requirements (and what they need)."""
    folder = _folder(f"py{sys.version_info[0]}{sys.version_info[1]}", requirements)
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not (folder / "ready").exists():
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, timeout=_TIMEOUT)
        if requirements:
            command = [
                str(python),
                "-m",
                "pip",
                "install",
                "-q",
                "--disable-pip-version-check",
                *requirements,
            ]
            subprocess.run(command, check=True, timeout=_TIMEOUT)
        (folder / "ready").write_text("\n".join(requirements), "utf-8")
    return python


def node_with(**packages: str) -> Path:
    """A folder whose ``node_modules`` holds these npm packages; ``/`` and ``@`` are written ``__`` and ``at_``."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("needs node and npm")
    named = {
        re.sub(r"^at_", "@", name).replace("__", "/").replace("_", "-"): v for name, v in packages.items()
    }
    folder = _folder("node", [f"{name}@{version}" for name, version in named.items()])
    if not (folder / "ready").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        manifest = {"name": "proof", "private": True, "dependencies": named}
        (folder / "package.json").write_text(json.dumps(manifest), "utf-8")
        command = ["npm", "install", "--silent", "--no-audit", "--no-fund"]
        subprocess.run(command, cwd=folder, check=True, timeout=_TIMEOUT)
        (folder / "ready").write_text("", "utf-8")
    return folder


def npm_source(package: str, version: str) -> Path:
    """The published files of one version of an npm package, unpacked; skips where there is no npm or no registry."""
    if shutil.which("npm") is None:
        pytest.skip("needs npm")
    folder = _folder("npm", [f"{package}@{version}"])
    if not (folder / "ready").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        command = ["npm", "pack", f"{package}@{version}", "--silent"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=_TIMEOUT)
        if done.returncode:
            pytest.skip(f"needs the npm registry: {done.stderr.strip()[-200:]}")
        (packed,) = folder.glob("*.tgz")
        with tarfile.open(packed) as file:
            file.extractall(folder, filter="data")
        packed.unlink()
        (folder / "ready").write_text("", "utf-8")
    return folder / "package"


class Ran:
    """What a program did: its exit status and everything it printed."""

    def __init__(self, done: subprocess.CompletedProcess[str]) -> None:
        self.status = done.returncode
        self.text = done.stdout + done.stderr

    def __repr__(self) -> str:
        return f"exit {self.status}\n{self.text}"


def run_python(python: Path, files: dict[str, str], start: list[str], where: Path, **env: str) -> Ran:
    """Write ``files`` into ``where`` and run ``python *start`` there."""
    _write(files, where)
    return _run([str(python), *start], where, env)


def run_node(modules: Path, files: dict[str, str], entry: str, where: Path, **env: str) -> Ran:
    """Write ``files`` into ``where``, beside the packages of ``modules``, and run ``entry`` with node."""
    _write(files, where)
    link = where / "node_modules"
    if not link.exists():
        link.symlink_to(modules / "node_modules", target_is_directory=True)
    return _run(["node", entry], where, env)


def _write(files: dict[str, str], where: Path) -> None:
    for name, text in files.items():
        file = where / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")


def _run(command: list[str], where: Path, env: dict[str, str]) -> Ran:
    done = subprocess.run(
        command,
        cwd=where,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    return Ran(done)
