"""Loose names of Python files: the symbol table and the walk over the tree say the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from constraintlint.frontends import python, python_names
from constraintlint.frontends.python import read

_CASES = {
    "import a.b as c, d.e\nprint(c, d)": [],
    "print(a)": ["undefined a 1:7"],
    "def f(a=b): return a": ["undefined b 1:9"],
    "def f(): return g\ng = 1": [],
    "class A:\n  x = 1\n  def f(self): return x": ["undefined x 3:23"],
    "class A:\n  x = 1\n  y = [x for _ in 'a']": ["undefined x 3:8"],
    "class A:\n  x = 'a'\n  y = [z for z in x]": [],
    "def f():\n  print(x)\n  x = 1": ["unbound x 2:9"],
    "def f(y):\n  for i in y:\n    if i: print(x)\n    x = 1": [],
    "def f():\n  x += 1": ["unbound x 2:3"],
    "def f():\n  x: int\n  print(x)": ["unbound x 3:9"],
    "def f():\n  x = 1\n  del x\n  print(x)": ["unbound x 4:9"],
    "def f(a):\n  x = 1\n  if a:\n    del x\n  print(x)": [],
    "def f(a):\n  for x in a:\n    print(x)\n    del x": [],
    "try: pass\nexcept E as e: pass\nprint(e)": ["undefined E 2:8", "unbound e 3:7"],
    "e = 1\ntry: pass\nexcept OSError as e: pass\nprint(e)": [],
    "def f():\n  global n\n  n = 1\nprint(n)": [],
    "def f():\n  n = 1\n  def g():\n    nonlocal n\n    n += 1": [],
    "try: long\nexcept NameError: long = int": [],
    "import sys\nif sys.version_info[0] == 2: x = unicode": [],
    "print((y := 1), y)\n[z := 1 for _ in 'a']\nprint(z)": [],
    "def f(x): return lambda q=x, *r, **k: (q, r, k, s)": ["undefined s 1:49"],
    "f'{a!r:>{b}}'": ["undefined a 1:4", "undefined b 1:10"],
    "match 1:\n  case {'a': b, **c} | [b, *c]: print(b, c)\n  case D(e, f=g) as h if i: print(e, g, h)": [
        "undefined D 3:8", "undefined i 3:26",
    ],
    "from __future__ import annotations\ndef f(a: B) -> C: pass": ["annotation B 2:10", "annotation C 2:16"],
    "def f(a: 'B'): pass": [],
    "from m import *\nprint(a)": ["undefined a 2:7"],
    "exec('a = 1')\nprint(a)": [],
    "def __a(): pass\nclass B:\n  def f(self): return __a()": ["undefined __a 3:23"],
    "class A:\n  def f(self): return __class__, __module__\n  print(__qualname__)": ["undefined __module__ 2:34"],
    "__all__ = ['a', 'b']\na = 1": ["export b 1:17"],
    "def f[T: A](x: T) -> T: return x\ntype B[U] = U": ["annotation A 1:10"],
    "with open('a') as f, open('b') as (g, h): print(f, g, h)": [],
    "print(x)\nx = 1": ["unbound x 1:7"],
    "def f():\n  import os\n  return os\nprint(os)": ["undefined os 4:7"],
    "import builtins\nbuiltins._ = str": ["given _ 1:1"],
    "if TYPE_CHECKING: x = Y": ["undefined TYPE_CHECKING 1:4"],
    "(" * 3000: [],
    "def f(:": [],
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), _CASES.items())
@pytest.mark.parametrize("table", [True, False])
def test_case(text: str, expected: list[str], table: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not table:
        monkeypatch.setattr(python, "symbol_table", lambda text: None)
    names = read("a.py", text.encode(), None).names
    assert [f"{item.kind} {item.name} {item.span[0]}:{item.span[1]}" for item in names] == expected


def test_both_ways_agree_on_this_project(monkeypatch: pytest.MonkeyPatch) -> None:
    files = sorted(Path(python_names.__file__).parents[1].rglob("*.py"))
    quick = [read(str(path), path.read_bytes(), None).names for path in files]
    monkeypatch.setattr(python, "symbol_table", lambda text: None)
    assert [read(str(path), path.read_bytes(), None).names for path in files] == quick
