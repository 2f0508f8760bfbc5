"""Imports and exports of JavaScript and TypeScript, CommonJS too, in the code model."""

import pytest

from batten.code.dump import dump
from batten.code.lower_javascript import lower
from batten.code.model import Import
from batten.text import Span


@pytest.mark.parametrize(
    ("source", "dumped"),
    [
        ("import a from 'm'", "import default from 'm' as a"),
        ("import * as a from 'm'", "import * from 'm' as a"),
        (
            "import {a, b as c, default as d, 'e f' as g} from 'm'",
            "import a from 'm' as a|import b from 'm' as c|import default from 'm' as d|import e f from 'm' as g",
        ),
        ("import a, {b} from 'm'", "import default from 'm' as a|import b from 'm' as b"),
        ("import a, * as b from 'm' with {type: 'json'}", "import default from 'm' as a|import * from 'm' as b"),
        ("import 'm'", "import - from 'm' as -"),
        ("import type A from 'm'", "import type default from 'm' as A"),
        ("import type {A} from 'm'", "import type A from 'm' as A"),
        ("import {type A, b} from 'm'", "import type A from 'm' as A|import b from 'm' as b"),
        ("import a = require('m')", "import * from 'm' as a"),
    ],
)
def test_imports(source: str, dumped: str) -> None:
    assert dump(lower(source.encode(), "a.ts")).split("\n") == dumped.split("|")


@pytest.mark.parametrize(
    ("source", "imports"),
    [
        ("const a = require('m')", ["* from 'm' as a"]),
        ("const {a, b: c, d = 1, e: {f}} = require('m')", ["a from 'm' as a", "b from 'm' as c", "d from 'm' as d", "e.f from 'm' as f"]),
        ("var a = require('m').b.c", ["b.c from 'm' as a"]),
        ("const {a} = require('m').b", ["b.a from 'm' as a"]),
        ("const a = require('m').default", ["default from 'm' as a"]),
        ("require('m')", ["- from 'm' as -"]),
        ("function f() { const a = require('m') }", ["* from 'm' as a"]),
        ("const a = require('m')()", []),
        ("const [a] = require('m')", []),
        ("const a = require(b)", []),
        ("const a = await import('m')", []),
    ],
)
def test_required_modules_are_imports(source: str, imports: list[str]) -> None:
    unit = lower(source.encode(), "a.js")
    assert [line.removeprefix("import ") for line in dump(unit).split("\n") if line.startswith("import ")] == imports
    assert len(unit.body) == 1


def test_an_import_stands_where_its_name_does() -> None:
    source = "import a, {b as c} from 'm'; const {d: e} = require('n')"
    spans = [source[entry.span.start : entry.span.end] for entry in lower(source.encode(), "a.ts").imports]
    assert spans == ["a", "b as c", "e"]
    assert lower(b"import 'm'", "a.ts").imports == (Import(Span(0, 10), "m", "", ""),)


@pytest.mark.parametrize(
    ("source", "dumped"),
    [
        ("export const a = 1, {b, c: [d]} = e", "export a = a|export b = b|export d = d|let a = 1|let {b: b, c: [d]} = e"),
        ("export function f() {}", "export f = f|fn f() {}"),
        ("export async function f() {}", "export f = f|async fn f() {}"),
        ("export class A {}", "export A = A|class A {}"),
        ("export {a, b as c, d as default}", "export a = a|export c = b|export default = d"),
        (
            "export {a, default as b, default} from 'm'",
            "export a = a from 'm'|export b = default from 'm'|export default = default from 'm'",
        ),
        ("export * from 'm'", "export * = * from 'm'"),
        ("export * as a from 'm'", "export a = * from 'm'"),
        ("export default a", "export default = a"),
        ("export default function f() {}", "export default = f|fn f() {}"),
        ("export default async function () {}", "export default = default|async fn default() {}"),
        ("export default class {}", "export default = default|class default {}"),
        ("export default () => {}", "export default = default|let default = fn default() {}"),
        ("export default {fetch(a) {}}", "export default = default|let default = {fetch: fn fetch(a) {}}"),
        ("export default wrap(f)", "export default = default|let default = wrap(f)"),
        ("export default a as B", "export default = a"),
        ("export = a", "export default = a"),
        ("export = f()", "export default = default|let default = f()"),
        ("export type A = B; export interface C {}", "export type A = A|export type C = C"),
        ("export type {A} from 'm'; export {type B}", "export type A = A from 'm'|export type B = B"),
        ("export declare const a: B", "export type a = a"),
        ("export enum A {}", "export A = A|let A = {}"),
        ("export namespace A { export const b = 1 }", "export A = A|with () {let b = 1}"),
        ("export import a = b.c", "export a = a|let a = b.c"),
    ],
)
def test_exports(source: str, dumped: str) -> None:
    assert dump(lower(source.encode(), "a.ts")).split("\n") == dumped.split("|")


@pytest.mark.parametrize(
    ("source", "exports"),
    [
        ("module.exports = a", ["default = a"]),
        ("module.exports = function f() {}", ["default = f"]),
        ("module.exports = () => {}", ["default = default"]),
        ("module.exports = f(a)", ["default = module.exports"]),
        ("module.exports = {a, b: c, d() {}, e: 1}", ["a = a", "b = c", "d = d", "e = module.exports.e"]),
        ("module.exports = {...require('m'), a}", ["* = * from 'm'", "a = a"]),
        ("module.exports = require('m')", ["* = * from 'm'"]),
        ("exports.a = b; exports.c = () => {}; module.exports.d = f()", ["a = b", "c = c", "d = module.exports.d"]),
        ("exports = module.exports = a", []),
        ("module.exports = a = b()", ["default = a"]),
        ("module.exports = exports.a = b", ["a = b", "default = b"]),
        ("module.other = a; other.exports = b", []),
    ],
)
def test_exports_of_common_js(source: str, exports: list[str]) -> None:
    lines = dump(lower(source.encode(), "a.js")).split("\n")
    assert [line.removeprefix("export ") for line in lines if line.startswith("export ")] == exports
