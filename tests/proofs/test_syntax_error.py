"""syntax-error: what Node makes of text a heredoc has left behind, and Python of a bare EOF."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.proofs.support import node_with, run_node, run_python

pytestmark = pytest.mark.proof
PROVES = {"syntax-error": ()}


@pytest.mark.parametrize(
    "text",
    [
        "console.log(\\`up on \\${1}\\`);",
        "const a = 1;\nEOF\n&& nohup node a.js &",
        'console.log(\\"x\\");',
        "console.log({ error: 'token missing });",
    ],
)
def test_node_refuses_it(text: str, tmp_path: Path) -> None:
    ran = run_node(node_with(uuid="^9"), {"a.mjs": text}, "a.mjs", tmp_path)
    assert ran.status != 0 and "SyntaxError" in ran.text, ran


def test_node_takes_it_inside_strings(tmp_path: Path) -> None:
    text = "const port = 1; console.log(`a \\` and \\${port}`, String.raw`\\${port}`);"
    ran = run_node(node_with(uuid="^9"), {"a.mjs": text}, "a.mjs", tmp_path)
    assert ran.status == 0, ran


def test_python(tmp_path: Path) -> None:
    python = Path(sys.executable)
    assert "SyntaxError" in run_python(python, {"a.py": "def f(:\n    pass\n"}, ["a.py"], tmp_path).text
    # a bare EOF parses: it fails as a name
    assert "NameError" in run_python(python, {"b.py": "x = 1\nEOF\n"}, ["b.py"], tmp_path).text
