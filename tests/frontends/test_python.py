"""Facts of Python files: decoding, places, kinds, bindings, exports, problems. Resolution has its own cases."""

from __future__ import annotations

import ast
import re
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from constraintlint.facts.source import FileFacts, Import
from constraintlint.frontends.python import read
from constraintlint.frontends.python_source import Positions, declared_encoding, decode


def facts(source: str | bytes) -> FileFacts:
    return read("app/a.py", source.encode() if isinstance(source, str) else source, None)


def imports(source: str | bytes) -> list[Import]:
    return facts(source).imports


def problems(source: str | bytes) -> list[tuple[str, int, int]]:
    return [(item.kind, item.line, item.column) for item in facts(source).problems]


def bound(source: str) -> dict[str, str]:
    return {item.name: item.kind for item in facts(source).bindings}


# --- places -----------------------------------------------------------------------------------------------------


def test_the_places_of_a_multi_line_import() -> None:
    (item,) = imports("x = 1\nfrom a.b import (  # why\n    c,\n    d as e,  # here\n)\n")
    assert (item.specifier, item.span, item.specifier_span) == ("a.b", (2, 1, 5, 2), (2, 6, 2, 9))
    assert [(n.name, n.local, n.line, n.column, n.end_column) for n in item.names] == [
        ("c", "c", 3, 5, 6),
        ("d", "e", 4, 5, 6),
    ]


def test_each_module_of_one_statement_has_its_place() -> None:
    first, second, third = imports("if x:\n    import a.b, c as d; import e\n")
    assert (first.specifier, first.local, first.span, first.specifier_span) == (
        "a.b", "a", (2, 5, 2, 23), (2, 12, 2, 15),
    )  # fmt: skip
    assert (second.specifier, second.local, second.span, second.specifier_span) == (
        "c", "d", (2, 5, 2, 23), (2, 17, 2, 18),
    )  # fmt: skip
    assert (third.specifier, third.span) == ("e", (2, 25, 2, 33))


@pytest.mark.parametrize(
    ("source", "places"),
    [
        ("é = 'é'; import a\n", [(1, 10, 1, 18)]),
        ("'😀'; from a import b\n", [(1, 6, 1, 21)]),
        ("from ä.ö import ü as x, y\n", [(1, 1, 1, 26)]),
        ("from a import (ä,\n  ö)\nimport b\n", [(1, 1, 2, 5), (3, 1, 3, 9)]),
        ("\fimport a\n\f  \nimport b\n", [(1, 2, 1, 10), (3, 1, 3, 9)]),
        ("\ufeffimport a\n", [(1, 1, 1, 9)]),
        ("import a\r\nfrom b import \\\r\n  c\r\n", [(1, 1, 1, 9), (2, 1, 3, 4)]),
        ("import a\rimport b\r", [(1, 1, 1, 9), (2, 1, 2, 9)]),
        ("\timport a\n", [(1, 2, 1, 10)]),
    ],
    ids=["umlaut", "emoji", "identifiers", "wide-lines", "form-feed", "bom", "crlf", "cr", "tab"],
)
def test_columns_count_characters(source: str, places: list[tuple[int, int, int, int]]) -> None:
    assert [item.span for item in imports(source)] == places


def test_places_of_names_after_wide_characters() -> None:
    (item,) = imports("from ä import ö, ü as x\n")
    assert [(n.name, n.column, n.end_column) for n in item.names] == [("ö", 15, 16), ("ü", 18, 19)]


def test_identifiers_are_normalised() -> None:
    (item,) = imports("from ﬁle import ﬂag\n")
    assert (item.specifier, item.names[0].name) == ("file", "flag")
    assert bound("ﬂag = 1\n") == {"flag": "variable"}


@given(st.text(alphabet="aé😀\n ", max_size=60), st.lists(st.integers(0, 60), max_size=8))
def test_positions_in_any_order(text: str, characters: list[int]) -> None:
    positions = Positions(text.encode())
    for index in characters:
        before = text[: min(index, len(text))]
        expected = (before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1)
        assert positions.at(len(before.encode())) == expected


