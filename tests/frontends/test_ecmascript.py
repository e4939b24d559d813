"""Facts of JavaScript and TypeScript files: places, kinds, exports, bindings, problems; and that reading never raises."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from constraintlint.facts.code import ImportStmt, decode
from constraintlint.facts.source import FileFacts, Import
from constraintlint.frontends import ecmascript_clauses as clauses
from constraintlint.frontends.ecmascript import read
from constraintlint.frontends.ecmascript_repairs import repair

CASES = Path(__file__).parent.parent / "cases" / "resolution" / "ecmascript"


def facts_of(text: str | bytes, path: str = "a.ts") -> FileFacts:
    return read(path, text.encode() if isinstance(text, str) else text, None)


def only(text: str, path: str = "a.ts") -> Import:
    found = facts_of(text, path)
    assert not found.problems, found.problems
    (item,) = found.imports
    return item


# --- imports ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "text", "kind", "names", "local"),
    [
        ("a.ts", "import a from 'm'", "import", "default:a", ""),
        ("a.ts", "import a, { b as c, type D } from 'm'", "import", "default:a b:c D:D!", ""),
        ("a.ts", "import * as ns from 'm'", "import", "", "ns"),
        ("a.ts", "import a, * as ns from 'm'", "import", "default:a", "ns"),
        ("a.ts", "import 'm'", "side-effect", "", ""),
        ("a.ts", "import {} from 'm'", "side-effect", "", ""),
        ("a.ts", "import type { A } from 'm'", "type-only", "A:A!", ""),
        ("a.ts", "import { type A, type B as C } from 'm'", "type-only", "A:A! B:C!", ""),
        ("a.ts", "import a, { type B } from 'm'", "import", "default:a B:B!", ""),
        ("a.ts", "import { type } from 'm'", "import", "type:type", ""),
        ("a.ts", "import { type as as } from 'm'", "import", "type:as", ""),
        ("a.ts", "import { type as as b } from 'm'", "type-only", "as:b!", ""),
        ("a.ts", "import type from 'm'", "import", "default:type", ""),
        ("a.ts", "import type from from 'm'", "type-only", "default:from!", ""),
        ("a.ts", "import m = require('m')", "import-equals", "", "m"),
        ("a.ts", "import type m = require('m')", "type-only", "", "m"),
        ("a.ts", "export { a, b as c } from 'm'", "re-export", "a: b:", ""),
        ("a.ts", "export * from 'm'", "re-export", "*:", ""),
        ("a.ts", "export * as ns from 'm'", "re-export", "*:ns", ""),
        ("a.ts", "export type { A } from 'm'", "type-only", "A:!", ""),
        ("a.ts", "export { type A } from 'm'", "type-only", "A:!", ""),
        ("a.ts", "export type * from 'm'", "type-only", "*:!", ""),
        ("a.ts", "export type * as T from 'm'", "type-only", "*:T!", ""),
        ("a.ts", "let x: import('m').T.U", "type-only", "T:!", ""),
        ("a.ts", "let x: import('m').T<string>", "type-only", "T:!", ""),
        ("a.ts", "let x = y as import('m').T", "type-only", "T:!", ""),
        ("a.ts", "type X = typeof import('m')", "type-only", "", ""),
        ("a.ts", "const { a, b: c = 1, ...d } = await import('m')", "dynamic", "a:a b:c *:d", ""),
        ("a.ts", "const m = await import('m')", "dynamic", "", "m"),
        ("a.ts", "const m = import('m')", "dynamic", "", ""),
        ("a.ts", "const m = (await import('m')).default", "dynamic", "default:m", ""),
        ("a.ts", "import('m').then(({ a }) => a)", "dynamic", "a:a", ""),
        ("a.ts", "import('m').then(m => m.a)", "dynamic", "a:", ""),
        ("a.ts", "import('m' as string)", "dynamic", "", ""),
        ("a.js", "import.defer('m')", "dynamic", "", ""),
        ("a.js", "import defer * as m from 'm'", "import", "", "m"),
        ("a.js", "import source m from 'm'", "import", "default:m", ""),
        ("a.js", "const m = require('m')", "require", "", "m"),
        ("a.js", "let m; m = require('m')", "require", "", "m"),
        ("a.js", "const { a, 'b-c': d, [e]: f } = require('m')", "require", "a:a b-c:d *:f", ""),
        ("a.js", "const a = require('m').b", "require", "b:a", ""),
        ("a.js", "require('m').b()", "require", "b:", ""),
        ("a.js", "const a = require('m')(options)", "require", "", ""),
        ("a.js", "const a = __importDefault(require('m'))", "require", "", "a"),
        ("a.js", "module.require('m')", "require", "", ""),
        ("a.js", "f(() => require('m'))", "lazy", "", ""),
        ("a.mjs", "const load = createRequire(import.meta.url)('m')", "require", "", "load"),
        ("a.js", "import x from \"m\\x2f\\u0061\"", "import", "default:x", ""),
        ("a.d.ts", "import { A } from 'm'", "type-only", "A:A", ""),
    ],
)  # fmt: skip
def test_imports(path: str, text: str, kind: str, names: str, local: str) -> None:
    item = only(text, path)
    found = " ".join(f"{name.name}:{name.local}{'!' * name.type_only}" for name in item.names)
    assert (item.kind, found, item.local) == (kind, names, local)
    assert item.specifier == ("m/a" if "x2f" in text else "m")


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        ("try { require('m') } catch {}", "optional"),
        ("try { require('m') } finally {}", ""),
        ("try {} catch { require('m') }", "conditional"),
        ("try { f(() => require('m')) } catch {}", "in_function"),
        ("try { (() => { require('m') })() } catch {}", "optional"),
        ("if (a) require('m')", "conditional"),
        ("if (a) {} else { require('m') }", "conditional"),
        ("if (require('m')) {}", ""),
        ("a ? require('m') : 0", "conditional"),
        ("require('m') ? 1 : 0", ""),
        ("a && require('m')", "conditional"),
        ("a ?? require('m')", "conditional"),
        ("a + require('m')", ""),
        ("switch (a) { case 1: require('m') }", "conditional"),
        ("class A { static b = require('m') }", ""),
        ("class A { get b() { return require('m') } }", "in_function"),
        ("(function () { require('m') }).call(this)", ""),
        ("(function () { require('m') }())", ""),
        ("!function () { require('m') }()", ""),
        ("(async () => { await import('m') })()", ""),
        ("async function f() { try { await import('m') } catch {} }", "in_function optional"),
        ("import('m').then(f, g)", "optional"),
        ("import('m').then(f).catch(g)", "optional"),
    ],
)
def test_surroundings(text: str, marks: str) -> None:
    item = only(text, "a.js")
    found = [name for name in ("in_function", "optional", "conditional") if getattr(item, name)]
    assert sorted(found) == sorted(marks.split())


def test_places() -> None:
    text = "import one, {\n  two as zwei,\n  type Drei\n} from './m' with { type: 'x' };\nconst é = '😀' + require('./ñ')\n"
    first, second = facts_of(text).imports
    assert first.span == (1, 1, 4, 33)
    assert first.specifier_span == (4, 8, 4, 13)
    assert [(n.name, n.line, n.column, n.end_column) for n in first.names] == [
        ("default", 1, 8, 11), ("two", 2, 3, 6), ("Drei", 3, 8, 12),
    ]  # fmt: skip
    assert second.specifier == "./ñ"
    assert second.span == (5, 17, 5, 31)
    assert second.specifier_span == (5, 25, 5, 30)


def test_imports_are_in_source_order() -> None:
    text = "const a = require('1')\nimport '2'\nlet t: import('3').T\nexport * from '4'\nimport('5')\n/// <reference path='6'/>\n"
    assert [item.specifier for item in facts_of(text).imports] == ["1", "2", "3", "4", "5", "./6"]


def test_words_in_text_are_no_imports() -> None:
    text = "// import 'a'\nconst s = \"import 'b'\", t = `export * from 'c' ${1} import('d')`, r = /import('e')/\nx.import('f')\nconst o = { import: 1, require: 2 }\n"
    assert facts_of(text).imports == []
    assert facts_of("<p>import {'{'}require('x'){'}'} from 'y'</p>", "a.tsx").imports == []


# --- exports and bindings ---------------------------------------------------------------------------------------


def exports(text: str, path: str = "a.ts") -> list[str]:
    return [
        f"{item.name}={item.specifier or item.local}{f'#{item.imported}' if item.imported else ''}{'!' * item.type_only}"
        for item in facts_of(text, path).exports
    ]


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("a.ts", "export const { a, b: [c, ...d], e = 1 } = f, g = 2", "a=a c=c d=d e=e g=g"),
        ("a.ts", "export function f() {} export class C {} export enum E {} export namespace N.M {}", "f=f C=C E=E N=N"),
        ("a.ts", "export interface I {} export type T = 1", "I=I! T=T!"),
        ("a.ts", "export declare const x: 1, y: 2; export declare function f(): void", "x=x y=y f=f"),
        ("a.ts", "export default class A {}", "default=A"),
        ("a.ts", "export default function () {}", "default="),
        ("a.ts", "const a = 1; export default a", "default=a"),
        ("a.ts", "export default { a: 1 }", "default="),
        ("a.ts", "export default interface I {}", "default=I"),
        ("a.ts", "const a = 1; export { a, a as b, a as default, type T, a as 'c d' }", "a=a b=a default=a T=T! c d=a"),
        ("a.ts", "export { a as b, default } from 'm'", "b=m#a default=m#default"),
        ("a.ts", "export * from 'm'; export * as ns from 'n'", "*=m#* ns=n#*"),
        ("a.ts", "export type * from 'm'", "*=m#*!"),
        ("a.ts", "export = x", "default=x"),
        ("a.ts", "export import a = require('m')", "a=a"),
        ("a.ts", "export import A = B.C", "A=A"),
        ("a.ts", "declare module 'm' { export const x: 1 }", ""),
        ("a.ts", "export as namespace Global", ""),
        ("a.js", "exports.a = b; module.exports.c = d = function () {}", "a=b c="),
        ("a.js", "module.exports = { a, b: c, 'd-e': 1, f() {}, get g() { return 1 } }", "default= a=a b=c d-e= f= g="),
        ("a.js", "module.exports = require('m')", "*=m#*"),
        ("a.js", "module.exports = { ...require('m'), a: require('n'), b: require('o').c }", "default= *=m#* a=n#* b=o#c"),
        ("a.js", "const m = require('m'); module.exports = { ...m, a: m.b }", "default= *=m#* a=m#b"),
        ("a.js", "const m = require('m'); module.exports = m", "default=m *=m#*"),
        ("a.js", "const api = { a: 1 }; api.b = 2; module.exports = api", "default=api a= b="),
        ("a.js", "module.exports = Object.freeze({ a: 1 })", "default= a="),
        ("a.js", "Object.defineProperty(exports, 'a', { get() {} })", "a="),
        ("a.js", "__exportStar(require('m'), exports); tslib_1.__exportStar(require('n'), exports)", "*=m#* *=n#*"),
        ("a.js", "(function (exports) { exports.a = 1 })({})", ""),
        ("a.js", "export const a = 1; exports.b = 2", "a=a"),
        ("a.d.ts", "import './m'; declare const a: 1; interface B {}", "a=a B=B!"),
        ("a.d.ts", "declare const a: 1; declare const b: 2; export { b }", "b=b"),
    ],
)  # fmt: skip
def test_exports(path: str, text: str, expected: str) -> None:
    found = facts_of(text, path)
    assert not found.problems, found.problems
    assert " ".join(exports(text, path)) == expected


@pytest.mark.parametrize(
    ("text", "dynamic"),
    [
        ("exports[name] = 1", True),
        ("exports['name'] = 1", False),
        ("module.exports = make()", True),
        ("module.exports = class {}", True),
        ("module.exports = { ...all }", True),
        ("module.exports = { [key]: 1 }", True),
        ("register(exports)", True),
        ("module.exports = { a: 1 }; console.log(module.exports.a, typeof exports)", False),
        ("exports = module.exports = { a: 1 }", False),
        ("const self = exports; self.a = 1", False),
        ("const self = module.exports; extend(self)", True),
        ("Object.assign(exports, other)", True),
    ],
)
def test_names_that_cannot_be_known(text: str, dynamic: bool) -> None:
    assert facts_of(text, "a.js").dynamic_names is dynamic


def test_bindings() -> None:
    text = (
        "import a, { b as c } from 'm'\nimport * as d from 'm'\nconst e = require('m')\nlet f, { g } = h\n"
        "function i() {}\nclass J {}\nabstract class K {}\ninterface L {}\ntype M = 1\nenum N {}\nnamespace O {}\n"
        "declare const p: 1\nexport const q = 1\nexport default function r() {}\ndeclare global { var s: 1 }\nimport t = O.x\n"
    )
    found = [(item.name, item.kind, item.line) for item in facts_of(text).bindings]
    assert found == [
        ("a", "import", 1), ("c", "import", 1), ("d", "import", 2), ("e", "import", 3), ("f", "variable", 4),
        ("g", "variable", 4), ("i", "function", 5), ("J", "class", 6), ("K", "class", 7), ("L", "type", 8),
        ("M", "type", 9), ("N", "enum", 10), ("O", "namespace", 11), ("p", "variable", 12), ("q", "variable", 13),
        ("r", "function", 14), ("s", "global", 15), ("t", "namespace", 16),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("a.ts", "import 'm'", "esm"),
        ("a.ts", "export {}", "esm"),
        ("a.ts", "import.meta.url", "esm"),
        ("a.ts", "export = 1", "commonjs"),
        ("a.ts", "import m = require('m')", "commonjs"),
        ("a.js", "require('m')", "commonjs"),
        ("a.js", "exports.a = 1", "commonjs"),
        ("a.js", "exports[a] = 1", "commonjs"),
        ("a.js", "import { createRequire } from 'module'; const require = createRequire(import.meta.url); require('m')", "esm"),
        ("a.js", "let a = 1", ""),
        ("a.mjs", "let a = 1", "esm"),
        ("a.cjs", "let a = 1", "commonjs"),
        ("a.js", "import('m')", ""),
    ],
)  # fmt: skip
def test_module_format(path: str, text: str, expected: str) -> None:
    assert facts_of(text, path).module_format == expected


# --- problems ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "data", "problems", "specifiers"),
    [
        ("a.ts", b"\xef\xbb\xbfimport 'm'", "", "m"),
        ("a.ts", b"\xff\xfe" + "import 'm'".encode("utf-16-le"), "", "m"),
        ("a.ts", b"\xfe\xff" + "import 'm'".encode("utf-16-be"), "", "m"),
        ("a.ts", b"\xff\xfe" + "import 'm'".encode("utf-16-le") + b"\x00", "undecodable", "m"),
        ("a.js", b"#!/usr/bin/env node\nrequire('m')", "", "m"),
        ("a.js", b"// \xe9\nimport 'm'", "undecodable", "m"),
        ("a.js", b"\x7fELF\0\0\0", "binary", ""),
        ("a.ts", b"<?xml version='1.0'?><TS></TS>", "binary", ""),
        ("a.js", b"", "", ""),
        ("a.ts", b"import 'm'\r\nimport 'n'\r\n", "", "m n"),
        ("a.js", b"require('m');" + b"a(1,2,3);" * 1000, "minified", "m"),
        ("a.js", b"require('m');" + b"a(1,2,3);" * 10_000, "minified", ""),
        ("a.js", b"require('m'); let texts = ['" + b"words and words " * 5000 + b"']", "minified", ""),
        ("a.js", b"require('m');\n//# sourceMappingURL=data:" + b"0123456789abcdef" * 5000, "", "m"),
        ("a.js", b"require('m');\n" + b"let e=t(n,r);for(;e;)i+=o(e);\nreturn u\n" * 900, "minified", "m"),
        ("a.js", b"require('m');\n" + b"let total = price(item, i);\nfor (;total;) i += 1;\n" * 900, "", "m"),
        ("a.ts", b"import 'm';\n" + b"type F<A, E, R> = G<A, E | E2, R | R2>;\n" * 900, "", "m"),
        ("a.js", b"require('m'); let data = '" + b"0123456789abcdef" * 1000 + b"'", "", "m"),
        ("a.js", b"let a = (\nrequire('m')", "parse-incomplete", "m"),
        ("a.ts", b"import { a from 'm'\nimport 'n'", "parse-incomplete", "n"),
        ("a.js", b"require(a); import(b); require.context('./x'); require.main.require('./y')",
         "dynamic-import dynamic-import dynamic-import dynamic-import", ""),
    ],
)  # fmt: skip
def test_problems(path: str, data: bytes, problems: str, specifiers: str) -> None:
    found = facts_of(data, path)
    assert " ".join(problem.kind for problem in found.problems) == problems
    assert " ".join(item.specifier for item in found.imports) == specifiers


def test_a_problem_has_its_place() -> None:
    (problem,) = facts_of("let é = 1\nlet ü = '\xe9'; f(require(b))\n".encode(), "a.js").problems
    assert (problem.line, problem.column) == (2, 16)
    (problem,) = facts_of("let é = 1 // ".encode() + b"\xff\n", "a.js").problems
    assert (problem.kind, problem.line, problem.column) == ("undecodable", 1, 14)


@pytest.mark.parametrize(
    "text",
    [
        "export type * from './m'",
        "export type * as T from './m'",
        "import defer * as m from './m'",
        "interface Box<in out T, out U extends string = 'x'> { t: T }",
        "class Box<const in out T> {}",
        "let x: import('./m').T<string>, y: Array<import('./m').U[]>",
        "const a = 1; export { a as null, a as delete }",
        "import { delete as remove, in as inside } from './m'",
        "export { with, a as void } from './m'",
        "export import m = require('./m')",
        "interface A { readonly abstract?: boolean; accessor(a: string): void }\ntype B = {\n  abstract: boolean\n}",
        "export default function (a: A, { b }: {\n  b: string;\n}): Promise<void>;\nexport const c: number;",
        "export default function (a: A): import('./m').T;",
    ],
)
def test_valid_syntax_beyond_the_grammar_is_no_problem(text: str) -> None:
    assert facts_of(text).problems == []


def test_a_function_without_a_body_is_the_default_export() -> None:
    facts = facts_of("export default function (a: A): import('./m').T;\nexport const b: number;", "a.d.ts")
    assert [item.name for item in facts.exports] == ["default", "b"]
    assert [item.specifier for item in facts.imports] == ["./m"]


def test_repairs_keep_every_place() -> None:
    text = b"export type * from './m'; let s = '<in T>'; let x: import('./m').T<A> // <in T>\ninterface I<in T> {}"
    from constraintlint.frontends.ecmascript import _parser

    repaired = repair(text, _parser("ts").parse(text).root_node, True)
    assert repaired is not None
    assert len(repaired) == len(text)
    assert b"'<in T>'" in repaired
    assert b"// <in T>" in repaired
    assert b"I<   T>" in repaired
    assert (
        repair(b"let a = b < out && c", _parser("ts").parse(b"let a = b < out && c").root_node, True) is None
    )


# --- depth ------------------------------------------------------------------------------------------------------


def test_deep_code_only_where_a_needle_stands() -> None:
    text = b"import { Pool } from 'pg'\nexport { x } from './x'\nconst pool = new Pool()\n"
    assert read("a.ts", text, re.compile(b"sequelize")).code == b""
    code = decode(read("a.ts", text, re.compile(b"Pool")).code)
    assert [statement.index for statement in code.body if isinstance(statement, ImportStmt)] == [0, 1]


def test_import_indices_follow_source_order() -> None:
    text = b"const { a } = require('a')\nimport { Pool } from 'pg'\n"
    found = read("a.ts", text, re.compile(b"Pool"))
    (statement,) = [item for item in decode(found.code).body if isinstance(item, ImportStmt)]
    assert found.imports[statement.index].specifier == "pg"


def test_suppressions_are_collected() -> None:
    (item,) = facts_of("import './m' // constraintlint: ignore[layer-direction] a reason\n").suppressions
    assert (item.rules, item.reason) == (("layer-direction",), "a reason")


# --- robustness -------------------------------------------------------------------------------------------------

WORDS = st.sampled_from(
    [
        "import",
        "export",
        "require",
        "from",
        "as",
        "type",
        "default",
        "*",
        "{",
        "}",
        "(",
        ")",
        ",",
        ";",
        "=",
        "'m'",
        '"n"',
        "`o`",
        "a",
        "b",
        ".",
        ".then",
        "=>",
        "function",
        "(",
        ")",
        "{",
        "}",
        "module.exports",
        "exports",
        ".",
        "a",
        "[",
        "]",
        "createRequire",
        "import.meta.url",
        "/*",
        "*/",
        "//",
        "\n",
        "\\",
        "'",
        "${",
        "}",
        "<",
        ">",
        "in",
        "out",
        "enum",
        "class",
        "declare",
        "module",
        "namespace",
        "try",
        "catch",
        "if",
        "else",
        "/**",
        "@import",
        "{import('x').Y}",
        "*/",
        "///",
        "<reference",
        "path='z'/>",
        "\x00",
        "é",
        "😀",
    ]
)
PATHS = st.sampled_from(["a.ts", "a.js", "a.tsx", "a.jsx", "a.mjs", "a.cjs", "a.mts", "a.cts", "a.d.ts"])


@settings(max_examples=300, deadline=None)
@given(PATHS, st.lists(WORDS, max_size=40).map(" ".join))
def test_never_raises_on_words(path: str, text: str) -> None:
    found = read(path, text.encode(), re.compile(b"a"))
    lines = text.count("\n") + 1
    for item in found.imports:
        assert 1 <= item.span[0] <= item.span[2] <= lines
        assert min(item.span) >= 1 and min(item.specifier_span) >= 1


@settings(max_examples=200, deadline=None)
@given(PATHS, st.binary(max_size=200))
def test_never_raises_on_bytes(path: str, data: bytes) -> None:
    read(path, data, re.compile(rb"\w"))


def sources() -> list[tuple[str, bytes]]:
    found = []
    for page in sorted(CASES.glob("*.md")):
        for fence in re.finditer(r"^```[jt]sx? (\S+)\n(.*?)^```", page.read_text("utf-8"), re.M | re.S):
            found.append((fence[1], fence[2].encode()))
    return found


def test_never_raises_on_truncations() -> None:
    for path, data in sources():
        for size in range(0, len(data), 13):
            read(path, data[:size], None)


@pytest.mark.parametrize(
    "text", ["(" * 10_000, "[" * 10_000 + "require('m')", "{" * 10_000 + "import('m')", "a?" * 5_000]
)
def test_deep_nesting(text: str) -> None:
    facts_of(text, "a.js")
    facts_of(text, "a.ts")


def test_very_many_words_in_a_broken_file_are_a_problem() -> None:
    kinds = [problem.kind for problem in facts_of("import /" * 5_000, "a.js").problems]
    assert kinds == ["parse-incomplete", "analysis-incomplete"]


def test_many_calls_in_deep_nesting_end() -> None:
    found = facts_of("f(" * 1_500 + "require('m')," * 2_000 + ")" * 1_500, "a.js")
    assert len(found.imports) + len(found.problems) >= 2_000


NAME = st.sampled_from(["a", "type", "as", "from", "default", "$x", "_y1", "of", "defer", "source", "typeof"])
ITEM = st.one_of(
    NAME,
    st.tuples(NAME, NAME).map(" as ".join),
    NAME.map("type {}".format),
    st.tuples(NAME, NAME).map(lambda pair: f"type {pair[0]} as {pair[1]}"),
)
LIST = st.lists(ITEM, max_size=4).map(lambda items: "{ " + ", ".join(items) + " }")
CLAUSE = st.one_of(
    NAME, LIST, NAME.map("* as {}".format), st.tuples(NAME, LIST).map(", ".join), st.tuples(NAME, NAME).map("{0[0]}, * as {0[1]}".format),
    NAME.map("type {}".format), LIST.map("type {}".format),
)  # fmt: skip


@settings(max_examples=500, deadline=None)
@given(CLAUSE, st.sampled_from(["'m'", '"./n.js"', "''"]))
def test_the_quick_reading_of_an_import_is_the_full_one(clause: str, specifier: str) -> None:
    data = f"import {clause} from {specifier}\nnext()".encode()
    quick = clauses._read_plain(data, 6)
    assert quick is None or quick == clauses.read_import_tokens(data, 6)
