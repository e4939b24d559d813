"""What the README shows is what the tool prints; run with ``CONSTRAINTLINT_UPDATE=1`` to write the sample anew."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
SAMPLE = re.compile(r"(<!-- sample -->\n```text\n)(.*?)(```\n<!-- /sample -->)", re.S)


def test_the_sample_is_real_output() -> None:
    readme = ROOT / "README.md"
    text = readme.read_text("utf-8")
    command = re.search(r"constraintlint (check fixtures/\S+)", text)
    assert command is not None
    done = subprocess.run(
        [sys.executable, "-m", "constraintlint", *command[1].split(), "--no-cache", "--format", "text", "--no-color"],
        cwd=ROOT, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    if os.environ.get("CONSTRAINTLINT_UPDATE"):
        text = SAMPLE.sub(lambda match: match[1] + done.stdout + match[3], text)
        readme.write_text(text, "utf-8")
    shown = SAMPLE.search(text)
    assert shown is not None
    assert shown[2] == done.stdout


def test_every_file_the_readme_names_exists() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    for target in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (ROOT / target).exists(), target
