"""Lowering of Python statements and expressions: source -> form, hits, depth, broken syntax, the standard library."""

from __future__ import annotations

import sys
import threading
import unicodedata
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tree_sitter import Node

from constraintlint.facts import code as c
from tests.support import python_form
from tests.support.dump import dump
from tests.support.python_source import lowered, parser, standard_library, utf8

EXPRESSIONS = [
    # names and constants
    ("x", "x"),
    ("True, False, None, ...", "(tuple True False None ...)"),
    ("match, case, type, _, __debug__", "(tuple match case type _ __debug__)"),
    ("ﬁle.größe", "file.größe"),
    # members, calls, subscripts
    ("a.b.c", "a.b.c"),
    ("a.b[c](d).e", "(. (call (at a.b c) d) e)"),
    ("f(a, *b, c=d, **e)", "(call f a *b c=d **e)"),
    ("f(*a, b, *c)", "(call f *a b *c)"),
    ("f(x for x in y)", "(call f (generator x (for x y)))"),
    ("f(a := 1, print=2)", "(call f (:= a 1) print=2)"),
    ("f()", "(call f)"),
    ("print(a, file=b)", "(call print a file=b)"),
    ("x[a, b:c, ...]", "(at x (tuple a (slice b c -) ...))"),
    ("x[a,]", "(at x (tuple a))"),
    ("x[:]", "(at x (slice - - -))"),
    ("x[a:]", "(at x (slice a - -))"),
    ("x[:b]", "(at x (slice - b -))"),
    ("x[::c]", "(at x (slice - - c))"),
    ("x[a:b:c]", "(at x (slice a b c))"),
    ("x[*a]", "(at x (tuple *a))"),
    ("x[a := 1]", "(at x (:= a 1))"),
    # operators
    ("a + b * c - d", "(- (+ a (* b c)) d)"),
    ("a ** b ** -c", "(** a (** b (- c)))"),
    ("a | b ^ c & d << e >> f", "(| a (^ b (& c (>> (<< d e) f))))"),
    ("a & b ^ c & d, a ^ b | c, (a ^ b) & c", "(tuple (^ (& a b) (& c d)) (| (^ a b) c) (& (^ a b) c))"),
    ("(x := a if b else c)", "(:= x (cond b a c))"),
    ("a @ b // c % d / e", "(/ (% (// (@ a b) c) d) e)"),
    ("not a in b", "(not (in a b))"),
    ("a not in b", "(not in a b)"),
    ("a is not b", "(is not a b)"),
    ("a < b", "(< a b)"),
    ("a < b <= c", "(and (< a b) (<= b c))"),
    ("a == b is not c not in d", "(and (and (== a b) (is not b c)) (not in c d))"),
    ("a <> b", "(<> a b)"),
    ("a and b or c and not d", "(or (and a b) (and c (not d)))"),
    ("~a, -b, +c", "(tuple (~ a) (- b) (+ c))"),
    ("a if b else c if d else e", "(cond b a (cond d c e))"),
    ("(((a)))", "a"),
    ("((a) + (b)) * (c)", "(* (+ a b) c)"),
    ("(n := f())", "(:= n (call f))"),
    ("`a`", '(?repr "a")'),
    # lambdas
    ("lambda: 1", "(lambda () {(return 1)})"),
    ("lambda a, /, b=1, *c, d, **e: a", "(lambda (a, b = 1, *c, kw d, **e) {(return a)})"),
    (
        "lambda *, a: lambda: (yield a)",
        "(lambda (kw a) {(return (generator lambda () {(return (yield a))}))})",
    ),
    ("lambda x=lambda: 1: x", "(lambda (x = (lambda () {(return 1)})) {(return x)})"),
    # displays
    ("[], (), {}, [a], (a,), {a}", "(tuple [] (tuple) {:} [a] (tuple a) {a})"),
    ("[*a, b], {*a}, (*a, b)", "(tuple [*a b] {*a} (tuple *a b))"),
    ("{a: b, **c, 'd': e}", '{a: b, **c, "d": e}'),
    ("[*a + b, *c.d, *e[f], *g(h)]", "[*(+ a b) *c.d *(at e f) *(call g h)]"),
    ("[*i or j, *n < o, *p | q | r]", "[*(or i j) *(< n o) *(| (| p q) r)]"),
    ("f(*a + b, *c.d(), *e if f else g)", "(call f *(+ a b) *(call c.d) *(cond f e g))"),
    ("*a, b", "(tuple *a b)"),
    # comprehensions
    ("[x for x in y]", "(list x (for x y))"),
    ("{x for x in y}", "(set x (for x y))"),
    ("{a: b for a, b in c}", "(dict a: b (for (tuple a b) c))"),
    ("[x for x in y if z if w for q in x]", "(list x (for x y z w) (for q x))"),
    ("[x for x in lambda: y, 1]", "(list x (for x (tuple (lambda () {(return y)}) 1)))"),
    # comments and continuation lines
    ("(a # c\n + # d\n b)", "(+ a b)"),
    ("f(a, # x\n b # y\n = 1, # z\n *c)", "(call f a b=1 *c)"),
    ("(a. # x.y\n b)", "a.b"),
    ("{a: # c\n b, # d\n}", "{a: b}"),
    ("a \\\n .b", "a.b"),
    ("[x # a\n for # b\n x in y # c\n if z # d\n]", "(list x (for x y z))"),
    ("a[ # x\n b # y\n ]", "(at a b)"),
    ("(a # x\n < # y\n b # z\n < c)", "(and (< a b) (< b c))"),
    ("not \\\n a", "(not a)"),
    ("(a # x\n if b else c)", "(cond b a c)"),
    ("(lambda # x\n a: # y\n b)", "(lambda (a) {(return b)})"),
]