# --- decoding ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"# -*- coding: latin-1 -*-\nimport caf\xe9\n", "café"),
        (b"#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\nimport caf\xe9\n", "café"),
        (b"\xef\xbb\xbf# coding: utf-8\nimport caf\xc3\xa9\n", "café"),
        ("# coding: shift_jis\nimport 日本\n".encode("shift_jis"), "日本"),
        ("# coding: utf-7\nimport caf+AOk-\n".encode("ascii"), "café"),
    ],
    ids=["latin-1", "cp1252", "bom", "shift_jis", "utf-7"],
)
def test_encodings(data: bytes, name: str) -> None:
    result = facts(data)
    assert [item.specifier for item in result.imports] == [name]
    assert result.problems == []


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"import a\nx = '\xe9'\nimport b\n", ("undecodable", 2, 1)),
        (b"# coding: klingon\nimport a\nimport b\n", ("undecodable", 1, 1)),
        (b"# coding: rot13\nimport a\nimport b\n", ("undecodable", 1, 1)),
        (b"# coding: utf-8\nimport a # \xff\nimport b\n", ("undecodable", 2, 1)),
        (b"# coding: ascii\nimport a # \xc3\xa9\nimport b\n", ("undecodable", 2, 1)),
    ],
    ids=["no-cookie", "unknown", "no-text-codec", "wrong-bytes", "not-ascii"],
)
def test_undecodable_files_keep_their_imports(data: bytes, expected: tuple[str, int, int]) -> None:
    assert problems(data) == [expected]
    assert [item.specifier for item in imports(data)] == ["a", "b"]


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"import a\n\0\n", "binary"),
        (b"\x7fELF\x02\x01\0\0", "binary"),
        ("import a\n".encode("utf-16"), "undecodable"),
        ("# coding: utf-16\nimport a\n".encode("utf-16-le"), "binary"),
    ],
    ids=["nul", "elf", "utf-16", "utf-16-without-mark"],
)
def test_files_that_are_no_text(data: bytes, kind: str) -> None:
    result = facts(data)
    assert [item.kind for item in result.problems] == [kind]
    assert result.imports == []


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (b"", "utf-8"),
        (b"# coding=Latin-1", "iso8859-1"),
        (b"\n# coding: cp1252\n", "cp1252"),
        (b"\r\n# coding: cp1252\r\n", "cp1252"),
        (b"x = 1\n# coding: cp1252\n", "utf-8"),
        (b"# one\n# two\n# coding: cp1252\n", "utf-8"),
        (b"'# coding: cp1252'\n", "utf-8"),
        (b"\f # coding: cp1252\n", "cp1252"),
    ],
)
def test_the_cookie_stands_in_the_first_two_lines(data: bytes, encoding: str) -> None:
    assert declared_encoding(data) == encoding


# --- kinds ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("test", "body", "orelse"),
    [
        ("TYPE_CHECKING", "type-only", "import"),
        ("typing.TYPE_CHECKING", "type-only", "import"),
        ("(TYPE_CHECKING)", "type-only", "import"),
        ("not TYPE_CHECKING", "import", "type-only"),
        ("not (not TYPE_CHECKING)", "type-only", "import"),
        ("TYPE_CHECKING and x", "type-only", "import?"),
        ("x and TYPE_CHECKING", "type-only", "import?"),
        ("TYPE_CHECKING or x", "import?", "import?"),
        ("not TYPE_CHECKING or x", "import", "type-only"),
        ("not TYPE_CHECKING and x", "import?", "import?"),
        ("MYPY", "type-only", "import"),
        ("False", "type-only", "import"),
        ("0", "type-only", "import"),
        ("True", "import", "type-only"),
        ("x", "import?", "import?"),
        ("TYPE_CHECKING == x", "import?", "import?"),
        ("f(TYPE_CHECKING)", "import?", "import?"),
    ],
)
def test_type_checking(test: str, body: str, orelse: str) -> None:
    expected = {"import?": ("import", True), "import": ("import", False), "type-only": ("type-only", False)}
    for source in (
        f"if {test}:\n    import a\nelse:\n    import b\n",
        f"class C:\n    if {test}:\n        import a\n    else:\n        import b\n",
    ):
        found = [(item.kind, item.conditional) for item in imports(source)]
        if test not in ("TYPE_CHECKING and x", "x and TYPE_CHECKING"):
            assert found == [expected[body], expected[orelse]]
        else:  # both are false at run time: the else branch runs
            assert found == [("type-only", False), ("import", False)]


def test_names_for_type_checking() -> None:
    source = "from typing import TYPE_CHECKING as TC\nif TC:\n    import a\nCHECK = TC\nOTHER = TYPE_CHECKING  # x\nif OTHER:\n    import b\n"
    assert [item.kind for item in imports(source)] == ["import", "type-only", "type-only"]


