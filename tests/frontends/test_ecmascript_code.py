"""JavaScript, TypeScript and TSX sources and the neutral form they are lowered to."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tree_sitter import Language, Parser

from constraintlint.facts import code as c
from constraintlint.frontends.ecmascript_code import lower
from constraintlint.frontends.ecmascript_tags import without_tag_types
from tests.support.dump import dump


@cache
def parser(language: str) -> Parser:
    if language == "js":
        import tree_sitter_javascript

        return Parser(Language(tree_sitter_javascript.language()))
    import tree_sitter_typescript

    if language == "ts":
        return Parser(Language(tree_sitter_typescript.language_typescript()))
    return Parser(Language(tree_sitter_typescript.language_tsx()))


def lowered(
    source: str | bytes,
    language: str = "js",
    imports: dict[int, list[int]] | None = None,
    hits: list[int] | None = None,
) -> c.Code:
    data = source.encode() if isinstance(source, str) else source
    text = data if language == "js" else without_tag_types(data, language == "tsx")
    return lower(parser(language).parse(text).root_node, data, imports or {}, hits)


def shown(source: str, language: str = "js") -> str:
    return dump(lowered(source, language))


def value_of(source: str, language: str = "js") -> c.Expr:
    statement = lowered(source, language).body[0]
    assert isinstance(statement, c.ExprStmt)
    return statement.value


def every(node: c.Code, kind: type[c.Node]) -> list[c.Node]:
    return [item for item in c.walk(node.body) if isinstance(item, kind)]


# --- what means the same in JavaScript, TypeScript and TSX ------------------------------------------------------

COMMON = [
    # bindings
    ("var a = 1, b", "(= var a 1); (= var b)"),
    ("let { c, d: { e = 2 }, ...f } = g", '(= let {"c": c, "d": {"e": (default e 2)}, **f} g)'),
    ("const [h,, i = 3, ...j] = k", "(= const [h undefined (default i 3) *j] k)"),
    ("const { [k]: l, 'm n': o, 1: p } = q", '(= const {k: l, "m n": o, 1: p} q)'),
    # assignments
    ("a = b = c", "(= (a b) c)"),
    ("(a = b)", "(= a b)"),
    ("({ z } = w)", '(= {"z": z} w)'),
    ("[p, q.r, ...s] = t", "(= [p q.r *s] t)"),
    ("a &&= b; a ||= c; a ??= d; a **= 2", "(&&= a b); (||= a c); (??= a d); (**= a 2)"),
    ("x = y += 1", "(= x (+= y 1))"),
    ("f(a = 1)", "(call f (= a 1))"),
    # comma
    ("a = 1, b()", "(= a 1); (call b)"),
    ("x = (a, 1, b)", "(= x (?comma a 1 b))"),
    ("x = (0, a.b)(c)", "(= x (call a.b c))"),
    # operators
    ("i++; --j", "(post++ i); (-- j)"),
    (
        "typeof a; void 0; delete a.b; !a; ~b; -c; +d",
        "(typeof a); (void 0); (delete a.b); (! a); (~ b); (- c); (+ d)",
    ),
    ("a || b && c ?? d", "(?? (|| a (&& b c)) d)"),
    ("a ** b ** c - d - e", "(- (- (** a (** b c)) d) e)"),
    ("a in b; #x in y; a instanceof b", "(in a b); (in #x y); (instanceof a b)"),
    ("a ? b : c ? d : e", "(cond a b (cond c d e))"),
    # calls and members
    ("a.b(c)[d].e", "(. (at (call a.b c) d) e)"),
    ("a?.b?.(c)?.[d]", "(at (call a.b c) d)"),
    ("f(...a, b, ...c)", "(call f *a b *c)"),
    ("new A; new a.B(c, ...d); new (f())()", "(new A); (new a.B c *d); (new (call f))"),
    ('import("x").then(f)', '(call (. (call import "x") then) f)'),
    ('const { a } = require("b")', '(= const {"a": a} (call require "b"))'),
    ("import.meta.url; super.x(); this.y", "import.meta.url; (call super.x); this.y"),
    ("this.#a.#b()", "(call this.#a.#b)"),
    ("(await a).b; await a.b", "(. (await a) b); (await a.b)"),
    (
        "async () => await (await a).b(c)",
        "(async arrow lambda () {(return (await (call (. (await a) b) c)))})",
    ),
    (
        "async () => [await (a), await (0, b.c)(d, e).f]",
        "(async arrow lambda () {(return [(await a) (await (. (call b.c d e) f))])})",
    ),
    # literals
    ("0x1F; 1_000; 10n; 0b11; 0o17; 1e3; .5; 0.5", "31; 1000; 10; 3; 15; 1000.0; 0.5; 0.5"),
    ("123456789012345678901234567890n; 1e999", "1.2345678901234568e+29; inf"),
    ("null; undefined; true; false", "None; undefined; True; False"),
    ('""; "a"; \'b"c\'; "é"', '""; "a"; "b\\"c"; "é"'),
    (r'"a\n\x41B\u{43}\0\q\'"', r'''"a\nABC\u0000q'"'''),
    ('"a\\\nb"', '"ab"'),
    (r'"\ud83d\ude00|\ud83d|\ude00"', '"😀|�|�"'),
    (r"/a[/]b\/c/gi", r'regex"a[/]b\\/c"'),
    ("`a${b}c${d.e}`", '"a{b}c{d.e}"'),
    (r"`\`${`${a}`}\${b}`", '"`{"{a}"}${b}"'),
    ("f`x${y}z`; a.b`q`; f`a``b`", '(tag f "x{y}z"); (tag a.b "q"); (tag (tag f "a") "b")'),
    # displays
    ("[1, , a, ...b,]", "[1 undefined a *b]"),
    ("({ a, b: 1, 'c d': 2, 3: 4, [e]: 5, ...f })", '{"a": a, "b": 1, "c d": 2, 3: 4, e: 5, **f}'),
    (
        "({ g() {}, get h() { return 1 }, set h(v) {}, async *i() {}, [j]() {} })",
        '{method "g": (method lambda g () {}), method "h": (getter lambda h () {(return 1)}), '
        'method "h": (setter lambda h (v) {}), method "i": (async generator method lambda i () {}), '
        "method j: (method lambda [j] () {})}",
    ),
    # functions
    ("const f = async a => { await a }", "(= const f (async arrow lambda (a) {(await a)}))"),
    ("const f = x => x * 2", "(= const f (arrow lambda (x) {(return (* x 2))}))"),
    ("const f = () => ({})", "(= const f (arrow lambda () {(return {:})}))"),
    ("const f = function g() {}", "(= const f (lambda g () {}))"),
    (
        "const f = async function* () { yield 1; yield* y; yield }",
        "(= const f (async generator lambda () {(yield 1); (yield-from y); (yield)}))",
    ),
    (
        "function f(a, b = 1, { c, d: e = 2 } = {}, [g], ...[h]) { return }",
        '(def f (a, b = 1, {"c": c, "d": (default e 2)} = {:}, [g], *[h]) {(return)})',
    ),
    ("async function k() {} function* l() {}", "(async def k () {}); (generator def l () {})"),
    ("export default async () => 1", "(= default default (async arrow lambda () {(return 1)}))"),
    ("export default function () {}", "(def default () {})"),
    ("export default function* a() {}", "(generator def a () {})"),
    ("export default class {}", "(class default () {})"),
    ("export default class A extends B {}", "(class A (B) {})"),
    ("export default { a: 1 }", '(= default default {"a": 1})'),
    (
        "export const a = 1; export function b() {} export class C {}",
        "(= const a 1); (def b () {}); (class C () {})",
    ),
    ("export { a as x, b }", "(?export a b)"),
    # classes
    (
        "class A extends B { x; y = 1; static z = 2; #p = 3; 'q r' = 4; [s] = 5 }",
        "(class A (B) {(= field x); (= field y 1); (= static z 2); (= field #p 3); (= field q r 4); "
        "(= field (at this s) 5)})",
    ),
    (
        "class A { static { t() } constructor(a) { super(); this.#p } get u() {} set u(v) {} #w() {} }",
        "(class A () {{static: (call t)}; (constructor def constructor (a) {(call super); this.#p}); "
        "(getter def u () {}); (setter def u (v) {}); (method def #w () {})})",
    ),
    (
        "class A { static async *v() {} static get = 1; get; async; static static() {} }",
        "(class A () {(async generator static method def v () {}); (= static get 1); (= field get); "
        "(= field async); (static method def static () {})})",
    ),
    (
        "class A { async *[Symbol.iterator]() {} }",
        "(class A () {(?computed-name Symbol.iterator); "
        "(async generator method def [Symbol.iterator] () {})})",
    ),
    (
        "@dec @dec2() export class A { @d x = 1; @d() m() {} @d static s; }",
        "(@dec @(call dec2) class A () {(@d = field x 1); (@(call d) method def m () {}); (@d = static s)})",
    ),
    ("const a = class B extends c(D) {}", "(= const a (class B ((call c D)) {}))"),
    # control flow
    ("if (a) b(); else if (c) { d() } else e()", "(if a {(call b)} {(if c {(call d)} {(call e)})})"),
    (
        "while (x) y--; do { z() } while (w); do q(); while (r)",
        "(while x {(post-- y)}); (do w {(call z)}); (do r {(call q)})",
    ),
    ("for (;;) {}", "(for-c - {})"),
    (
        "for (let i = 0, n = 2; i < n; i++, n--) f()",
        "(= let i 0); (= let n 2); (for-c (< i n) {(call f); (post++ i); (post-- n)})",
    ),
    ("for (i = 0; ; ) break", "(= i 0); (for-c - {break})"),
    ("for (; a; b = 1) ;", "(for-c a {(= b 1)})"),
    ("for (const [k, v] of m) f(k)", "(for [k v] m {(call f k)})"),
    ("for await (const x of y) {}", "(async-for x y {})"),
    ("for (x.y in o) {}", "(for-in x.y o {})"),
    (
        "switch (a) { case 1: case 2: b(); break; default: c() }",
        "(switch a (case 1 {}) (case 2 {(call b); break}) (case - {(call c)}))",
    ),
    (
        "try { a() } catch ({ message: m }) { b() } finally { c() }",
        '(try {(call a)} (except as {"message": m} {(call b)}) {finally: (call c)})',
    ),
    ("try { a } catch { b }", "(try {a} (except {b}))"),
    ("throw new E(`x${1}`)", '(raise (new E "x{1}"))'),
    ("a: for (;;) { continue a; break a } debugger", "{a:: (for-c - {continue; break})}; debugger"),
    ("{ a } ;", "{a}"),
    ("return1: b", "{return1:: b}"),
    ("with (a) b()", "(with a {(call b)})"),
    ('#!/usr/bin/env node\n"use strict"', '"use strict"'),
    # comments anywhere
    ("a /*1*/ . /*2*/ b /*3*/ (/*4*/ c /*5*/, /*6*/ d)", "(call a.b c d)"),
    ("a /**/ [ /**/ b /**/ ]; a /*x*/ + /*y*/ b; c /**/ ? d : /**/ e", "(at a b); (+ a b); (cond c d e)"),
    (
        "f = /**/ g; ({ /**/ h /**/ : /**/ i }); [/**/ j /**/, /**/]; !/**/k; (/**/ l /**/)",
        '(= f g); {"h": i}; [j]; (! k); l',
    ),
    ("for (/**/ const /**/ a /**/ of /**/ b /**/) /**/ c()", "(for a b {(call c)})"),
    ("if /**/ (a) /**/ b() /**/; else /**/ c()", "(if a {(call b)} {(call c)})"),
    ("const /**/ a /**/ = /**/ 1 /**/, /**/ b", "(= const a 1); (= const b)"),
    ("new /**/ A /**/ (b); await /**/ c", "(new A b); (await c)"),
]


@pytest.mark.parametrize("language", ["js", "ts", "tsx"])
@pytest.mark.parametrize(("source", "expected"), COMMON)
def test_common_syntax(source: str, expected: str, language: str) -> None:
    assert shown(source, language) == expected


JAVASCRIPT = [
    ("using x = f(); await using y = g()", "(= using x (call f)); (= using y (call g))"),
    ("for (await using x of y) z(); for (using x of y);", "(for x y {(call z)}); (for x y {})"),
    ("for (var q = 1 in o) {}", "(= var q 1); (for-in q o {})"),
    ("017; 089", "15; 89"),
    ("new.target", "new.target"),
    ('x = <div a="b" {...c} d={e}>text {f} &amp;</div>', '(= x (?jsx "b" *c e f))'),
    ("x = <><Foo.Bar x={() => 1}/><my-el/><Baz/></>",
     "(= x (?jsx (?jsx Foo.Bar (arrow lambda () {(return 1)})) (?jsx) (?jsx Baz)))"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "expected"), JAVASCRIPT)
def test_javascript(source: str, expected: str) -> None:
    assert shown(source) == expected


TYPESCRIPT = [
    # assertions unwrap to the value
    ("x as Y; <T>x; x!; x satisfies Z; x as const; f<T>", "x; x; x; x; x; f"),
    ("(a as any).b = c; for (const x of y as Z[]) {}", "(= a.b c); (for x y {})"),
    # bindings
    ("let x!: A, y: B | undefined = 1", "(= let x: A); (= let y: (| B undefined) 1)"),
    ("const { a, b: { c } }: D = e", '(= const {"a": a, "b": {"c": c}}: D e)'),
    ("using q = r(); await using s = t()", "(= using q (call r)); (= using s (call t))"),
    ("try {} catch (e: unknown) {}", "(try {} (except as e {}))"),
    # functions
    ("function f(this: A, x?: B, y = 1, ...z: C[]): void {}",
     "(def f (x: (| B undefined), y = 1, *z: (at Array C)) -> void {})"),
    ("function f(a: string): void; function f(a) {}", "(def f (a: string) -> void not-lowered); (def f (a) {})"),
    ("function g<T extends object = {}>(a: T): x is Y {}",
     "(def g[T: object = {:}] (a: T) -> (?type-predicate x Y) {})"),
    ("function h(x): asserts x is D {}", "(def h (x) -> (?asserts (?type-predicate x D)) {})"),
    ("const f = async <T,>(x: T): Promise<void> => {}",
     "(= const f (async arrow lambda [T] (x: T) -> (at Promise void) {}))"),
    ("f((x?) => x)", "(call f (arrow lambda (x: (| any undefined)) {(return x)}))"),
    # classes
    ("abstract class A<T> extends B<T, U> implements D, E<F> { abstract m(): void; n?(a: X): Y }",
     "(class A[T] ((at B (tuple T U)) implements=D implements=(at E F)) "
     "{(method def m () -> void not-lowered); (method def n (a: X) -> Y not-lowered)})"),
    ('class A { private readonly x: string = "a"; static y?: number; z!: B; declare w: C; override u = 1 }',
     '(class A () {(= field x: string "a"); (= static y: (| number undefined)); (= field z: B); '
     "(= declare w: C); (= field u 1)})"),
    ("class A { constructor(private a: B, public readonly b = 1, { d }: D = {}, c?: C) { super() } }",
     '(class A () {(constructor def constructor (property a: B, property b = 1, {"d": d}: D = {:}, '
     "c: (| C undefined)) {(call super)})})"),
    ("class A { [key: string]: any; static readonly [Symbol.iterator]?: X }",
     "(class A () {(?index-signature string any); (= static (at this Symbol.iterator): (| X undefined))})"),
    ('@Entity("t") export class U { @Column({ type: "int" }) id: number; @OneToMany(() => P, p => p.u) ps: P[] }',
     '(@(call Entity "t") class U () {(@(call Column {"type": "int"}) = field id: number); '
     "(@(call OneToMany (arrow lambda () {(return P)}) (arrow lambda (p) {(return p.u)})) = field ps: (at Array P))})"),
    ('class C { @Get(":id") async find(@Param("id") id: string): Promise<A> {} }',
     '(class C () {(@(call Get ":id") async method def find (id: string) -> (at Promise A) {})})'),
    ("@A.b.c @(d.e()) class F {}", "(@A.b.c @(call d.e) class F () {})"),
    ("export default abstract class A {}", "(class A () {})"),
    # declarations
    ("interface I<T> extends J, K.L<M> { a: string; readonly b?: number; c(): void; (e: F): G; [k: string]: H }",
     "(interface I[T] (J (at K.L M)) {(= field a: string); (= field b: (| number undefined)); "
     "(method def c () -> void not-lowered); (?call-signature F G); (?index-signature string H)})"),
    ("export default interface B { get x(): C; 'o-p': Q }",
     "(interface B () {(getter def x () -> C not-lowered); (= field o-p: Q)})"),
    ('enum E { A, B = 1, "C D" = "x", F = A | B } declare const enum G {}',
     '(enum E () {(= static A); (= static B 1); (= static C D "x"); (= static F (| A B))}); (enum G () {})'),
    ("namespace A.B { export const x = 1 } module C {}", "{A.B: (= const x 1)}; {C: }"),
    ('declare module "m" { const q: number } declare module "n"; declare global { interface W { a: 1 } }',
     '{"m": (= const q: number)}; {"n": }; {global: (interface W () {(= field a: 1)})}'),
    ("declare const x: number; declare function f(): void; declare class K { m(): void; p: string }",
     "(= const x: number); (def f () -> void not-lowered); "
     "(class K () {(method def m () -> void not-lowered); (= field p: string)})"),
    # modules
    ("import a = A.B.C; export = foo; export as namespace Foo",
     "(= import= a A.B.C); (= export= export foo); (?export-as-namespace)"),
    ("export type I = J; export enum K { L } export namespace O {} export type { H }",
     "(= type I J); (enum K () {(= static L)}); {O: }; (?export H)"),
    # types
    ("type A = B<C, D>[] | E & F", "(= type A (| (at Array (at B (tuple C D))) (& E F)))"),
    ('type A = | "lit" | 1 | -1 | null | undefined | true',
     '(= type A (| (| (| (| (| "lit" 1) (- 1)) None) undefined) True))'),
    ("type A<T = B> = typeof x.y | keyof Z | this | A.B.C",
     "(= type A[T = B] (| (| (| (typeof x.y) (keyof Z)) this) A.B.C))"),
    ("type A = [j: K, l?: M, ...N[]] | [O?] | readonly X[]",
     "(= type A (| (| (tuple K (| M undefined) *(at Array N)) (tuple (| O undefined))) (at Array X)))"),
    ("type A = { r: S; t?: U; m(): V }",
     '(= type A {"r": S, "t": (| U undefined), method "m": (method lambda m () -> V not-lowered)})'),
    ("type A = `v${W}x`", '(= type A "v{W}x")'),
    ("type A = (x: B, ...y: C[]) => D", "(= type A (?function-type B (at Array C) D))"),
    ("type A = abstract new (p: P) => Q", "(= type A (?constructor-type P Q))"),
    ("type A = T extends infer U ? V : W", "(= type A (?conditional-type T (?infer-type U) V W))"),
    ('type A = H["i"]', '(= type A (?lookup-type H "i"))'),
    ("type A = { [K in keyof T]?: T[K] }",
     "(= type A {(?index-signature): (?index-signature (?mapped-type-clause K (keyof T)) (?lookup-type T K))})"),
    ('let a: import("x").Y', '(= let a: (. (call import "x") Y))'),
]  # fmt: skip


@pytest.mark.parametrize(("source", "expected"), TYPESCRIPT)
def test_typescript(source: str, expected: str) -> None:
    assert shown(source, "ts") == expected


def test_tsx() -> None:
    source = "const x = <Foo<T> a={b as C}>{d!}</Foo>; const f = <T,>(y: T) => y"
    assert (
        shown(source, "tsx")
        == "(= const x (?jsx Foo T b d)); (= const f (arrow lambda [T] (y: T) {(return y)}))"
    )


#: grouped wrongly by the grammar; the right grouping is that of the TypeScript compiler
REGROUPED = [
    ("await f<T>(x)", "(await (call f x))"),
    ("const y = await a.b<T>(x).c()", "(= const y (await (call (. (call a.b x) c))))"),
    ("!await f<A | B>(x)", "(! (await (call f x)))"),
    ("++a.f<T>(x).b", "(++ (. (call a.f x) b))"),
    ("x + f<T>(y) * w", "(+ x (* (call f y) w))"),
    ("<any>this.http.get<User>(url, a)", "(call this.http.get url a)"),
    ("x && y!.z === w", "(&& x (=== y.z w))"),
    ("a! + b! * c!", "(+ a (* b c))"),
    ("a - b! - c! + d! + e - f", "(- (+ (+ (- (- a b) c) d) e) f)"),
    ("a ** b! ** c", "(** a (** b c))"),
    ("a || b! && c || d || e! && f && g", "(|| (|| (|| a (&& b c)) d) (&& (&& e f) g))"),
    ("a || b as T && c", "(|| a (&& b c))"),
    ("x.y = c!.d ?? e!.f === g!.h", "(= x.y (?? c.d (=== e.f g.h)))"),
    ("x => y!.z === w", "(arrow lambda (x) {(return (=== y.z w))})"),
    ("a ? b! : c!.d", "(cond a b c.d)"),
    ("async (x = () => 1) => await f<T>(x)!.y",
     "(async arrow lambda (x = (arrow lambda () {(return 1)})) {(return (await (. (call f x) y)))})"),
    # tagged templates with type arguments
    ("sql<User>`x`.as('n')", '(call (. (tag sql "x") as) "n")'),
    ("const a = tx<User[]>`x`", '(= const a (tag tx "x"))'),
    ("r = await sql<A.B | null>`x`.execute(db)", '(= r (await (call (. (tag sql "x") execute) db)))'),
    ("f(a, sql<Record<string, B>>`x`, c)", '(call f a (tag sql "x") c)'),
    ("({ n: sql<unknown>`x`, m: sql<{ a: number; b?: C[] }>`y` })", '{"n": (tag sql "x"), "m": (tag sql "y")}'),
    ("() => sql<A>`${sql<B>`x`}`", '(arrow lambda () {(return (tag sql "{(tag sql "x")}"))})'),
    ("prisma.$queryRaw<Array<Pick<User, 'id' | \"n\">>>`S ${x}`", '(tag prisma.$queryRaw "S {x}")'),
    ("f<(x: A) => B>`x`", '(tag f "x")'),
    # near misses
    ("a < b && c > `x`", '(&& (< a b) (> c "x"))'),
    ("x = <string>`x`", '(= x "x")'),
    ("f(`<div>${a}<b>` + `a<b>`, 'it<b>`x`', /a<b>`/)",
     '(call f (+ "<div>{a}<b>" "a<b>") "it<b>`x`" regex"a<b>`")'),
    ("if (a < b) { c(`x>`) }", '(if (< a b) {(call c "x>")})'),
    ("f(`Array<${a}>`, `x <${b.c}>`)", '(call f "Array<{a}>" "x <{b.c}>")'),
    ("function f() { return <T>`x` }", '(def f () {(return "x")})'),
]  # fmt: skip


@pytest.mark.parametrize(("source", "expected"), REGROUPED)
def test_grouping_of_typescript(source: str, expected: str) -> None:
    assert shown(source, "ts") == expected


def test_tag_types_are_left_alone_in_jsx_text() -> None:
    source = b"x = <p>see code<b>`x`</b></p>"
    assert without_tag_types(source, jsx=True) is source
    assert without_tag_types(b"y = sql<A>`x`", jsx=True) == b"y = sql   `x`"


# --- what the one-line form does not show ----------------------------------------------------------------------


def test_type_arguments_of_calls() -> None:
    for source in ("f<A, B[]>(x)", "a?.f<A, B[]>(x)", "new F<A, B[]>(x)"):
        call = value_of(source, "ts")
        assert isinstance(call, c.Call)
        assert dump(list(call.type_args)) == "A; (at Array B)"
    assert value_of("f(x)", "ts") == c.Call((0, 4), c.Name((0, 1), "f"), [c.Arg((2, 3), c.Name((2, 3), "x"))])


def test_decorators_of_parameters() -> None:
    body = lowered("class A { m(@Inject(B) @C b: B, d: D) {} }", "ts")
    method = every(body, c.Function)[0]
    assert isinstance(method, c.Function)
    assert [dump(list(param.decorators)) for param in method.params] == ["(call Inject B); C", ""]


def test_imports_refer_to_facts() -> None:
    source = 'import a from "a"\nexport * from "b"\nimport "c"\nconst d = require("d")\nexport { e } from "e"'
    starts = {
        source.index(text): [i] for i, text in enumerate(["import a", "export *", 'import "c', "export {"])
    }
    starts[source.index("require")] = [9]
    assert dump(lowered(source, "js", starts)) == (
        '(import 0); (import 1); (import 2); (= const d (call require "d")); (import 3)'
    )
    assert dump(lowered('import a = require("b")', "ts", {0: [4, 5]})) == "(import 4); (import 5)"
    assert shown('import a from "b"') == '(?import "b")'


# --- hits ------------------------------------------------------------------------------------------------------

HITS = """
const a = () => hit(1);
const b = (x = y) => miss(2);
@dec(() => miss(3)) class C {
  m(@P() p: T = q): R { hit(4); const inner = () => { miss(5) } }
  n() { miss(6) }
  f = function () { miss(7) };
}
function d() { return () => { hit(8) } }
top(miss(9));
"""


def test_functions_without_a_hit_have_no_body() -> None:
    data = HITS.encode()
    hits = [i for i in range(len(data)) if data.startswith(b"hit", i)]
    code = lowered(data, "ts", hits=hits)
    text = dump(code)
    assert [n for n in "123456789" if f"miss {n}" in text or f"hit {n}" in text] == ["1", "4", "8", "9"]
    functions = [node for node in every(code, c.Function) if isinstance(node, c.Function)]
    assert [dump(node) for node in functions if node.name == "m"] == [
        "(method def m (p: T = q) -> R {(call hit 4); (= const inner (arrow lambda () not-lowered))})"
    ]
    assert "(arrow lambda (x = y) not-lowered)" in text
    assert dump(lowered(data, "ts", hits=[])).count("not-lowered") == 7


def test_hits_in_a_regrouped_arrow_function() -> None:
    source = "f(async () => await g<A>(hit).h)"
    at = source.index("hit")
    expected = "(call f (async arrow lambda () {(return (await (. (call g hit) h)))}))"
    assert dump(lowered(source, "ts", hits=[at])) == expected
    assert dump(lowered(source, "ts", hits=[])) == "(call f (async arrow lambda () not-lowered))"


# --- places ----------------------------------------------------------------------------------------------------

PLACES = [
    "f('SELECT é, \\'x\\' ', `a ${b} \\u0041 😀 ${c}`, \"\", 'plain')",
    "tag`é${a}b\\nc`; x = { 'k é': 1, é: 2, [`t`]: 3 }; /é\\d/u",
    "const é = 'é' + `é${'é'}é`; ü.ö(ä)",
]


@pytest.mark.parametrize("language", ["js", "ts", "tsx"])
@pytest.mark.parametrize("source", PLACES)
def test_characters_of_a_piece_stand_at_their_bytes(source: str, language: str) -> None:
    data = source.encode()
    pieces = every(lowered(source, language), c.Piece)
    assert pieces
    for piece in pieces:
        assert isinstance(piece, c.Piece)
        raw = data[slice(*piece.at)].decode()
        assert piece.value == raw or (raw.startswith("\\") and len(piece.value) <= 1)


def test_places_of_names_and_calls() -> None:
    source = "const é = await ü.f<A>(ö)!.g"
    data = source.encode()
    code = lowered(source, "ts")
    texts = {(type(node).__name__, data[slice(*node.at)].decode()) for node in c.walk(code.body)}
    assert {
        ("Name", "é"),
        ("Name", "ü"),
        ("Member", "ü.f"),
        ("Call", "ü.f<A>(ö)"),
        ("Member", "ü.f<A>(ö)!.g"),
        ("Await", "await ü.f<A>(ö)!.g"),
    } <= texts


def test_holes_cover_their_braces() -> None:
    text = value_of("`a${ b }c`")
    assert isinstance(text, c.Text)
    assert [piece.at for piece in text.pieces] == [(1, 2), (2, 8), (8, 9)]


# --- depth and length -------------------------------------------------------------------------------------------

N = 10_000
DEEP: dict[str, str] = {
    "brackets": "[" * N + "]" * N,
    "parentheses": "(" * N + "x" + ")" * N,
    "blocks": "{" * N + "}" * N,
    "objects": "x=" + "{a:" * N + "1" + "}" * N,
    "calls": "f(" * N + ")" * N,
    "unclosed": "f([{a:" * N,
    "unary": "!" * N + "x",
    "conditionals": "a?b:" * N + "c",
    "arrows": "x=>" * N + "1",
    "functions": "function f(){" * 2000 + "}" * 2000,
    "callbacks": "a(()=>{" * 1000 + "})" * 1000,
    "classes": "class A{m(){" * 1000 + "}}" * 1000,
    "heritage": "x=" + "(class extends " * 500 + "B" + "{})" * 500,
    "parameters": "(a=" * 1000 + "1" + ")=>1" * 1000,
    "templates": "`${" * 2000 + "1" + "}`" * 2000,
    "patterns": "let " + "{a:[" * 1500 + "a" + "]}" * 1500 + "=b",
    "loops": "for(;;)" * N + ";",
    "labels": "a:" * 3000 + ";",
    "switches": "switch(a){case 1:" * 2000 + "}" * 2000,
    "tries": "try{}catch(e){" * 2000 + "}" * 2000,
    "subtractions": "x=" + "-".join("a" * 5000),
    "members": "a" + ".b" * 5000,
    "powers": "**".join("a" * 3000),
    "new": "new " * N + "x",
}
DEEP_TYPES: dict[str, str] = {
    "generics": "let a:" + "A<" * 2000 + "B" + ">" * 2000,
    "arrays": "type A=B" + "[]" * 3000,
    "objects": "type A=" + "{a:" * 2000 + "B" + "}" * 2000,
    "functions": "type A=" + "()=>" * 2000 + "B",
    "methods": "type A=" + "{m(a:" * 1000 + "B" + "):C}" * 1000,
    "conditionals": "type A=" + "B extends C?D:" * 2000 + "E",
    "namespaces": "namespace A{" * 1000 + "}" * 1000,
    "assertions": "x=a" + " as B" * 3000,
    "non-null": "a" + "!+b" * 3000,
    "tags": "x=" + "sql<A>`${" * 500 + "1" + "}`" * 500,
}


def _under(frames: int, work: Callable[[], object]) -> object:
    """``work`` with that many Python frames below it, as under a test runner."""
    return work() if frames == 0 else _under(frames - 1, work)


@pytest.mark.parametrize(
    ("source", "language"),
    [(source, language) for source in DEEP.values() for language in ("js", "ts")]
    + [(source, "ts") for source in DEEP_TYPES.values()]
    + [("x=" + "<a b={" * 1000 + "1" + "}/>" * 1000, "tsx"), ("x=" + "<A>" * 2000 + "</A>" * 2000, "tsx")],
    ids=lambda value: value[:12],
)
def test_deep_nesting_is_bounded(source: str, language: str) -> None:
    assert sys.getrecursionlimit() == 1000
    data = source.encode()
    root = parser(language).parse(data).root_node
    code = _under(60, lambda: lower(root, data, {}, None))
    encoded = _under(60, lambda: msgspec.msgpack.encode(code))
    assert isinstance(encoded, bytes)
    assert c.decode(encoded) == code


def test_too_deep_is_said() -> None:
    inside = every(lowered("[" * 300 + "]" * 300), c.Unknown)
    assert [node.kind for node in inside if isinstance(node, c.Unknown)] == ["too-deep"]
    assert every(lowered("[" * 150 + "]" * 150), c.Unknown) == []


def test_long_sums_keep_their_terms() -> None:
    terms = [f"'{i}'" for i in range(5000)]
    code = lowered("x = " + " + ".join(terms))
    texts = [node for node in every(code, c.Text) if isinstance(node, c.Text)]
    assert [dump(text) for text in texts] == [f'"{i}"' for i in range(5000)]
    assert {node.op for node in every(code, c.Binary) if isinstance(node, c.Binary)} == {"+"}
    assert shown("a + b! + " * 40 + "c", "ts") == shown("a + b + " * 40 + "c", "js")


def test_long_mixed_operators_keep_their_terms() -> None:
    source = "x = " + "".join(f"a{i} {'+-'[i % 2]} " for i in range(300)) + "z"
    names = [node for node in every(lowered(source), c.Name) if isinstance(node, c.Name)]
    assert [name.id for name in names] == ["x", *(f"a{i}" for i in range(300)), "z"]


def test_long_chains_keep_their_links() -> None:
    code = lowered("p" + "".join(f".m{i}(a{i})" for i in range(1000)))
    members = [node for node in every(code, c.Member) if isinstance(node, c.Member)]
    assert {member.name for member in members} == {f"m{i}" for i in range(1000)}
    assert len(every(code, c.Call)) == 1000
    assert {node.id for node in every(code, c.Name) if isinstance(node, c.Name)} == {
        "p",
        *(f"a{i}" for i in range(1000)),
    }
    short = value_of("p" + ".m(a)" * 100)
    assert isinstance(short, c.Call)


def test_long_ladders_keep_their_branches() -> None:
    assert shown("if (a) b; " + "else if (c) d; " * 70 + "else e").startswith(
        "(switch True (case - if a {b})"
    )
    code = lowered("if (a) {} " + "".join(f"else if (b{i}) {{}} " for i in range(300)) + "else e()")
    assert len(every(code, c.Case)) == 302


# --- broken syntax ----------------------------------------------------------------------------------------------

BROKEN = [
    ("f(a, ; b)\nc()", {"a", "b", "c"}),
    ("const x = ;\nd(e)", {"d", "e"}),
    ("class A { m( { f() } }\ng()", {"f", "g"}),
    ("function f( { a() }", {"a"}),
    ("if (a { b() } c()", {"b", "c"}),
    ("x = { a: b, c d, e: f }", {"b", "f"}),
    ("foo(a b c)", {"a", "b", "c"}),
]


@pytest.mark.parametrize("language", ["js", "ts"])
@pytest.mark.parametrize(("source", "names"), BROKEN)
def test_broken_syntax_keeps_what_is_inside(source: str, names: set[str], language: str) -> None:
    code = lowered(source, language)
    assert names <= {node.id for node in every(code, c.Name) if isinstance(node, c.Name)}


WHOLE = "\n".join(source for source, _ in COMMON if "\n" not in source and "super" not in source)
WHOLE_TYPES = "\n".join(source for source, _ in [*TYPESCRIPT, *REGROUPED])


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(["js", "ts", "tsx"]),
    st.sampled_from([WHOLE.encode(), WHOLE_TYPES.encode()]),
    st.integers(0, max(len(WHOLE), len(WHOLE_TYPES))),
    st.integers(1, 1500),
    st.sampled_from(
        [b"", b"(", b"}", b"`", b"${", b"'", b"<", b"=>", b"@", b"class ", b"\\u{", b"/*", "é😀".encode()]
    ),
    st.integers(0, 1500),
)
def test_mutilated_sources_are_lowered(
    language: str, whole: bytes, start: int, length: int, added: bytes, place: int
) -> None:
    data = whole[start : start + length]
    data = (data[:place] + added + data[place:]).decode("utf-8", "replace").encode()
    code = lowered(data, language)
    assert c.decode(msgspec.msgpack.encode(code)) == code
    assert all(0 <= node.at[0] <= node.at[1] <= len(data) for node in c.walk(code.body))


@given(st.text(max_size=80))
@settings(max_examples=150, deadline=None)
def test_any_text_is_lowered(text: str) -> None:
    data = text.encode("utf-8", "replace")
    for language in ("js", "ts", "tsx"):
        msgspec.msgpack.encode(lowered(data, language))