STATEMENTS = [
    # assignments
    ("a = b = c", "(= (a b) c)"),
    ("a, *b = c", "(= (tuple a *b) c)"),
    ("(a), [b, c.d], e[0] = f", "(= (tuple a [b c.d] (at e 0)) f)"),
    ("(a) = 1", "(= a 1)"),
    ("*a.b, c = d", "(= (tuple *a.b c) d)"),
    ("x = *a, b", "(= x (tuple *a b))"),
    ("x = a,", "(= x (tuple a))"),
    ("x += 1", "(+= x 1)"),
    ("x.y //= z, w", "(//= x.y (tuple z w))"),
    ("x: int", "(= x: int)"),
    ("x.y: 'A' = None", '(= x.y: "A" None)'),
    ("x: int = yield", "(= x: int (yield))"),
    ("x = \\\n y", "(= x y)"),
    # annotations
    ("x: a.b[c, d] | None", "(= x: (| (at a.b (tuple c d)) None))"),
    ("x: list[str] | A | None", "(= x: (| (| (at list str) A) None))"),
    ("x: A | b[c] | d.e[f] | 'g'", '(= x: (| (| (| A (at b c)) (at d.e f)) "g"))'),
    ("x: A[b].c", "(= x: (. (at A b) c))"),
    ("x: tuple[*A]", "(= x: (at tuple (tuple *A)))"),
    ("x: A[1:2]", "(= x: (at A (slice 1 2 -)))"),
    ("x: tuple[*A, int]", "(= x: (at tuple (tuple *A int)))"),
    ("x: Callable[[int], str]", "(= x: (at Callable (tuple [int] str)))"),
    ("x: Literal['a', 1]", '(= x: (at Literal (tuple "a" 1)))'),
    # type aliases, and what the grammar takes for one
    ("type X = int", "(= type X int)"),
    ("type X[T: int = str, *U, **P] = T", "(= type X[T: int = str, *U, **P] T)"),
    ("type(x).y = 1", "(= (. (call type x) y) 1)"),
    ("type(a, b).c.d[0] = 2", "(= (at (. (. (call type a b) c) d) 0) 2)"),
    ("type(x)(y).z: int = 1", "(= (. (call (call type x) y) z): int 1)"),
    ("type[a] = 3", "(= (at type a) 3)"),
    ("type = 1; type.x = 2; type(x)", "(= type 1); (= type.x 2); (call type x)"),
    # simple statements
    ("a; b;", "a; b"),
    ("a,", "(tuple a)"),
    ("return", "(return)"),
    ("return *a, b", "(return (tuple *a b))"),
    ("raise", "(raise)"),
    ("raise A from B", "(raise A from B)"),
    ("raise A(), b", "(raise (tuple (call A) b))"),
    ("del a, (b, [c.d]), (e), f[0]", "(delete a); (delete b); (delete c.d); (delete e); (delete (at f 0))"),
    ("assert a, b", "(?assert a b)"),
    ("global a, b", "(global a b)"),
    ("nonlocal a", "(nonlocal a)"),
    ("pass; break; continue", "pass; break; continue"),
    ("import a.b, c", "(?import)"),
    ("from . import (x, y)", "(?import)"),
    ("print >>f, x", "(?print (?chevron f) x)"),
    ("print x, y", "(?print x y)"),
    ("exec 'a' in b", '(?exec "a" b)'),
    # yield and await
    ("yield", "(yield)"),
    ("x = yield a, b", "(= x (yield (tuple a b)))"),
    ("x = yield from y", "(= x (yield-from y))"),
    ("async def f(): return await a + 1", "(async def f () {(return (+ (await a) 1))})"),
    ("async def f(): return -await a ** b", "(async def f () {(return (- (** (await a) b)))})"),
    ("async def f(): return [await x async for x in y]", "(async def f () {(return (list (await x) (async-for x y)))})"),
    # branches and loops
    ("if a: b", "(if a {b})"),
    ("if a: # c\n  b\n# d\nelif c:\n  d\nelse: # e\n  e", "(if a {b} {(if c {d} {e})})"),
    ("for a, b in c, d: e\nelse: f", "(for (tuple a b) (tuple c d) {e} {else: f})"),
    ("for x in *a, b: # c\n  pass", "(for x (tuple *a b) {pass})"),
    ("async def f():\n async for x in y: z", "(async def f () {(async-for x y {z})})"),
    ("while (n := f()): break\nelse: continue", "(while (:= n (call f)) {break} {else: continue})"),
    # with
    ("with a: b", "(with a {b})"),
    ("with a as b, c(): pass", "(with (as a b) (call c) {pass})"),
    ("with (a as b, c as d): pass", "(with (as a b) (as c d) {pass})"),
    ("with ( # x\n a as b, # y\n): pass", "(with (as a b) {pass})"),
    ("with (a, b): pass", "(with a b {pass})"),
    ("with (a, b) as c: pass", "(with (as (tuple a b) c) {pass})"),
    ("with a as (b, c), d as e.f: pass", "(with (as a (tuple b c)) (as d e.f) {pass})"),
    ("with (a as b): pass", "(with (as a b) {pass})"),
    ("with (a), (b, c): pass", "(with a (tuple b c) {pass})"),
    ("with a if b else c as d: pass", "(with (as (cond b a c) d) {pass})"),
    ("with (yield): pass", "(with (yield) {pass})"),
    ("async def f():\n async with a as b: pass", "(async def f () {(async-with (as a b) {pass})})"),
    # try
    (
        "try: a\nexcept (A, B) as e: b\nexcept C: c\nexcept: d\nelse: e\nfinally: f",
        "(try {a} (except (tuple A B) as e {b}) (except C {c}) (except {d}) {else: e} {finally: f})",
    ),
    ("try: a\nexcept* A as e: b", "(try {a} (except A as e {b}))"),
    ("try: a\nexcept A, B: b", "(try {a} (except (tuple A B) {b}))"),
    ("try: a\nfinally: b", "(try {a} {finally: b})"),
    # functions and classes
    ("def f(): pass", "(def f () {pass})"),
    (
        "def f(a, /, b: int, c=1, *d: int, e, g: 'G' = 2, **h: x) -> a.b: ...",
        '(def f (a, b: int, c = 1, *d: int, kw e, kw g: "G" = 2, **h: x) -> a.b {...})',
    ),
    ("def f(*, a): ...", "(def f (kw a) {...})"),
    ("def f(*args: *Ts): ...", "(def f (*args: *Ts) {...})"),
    ("def f(a, (b, c)): ...", "(def f (a, (tuple b c)) {...})"),
    ("def f( # a\n x, # b\n *, # c\n y # d\n ): # e\n # f\n return ( # g\n x) # h", "(def f (x, kw y) {(return x)})"),
    ("def f[T: (int, str), *Ts, **P](x: T): ...", "(def f[T: (tuple int str), *Ts, **P] (x: T) {...})"),
    ("@a # b\n# c\n@d.e(f)\ndef g(): pass", "(@a @(call d.e f) def g () {pass})"),
    ("def f(): yield", "(generator def f () {(yield)})"),
    ("def f():\n def g(): yield", "(def f () {(generator def g () {(yield)})})"),
    (
        "def f():\n lambda x=(yield): (yield)",
        "(generator def f () {(generator lambda (x = (yield)) {(return (yield))})})",
    ),
    ("async def f(): yield 1", "(async generator def f () {(yield 1)})"),
    ("class A: pass", "(class A () {pass})"),
    ("@x\nclass A[T](B, *c, metaclass=M, **k):\n 'doc'\n y: int = 1", '(@x class A[T] (B *c metaclass=M **k) {"doc"; (= y: int 1)})'),
    ("class A[T = list[int], U: int = str, *V = W]: pass", "(class A[T = (at list int), U: int = str, *V = W] () {pass})"),
    ("class A:\n # a\n x = 1 # b\n # c\n", "(class A () {(= x 1)})"),
    # match
    ("match x, y:\n case _: pass", "(switch (tuple x y) (case - {pass}))"),
    ("match a,:\n case x if y: pass", "(switch (tuple a) (case x if y {pass}))"),
    ("match *a, b:\n case _ if c: pass", "(switch (tuple *a b) (case - if c {pass}))"),
    ("match x:\n case 1 | -2 | 'a': pass", '(switch x (case (| (| 1 (- 2)) "a") {pass}))'),
    ("match x:\n case -1+2j | 1.5 | b'x': pass", '(switch x (case (| (| (+ (- 1) (?complex)) 1.5) b"x") {pass}))'),
    ("match x:\n case [a, *r], (b): pass", "(switch x (case (tuple [a *r] b) {pass}))"),
    ("match x:\n case (a,) | () | []: pass", "(switch x (case (| (| (tuple a) (tuple)) []) {pass}))"),
    ("match x:\n case a,: pass", "(switch x (case (tuple a) {pass}))"),
    ("match x:\n case *_, a: pass", "(switch x (case (tuple *_ a) {pass}))"),
    ("match x:\n case {'k': v, -1: _, A.B: c, **r}: pass", '(switch x (case {"k": v, (- 1): _, A.B: c, **r} {pass}))'),
    ("match x:\n case A.B(x, C(), y=-1, z=D() as e) as q: pass", "(switch x (case (as q (call A.B x (call C) y=(- 1) z=(as e (call D)))) {pass}))"),
    ("match x:\n case (1 | 2) as y: pass", "(switch x (case (as y (| 1 2)) {pass}))"),
    ("match x:\n case None | True | a.b.c: pass", "(switch x (case (| (| None True) a.b.c) {pass}))"),
    ("match x: # a\n # b\n case ( # c\n  1): # d\n  pass", "(switch x (case 1 {pass}))"),
    ("match = 1; match(x); match[y]", "(= match 1); (call match x); (at match y)"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "form"), EXPRESSIONS + STATEMENTS)
