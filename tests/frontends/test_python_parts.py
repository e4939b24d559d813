"""A test is read for its imports alone where the rest can wait; they are those of the whole file."""

from __future__ import annotations

from pathlib import Path

import pytest

from constraintlint.facts.source import FileFacts
from constraintlint.frontends.python import read

_REST = "".join(f"\n\ndef test_{number}():\n    value = {number}\n    assert value\n" for number in range(30))


def _both(text: str) -> tuple[FileFacts, FileFacts]:
    part, whole = (read("test_a.py", text.encode(), None, whole=flag) for flag in (False, True))
    assert part.imports == whole.imports
    assert part.names == whole.names
    return part, whole


PARTLY = {
    "head": "import os\nfrom a import (\n    b,\n    c,\n)\n",
    "compound": "try:\n    import a\nexcept ImportError:\n    a = None\nelse:\n    import b\nfinally:\n    pass\n",
    "type checking": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from a import b\nx: b\n",
    "function": "import os\n\nclass A:\n    @mark(\n        1\n    )\n    def f(\n        self,\n    ):\n        if x():\n            from a import b\n        return b\nx = os\n",
    "async": "import os\nasync def f():\n    try:\n        import a\n    except ImportError:\n        a = None\n    return a\n",
    "nested": "import os\ndef f():\n    def g():\n        import a\n        return a\n    return g\n",
    "continued": "import os, \\\n  sys\n",
    "semicolon": "x = 1; import os\nif x: import sys\n",
    "late branch": "import os\n" + _REST + "\ntry:\n    import a\nexcept ImportError:\n    a = None\nelse:\n    b = 1\n",
    "continued later": "import os\n" + _REST + "\nfrom a \\\nimport b\n",
    "sentence": "import os\n# to import from here\ndef f():\n    '''import a from b'''\n",
}  # fmt: skip


@pytest.mark.parametrize("head", PARTLY.values(), ids=PARTLY)
def test_imports_are_those_of_the_whole_file(head: str) -> None:
    part, whole = _both(head + _REST)
    assert not part.whole
    assert whole.whole
    assert part.bindings == []


WHOLE = {
    "no import": "x = 1\n",
    "text": 'import os\n"""\ndef f():\n    import a\n"""\nX = """\nimport b\n"""\n',
    "function in text": 'import os\nX = """\ndef f():\n    import a\n"""\n',
    "late import": _REST + "\nimport os\n",
    "call": "import importlib\n\na = importlib.import_module('b')\n",
    "dunder": "import os\na = __import__('b')\n",
    "suppressed": "import os  # constraintlint: ignore[import-cycle] later\n",
    "exported": "import os\n__all__ = ['a']\n",
    "late class in a branch": "import os\nif os:\n    class A:\n        def f(self):\n            import b\n" + "            x = 1\n" * 400,
    "broken": "import os\ndef f(:\n    pass\n",
}  # fmt: skip


@pytest.mark.parametrize(("case", "head"), WHOLE.items(), ids=WHOLE)
def test_what_is_read_whole(case: str, head: str) -> None:
    part, _ = _both(head if "late" in case else head + _REST)
    assert part.whole


def test_names_need_no_tree_of_the_whole_file() -> None:
    text = "import os\n" + _REST + "\ndef late():\n    print(missing)\n    print(later)\n    later = 1\n"
    part, _ = _both(text)
    assert not part.whole
    assert [(item.name, item.kind) for item in part.names] == [("missing", "undefined"), ("later", "unbound")]


def test_every_file_of_this_project() -> None:
    root = Path(__file__).parents[2]
    files = [path for folder in ("constraintlint", "tests") for path in sorted((root / folder).rglob("*.py"))]
    partly = 0
    for path in files:
        part, _ = _both(path.read_text("utf-8"))
        partly += not part.whole
    assert partly > len(files) // 3