@pytest.mark.parametrize(
    ("source", "flags"),
    [
        ("try:\n    import a\nexcept ImportError: pass\n", "optional"),
        ("try:\n    import a\nexcept: pass\n", "optional"),
        ("try:\n    import a\nexcept (OSError, ImportError) as e: pass\n", "optional"),
        ("try:\n    import a\nexcept* ImportError: pass\n", "optional"),
        ("try:\n    import a\nexcept builtins.Exception: pass\n", "optional"),
        ("try:\n    import a\nexcept OSError: pass\n", ""),
        ("try:\n    import a\nexcept ImportError:\n    raise\n", ""),
        ("try:\n    import a\nexcept ImportError:\n    print(1)\n    sys.exit(1)\n", ""),
        ("try:\n    import a\nexcept OSError: pass\nexcept ImportError: pass\n", "optional"),
        ("try:\n    import a\nexcept ImportError: raise\nexcept Exception: pass\n", ""),
        ("try:\n    pass\nexcept ImportError:\n    import a\n", "conditional"),
        ("try:\n    pass\nexcept ImportError: pass\nelse:\n    import a\n", "conditional"),
        ("try:\n    pass\nfinally:\n    import a\n", ""),
        ("with suppress(ImportError):\n    import a\n", "optional"),
        ("with contextlib.suppress(OSError, ModuleNotFoundError):\n    import a\n", "optional"),
        ("with suppress(OSError):\n    import a\n", ""),
        ("if x:\n    import a\n", "conditional"),
        ("match x:\n    case 1:\n        import a\n", "conditional"),
        ("for x in y:\n    import a\n", ""),
        ("def f():\n    import a\n", "in_function"),
        ("def f():\n    if x:\n        import a\n", "conditional in_function"),
        ("try:\n    def f():\n        import a\nexcept ImportError: pass\n", "in_function"),
        ("class C:\n    def f(self):\n        try:\n            import a\n        except ImportError: pass\n", "optional in_function"),
        ("def f(x=__import__('a')): ...\n", ""),
        ("async def f():\n    async with x:\n        import a\n", "in_function"),
    ],
)  # fmt: skip
def test_how_an_import_is_reached(source: str, flags: str) -> None:
    (item,) = imports(source)
    found = [name for name in ("optional", "conditional", "in_function") if getattr(item, name)]
    assert found == flags.split()


# --- bindings and exports ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("def f(): ...\nasync def g(): ...\nclass C: ...\n", {"f": "function", "g": "function", "C": "class"}),
        ("@d\n@e(1)\ndef f(): ...\n@d\nclass C: ...\n", {"f": "function", "C": "class"}),
        ("type A[T] = int\ntype = 1\n", {"A": "type", "type": "variable"}),
        ("a = b = c\n(d, [e, *f]), g = 1\nh: int\ni: int = 1\n", dict.fromkeys("abdefghi", "variable")),
        ("x.a = 1\nx[0] = 2\nf(a=1)\nx.y, z = 1\nx.a = w = 1\n", {"z": "variable", "w": "variable"}),
        ("a += 1\ndel b\n'doc'\nf\n", {}),
        ("for a, (b, c) in d: e = 1\n", dict.fromkeys("abce", "variable")),
        ("with a as b, c as (d, e): f = 1\n", dict.fromkeys("bdef", "variable")),
        ("match a:\n    case {'k': b, **c}: d = 1\n    case [e, *f] as g: ...\n", dict.fromkeys("bcdefg", "variable")),
        ("match = 1\nmatch[0] = 2\nmatch.x = 3\n", {"match": "variable"}),
        ("if (a := 1): ...\nelif b := 2: ...\nc = [d := 1]\nprint(e := 1)\n", dict.fromkeys("abcde", "variable")),
        ("async def f():\n    x = (y := 1)\n", {"f": "function"}),
        ("def f():\n    global a, b\n    a = 1\n", {"f": "function", "a": "global", "b": "global"}),
        ("try:\n    a = 1\nexcept E as e:\n    b = 1\nelse:\n    c = 1\nfinally:\n    d = 1\n", dict.fromkeys("abcd", "variable")),
        ("class C:\n    a = 1\n    def b(self): ...\n", {"C": "class"}),
        ("print = 1\nexec = 2\n", {"print": "variable", "exec": "variable"}),
        ("a = 1; b = 2\n", {"a": "variable", "b": "variable"}),
        ("text = '''\nnot_bound = 1\ndef neither(): ...\n'''\n", {"text": "variable"}),
        ("x = f(\n    a=1,\n)\n", {"x": "variable"}),
        ("# global a\ns = 'global b'\n", {"s": "variable"}),
    ],
)  # fmt: skip
def test_bindings(source: str, names: dict[str, str]) -> None:
    assert bound(source) == names


