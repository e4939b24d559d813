"""Python strings and numbers: values, places of pieces and holes."""

from __future__ import annotations

import ast
import warnings

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from constraintlint.facts import code as c
from tests.support.dump import dump
from tests.support.python_source import lowered, standard_library, utf8

STRINGS = [
    # quotes and prefixes
    ("''", '""'),
    ("'a'", '"a"'),
    ('"a\'b"', '"a\'b"'),
    ("'''a\n\"b'''", '"a\\n\\"b"'),
    ('""""a" """', '"\\"a\\" "'),
    ("''''''", '""'),
    ("b'a'", 'b"a"'),
    ("R'\\n'", 'r"\\\\n"'),
    ("rb'\\d' ", 'b"\\\\d"'),
    ("u'a'", '"a"'),
    ("f''", '""'),
    ("t'a{b}'", 't"a{b}"'),
    ("rt'\\d{b}'", 't"\\\\d{b}"'),
    # concatenation
    ("'a' \"b\" '''c'''", '"abc"'),
    ("('a' # x\n 'b' \\\n 'c')", '"abc"'),
    ("'a' f'{b}' 'c{}'", '"a{b}c{}"'),
    ("b'a' b'b'", 'b"ab"'),
    ("r'a' r'b'", 'r"ab"'),
    ("r'a' 'b'", '"ab"'),
    # escapes
    (r"'\n\t\\\'\"\a\b\f\v\r'", r'''"\n\t\\'\"\u0007\b\f\u000b\r"'''),
    (r"'\x41\101\0\u00e9\U0001F600'", '"AA\\u0000é😀"'),
    (r"'\N{EM DASH}\N{digit one}'", '"—1"'),
    (r"'\d\N\N{no such name}\x4\u12\U00110000'", r'"\\d\\N\\N{no such name}\\x4\\u12\\U00110000"'),
    (r"b'\x41\101\u0041\N{EM DASH}\xff'", r'b"AA\\u0041\\N{EM DASH}ÿ"'),
    (r"'\777\8'", '"ǿ\\\\8"'),
    ("'a\\\nb'", '"ab"'),
    ("'a\\\r\nb'", '"ab"'),
    ("'''a\r\nb\rc'''", '"a\\nb\\nc"'),
    (r"'\ud800'", '"\ufffd"'),
    # f-strings
    ("f'{a}'", '"{a}"'),
    ("f'{a!r}{b:>10}{c!s:x}'", '"{a!r}{b:>10}{c!s:x}"'),
    ("f'{a:{b}.{c!r}}'", '"{a:{b}.{c!r}}"'),
    ("f'{a:{b:{c}}}'", '"{a:{b:{c}}}"'),
    ("f'{{a}} {{{b}}}'", '"{a} {{b}}"'),
    ("f'{a, b} {*c, d} {e[\"f\"]}'", '"{(tuple a b)} {(tuple *c d)} {(at e "f")}"'),
    ("f'{a=} {b = } {c=!s:>4} {d=:x}'", '"a={a!r} b = {b!r} c={c!s:>4} d={d:x}"'),
    ("f'{a:=10} {(b := 1)} {c!r:=^{d}}'", '"{a:=10} {(:= b 1)} {c!r:=^{d}}"'),
    ("f'{a:=^{b}}'", '"{a:=^{b}}"'),
    ("f'{a != b}'", '"{(!= a b)}"'),
    ("f'{f\"{f'{a}'}\"}'", '"{"{"{a}"}"}"'),
    ("f'{a:%H:%M}'", '"{a:%H:%M}"'),
    ("f'''{\n a # b\n , c\n}'''", '"{(tuple a c)}"'),
    ("f'{lambda: 1}'", '"{(lambda () {(return 1)})}"'),
    (r"f'\{a}\n\N{EM DASH}\x41'", '"\\\\{a}\\n—A"'),
    (r"rf'\n{a}\{b}'", 'r"\\\\n{a}\\\\{b}"'),
    ("f'{ {1: 2}[1] }'", '"{(at {1: 2} 1)}"'),
    ("f'{(yield)} {await_}'", '"{(yield)} {await_}"'),
    # other characters
    ("'größe 😀'", '"größe 😀"'),
    ("f'ä{ö}ü'", '"ä{ö}ü"'),
    ("`a`", '(?repr "a")'),
]


@pytest.mark.parametrize(("source", "form"), STRINGS)
def test_form(source: str, form: str) -> None:
    code = lowered(source)
    assert dump(code) == form
    assert dump(c.decode(msgspec.msgpack.encode(code))) == form


NUMBERS = [
    ("1, 1_000, 0xFF, 0o17, 0b1_1, 00", "(tuple 1 1000 255 15 3 0)"),
    ("1.5, 1e3, .5, 1_0.0_1, 1e999, 1.", "(tuple 1.5 1000.0 0.5 10.01 inf 1.0)"),
    ("1j, 1.5J", "(tuple (?complex) (?complex))"),
    ("18446744073709551615, 18446744073709551616", "(tuple 18446744073709551615 int)"),
    pytest.param("9" * 5000, "int", id="5000 digits"),
    pytest.param("0x" + "f" * 5000, "int", id="5000 hexadecimal digits"),
    ("10L, 0777", "(tuple (?number) (?number))"),
]


