"""Set-up: what the backend needs to run. Python gets a virtual environment of its own, Node its packages.

Both are kept in a cache folder, named by what they depend on, so a second run starts at once. What cannot be kept (a
package of the project itself, scripts that run at installation) is set up in the folder of the run.
"""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path

from constraintlint.behavior import processes
from constraintlint.behavior.errors import CannotRun, DoesNotStart
from constraintlint.behavior.folder import RunFolder, remove_tree
from constraintlint.behavior.interrupts import shield
from constraintlint.behavior.log import CappedLog

_LOCAL_REQUIREMENT = re.compile(
    r"^\s*(-e\b|--editable\b|\.{0,2}/|\.\s*$|\.\[|file:)|@\s*(file:|\.{0,2}/)", re.M
)
_INCLUDED = re.compile(r"^\s*(?:-r|--requirement|-c|--constraint)[\s=]+(\S+)", re.M)
_NODE_SCRIPTS = ("preinstall", "install", "postinstall", "prepare", "prepublish")
_NODE_FILES = ("package.json", "package-lock.json", "npm-shrinkwrap.json", ".npmrc")
_COMPLETE = ".complete"

Say = Callable[[str], None]


class Setup:
    """Carries out the set-up of one project copy. ``variables`` are what the backend then needs in its environment."""

    def __init__(
        self,
        folder: RunFolder,
        project: Path,
        environment: Mapping[str, str],
        cache: Path | None,
        timeout: float,
        say: Say,
    ) -> None:
        self.folder = folder
        self.project = project
        self.environment = dict(environment)
        self.cache = cache
        self.timeout = timeout
        self.say = say

    def default(self) -> None:
        """requirements.txt (or pyproject.toml), and package.json. Raises DoesNotStart, CannotRun."""
        if (self.project / "requirements.txt").is_file() or (self.project / "pyproject.toml").is_file():
            self.python()
        if (self.project / "package.json").is_file():
            self.node()

    def own(self, commands: Sequence[str]) -> None:
        """The commands of ``[verify] setup``, by ``sh``, in the project."""
        for command in commands:
            self.say(f"set-up: {command}")
            self.run(["/bin/sh", "-c", command], self.project, command)

    # --- Python ----------------------------------------------------------------------------------------------------

    def python(self) -> None:
        file = self.project / "requirements.txt"
        if not file.is_file():
            target = self.folder.path / "venv"
            self._make_environment(target, ["."])
        else:
            text, local = _requirements(file)
            if local or self.cache is None:
                target = self.folder.path / "venv"
                self._make_environment(target, ["-r", "requirements.txt"])
            else:
                target = self._kept_environment(text)
        self.environment["VIRTUAL_ENV"] = str(target)
        self.environment["PATH"] = f"{target / 'bin'}{os.pathsep}{self.environment.get('PATH', os.defpath)}"

    def _kept_environment(self, text: str) -> Path:
        target = self._place("python", text, f"{sys.version}{platform.platform()}{sys.executable}")
        with _locked(target):
            if (target / _COMPLETE).exists() and (target / "bin" / "python").exists():
                return target
            self._keep(target, lambda: self._make_environment(target, ["-r", "requirements.txt"]))
        return target

    def _make_environment(self, target: Path, arguments: list[str]) -> None:
        self.say("set-up: virtual environment")
        self.run([sys.executable, "-m", "venv", str(target)], self.project, "python -m venv")
        python = str(target / "bin" / "python")
        self.say(f"set-up: pip install {' '.join(arguments)}")
        command = [python, "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
        self.run([*command, *arguments], self.project, f"pip install {' '.join(arguments)}")

    # --- Node ------------------------------------------------------------------------------------------------------

    def node(self) -> None:
        npm = shutil.which("npm", path=self.environment.get("PATH"))
        if npm is None:
            raise CannotRun("the project has a package.json, and there is no npm on PATH")
        texts, portable = _node_files(self.project)
        if not portable or self.cache is None:
            self._npm(npm, self.project)
            return
        target = self._place("node", texts, f"{platform.platform()}{_output_of(npm)}")
        with _locked(target):
            if not (target / _COMPLETE).exists():
                self._keep(target, lambda: self._npm_apart(npm, target))
        if (target / "node_modules").is_dir():
            # a copy: packages write into their own directories
            shutil.copytree(target / "node_modules", self.project / "node_modules", symlinks=True)

    def _npm_apart(self, npm: str, target: Path) -> None:
        target.mkdir(parents=True)
        for name in _NODE_FILES:
            if (self.project / name).is_file():
                shutil.copy2(self.project / name, target / name)
        self._npm(npm, target)

    def _npm(self, npm: str, directory: Path) -> None:
        exact = any((directory / name).is_file() for name in ("package-lock.json", "npm-shrinkwrap.json"))
        verb = "ci" if exact else "install"
        self.say(f"set-up: npm {verb}")
        self.run([npm, verb, "--no-audit", "--no-fund"], directory, f"npm {verb}")

    # --- both ------------------------------------------------------------------------------------------------------

    def _place(self, kind: str, *parts: str) -> Path:
        assert self.cache is not None
        key = blake2b("\0".join(parts).encode("utf-8", "replace"), digest_size=12).hexdigest()
        return self.cache / f"{kind}-{key}"

    def _keep(self, target: Path, make: Callable[[], None]) -> None:
        """Make a folder of the cache; what an interruption or a failure leaves of it is removed."""
        remove_tree(target)
        try:
            make()
            (target / _COMPLETE).touch()
        except BaseException:
            with shield():
                remove_tree(target)
            raise

    def run(self, command: list[str], directory: Path, title: str) -> None:
        """Run one step to its end. Raises DoesNotStart with the last lines it wrote, CannotRun where it cannot be run."""
        log = process = None
        code: int | None = None
        try:
            with shield():
                log = CappedLog(self.folder.path / "setup.log", 1024 * 1024)
                try:
                    process = processes.spawn(
                        command, cwd=directory, env=self.environment, output=log.write_end
                    )
                except OSError as error:
                    raise CannotRun(f"{command[0]} cannot be run: {error.strerror}") from None
                log.started()
            code = process.wait(self.timeout)
        except subprocess.TimeoutExpired:
            pass
        finally:
            with shield():
                if process is not None:
                    processes.stop(process, self.folder.path, grace=0.5 if process.poll() is None else 0.0)
                if log is not None:
                    log.close()
        if code is None:
            raise DoesNotStart(f"set-up: {title} does not end within {self.timeout:g} s\n{_end(log)}")
        if code:
            raise DoesNotStart(f"set-up: {title} fails with exit code {code}\n{_end(log)}")


def _requirements(file: Path) -> tuple[str, bool]:
    """All the text a requirements file consists of, and whether it names packages of the project itself."""
    seen: set[Path] = set()
    texts: list[str] = []
    pending = [file]
    while pending and len(seen) < 100:
        path = Path(os.path.normpath(pending.pop()))
        if path in seen:
            continue
        seen.add(path)
        try:
            text = path.read_text("utf-8", "replace")
        except OSError:
            continue  # pip says what is wrong
        texts.append(text)
        pending += [path.parent / name for name in _INCLUDED.findall(text) if "://" not in name]
    whole = "\0".join(texts)
    return whole, bool(_LOCAL_REQUIREMENT.search(whole))


def _node_files(project: Path) -> tuple[str, bool]:
    """The text of what npm reads, and whether an installation apart from the project is the same as one in it."""
    texts = []
    for name in _NODE_FILES:
        path = project / name
        texts.append(path.read_text("utf-8", "replace") if path.is_file() else "")
    try:
        manifest = json.loads(texts[0])
    except (ValueError, RecursionError):
        return "", False
    if not isinstance(manifest, dict) or manifest.get("workspaces"):
        return "", False
    scripts = manifest.get("scripts")
    if isinstance(scripts, dict) and any(name in scripts for name in _NODE_SCRIPTS):
        return "", False
    groups = [manifest.get(name) for name in ("dependencies", "devDependencies", "optionalDependencies")]
    local = any(
        str(version).startswith(("file:", "link:", ".", "/", "workspace:"))
        for group in groups
        if isinstance(group, dict)
        for version in group.values()
    )
    return "\0".join(texts), not local


def _output_of(npm: str) -> str:
    """Which Node this npm belongs to: native packages are built for one."""
    node = shutil.which("node", path=os.path.dirname(npm)) or shutil.which("node") or "node"
    try:
        return subprocess.run([node, "--version"], capture_output=True, text=True, timeout=20).stdout
    except (OSError, subprocess.SubprocessError):
        return ""


def _end(log: CappedLog | None) -> str:
    if log is None:
        return ""
    return "\n".join(log.text(4000).splitlines()[-25:])


@contextmanager
def _locked(target: Path) -> Iterator[None]:
    """One run at a time makes a folder of the cache."""
    import fcntl

    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(target.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise CannotRun(f"{target.parent}: the cache cannot be written: {error.strerror}") from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def cache_folder(environment: Mapping[str, str]) -> Path:
    """Where environments are kept: CONSTRAINTLINT_ENVIRONMENTS, else below XDG_CACHE_HOME or ~/.cache."""
    chosen = environment.get("CONSTRAINTLINT_ENVIRONMENTS")
    if chosen:
        return Path(os.path.abspath(chosen))
    base = environment.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(base) / "constraintlint" / "environments"