def test_a_binding_has_its_first_place() -> None:
    found = facts("if x:\n    def f(): ...\nelse:\n    f = None\n").bindings
    assert [(item.name, item.kind, item.line, item.column) for item in found] == [("f", "function", 2, 9)]


@pytest.mark.parametrize(
    ("source", "names", "dynamic"),
    [
        ("__all__ = ['a', 'b']", "a b", False),
        ("__all__ = ('a',) + ['b']", "a b", False),
        ("__all__: list[str] = ['a']", "a", False),
        ("__all__ = 'a', 'b'", "a b", False),
        ("__all__ = sorted(['b', 'a'])", "b a", False),
        ("__all__ = ['a']\n__all__ += ['b']\n__all__.append('c')\n__all__.extend(('d', 'e'))", "a b c d e", False),
        ("__all__ = ['a', 'b']\n__all__.remove('a')", "b", False),
        ("__all__ = ['a']\n__all__ = __all__ + ['b']\n__all__.sort()", "a b", False),
        ("if x:\n    __all__ = ['a']\nelse:\n    __all__ = ['b']", "a b", False),
        ("import m\n__all__ = [*m.__all__, 'a']", "* a", False),
        ("__all__ = []", "", False),
        ("__all__ = [n for n in dir()]", "", True),
        ("__all__ = ['a'] + names()", "a", True),
        ("__all__ = ['a'] * 2", "a", True),
        ("__all__ += others", "", True),
        ("__all__ = ['a', NAME]", "a", True),
        ("__all__.insert(0, 'a')", "", True),
    ],
)  # fmt: skip
def test_exports(source: str, names: str, dynamic: bool) -> None:
    result = facts(source + "\n")
    assert [item.name for item in result.exports] == names.split()
    assert result.dynamic_names is dynamic


def test_an_export_has_its_place_and_owner() -> None:
    result = facts("import m\n__all__ = [\n    'é', 'b',\n] + m.__all__\n")
    assert [(e.name, e.local, e.line, e.column) for e in result.exports] == [
        ("é", "é", 3, 5), ("b", "b", 3, 10), ("*", "m", 4, 5),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("source", "dynamic"),
    [
        ("def __getattr__(name): ...", True),
        ("__getattr__ = lazy()", True),
        ("from x import __getattr__", True),
        ("a, __getattr__, b = attach()", True),
        ("class C:\n    def __getattr__(self, name): ...", False),
        ("globals()['a'] = 1", True),
        ("globals().update(x)", True),
        ("def f():\n    globals()[name] = 1", True),
        ("exec(code, globals())", True),
        ("x = globals()['a']", False),
        ("x = 'a' in globals()", False),
        ("x = globals().get('a')", False),
        ("__import__('a', globals(), locals())", False),
        ("x = 'globals()[1] = 2'", False),
        ("vars()['a'] = 1", True),
        ("locals().update(x)", True),
        ("def f():\n    vars()['a'] = 1", False),
        ("exec('a = 1')", True),
        ("def f():\n    exec('a = 1')", False),
        ("import sys\nsys.modules[__name__] = X()", True),
        ("import sys\nsetattr(sys.modules[__name__], 'a', 1)", True),
        ("import sys\nsys.modules['other'] = X()", True),
        ("import sys\nx = sys.modules['other']", False),
        ("import sys\nx = 'a' in sys.modules", False),
        ("import sys\n# sys.modules[__name__] = X()", False),
        ("__path__ = extend_path(__path__, __name__)", True),
        ("__path__.append('x')", True),
        ("__import__('pkg_resources').declare_namespace(__name__)", True),
    ],
)
def test_names_that_are_written_nowhere(source: str, dynamic: bool) -> None:
    assert facts(source + "\n").dynamic_names is dynamic


# --- calls ------------------------------------------------------------------------------------------------------


def test_a_call_has_the_place_of_the_call_and_of_its_argument() -> None:
    item = imports("from importlib import import_module\nx = é(import_module('a.b'))\n")[1]
    assert (item.kind, item.specifier) == ("dynamic", "a.b")
    assert (item.span, item.specifier_span) == ((2, 7, 2, 27), (2, 21, 2, 26))