def test_form(source: str, form: str) -> None:
    assert dump(lowered(source)) == form


@pytest.mark.parametrize("source", [source for source, _ in EXPRESSIONS + STATEMENTS])
def test_form_agrees_with_the_standard_tree(source: str) -> None:
    try:
        expected = python_form.form(source.encode())
    except SyntaxError:
        pytest.skip("not in the running Python")
    if source.startswith("print >>"):
        pytest.skip("means the file in Python 2, shifts a function in Python 3")
    assert dump(python_form.comparable(lowered(source).body)) == dump(python_form.comparable(expected))


def test_imports_refer_to_the_facts() -> None:
    source = "import a, b\nif x:\n    from c import (\n        d)\n"
    imports = {0: [0, 1], source.index("from"): [2]}
    assert dump(lowered(source, imports=imports)) == "(import 0); (import 1); (if x {(import 2)})"


ROLES = [
    ("def f(self): pass", "method", False),
    ("def __init__(self): pass", "constructor", False),
    ("@property\n def f(self): pass", "getter", False),
    ("@functools.cached_property\n def f(self): pass", "getter", False),
    ("@f.setter\n def f(self, x): pass", "setter", False),
    ("@f.deleter\n def f(self): pass", "method", False),
    ("@staticmethod\n def f(): pass", "method", True),
    ("@classmethod\n @property\n def f(cls): pass", "getter", False),
    ("@setter\n def f(self): pass", "method", False),
    ("async def f(self): pass", "method", False),
    ("if X:\n  def f(self): pass", "method", False),
]