@pytest.mark.parametrize(("source", "form"), NUMBERS)
def test_number(source: str, form: str) -> None:
    code = lowered(source)
    assert dump(c.decode(msgspec.msgpack.encode(code))) == form


# --- places -----------------------------------------------------------------------------------------------------


def texts(code: c.Code) -> list[c.Text]:
    return [node for node in c.walk(code.body) if isinstance(node, c.Text)]


def parts(source: str) -> list[tuple[str, str]]:
    """Each piece or hole of the only string: its source text, and its value or form."""
    data = source.encode()
    text = texts(lowered(data))[0]
    return [
        (data[slice(*part.at)].decode(), part.value if isinstance(part, c.Piece) else dump(part))
        for part in text.pieces
    ]


PLACES = [
    ("x = 'abc'", [("abc", "abc")]),
    ('(\'a\' """b""" r\'c\')', [("a", "a"), ("b", "b"), ("c", "c")]),
    (r"'a\nb\d'", [("a", "a"), (r"\n", "\n"), (r"b\d", r"b\d")]),
    (r"'\x41\N{DIGIT ONE}'", [(r"\x41", "A"), (r"\N{DIGIT ONE}", "1")]),
    ("'a\\\nb'", [("a", "a"), ("\\\n", ""), ("b", "b")]),
    ("'''a\r\nb'''", [("a", "a"), ("\r\n", "\n"), ("b", "b")]),
    ("f'a{{b}}c'", [("a", "a"), ("{{", "{"), ("b", "b"), ("}}", "}"), ("c", "c")]),
    ("f'a{b!r:>{c}}d'", [("a", "a"), ("{b!r:>{c}}", "{b!r:>{c}}"), ("d", "d")]),
    ("f'{a = }'", [("a = ", "a = "), ("{a = }", "{a!r}")]),
    ("'größe' f'ä{ö}\\n'", [("größe", "größe"), ("ä", "ä"), ("{ö}", "{ö}"), ("\\n", "\n")]),
    ("rf'\\n{a}'", [("\\n", "\\n"), ("{a}", "{a}")]),
    ("b'\\xff'", [("\\xff", "ÿ")]),
]


@pytest.mark.parametrize(("source", "expected"), PLACES)
def test_places(source: str, expected: list[tuple[str, str]]) -> None:
    assert parts(source) == expected


def test_holes_hold_the_places_of_their_expressions() -> None:
    data = "f'ä{ a.b !r:{c}}'".encode()
    (hole,) = [part for part in texts(lowered(data))[0].pieces if isinstance(part, c.Hole)]
    assert data[slice(*hole.value.at)] == b"a.b"
    assert hole.format == "!r:{c}"
    (inner,) = hole.spec
    assert (data[slice(*inner.at)], dump(inner)) == (b"{c}", "{c}")


def check_pieces(data: bytes, text: c.Text) -> None:
    """A piece stands for its own bytes, or is one escape sequence; pieces follow each other without overlap."""
    last = text.at[0]
    for part in text.pieces:
        start, end = part.at
        assert text.at[0] <= start < end <= text.at[1]
        if isinstance(part, c.Hole):
            last = end
            continue
        assert last <= start
        last = end
        own = data[start:end].decode()
        if part.value != own:
            assert len(part.value) <= 1
            assert own[0] in "\\\r" or own in ("{{", "}}")


@pytest.mark.parametrize("path", standard_library(60), ids=lambda path: path.name)
def test_pieces_of_the_standard_library(path: object) -> None:
    data = utf8(path)  # type: ignore[arg-type]
    if data is None:
        pytest.skip("not UTF-8")
    for text in texts(lowered(data)):
        check_pieces(data, text)


ALPHABET = ["a", "ä", "😀", "\\", "\\n", "\\x41", "\\u00e9", "\\N{DASH}", "\\0", "{", "}", "{{", "}}", "'", '"', "\n", "\r\n", " ", "\\\n"]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(["", "r", "b", "u", "Rb"]),
    st.sampled_from(["'", '"', "'''", '"""']),
    st.lists(st.sampled_from(ALPHABET)),
)
def test_values_are_those_of_the_language(prefix: str, quote: str, inside: list[str]) -> None:
    source = f"{prefix}{quote}{''.join(inside)}{quote}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            value = ast.literal_eval(source)
        except (SyntaxError, ValueError):
            return
    data = source.encode()
    (text,) = texts(lowered(data))
    written = "".join(part.value for part in text.pieces if isinstance(part, c.Piece))
    assert written == (value.decode("latin-1") if isinstance(value, bytes) else value)
    check_pieces(data, text)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(["", "r", "b", "f", "rf", "t"]),
    st.sampled_from(["'", "'''"]),
    st.lists(st.sampled_from(ALPHABET)),
)
def test_broken_strings_are_read(prefix: str, quote: str, inside: list[str]) -> None:
    data = f"x = {prefix}{quote}{''.join(inside)}".encode()
    code = lowered(data)
    msgspec.msgpack.encode(code)
    for text in texts(code):
        check_pieces(data, text)