@pytest.mark.parametrize(
    ("call", "specifier", "relative_to"),
    [
        ("import_module('.a', 'p.q')", ".a", "p.q"),
        ("import_module('.a', package='p' '.q')", ".a", "p.q"),
        ("import_module('.a', __package__)", ".a", "__package__"),
        ("import_module('.a', package=__name__)", ".a", "__name__"),
        ("import_module('.a', package=__name__ + '.q')", ".a", "__name__.q"),
        ("import_module(__name__ + '.a')", ".a", "__name__"),
        ("import_module(f'{__package__}.a')", ".a", "__package__"),
        ("import_module(f'p.a')", "p.a", ""),
        ("import_module(('p' '.a'))", "p.a", ""),
        ("import_module(r'p.a', package=x)", "p.a", ""),
        ("__import__('a', level=1)", ".a", "__package__"),
        ("__import__('a.b', {}, {}, [], 0)", "a.b", ""),
    ],
)
def test_literal_names_of_calls(call: str, specifier: str, relative_to: str) -> None:
    result = facts(f"from importlib import import_module\n{call}\n")
    assert result.problems == []
    assert (result.imports[1].specifier, result.imports[1].relative_to) == (specifier, relative_to)


@pytest.mark.parametrize(
    "call",
    [
        "import_module(name)",
        "import_module()",
        "import_module(b'a')",
        "import_module('a\\x2eb')",
        "import_module(f'{name}.a')",
        "import_module('a.' + name)",
        "import_module('a.%s' % name)",
        "import_module('.a', package=name)",
        "import_module(*names)",
        "__import__('a', level=n)",
        "list(map(__import__, names))",
        "loader = import_module",
    ],
)
def test_computed_names_of_calls(call: str) -> None:
    result = facts(f"from importlib import import_module\n{call}\n")
    assert [(item.kind, item.line) for item in result.problems] == [("dynamic-import", 2)]
    assert len(result.imports) == 1


# --- errors, newer syntax, size ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "place"),
    [
        ("def f(:\n    pass\n", (1, 7)),
        ("x = (1,\n", (1, 1)),
        ("import a\n\nclass\n", (3, 1)),
        ("é = 1\nx = é +\n", (2, 1)),
    ],
)
def test_a_syntax_error_has_its_place(source: str, place: tuple[int, int]) -> None:
    assert problems(source) == [("parse-incomplete", *place)]


def test_imports_in_text_that_cannot_be_read() -> None:
    source = "import a\ndef f()\n    from b import c\n    if TYPE_CHECKING:\n        import d\nclass C\n    x = [1, 2\n    import e\n"
    found = {item.specifier: item.kind for item in imports(source)}
    assert found["a"] == "import"
    assert found["b"] == "lazy"
    assert found["d"] in ("type-only", "lazy")
    assert "e" in found


@pytest.mark.parametrize(
    "source",
    [
        "lazy import a\n",
        "lazy from a import b\n",
        "x = 1; lazy import a\n",
        "type A[T = int] = a\n",
        "def f[T: int = str, **P = [int], *Ts = *tuple[int]](): ...\n",
        "class A[T = 'A']: ...\n",
        "try: ...\nexcept A, B: ...\n",
        "x = t'{a}'\n",
        "x = f'{f\"{f'1'}\"}'\n",
        "with (a as b, c as d): ...\n",
        "x = [*y for y in z]\n",
    ],
)
def test_syntax_newer_than_the_oldest_supported_python(source: str) -> None:
    assert problems(source) == []


def test_lazy_is_a_name_elsewhere() -> None:
    result = facts("lazy = 1\nlazy import a\ntext = '''\nlazy import b\n'''\nlazy from c import (d)\n")
    assert result.problems == []
    assert [(item.specifier, item.kind, item.span[:2]) for item in result.imports] == [
        ("a", "lazy", (2, 1)), ("c", "lazy", (6, 1)),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "source",
    [
        "(" * 10_000,
        "x = " + "[" * 10_000 + "]" * 10_000 + "\nimport a\n",
        "".join(" " * depth + "if x:\n" for depth in range(600)) + " " * 600 + "import a\n",
        "if " + "not " * 20_000 + "TYPE_CHECKING: import a\n",
        "if " + " and ".join(["TYPE_CHECKING"] * 5_000) + ": import a\n",
        "import importlib\nimportlib.import_module(" + " + ".join(["'a'"] * 5_000) + ")\n",
        "if a: ...\n" + "elif b: import x\n" * 3_000,
        "__all__ = " + " + ".join(["['a']"] * 5_000) + "\n",
        "a = " * 5_000 + "1\n",
        "import " + ", ".join(["a.b"] * 5_000) + "\n",
        "é" * 5_000 + " = 1; " + "import a; " * 500 + "\n",
    ],
    ids=range(11),
)
def test_deep_and_long_files(source: str) -> None:
    read("a.py", source.encode(), None)