@pytest.mark.parametrize(("definition", "kind", "static"), ROLES)
def test_role_of_a_function_in_a_class(definition: str, kind: str, static: bool) -> None:
    (function,) = functions(lowered(f"class A:\n {definition}"))
    assert (function.kind, function.static) == (kind, static)


def functions(code: c.Code) -> list[c.Function]:
    return [node for node in c.walk(code.body) if isinstance(node, c.Function)]


def test_functions_in_functions_are_no_methods() -> None:
    code = lowered(
        "class A:\n def f(self):\n  def g(): pass\n  class B:\n   def h(self): pass\n def i(self): pass"
    )
    assert {function.name: function.kind for function in functions(code)} == {
        "f": "method",
        "g": "function",
        "h": "method",
        "i": "method",
    }


# --- hits -------------------------------------------------------------------------------------------------------

HITS = """\
@decorator(1)
def boring(a: int = 1) -> str:
    return a

def outer():
    def inner():
        HIT
    def other():
        yield 1

x = 1
class A(Base):
    y = 2
    def method(self): pass
    def hit(self): HIT
    lambda: z

async def generator():
    for x in y:
        yield x

def around():
    def inner(a=(yield)): pass

def quiet():
    # yield
    def inner(): yield
    lambda: (yield)
"""


def test_functions_without_hits_keep_their_heads() -> None:
    hits = [i for i in range(len(HITS)) if HITS.startswith("HIT", i)]
    code = lowered(HITS, hits)
    bodies = {function.name: function.body is not None for function in functions(code) if function.name}
    assert bodies == {
        "boring": False,
        "outer": True,
        "inner": True,
        "other": False,
        "method": False,
        "hit": True,
        "generator": False,
        "around": False,
        "quiet": False,
    }
    assert dump(code.body[0]) == "(@(call decorator 1) def boring (a: int = 1) -> str not-lowered)"
    assert dump(code.body[2:4]) == (
        "(= x 1); (class A (Base) {(= y 2); (method def method (self) not-lowered); "
        "(method def hit (self) {HIT}); (lambda () {(return z)})})"
    )


