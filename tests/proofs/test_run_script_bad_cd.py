"""run-script-bad-cd: the scripts of the page, run by bash in a fresh folder."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.proof
PROVES = {"run-script-bad-cd": ()}


def _run(script: str, where: Path) -> subprocess.CompletedProcess[str]:
    if shutil.which("bash") is None:
        pytest.skip("needs bash")
    (where / "app").mkdir()
    (where / "app" / "main.txt").write_text("up", "utf-8")
    (where / "run.sh").write_text(script, "utf-8")
    home = where / "home"
    home.mkdir()
    return subprocess.run(
        ["bash", str(where / "run.sh")], cwd="/", env={**os.environ, "HOME": str(home)}, capture_output=True, text=True,
        timeout=20, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    "change", ["cd /testbed", "cd", "cd ~", 'cd /$(dirname "nowhere/run.sh")', "cd backend", "cd $HOME"]
)
def test_the_files_are_not_found(change: str, tmp_path: Path) -> None:
    done = _run(f"{change} && cat app/main.txt", tmp_path)
    assert done.returncode != 0 and "No such file" in done.stderr, done


@pytest.mark.parametrize(
    "change", ['cd "$(dirname "$0")"', 'cd "$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"']
)
def test_the_folder_of_the_script_works(change: str, tmp_path: Path) -> None:
    done = _run(f"{change} && cat app/main.txt", tmp_path)
    assert done.returncode == 0 and done.stdout == "up", done
