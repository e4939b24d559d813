"""undefined-name and assign-to-const: what the interpreters say, pyflakes on Django's source distribution, five npm packages."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from constraintlint.checks.code.undefined_name import RULE
from constraintlint.frontends.python import read
from tests.proofs.support import node_with, npm_source, python_with, run_node, run_python

pytestmark = pytest.mark.proof
PROVES = {"undefined-name": (), "assign-to-const": ()}

_PYTHON = {
    "rows = session.query()": "NameError",
    "def f():\n    x = x + 1\nf()": "UnboundLocalError",
    "n = 0\ndef f():\n    n += 1\nf()": "UnboundLocalError",
    "def f():\n    try:\n        int('a')\n    except ValueError as e:\n        pass\n    return e\nf()": "UnboundLocalError",
    "def f():\n    x = 1\n    del x\n    return x\nf()": "UnboundLocalError",
    "[w for w in 'ab']\nprint(w)": "NameError",
    "class A:\n    k = 1\n    def f(self):\n        return k\nA().f()": "NameError",
    "def __key(): pass\nclass A:\n    def f(self):\n        return __key()\nA().f()": "NameError",
}


@pytest.mark.parametrize(("text", "error"), _PYTHON.items())
def test_python_fails(text: str, error: str, tmp_path: Path) -> None:
    assert error in run_python(Path(sys.executable), {"a.py": text}, ["a.py"], tmp_path).text
    assert read("a.py", text.encode(), None).names


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("export const a = path.join('a');", "path is not defined"),
        ("export const a = 1; total = 2;", "total is not defined"),
        ("const a = 1; export function f() { a = 2 } f();", "Assignment to constant variable"),
        ("export function f() { for (const i = 0; i < 2; i++); } f();", "Assignment to constant variable"),
        ("import fs from 'node:fs'; export default [fs, status];", "status is not defined"),
    ],
)
def test_node_fails(text: str, error: str, tmp_path: Path) -> None:
    assert error in run_node(node_with(uuid="^9"), {"a.mjs": text}, "a.mjs", tmp_path).text


def test_pyflakes_agrees_on_django(tmp_path: Path) -> None:
    """Every undefined name or local that one of both reports in the 2,818 files of Django 5.2, the other does too."""
    python = python_with("pyflakes==3.4.0", "Django==5.2")
    archive = python.parent.parent / "source"
    if not archive.exists():
        command = [
            str(python),
            "-m",
            "pip",
            "download",
            "-q",
            "--no-deps",
            "--no-binary",
            ":all:",
            "Django==5.2",
        ]
        subprocess.run([*command, "-d", str(tmp_path)], check=True, timeout=300)
        import tarfile

        (packed,) = tmp_path.glob("*.tar.gz")
        with tarfile.open(packed) as file:
            file.extractall(archive, filter="data")
    done = subprocess.run(
        [str(python), "-m", "pyflakes", str(archive)], capture_output=True, text=True, timeout=600
    )
    theirs = set()
    for line in done.stdout.splitlines():
        match = re.match(
            r"(.+?):(\d+):\d+:? (?:undefined name|local variable) '(\w+)'(?: \{0\} referenced| in|$)", line
        )
        if match and "never used" not in line:
            theirs.add((match[1], int(match[2]), match[3]))
    ours = set()
    count = 0
    for path in sorted(archive.rglob("*.py")):
        count += 1
        for item in read(str(path), path.read_bytes(), None).names:
            if item.kind in ("undefined", "unbound", "annotation"):
                ours.add((str(path), item.span[0], item.name))
    assert count > 2800
    assert ours == theirs


#: package, version, files read, the file that gets one undefined name planted, and what the package itself has
_NPM = [
    ("eslint", "9.39.1", 420, "lib/linter/linter.js", []),
    ("serverless", "3.40.0", 310, "lib/serverless.js", []),
    ("ghost", "5.130.6", 1574, "core/boot.js", []),
    # `Messaging.pushUnreadCount = function (uid) { ... return callback(null, 0)`: real, mended in a later version
    ("nodebb", "1.4.0", 574, "src/database.js", [("src/messaging/unread.js", 19, "callback")]),
    ("effect", "3.18.4", 1440, "src/Clock.ts", []),
]


@pytest.mark.parametrize(
    ("package", "version", "files", "planted", "real"), _NPM, ids=[row[0] for row in _NPM]
)
def test_no_false_report_in_npm_packages(
    package: str, version: str, files: int, planted: str, real: list[tuple[str, int, str]], tmp_path: Path
) -> None:
    """Of 4,318 files nothing is reported but what is undefined: one name of nodebb, and one planted in each package."""
    root = tmp_path / package
    shutil.copytree(npm_source(package, version), root)
    text = (root / planted).read_text("utf-8")
    (root / planted).write_text(text.rstrip("\n") + "\nthisNameIsPlanted();\n", "utf-8")
    command = [
        sys.executable,
        "-m",
        "constraintlint",
        "check",
        ".",
        "--select",
        RULE,
        "--format",
        "json",
        "--no-cache",
    ]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=300)
    report = json.loads(done.stdout)
    found = [(item["path"], item["line"], item["message"].split()[0]) for item in report["findings"]]
    assert report["summary"]["files"] == files
    assert found == sorted([*real, (planted, len(text.rstrip("\n").split("\n")) + 1, "thisNameIsPlanted")])