@pytest.mark.parametrize("hits", [None, []])
def test_generators_are_known_without_their_body(hits: list[int] | None) -> None:
    generators = {f.name for f in functions(lowered(HITS, hits)) if f.is_generator and f.name != "inner"}
    assert generators - {"", "other"} == {"generator", "around"}


@pytest.mark.parametrize("decorator", ["", "@d\n"])
def test_a_hit_lies_inside_the_function_or_its_decorators(decorator: str) -> None:
    definition = f"{decorator}def f(a=1): pass"
    source = f"x\n{definition}\ny"
    start, end = source.index(definition), source.index(definition) + len(definition)
    for place, lowers in [(start - 1, False), (start, True), (end - 1, True), (end, False)]:
        (function,) = functions(lowered(source, [place]))
        assert (function.body is not None) is lowers


# --- depth ------------------------------------------------------------------------------------------------------

DEEP: list[tuple[str, Callable[[int], str]]] = [
    ("list", lambda n: "[" * n + "]" * n),
    ("tuple", lambda n: "(x," * n + ")" * n),
    ("set", lambda n: "{x," * n + "}" * n),
    ("dict", lambda n: "{x:" * n + "y" + "}" * n),
    ("call", lambda n: "f(" * n + ")" * n),
    ("keyword", lambda n: "f(a=" * n + "b" + ")" * n),
    ("callee", lambda n: "f" + "(x)" * n),
    ("member", lambda n: "a" + ".b" * n),
    ("method", lambda n: "a" + ".b()" * n),
    ("subscript", lambda n: "a" + "[b]" * n),
    ("index", lambda n: "a[" * n + "b" + "]" * n),
    ("slice", lambda n: "a[b:" * n + "c" + "]" * n),
    ("spread", lambda n: "[*" * n + "c" + "]" * n),
    ("not", lambda n: "not " * n + "a"),
    ("minus", lambda n: "-" * n + "a"),
    ("await", lambda n: "await " * n + "a"),
    ("power", lambda n: "a**" * n + "b"),
    ("right", lambda n: "a+(b%(" * n + "c" + "))" * n),
    ("conditional", lambda n: "a if b else " * n + "c"),
    ("lambda", lambda n: "lambda: " * n + "c"),
    ("default", lambda n: "lambda a=" * n + "c" + ": d" * n),
    ("comprehension", lambda n: "[a for b in " * n + "c" + "]" * n),
    ("condition", lambda n: "[a for b in c if " * n + "d" + "]" * n),
    ("element", lambda n: "{" * n + "a" + ": b for c in d}" * n),
    ("walrus", lambda n: "(a := " * n + "b" + ")" * n),
    ("f-string", lambda n: 'f"{' * n + "a" + '}"' * n),
    ("format", lambda n: 'f"' + "{a:" * n + "}" * n + '"'),
    ("annotation", lambda n: "x: " + "a[" * n + "b" + "]" * n),
    ("union", lambda n: "x: " + "a[b] | " * n + "c"),
    ("comparison", lambda n: "a" + " < b" * n),
    ("pattern", lambda n: "match x:\n case " + "[" * n + "]" * n + ": pass"),
    ("class-pattern", lambda n: "match x:\n case " + "A(b=" * n + "c" + ")" * n + ": pass"),
    ("or-pattern", lambda n: "match x:\n case " + "a | " * n + "b: pass"),
    ("targets", lambda n: "a = " * n + "b"),
    ("delete", lambda n: "del " + "(" * n + "a, b" + ")" * n),
    ("with", lambda n: "with " + "(" * n + "a as b" + ")" * n + ": pass"),
    ("elif", lambda n: "if a: b\n" + "elif c: d\n" * n + "else: e"),
    ("brackets", lambda n: "([{" * n),
    ("closing", lambda n: ")]}" * n),
    ("decorators", lambda n: "@a\n" * n + "def f(): pass"),
]
NESTED = {
    "if": "if x:",
    "else": "for x in y: pass\n{}else:",
    "with": "with x:",
    "try": "try:",
    "except": "try: pass\n{}except x:",
    "match": "match x:\n{} case x:",
    "def": "@a\n{}def f():",
    "class": "class A:",
}


