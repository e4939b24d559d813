"""Both pre-commit hooks run from this repository, without a network.

Needs ``pre-commit`` and a directory of wheels (``CONSTRAINTLINT_WHEELHOUSE``) that holds the run-time dependencies and the
build backend; ``.ci/run`` prepares both.
"""

from __future__ import annotations

import os
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
WHEELS = os.environ.get("CONSTRAINTLINT_WHEELHOUSE", "")
REQUIRED = bool(os.environ.get("CONSTRAINTLINT_MUST_NOT_SKIP"))

pytestmark = pytest.mark.skipif(
    not REQUIRED and (not WHEELS or find_spec("pre_commit") is None or not (ROOT / ".git").exists()),
    reason="needs pre-commit, a git checkout and CONSTRAINTLINT_WHEELHOUSE (a directory of wheels)",
)


def git(directory: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "init.defaultBranch=main"]
    subprocess.run(["git", *identity, *arguments], cwd=directory, check=True, capture_output=True)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with one violation in one of its files."""
    directory = tmp_path_factory.mktemp("project")
    files = {
        "constraintlint.toml": 'architecture = "clean"\n',
        "app/routes/a.py": "from app.services.b import serve\n\nserve()\n",
        "app/services/b.py": "from app.models.c import C\n\n\ndef serve():\n    return C\n",
        "app/models/c.py": "class C:\n    def up(self):\n        from app.services.b import serve\n\n        return serve\n",
        "app/models/d.py": "class D:\n    pass\n",
    }
    for name, text in files.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(text)
    git(directory, "init", "-q")
    git(directory, "add", ".")
    git(directory, "commit", "-qm", "start")
    return directory


@pytest.fixture(scope="module")
def hook_repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This repository's committed and uncommitted state as a repository of its own."""
    directory = tmp_path_factory.mktemp("hooks")
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, check=True
    ).stdout.decode()
    wanted = (
        "constraintlint/",
        "rules/",
        "pyproject.toml",
        "README.md",
        "LICENSE",
        "CHANGELOG.md",
        ".pre-commit-hooks.yaml",
    )
    for name in filter(None, listed.split("\0")):
        if name.startswith(wanted) and (ROOT / name).is_file():
            (directory / name).parent.mkdir(parents=True, exist_ok=True)
            (directory / name).write_bytes((ROOT / name).read_bytes())
    git(directory, "init", "-q")
    git(directory, "add", ".")
    git(directory, "commit", "-qm", "hooks")
    return directory


def try_repo(
    project: Path, hooks: Path, home: Path, hook: str, *files: str
) -> subprocess.CompletedProcess[str]:
    selection = ["--files", *files] if files else ["--all-files"]
    environment = {
        **os.environ, "PRE_COMMIT_HOME": str(home), "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": WHEELS, "PIP_CONFIG_FILE": os.devnull,
    }  # fmt: skip
    return subprocess.run(
        ["pre-commit", "try-repo", str(hooks), hook, "--verbose", *selection],
        cwd=project, env=environment, capture_output=True, text=True, timeout=300,
    )  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pre-commit")


def test_the_whole_project(project: Path, hook_repository: Path, home: Path) -> None:
    done = try_repo(project, hook_repository, home, "constraintlint")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "layer-direction" in done.stdout


def test_the_changed_files(project: Path, hook_repository: Path, home: Path) -> None:
    concerned = try_repo(project, hook_repository, home, "constraintlint-files", "app/models/c.py")
    assert concerned.returncode == 1, concerned.stdout + concerned.stderr
    assert "layer-direction" in concerned.stdout
    other = try_repo(project, hook_repository, home, "constraintlint-files", "app/models/d.py")
    assert other.returncode == 0, other.stdout + other.stderr
