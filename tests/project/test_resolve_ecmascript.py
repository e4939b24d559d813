"""Resolution of JavaScript/TypeScript imports beyond the literate cases: diagnostics, what decides, size, robustness."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from constraintlint.frontends.ecmascript import read
from constraintlint.frontends.located import ReadError
from constraintlint.project.graph import Resolution
from constraintlint.project.resolution.jsonc import load_jsonc
from constraintlint.project.resolution.node_packages import match_entry, split_name
from constraintlint.project.resolution.resolve_ecmascript import EcmaScriptResolver
from constraintlint.project.tree import FileTree

SOURCES = (".js", ".ts", ".tsx", ".mjs", ".cjs", ".mts", ".cts", ".jsx")


class Project:
    """Files in memory, resolved."""

    def __init__(self, files: dict[str, str], assets: tuple[str, ...] = (), ignored: str = "\0") -> None:
        self.facts = {
            path: read(path, text.encode(), None) for path, text in files.items() if path.endswith(SOURCES)
        }
        tree = FileTree(
            files, lambda path: files[path].encode(), assets, lambda path: path.startswith(ignored)
        )
        self.resolver = EcmaScriptResolver(tree, self.facts.get)
        self.resolutions = {
            path: self.resolver.resolve(path, facts) for path, facts in sorted(self.facts.items())
        }

    def of(self, path: str) -> Resolution:
        return self.resolutions[path]

    @property
    def diagnostics(self) -> list[tuple[str, int, str]]:
        return [(item.path, item.line, item.message) for item in self.resolver.diagnostics]


# --- diagnostics ------------------------------------------------------------------------------------------------


def test_a_malformed_tsconfig_is_a_diagnostic_with_its_place() -> None:
    project = Project({"tsconfig.json": '// one\n{ "compilerOptions": { "paths" } }', "a.ts": "import '@/b'"})
    assert project.diagnostics == [("tsconfig.json", 2, "malformed JSON: Expecting ':' delimiter")]
    assert project.resolver.diagnostics[0].column == 32


def test_configurations_that_extend_each_other_are_a_diagnostic() -> None:
    project = Project(
        {
            "tsconfig.json": '{\n  "extends": "./one"\n}',
            "one.json": '{ "extends": ["./two.json"] }',
            "two.json": '{\n\n "extends": "./one.json" }',
            "a.ts": "import 'x'",
        }
    )
    assert project.diagnostics == [("two.json", 3, "extends itself: one.json -> two.json -> one.json")]


@pytest.mark.parametrize(
    ("files", "assets", "ignored", "expected"),
    [
        ({"tsconfig.json": '{"extends": "./base"}'}, (), "\0", "extends './base', which is not there"),
        ({"tsconfig.json": '{"extends": "../base.json"}'}, (), "\0", "extends '../base.json', which lies outside the checked directory"),
        ({"tsconfig.json": '{"extends": "./.nuxt/tsconfig.json"}'}, (), ".nuxt", ""),
        ({"tsconfig.json": '{"extends": "./base.json"}'}, ("base.json",), "\0", ""),
        ({"tsconfig.json": '{"extends": "@tsconfig/node22"}'}, (), "\0", ""),
        ({"tsconfig.json": "[]"}, (), "\0", "holds no object"),
        ({"tsconfig.json": "{}"}, (), "\0", ""),
        ({"tsconfig.json": ""}, (), "\0", ""),
        ({"tsconfig.json": '{"extends": 1, "compilerOptions": 2, "files": 3, "references": [4, {"path": 5}], "include": [6]}'}, (), "\0", ""),
        ({"tsconfig.json": '{"compilerOptions": {"paths": {"x": "y", "@/*": [1, null]}, "baseUrl": [], "rootDirs": {}}}'}, (), "\0", ""),
        ({"tsconfig.json": '{"include": ["{", "a\\\\b", ""]}'}, (), "\0", ""),
        ({"package.json": "{,}"}, (), "\0", "malformed JSON: Expecting property name enclosed in double quotes"),
        ({"package.json": '{"name": 1, "exports": 2, "imports": [], "dependencies": [], "workspaces": {"packages": 3}}'}, (), "\0", ""),
        ({"package.json": "[]"}, (), "\0", ""),
        ({"package.json": "{}", "pnpm-workspace.yaml": "packages: [a"}, (), "\0", "malformed YAML"),
        ({"package.json": "{}", "lerna.json": "{"}, (), "\0", "malformed JSON: Expecting property name enclosed in double quotes"),
    ],
)  # fmt: skip
def test_configuration(files: dict[str, str], assets: tuple[str, ...], ignored: str, expected: str) -> None:
    project = Project({**files, "a.ts": "import '@/b'; import 'c'; import './d'"}, assets, ignored)
    messages = [message for _, _, message in project.diagnostics]
    assert len(messages) == bool(expected)
    assert all(message.startswith(expected) for message in messages)


def test_a_long_chain_of_extends_ends() -> None:
    files = {f"c{i}.json": json.dumps({"extends": f"./c{i + 1}.json"}) for i in range(3_000)}
    Project({**files, "tsconfig.json": '{"extends": "./c0.json"}', "a.ts": "import 'x'"})


# --- what is there and what cannot be --------------------------------------------------------------------------


def test_an_asset_is_no_diagnostic() -> None:
    found = Project(
        {"a.ts": "import './a.css'; import './x'; import '@/y.svg'"}, ("a.css", "x.vue", "src/y.svg")
    ).of("a.ts")
    assert [item.specifier for item in found.unresolved] == ["@/y.svg"]
    found = Project({"package.json": '{"name": "a"}', "a.ts": "import '@/y.svg'"}, ("src/y.svg",)).of("a.ts")
    assert found == Resolution([], [], [], [])


def test_what_is_generated_or_ignored_is_no_finding() -> None:
    files = {
        "src/a.ts": "import { x } from '../generated/client'\nimport '@gen/y'\nimport 'lib'",
        "tsconfig.json": '{"compilerOptions": {"paths": {"@gen/*": ["./generated/*"]}}}',
        "package.json": '{"workspaces": ["libs/*"]}',
        "libs/lib/package.json": '{"name": "lib", "main": "../../generated/lib.js"}',
    }
    unresolved = Project(files, ignored="generated").of("src/a.ts").unresolved
    assert [(item.specifier, item.first_party) for item in unresolved] == [
        ("../generated/client", False), ("@gen/y", False), ("lib", False),
    ]  # fmt: skip


def test_the_places_that_were_tried() -> None:
    (item,) = Project({"src/a.ts": "import './b'"}).of("src/a.ts").unresolved
    assert item.tried == (
        "src/b", "src/b.ts", "src/b.tsx", "src/b.d.ts", "src/b.js", "src/b.jsx", "src/b/index.ts", "src/b/index.js",
    )  # fmt: skip
    (item,) = Project({"src/a.ts": "import './b.js'"}).of("src/a.ts").unresolved
    assert item.tried == ("src/b.js", "src/b.ts", "src/b.tsx", "src/b.d.ts")


# --- what decides an answer -------------------------------------------------------------------------------------


def test_consulted_files_are_all_whose_facts_decided() -> None:
    files = {
        "main.ts": "import { x } from './barrel'\nimport './aside'",
        "barrel.ts": "export * from './one'\nexport * from './two'\nexport * from './three'",
        "one.ts": "export const y = 1",
        "two.ts": "export { z as x } from './deep'",
        "three.ts": "export const x = 1",
        "deep.ts": "export const z = 1",
        "aside.ts": "",
    }
    assert Project(files).of("main.ts").consulted == ["barrel.ts", "deep.ts", "one.ts", "two.ts"]


@pytest.mark.parametrize(
    ("source", "erased"),
    [
        ("import { Shape } from './m'", True),
        ("import { Shape, Alias } from './m'", True),
        ("import { Shape, make } from './m'", False),
        ("import { Both } from './m'", False),
        ("import { Kind } from './m'", False),
        ("import Default from './m'", True),
        ("import { Passed } from './barrel'", True),
        ("import './m'", False),
        ("import * as all from './m'", False),
        ("export { Shape } from './m'", True),
    ],
)
def test_imports_of_nothing_but_types_are_erased(source: str, erased: bool) -> None:
    files = {
        "m.ts": (
            "export interface Shape {}\nexport type Alias = 1\nexport function make() {}\nexport enum Kind { A }\n"
            "export interface Both {}\nexport const Both = 1\nexport default interface Default {}\n"
        ),
        "barrel.ts": "import { Shape } from './m'\nexport { Shape as Passed }",
        "main.ts": source,
    }
    (edge,) = Project(files).of("main.ts").edges
    assert edge.erased is erased
    assert edge.kind in ("import", "side-effect", "re-export")
    (edge,) = Project({**files, "main.js": source}).of("main.js").edges
    assert not edge.erased


# --- tables -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("specifier", "expected"),
    [
        ("a", ("a", "")), ("a/b/c", ("a", "b/c")), ("@a/b", ("@a/b", "")), ("@a/b/c", ("@a/b", "c")), ("@a", ("", "")),
        ("@/a", ("", "")), ("~/a", ("", "")), (".a/b", ("", "")), ("a b", ("", "")), ("", ("", "")), ("A.js", ("A.js", "")),
    ],
)  # fmt: skip
def test_split_name(specifier: str, expected: tuple[str, str]) -> None:
    assert split_name(specifier) == expected


NODE = frozenset({"import", "node", "default"})


@pytest.mark.parametrize(
    ("table", "key", "paths", "blocked"),
    [
        ({".": "./a.js"}, ".", ["./a.js"], False),
        ({".": {"import": "./a.mjs", "require": "./a.cjs"}}, ".", ["./a.mjs"], False),
        ({".": {"browser": "./b.js", "default": "./a.js"}}, ".", ["./a.js"], False),
        ({".": {"node": {"require": "./r.js"}, "default": "./a.js"}}, ".", ["./a.js"], False),
        ({".": {"node": {"import": None}, "default": "./a.js"}}, ".", [], True),
        ({".": ["./a.js", {"import": "./b.js"}]}, ".", ["./a.js", "./b.js"], False),
        ({"./*": "./src/*.js"}, "./a/b", ["./src/a/b.js"], False),
        ({"./*": "./src/*/*.js"}, "./a", ["./src/a/a.js"], False),
        ({"./*": "./a/*", "./x/*": "./b/*", "./x/*.js": "./c/*.js"}, "./x/y.js", ["./c/y.js"], False),
        ({"./*": "./a/*", "./x/*": None}, "./x/y", [], True),
        ({"./d/": "./e/"}, "./d/f.js", ["./e/f.js"], False),
        ({".": {}}, ".", [], False),
        ({".": 1}, ".", [], False),
    ],
)
def test_match_entry(table: dict[str, object], key: str, paths: list[str], blocked: bool) -> None:
    found = match_entry(table, key, NODE)
    assert found is not None
    assert (found.paths, found.blocked) == (paths, blocked)


def test_no_entry() -> None:
    assert match_entry({"./a": "./b"}, "./c", NODE) is None
    assert match_entry({"./*.js": "./b"}, "./c", NODE) is None
    assert match_entry({"./a*": "./b"}, "./*", NODE) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": 1,}', {"a": 1}),
        ("[1, 2, /* , */ ]", [1, 2]),
        ('{"a": "// no /* comment ,}"} // yes', {"a": "// no /* comment ,}"}),
        ('{"a": "\\"//"}/* open', {"a": '"//'}),
        ("\ufeff{}", {}),
        ("// nothing\n", {}),
    ],
)
def test_jsonc(text: str, value: object) -> None:
    assert load_jsonc(text.encode()) == value
    assert load_jsonc(text.lstrip("\ufeff").encode("utf-16")) == value


@pytest.mark.parametrize(
    "data", [b"{", b"\xff{}", b"[" * 100_000, b'{"a": ' + b"9" * 5_000 + b"}", b"{'a': 1}"]
)
def test_malformed_jsonc(data: bytes) -> None:
    with pytest.raises(ReadError):
        load_jsonc(data)


# --- size and robustness ----------------------------------------------------------------------------------------


def test_long_chains_and_rings_of_barrels_end() -> None:
    files = {
        f"b{i}.ts": f"export * from './b{i + 1}'\nexport {{ r }} from './b{(i + 1) % 400}'"
        for i in range(400)
    }
    files["b400.ts"] = "export const x = 1"
    files["main.ts"] = "import { x, r, nowhere } from './b0'"
    found = Project(files).of("main.ts")
    assert {edge.origin for edge in found.edges} >= {"b400.ts"}
    names = {f"n{i}.ts": f"export {{ x }} from './n{i + 1}'" for i in range(400)}
    Project({**names, "n400.ts": "export const x = 1", "main.ts": "import { x } from './n0'"})


def test_time_grows_with_the_number_of_imports() -> None:
    def seconds(modules: int) -> float:
        files = {f"m{i // 20}/f{i}.ts": f"export const x{i} = 1" for i in range(modules)}
        paths = list(files)
        for i, path in enumerate(paths):
            lines = [
                f"import {{ x{j % modules} }} from '../m{j % modules // 20}/f{j % modules}'"
                for j in range(i, i + 12)
            ]
            files[path] += "\n" + "\n".join(lines)
        project = Project(files)
        started = time.process_time()
        resolver = EcmaScriptResolver(FileTree(files, lambda path: None), project.facts.get)
        for path, facts in project.facts.items():
            assert len(resolver.resolve(path, facts).edges) == 12
        return time.process_time() - started

    small, large = min(seconds(200) for _ in range(3)), min(seconds(800) for _ in range(3))
    assert large < 4 * small * 2
    assert large < 800 * 12 * 100e-6


SPECIFIER = st.text(st.sampled_from("./@#~ab*:!?\\ \0é"), max_size=12)


@settings(max_examples=300, deadline=None)
@given(SPECIFIER, SPECIFIER, SPECIFIER)
def test_no_specifier_or_configuration_raises(specifier: str, key: str, target: str) -> None:
    files = {
        "src/a.ts": f"import {json.dumps(specifier)}\nexport * from {json.dumps(target)}\nimport {{ a }} from './a'",
        "src/b.js": f"require({json.dumps(specifier)})",
        "tsconfig.json": json.dumps(
            {"extends": key, "compilerOptions": {"paths": {key: [target]}, "baseUrl": target, "rootDirs": [key, target]},
             "include": [key], "exclude": [target], "references": [{"path": target}]}
        ),
        "package.json": json.dumps(
            {"name": key, "exports": {key: target}, "imports": {key: target}, "workspaces": [target],
             "_moduleAliases": {key: target}, "dependencies": {key: target}}
        ),
    }  # fmt: skip
    first, second = Project(files), Project(files)
    assert first.resolutions == second.resolutions