def nested(header: str, depth: int) -> str:
    lines = []
    for i in range(depth):
        indent = "  " * i
        lines.append(indent + header.format(indent))
    return "\n".join([*lines, "  " * depth + "pass"])


DEEP += [(name, lambda n, header=header: nested(header, min(n, 400))) for name, header in NESTED.items()]


def round_trip(code: c.Code) -> c.Code:
    return c.decode(msgspec.msgpack.encode(code))


@pytest.mark.parametrize(
    ("make", "n"), [pytest.param(make, n, id=f"{name}-{n}") for name, make in DEEP for n in (150, 1000)]
)
def test_deep_nesting_is_bounded(make: Callable[[int], str], n: int) -> None:
    code = msgspec.msgpack.encode(lowered(make(n)))
    assert msgspec.msgpack.encode(c.decode(code)) == code


def test_what_is_too_deep_is_said() -> None:
    unknown = [
        node for node in c.walk(lowered("[" * 10_000 + "]" * 10_000).body) if isinstance(node, c.Unknown)
    ]
    assert [(node.kind, node.children) for node in unknown] == [("too-deep", [])]
    for depth, kinds in [(90, set()), (300, {"too-deep"})]:
        code = lowered(nested("if x:", depth))
        assert {node.kind for node in c.walk(code.body) if isinstance(node, c.Unknown)} == kinds
    assert dump(lowered("(" * 10_000 + "a" + ")" * 10_000)) == "a"


