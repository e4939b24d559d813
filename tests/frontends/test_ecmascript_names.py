"""Loose names of JavaScript and TypeScript files."""

from __future__ import annotations

import pytest

from constraintlint.frontends.ecmascript import read

_M = "export {};"
_CASES = {
    ("a.js", _M + "f(a); function f() {}"): ["undefined a 1:13"],
    ("a.js", "f(a);"): [],
    ("a.js", "require('x'); b = 1; b;"): ["given b 1:1"],
    ("a.js", "'use strict'; require('x'); b = 1;"): ["undefined b 1:29"],
    ("a.js", _M + "{ let a; var b; function c() {} } a; b; c;"): ["undefined a 1:45"],
    ("a.js", _M + "for (const i of []) {} i;"): ["undefined i 1:34"],
    ("a.js", _M + "try {} catch (e) { e } e;"): ["undefined e 1:34"],
    ("a.js", _M + "const { a, b: { c = d }, ...e } = {}; a; b; c; e;"): ["undefined d 1:31", "undefined b 1:52"],
    ("a.js", _M + "const f = function g() { g; }; const h = class K { m() { K } };"): [],
    ("a.js", _M + "x: for (;;) break x; ({ y: 1, z });"): ["undefined z 1:41"],
    ("a.js", _M + "typeof q === 'undefined' || q.r;"): [],
    ("a.js", _M + "/* global A, B:writable */ A; B = 1; C;"): ["undefined C 1:48"],
    ("a.js", _M + "eval('var a = 1'); a;"): [],
    ("a.js", _M + "a; // eslint-disable-line no-undef"): [],
    ("a.js", _M + "const a = 1; a = 2; a++; [a] = []; ({ a } = {}); for (a of []);"): [
        "constant a 1:24", "constant a 1:31", "constant a 1:37", "constant a 1:49", "constant a 1:65",
    ],
    ("a.js", _M + "const a = 1; function f(a) { a = 2 } { let a; a = 3 } const o = { a }; o.a = 1;"): [],
    ("a.js", _M + "globalThis.cfg = 1; global['x'] = 2; window.cfg === 1;"): ["given cfg 1:1", "given x 1:1"],
    ("a.js", _M + "const self = this; self.a = 1; Object.assign(self, {}); Object.defineProperty(global, 'b', {});"): ["given b 1:1"],
    ("a.js", _M + "self.a = 1; Object.assign(globalThis, {});"): ["given * 1:1", "given a 1:1", "browser self 1:11"],
    ("a.js", _M + "import c from 'c'; c.import(global); util.inspect(global); Reflect.set(globalThis, 'b', 1);"): [
        "given * 1:1", "given b 1:1", "undefined util 1:48",
    ],
    ("a.js", _M + "try { hostOnly(1); } catch (e) { } try { more(); next() } catch {} try { a() } catch (e) { log(e) }"): [
        "undefined more 1:52", "undefined next 1:60", "undefined a 1:84", "undefined log 1:102",
    ],
    ("a.js", _M + "status;"): ["browser status 1:11"],
    ("a.js", _M + "document.title = name;"): [],
    ("a.test.js", _M + "describe('a', () => it('b', () => expect(1)));"): [],
    ("a.jsx", _M + "const A = () => <div a={b}><C.D/><E/></div>;"): [
        "undefined b 1:35", "undefined C 1:39", "undefined E 1:45",
    ],
    ("a.js", "export { a, b as c }; export { d } from 'e'; export * as f from 'g'; const b = 1;"): ["undefined a 1:10"],
    ("a.ts", "import { type T, a as b } from 'm'; b; a;"): ["undefined a 1:40"],
    ("a.ts", "export type F = (a: string) => typeof b; export const c = d as (e: F) => void;"): ["undefined d 1:59"],
    ("a.ts", "export enum E { A, B = A + 1 } export namespace N { export const x = E.A } N.x;"): [],
    ("a.ts", "import f = require('m'); import G = f.H; G; export function o(a: string): void; export function o(a: any) { a }"): [],
    ("a.ts", "export abstract class A { [k: string]: any; constructor(private x: T) { x } abstract m(y: number): void }"): [],
    ("a.ts", "export function is(x: unknown): x is string { return !x } declare const V: string; V;"): [],
    ("a.ts", "export {}; declare global { var g: number; function h(): void }"): ["given g 1:1", "given h 1:1"],
    ("a.d.ts", "declare const V: string;"): ["given V 1:1"],
    ("a.js", "const { a"): [],
    ("a.js", "require('x'); 0 && (module.exports = { a, b, ...require('c') }); d;"): ["undefined d 1:66"],
}  # fmt: skip


@pytest.mark.parametrize(("file", "expected"), _CASES.items(), ids=[text[:40] for _, text in _CASES])
def test_case(file: tuple[str, str], expected: list[str]) -> None:
    path, text = file
    names = read(path, text.encode(), None).names
    assert [f"{item.kind} {item.name} {item.span[0]}:{item.span[1]}" for item in names] == expected


def test_deep_nesting_is_no_trouble() -> None:
    text = b"export {};" + b"(" * 150 + b"a" + b")" * 150
    assert [item.name for item in read("a.js", text, None).names] == ["a"]