def test_the_interpreters_own_syntax_tree_agrees() -> None:
    """Every import of this interpreter's library is found, at its place, in or outside functions."""
    directory = ast.__file__.rpartition("/")[0]
    for name in (
        "typing",
        "asyncio/base_events",
        "unittest/case",
        "pydoc",
        "inspect",
        "importlib/_bootstrap",
    ):
        with open(f"{directory}/{name}.py", "rb") as file:
            data = file.read()
        expected = set()
        tree = ast.parse(data)
        functions = [
            node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        ]
        inside = {id(node) for function in functions for node in ast.walk(function)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                expected |= {(alias.name, "", node.lineno, id(node) in inside) for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                module = "." * node.level + (node.module or "")
                expected |= {(module, alias.name, alias.lineno, id(node) in inside) for alias in node.names}
        found = set()
        for item in imports(data):
            if item.kind != "dynamic":
                found |= {(item.specifier, n.name, n.line, item.in_function) for n in item.names} or {
                    (item.specifier, "", item.span[0], item.in_function)
                }
        assert found == expected, name
        assert "parse-incomplete" not in [item.kind for item in facts(data).problems]


# --- never an exception -----------------------------------------------------------------------------------------

SAMPLE = b'''"""doc"""
from __future__ import annotations
import os, sys as system
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    from .models import (User, Order as O)  # names
else:
    from importlib import import_module
try:
    import yaml
except ImportError:
    yaml = None
__all__ = ["a"] + system.__all__
def load(name):
    global cache
    cache = import_module(".x", package=__name__), __import__(name, fromlist=["a"], level=1)
    match name:
        case [first, *rest]: lazy from a import b
class Box[T = int]:
    with open("x") as f: from . import \xc3\xa9
globals()["x"] = (y := 1)
sys.modules[__name__] = 1
'''
WORDS = sorted(
    {*re.findall(rb"\w+|[^\w\s]|\s+", SAMPLE), b"from ", b"\xff", b"\\\n", b"'''", b"# coding: x\n"}
)


def check(data: bytes) -> None:
    result = read("a.py", data, None)
    assert result.language == "python"
    for item in result.imports:
        line, column, end_line, end_column = item.span
        assert 1 <= line <= end_line and column >= 1 and end_column >= 1
        assert (line, column) < (end_line, end_column)


@given(st.binary(max_size=400))
def test_random_bytes(data: bytes) -> None:
    check(data)


@settings(max_examples=300)
@given(st.lists(st.sampled_from(WORDS), max_size=60))
def test_random_words(words: list[bytes]) -> None:
    check(b"".join(words))


@pytest.mark.parametrize("length", range(0, len(SAMPLE), 7))
def test_truncated(length: int) -> None:
    check(SAMPLE[:length])


@settings(max_examples=200)
@given(st.integers(0, len(SAMPLE)), st.integers(0, len(SAMPLE)), st.binary(max_size=5))
def test_cut_and_pasted(start: int, end: int, inserted: bytes) -> None:
    check(SAMPLE[:start] + inserted + SAMPLE[end:])


@given(st.binary(max_size=200))
def test_decode_gives_valid_utf8(data: bytes) -> None:
    text, found = decode(data)
    if text is None:
        assert found
    else:
        assert "\0" not in text.decode()


def test_needles_fill_code() -> None:
    source = b"import sqlite3\nsqlite3.connect('x').execute('SELECT 1')\n"
    assert read("a.py", source, None).code == b""
    assert read("a.py", source, re.compile(rb"nothing")).code == b""
    assert read("a.py", source, re.compile(rb"execute")).code


def test_a_failing_lowering_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    import constraintlint.frontends.python_code as python_code

    def fail(*_: object) -> None:
        raise RecursionError("too deep")

    monkeypatch.setattr(python_code, "lower", fail)
    result = read("a.py", b"import a\nx.execute('y')\n", re.compile(rb"execute"))
    assert [item.kind for item in result.problems] == ["analysis-incomplete"]
    assert [item.specifier for item in result.imports] == ["a"]
    assert sys.getrecursionlimit() > 0