def test_lowering_needs_few_frames() -> None:
    """Frames a level stay below four: the rest of the recursion limit belongs to the caller."""
    failures: list[str] = []

    def run() -> None:
        for name, make in DEEP:
            try:
                round_trip(lowered(make(1000)))
            except RecursionError:
                failures.append(name)

    def dig(levels: int) -> None:
        if levels:
            dig(levels - 1)
        else:
            run()

    thread = threading.Thread(target=dig, args=(120,))
    thread.start()
    thread.join()
    assert sys.getrecursionlimit() >= 1000
    assert failures == []


def operands(node: c.Expr, op: str) -> list[str]:
    stack, found = [node], []
    while stack:
        current = stack.pop()
        if isinstance(current, c.Binary) and current.op == op:
            stack += (current.right, current.left)
        else:
            found.append(dump(current))
    return found


@pytest.mark.parametrize("count", [3, 64, 65, 66, 67, 5000])
@pytest.mark.parametrize("op", ["+", "and", "|", "*"])
def test_chains_keep_every_operand_in_order(op: str, count: int) -> None:
    (statement,) = round_trip(lowered(f" {op} ".join(f"x{i}" for i in range(count)))).body
    assert isinstance(statement, c.ExprStmt)
    assert operands(statement.value, op) == [f"x{i}" for i in range(count)]


def test_a_short_chain_leans_to_the_left() -> None:
    (statement,) = lowered(" + ".join(["x"] * 65)).body
    depth, node = 0, statement.value
    while isinstance(node, c.Binary):
        assert isinstance(node.right, c.Name)
        depth, node = depth + 1, node.left
    assert depth == 64


def test_a_long_mixed_chain_is_a_flat_unknown() -> None:
    (statement,) = lowered(" - ".join(f"x{i}" for i in range(5000))).body
    assert isinstance(statement.value, c.Unknown)
    assert statement.value.kind == "chain"
    assert list(map(dump, statement.value.children)) == [f"x{i}" for i in range(5000)]


def test_runs_of_a_long_chain_stay_apart() -> None:
    (statement,) = lowered(" + ".join(["a"] * 50) + " - b" + " + c" * 50).body
    last = statement.value
    assert operands(last, "+")[1:] == ["c"] * 50
    first = last
    while first.op == "+":
        first = first.left
    assert (first.op, dump(first.right)) == ("-", "b")
    assert operands(first.left, "+") == ["a"] * 50


def test_a_long_elif_chain_is_a_switch_over_true() -> None:
    source = "if a0: b0\n" + "".join(f"elif a{i}: b{i}\n" for i in range(1, 300)) + "else: c"
    (switch,) = lowered(source).body
    assert isinstance(switch, c.Switch)
    assert dump(switch.subject) == "True"
    expected = [f"(case - if a{i} {{b{i}}})" for i in range(300)]
    assert list(map(dump, switch.cases)) == [*expected, "(case - {c})"]


# --- broken syntax ----------------------------------------------------------------------------------------------

BROKEN = [
    ("a b c", "(?error a b); c"),
    ("f(a b)", "(call f a (?error b))"),
    ("x = y.", "(?error x y)"),
    ("x = = 1", "(= x 1); (?error)"),
    ("if : pass", "(if (?missing) {pass})"),
    ("[1, 2", "(?error 1 2)"),
    (")", "(?error)"),
    ("def f(a, b c): pass", "(def f (a, b) {pass}); (?error c)"),
    ("def f() x = 1: pass\ndef g(): pass", "(def f () {pass}); (?error x 1); (def g () {pass})"),
    ("l not t in r", "(not in l r); (?error t)"),
    # statements inside errors stay statements
    ("else:\n  x: int = 1\n  def f(): pass\n", "(= x: int 1); (def f () {pass})"),
    ("def f()\n    a = 1\n    b: c = 2\n", "(?error f (?parameters) a); 1; (= b: c 2)"),
]


@pytest.mark.parametrize(("source", "form"), BROKEN)
def test_broken_syntax_keeps_what_stands_in_it(source: str, form: str) -> None:
    assert dump(lowered(source)) == form


def identifiers(root: Node, data: bytes) -> Counter[str]:
    """The identifiers of a syntax tree but for those of imports, and for text the grammar takes for code."""
    found: Counter[str] = Counter()
    stack = [root]
    while stack:
        node = stack.pop()
        kind = node.type
        text = data[node.start_byte : node.end_byte].decode()
        if kind in ("import_statement", "import_from_statement", "future_import_statement"):
            continue
        if kind == "string" and not set("ftFT") & set(text.partition('"')[0].partition("'")[0]):
            continue
        if kind == "identifier" and text:
            found[unicodedata.normalize("NFKC", text)] += 1
        if kind == "named_expression" and node.parent is not None and node.parent.type == "interpolation":
            # a format part: f"{x:=10}"
            stack.append(node.children[0])
        else:
            stack.extend(node.children)
    return found


def names(code: c.Code) -> Counter[str]:
    found: Counter[str] = Counter()
    for node in c.walk(code.body):
        match node:
            case c.Name(id=name):
                found[name] += 1
            case c.Member() | c.Arg() | c.Param() | c.Function() | c.Class():
                found[node.name] += 1
            case c.Scope():
                found.update(node.names)
    return found


def check(source: str) -> None:
    """Nothing raises, no identifier is lost, every record lies inside the one around it, and it can be stored."""
    data = source.encode()
    tree = parser().parse(data)
    code = lowered(data)
    assert not identifiers(tree.root_node, data) - names(code)
    stack: list[tuple[c.Node, c.At]] = [(node, (0, len(data))) for node in code.body]
    while stack:
        node, (start, end) = stack.pop()
        assert start <= node.at[0] <= node.at[1] <= end, node
        # decorators stand before the function or class
        around = (0, len(data)) if isinstance(node, c.Function | c.Class) else node.at
        stack += ((child, around) for child in c.children(node))
    assert dump(round_trip(code)) == dump(code)


SAMPLE = "\n".join(source for source, _ in STATEMENTS + EXPRESSIONS)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damaged_sources(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(SAMPLE)))
    source = SAMPLE[start : start + data.draw(st.integers(0, 600))]
    for _ in range(data.draw(st.integers(0, 4))):
        place = data.draw(st.integers(0, len(source)))
        inserted = data.draw(
            st.sampled_from(["", "(", ")", "[", "]", "{", "}", '"', ":", "\n", "=", "*", "@", "f'{", "def "])
        )
        source = source[:place] + inserted + source[place + data.draw(st.integers(0, 3)) :]
    check(source)


# --- the standard library ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", standard_library(300), ids=lambda path: path.name)
def test_standard_library(path: Path) -> None:
    data = utf8(path)
    if data is None:
        pytest.skip("not UTF-8")
    code = lowered(data)
    msgspec.msgpack.encode(code)
    if parser().parse(data).root_node.has_error:
        pytest.skip("newer than the grammar, or broken on purpose")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            expected = python_form.form(data)
        except (SyntaxError, ValueError, RecursionError):
            pytest.skip("not for the standard parser")
    form = dump(python_form.comparable(code.body))
    if "(?print" in form or "(?chain" in form:
        pytest.skip("print without parentheses, or a very long chain")
    assert form == dump(python_form.comparable(expected))
