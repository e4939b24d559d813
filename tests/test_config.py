"""Configuration: where it is found, what it means, and what every mistake is called, with its line."""

from __future__ import annotations

import tomllib
from pathlib import Path

import jsonschema
import pytest

from constraintlint.config import Config, ConfigError, Mistake, config_for, excluded_by, load
from constraintlint.config.locate import json_lines, toml_lines
from constraintlint.config.schema import build
from constraintlint.config.vocabulary import COMMON_KEYS, CONTRACTS, KEYS, databases, frameworks, orms
from constraintlint.discovery import discover
from constraintlint.presets import load_preset, preset_names
from constraintlint.rulebook import rules_directory

#: A tree that the patterns of the examples match.
TREE = (
    "app/container.py", "legacy/old.py", "openapi.yml", "src/db/pool.ts", "src/domain/user.ts",
    "src/http/routes.ts", "src/usecases/login.ts", "tests/test_login.py",
)  # fmt: skip

COMPLETE = """\
framework = "flask"
architecture = "clean"
database = "postgresql"
orm = "sqlalchemy"
openapi = "openapi.yml"
exclude = ["legacy/**"]
composition-roots = ["app/container.py"]

[layers]
routes = ["src/http/**"]
services = ["src/usecases/**"]
repositories = ["src/db/**"]
models = ["src/domain/**"]

[[forbid]]
from = ["src/domain/**"]
to = ["pypi:requests", "npm:axios", "src/http/**"]
transitive = true
because = "the domain does no input or output"

[rules]
layer-skipped = "error"

[[overrides]]
paths = ["tests/**"]
rules = { import-cycle = "off", architecture = "note" }
"""

#: Configurations that are right: name -> text.
VALID = {
    "complete": COMPLETE,
    "empty": "",
    "several frameworks": 'framework = ["express", "fastify"]\norm = "none"\narchitecture = "none"\n',
    "layered": 'architecture = "layered"\nlayers.top = "src/http/"\nlayers.bottom = ["src/{db,domain}/**"]\n',
    "one preset layer": '[layers]\nroutes = ["src/http"]\n',
    "hexagonal": 'architecture = "hexagonal"\n[layers]\nadapters = ["src/http/**", "src/db/**"]\n',
    "contracts": (
        '[[independent]]\npaths = ["src/http/**", "src/db/**"]\nname = "sides"\n'
        '[[protect]]\npath = "pypi:sqlalchemy.orm"\nonly = ["src/db/**"]\n'
        '[[protect]]\npaths = ["npm:@prisma/client", "npm:drizzle-orm/pg-core"]\nonly = "src/db/**"\n'
        '[[acyclic]]\npaths = ["src/**"]\ntype-only = true\nbecause = "it starts faster"\n'
    ),
    "excluding what comes and goes": 'exclude = ["node_modules/**", "**/dist/**", "coverage/"]\n',
    "a description elsewhere": 'openapi = "https://example.org/openapi.yml"\n',
}

#: Configurations that are wrong: text -> every mistake as "line: message".
WRONG: list[tuple[str, list[str]]] = [
    ('databse = "sqlite"', ['1: unknown key "databse"; did you mean "database"?']),
    ("\ncomposition_roots = []", ['2: unknown key "composition_roots"; did you mean "composition-roots"?']),
    ("xyzzy = 1", ['1: unknown key "xyzzy"']),
    ('database = "postgres"', ['1: unknown database "postgres"; did you mean "postgresql"?']),
    ('database = "redis"', [
        '1: unknown database "redis" (known: postgresql, sqlite, mysql, mariadb, mssql, oracle, mongodb)']),
    ("database = 5", ['1: "database" must be a string, not an integer']),
    ('database = ["sqlite"]', ['1: "database" must be a string, not a list']),
    ('orm = "SQLAlchemy"', ['1: unknown orm "SQLAlchemy"; did you mean "sqlalchemy"?']),
    ('orm = "sequelise"', ['1: unknown orm "sequelise"; did you mean "sequelize"?']),
    ('framework = [\n  "flask",\n  "fastapy",\n]', ['3: unknown framework "fastapy"; did you mean "fastapi"?']),
    ("framework = [1.5]", ['1: "framework" must hold strings only, not a number']),
    ("framework = true", ['1: "framework" must be a list of strings, not true']),
    ('architecture = "claen"', ['1: unknown architecture "claen"; did you mean "clean"?']),
    ('architecture = "layered"', ['1: architecture "layered" needs the layers in [layers], top to bottom']),
    ('[layers]\nroute = ["src/**"]', [
        '2: "route" is no layer of the preset "clean" (routes, services, repositories, models); did you mean "routes"?']),
    ('[layers]\n\nweb = "src/**"', [
        '3: "web" is no layer of the preset "clean" (routes, services, repositories, models);'
        ' own layers need architecture = "layered"']),
    ("[layers]\nroutes = []", ['2: the layer "routes" has no pattern']),
    ("layers = 3", ['1: "layers" must be a table, not an integer']),
    ('[layers]\nroutes = [\n  "src/http/**",\n\n  "src/htp/**",\n]', [
        '5: the pattern "src/htp/**" matches no file; did you mean "src/http/**"?']),
    ('exclude = ["legasy/**"]', ['1: the pattern "legasy/**" matches no file; did you mean "legacy/**"?']),
    ('composition-roots = ["app/wiring.py"]', ['1: the pattern "app/wiring.py" matches no file']),
    ('exclude = ["{a"]', ['1: the pattern "{a" has no meaning: an opening brace has no closing brace']),
    ('exclude = ["a\\\\b"]', ['1: the pattern "a\\b" has no meaning: paths are written with forward slashes']),
    ('exclude = ["pypi:requests"]', ['1: the package "pypi:requests" cannot stand in "exclude", which takes paths']),
    ('openapi = "openapi.yaml"', ['1: "openapi.yaml" does not exist; did you mean "openapi.yml"?']),
    ('[rules]\nlayer-direktion = "error"', [
        '2: unknown rule or category "layer-direktion"; did you mean "layer-direction"?']),
    ('[rules]\nlayer-direction = "warn"', ['2: unknown severity "warn"; did you mean "warning"?']),
    ("[rules]\nlayer-direction = 2", ['2: "layer-direction" must be one of error, warning, note, off, not an integer']),
    ('[[overrides]]\npaths = ["test/**"]\nrules = { layer-skiped = "off" }', [
        '2: the pattern "test/**" matches no file; did you mean "tests/**"?',
        '3: unknown rule or category "layer-skiped"; did you mean "layer-skipped"?']),
    ("[[overrides]]", ['1: [[overrides]] needs "paths"', '1: [[overrides]] needs "rules"']),
    ('[overrides]\npaths = ["tests/**"]', ['1: "overrides" must be a list of tables, written [[overrides]], not a table']),
    ('[[forbid]]\nfrom = ["src/**"]', ['1: [[forbid]] needs "to"']),
    ('[[forbid]]\nfrom = ["src/**"]\nto = ["src/db/**"]\n\n[[forbid]]\nfrom = ["src/**"]\nto = ["src/bd/**"]', [
        '7: the pattern "src/bd/**" matches no file; did you mean "src/db/**"?']),
    ('[[forbid]]\nfrom = ["npm:axios"]\nto = ["npm:Axios!"]', [
        '2: the package "npm:axios" cannot stand in "from", which takes paths',
        '3: "npm:Axios!" is not the name of a package, as in pypi:sqlalchemy.orm or npm:axios']),
    ('[[protect]]\nonly = ["src/**"]', ['1: [[protect]] needs "paths"']),
    ('[[independent]]\npaths = ["src/**"]\nonly = ["src/**"]', ['3: unknown key "only"']),
    ('[[acyclic]]\npaths = ["src/**"]\ntransitive = "yes"\nbecuase = "x"', [
        '3: "transitive" must be true or false, not a string',
        '4: unknown key "becuase"; did you mean "because"?']),
    ("forbid = [1]", ['1: "forbid" must hold tables only, not an integer']),
    ('databse = 1\n[rules]\nnope = "error"\n', [
        '1: unknown key "databse"; did you mean "database"?', '3: unknown rule or category "nope"']),
    ('"data\\u0062ase" = """\n"""\norm = 1979-05-27', [
        '1: unknown database "" (known: postgresql, sqlite, mysql, mariadb, mssql, oracle, mongodb)',
        '3: "orm" must be a string, not a date or time']),
    ("a = = 1", ["1:5: not valid TOML: Invalid value"]),
    ('orm = "none"\n[rules', ["2: not valid TOML: Expected ']' at the end of a table declaration"]),
    ("orm = 'none'\norm = 'none'", ["2: not valid TOML: Cannot overwrite a value"]),
    ("a = " + "[" * 5000, ["1: not usable TOML: values are nested too deeply"]),
]  # fmt: skip

#: What a JSON schema cannot know: whether files match, whether braces pair.
_BEYOND_SCHEMA = (
    "matches no file",
    "does not exist",
    "not valid TOML",
    "nested too deeply",
    "has no meaning: an",
)


def _tree(root: Path, *paths: str) -> None:
    for path in paths:
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("", "utf-8")


def _write(root: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        _tree(root, path)
        (root / path).write_text(text, "utf-8")


def _load(root: Path) -> list[Config]:
    found = discover(root)
    return load(root, found.files, assets=found.assets, is_ignored=found.is_ignored)


def _mistakes(root: Path) -> list[Mistake]:
    with pytest.raises(ConfigError) as caught:
        _load(root)
    return caught.value.mistakes


# --- right and wrong configurations ----------------------------------------------------------------------------------


@pytest.mark.parametrize("text", VALID.values(), ids=VALID.keys())
def test_valid(tmp_path: Path, text: str) -> None:
    _tree(tmp_path, *TREE)
    _write(tmp_path, {"constraintlint.toml": text})
    _load(tmp_path)
    jsonschema.validate(tomllib.loads(text), build())


@pytest.mark.parametrize(("text", "expected"), WRONG, ids=[text[:40] for text, _ in WRONG])
def test_wrong(tmp_path: Path, text: str, expected: list[str]) -> None:
    _tree(tmp_path, *TREE)
    _write(tmp_path, {"constraintlint.toml": text})
    found = [
        f"{item.line}:{item.column}: {item.message}" if item.column else f"{item.line}: {item.message}"
        for item in _mistakes(tmp_path)
    ]
    assert found == expected


@pytest.mark.parametrize(
    "text",
    [text for text, messages in WRONG if not all(any(b in m for b in _BEYOND_SCHEMA) for m in messages)],
)
def test_the_schema_rejects_the_same_mistakes(text: str) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(tomllib.loads(text), build())


def test_the_complete_example_is_read_as_it_says(tmp_path: Path) -> None:
    _tree(tmp_path, *TREE)
    _write(tmp_path, {"constraintlint.toml": COMPLETE})
    (config,) = _load(tmp_path)
    assert (config.path, config.directory) == ("constraintlint.toml", "")
    assert config.framework == ["flask"]
    assert (config.architecture, config.database, config.orm) == ("clean", "postgresql", "sqlalchemy")
    assert (config.openapi, config.exclude) == ("openapi.yml", ["legacy/**"])
    assert config.composition_roots == ["app/container.py"]
    assert list(config.layers) == ["routes", "services", "repositories", "models"]
    assert config.layers["models"] == ["src/domain/**"]
    (forbid,) = config.contracts
    assert (forbid.kind, forbid.line, forbid.transitive, forbid.type_only) == ("forbid", 15, True, False)
    assert forbid.targets == ["pypi:requests", "npm:axios", "src/http/**"]
    assert forbid.because == "the domain does no input or output"
    assert config.rules == {"layer-skipped": "error"}
    assert config.overrides[0].rules == {"import-cycle": "off", "architecture": "note"}
    assert config.overrides[0].line == 24
    assert config.lines["architecture"] == 2
    assert config.lines["layers.services"] == 11
    assert config.lines["rules.layer-skipped"] == 22


def test_several_contracts_keep_their_order_and_lines(tmp_path: Path) -> None:
    _tree(tmp_path, *TREE)
    _write(tmp_path, {"constraintlint.toml": VALID["contracts"]})
    (config,) = _load(tmp_path)
    assert [(item.kind, item.line) for item in config.contracts] == [
        ("independent", 1), ("protect", 4), ("protect", 7), ("acyclic", 10)
    ]  # fmt: skip
    assert config.contracts[1].paths == ["pypi:sqlalchemy.orm"]
    assert config.contracts[3].type_only


# --- where configurations are ----------------------------------------------------------------------------------------


def test_nothing_is_declared_without_a_file(tmp_path: Path) -> None:
    _tree(tmp_path, "a.py", "pyproject.toml", "package.json")
    assert _load(tmp_path) == [Config()]


def test_manifests_without_a_section_declare_nothing(tmp_path: Path) -> None:
    _write(tmp_path, {
        "pyproject.toml": '[project]\ndependencies = ["constraintlint"]\n',
        "package.json": '{"devDependencies": {"constraintlint": "1"}}',
        "apps/package.json": "{ broken",
    })  # fmt: skip
    assert _load(tmp_path) == [Config()]


def test_the_file_of_our_own_wins_over_the_manifests(tmp_path: Path) -> None:
    _write(tmp_path, {
        "package.json": '{"constraintlint": {"database": "mysql"}}',
        "pyproject.toml": '[tool.constraintlint]\ndatabase = "sqlite"\n',
    })  # fmt: skip
    assert [config.database for config in _load(tmp_path)] == ["sqlite"]
    _write(tmp_path, {"constraintlint.toml": 'database = "postgresql"\n'})
    assert [(config.path, config.database) for config in _load(tmp_path)] == [
        ("constraintlint.toml", "postgresql")
    ]


def test_the_nearest_one_above_a_file_serves_it(tmp_path: Path) -> None:
    _write(tmp_path, {
        "constraintlint.toml": 'database = "postgresql"\n',
        "apps/a/pyproject.toml": '[tool.constraintlint]\ndatabase = "sqlite"\n',
        "apps/a/web/package.json": '{"constraintlint": {"database": "mysql"}}',
    })  # fmt: skip
    configs = _load(tmp_path)
    served = {
        path: config_for(configs, path).database
        for path in ("x.py", "apps/x.py", "apps/a/x.py", "apps/ab/x.py", "apps/a/web/src/x.ts")
    }
    assert served == {
        "x.py": "postgresql", "apps/x.py": "postgresql", "apps/a/x.py": "sqlite", "apps/ab/x.py": "postgresql",
        "apps/a/web/src/x.ts": "mysql",
    }  # fmt: skip


def test_files_of_no_configuration_get_an_empty_one(tmp_path: Path) -> None:
    _write(tmp_path, {"apps/a/constraintlint.toml": 'database = "sqlite"\n'})
    configs = _load(tmp_path)
    assert [config.directory for config in configs] == ["", "apps/a"]
    assert config_for(configs, "apps/b/x.py") == Config()


def test_the_nearest_one_above_the_root_serves_it(tmp_path: Path) -> None:
    _write(tmp_path, {
        "constraintlint.toml": 'database = "mysql"\nexclude = ["apps/a/old/**"]\n',
        "apps/package.json": '{"name": "apps"}',
        "apps/a/x.py": "",
        "apps/a/old/y.py": "",
    })  # fmt: skip
    root = tmp_path / "apps" / "a"
    configs = _load(root)
    assert [(config.path, config.directory) for config in configs] == [("../../constraintlint.toml", "../..")]
    assert configs[0].relative("x.py") == "apps/a/x.py"
    assert config_for(configs, "x.py").database == "mysql"
    excluded = excluded_by(configs)
    assert (excluded("old/y.py"), excluded("x.py")) == (True, False)


def test_the_search_above_ends_at_the_repository(tmp_path: Path) -> None:
    _write(
        tmp_path, {"constraintlint.toml": 'database = "mysql"\n', "repo/.git/HEAD": "", "repo/app/x.py": ""}
    )
    assert _load(tmp_path / "repo" / "app") == [Config()]


def test_patterns_are_relative_to_their_configuration(tmp_path: Path) -> None:
    _write(tmp_path, {
        "apps/a/constraintlint.toml": 'exclude = ["old/**"]\n[[forbid]]\nfrom = ["src/**"]\nto = ["../../shared/**"]\n',
        "apps/a/old/x.py": "", "apps/a/src/x.py": "", "old/x.py": "", "shared/x.py": "",
    })  # fmt: skip
    configs = _load(tmp_path)
    excluded = excluded_by(configs)
    assert (excluded("apps/a/old/x.py"), excluded("old/x.py"), excluded("apps/a/src/x.py")) == (
        True,
        False,
        False,
    )
    assert configs[1].relative("shared/x.py") == "../../shared/x.py"


def test_a_configuration_in_an_excluded_directory_is_not_read(tmp_path: Path) -> None:
    _write(
        tmp_path,
        {"constraintlint.toml": 'exclude = ["fixtures/**"]\n', "fixtures/a/constraintlint.toml": "= broken"},
    )
    assert len(_load(tmp_path)) == 1


def test_a_pattern_may_match_what_git_ignores(tmp_path: Path) -> None:
    _write(tmp_path, {
        ".gitignore": "generated/\n", "x.py": "",
        "constraintlint.toml": '[[protect]]\npaths = ["generated/client/**", "generated/**"]\nonly = ["x.py"]\n',
    })  # fmt: skip
    assert _load(tmp_path)[0].contracts[0].paths == ["generated/client/**", "generated/**"]


def test_mistakes_of_all_files_are_reported_together(tmp_path: Path) -> None:
    _write(tmp_path, {
        "constraintlint.toml": "a = = 1",
        "apps/a/package.json": '{\n  "constraintlint": {\n    "orm": "sequelise",\n    "forbid": [\n      {"to": 3}\n    ]\n  }\n}',
        "apps/b/package.json": '{"constraintlint": {,}}',
        "apps/c/pyproject.toml": '[project]\nname = "c"\n\n[tool.constraintlint]\ndatabase = "x"\n',
        "apps/e/package.json": '{"constraintlint": {"exclude": ["\\ud800"]}}',
        "apps/d/package.json": '{\n"constraintlint": "yes"}',
    })  # fmt: skip
    assert [str(item) for item in _mistakes(tmp_path)] == [
        'apps/a/package.json:3: unknown orm "sequelise"; did you mean "sequelize"?',
        'apps/a/package.json:5: "to" must be a list of strings, not an integer',
        'apps/a/package.json:5: [[forbid]] needs "from"',
        "apps/b/package.json:1:21: not valid JSON: Expecting property name enclosed in double quotes",
        'apps/c/pyproject.toml:5: unknown database "x" (known: postgresql, sqlite, mysql, mariadb, mssql, oracle, mongodb)',
        'apps/d/package.json:2: "constraintlint" must be a table of settings',
        "apps/e/package.json:1: not usable JSON: half of a surrogate pair stands alone",
        "constraintlint.toml:1:5: not valid TOML: Invalid value",
    ]


def test_bytes_that_are_not_utf8(tmp_path: Path) -> None:
    (tmp_path / "constraintlint.toml").write_bytes(b'orm = "none"\n# \xff\n')
    assert [str(item) for item in _mistakes(tmp_path)] == ["constraintlint.toml:2: the file is not UTF-8"]


def test_a_byte_order_mark_and_windows_lines_are_no_mistake(tmp_path: Path) -> None:
    (tmp_path / "constraintlint.toml").write_bytes(b'\xef\xbb\xbform = "none"\r\n\r\ndatabase = "sqlite"\r\n')
    (config,) = _load(tmp_path)
    assert (config.orm, config.lines["database"]) == ("none", 3)


# --- lines -------------------------------------------------------------------------------------------------------------


def test_lines_of_toml() -> None:
    text = '''\
# a = 1
top = 1
"quoted key" = 2
dotted."sub.key".x = 3
multi = """
[not]
a = "table" """
literal = \'\'\'
x = 1\'\'\'
array = [
  "one", # "no"
  [2, 3.5],
  { inner = 4,  deep = { er = 5 } },
]
[table] # comment
key = "[x]"
[table.sub]
key = 1979-05-27T07:32:00Z
[[list]]
a = 1
[list.sub]
b = 2
[[list]]
a = 3
'''
    tomllib.loads(text)
    lines = toml_lines(text)
    expected = {
        ("top",): 2, ("quoted key",): 3, ("dotted",): 4, ("dotted", "sub.key", "x"): 4, ("multi",): 5, ("literal",): 8,
        ("array",): 10, ("array", 0): 11, ("array", 1): 12, ("array", 1, 1): 12, ("array", 2, "inner"): 13,
        ("array", 2, "deep", "er"): 13, ("table",): 15, ("table", "key"): 16, ("table", "sub"): 17,
        ("table", "sub", "key"): 18, ("list",): 19, ("list", 0): 19, ("list", 0, "a"): 20, ("list", 0, "sub"): 21,
        ("list", 0, "sub", "b"): 22, ("list", 1): 23, ("list", 1, "a"): 24,
    }  # fmt: skip
    assert {key: lines.get(key) for key in expected} == expected
    assert not [key for key in lines if "not" in key or key[0] == "a" or key == ("x",)]


def test_lines_of_json() -> None:
    text = '{\n "a": {\n  "b\\u0063": [1,\n   "x: {",\n   {"d": null}]},\n "e": true}'
    assert json_lines(text) == {
        ("a",): 2, ("a", "bc"): 3, ("a", "bc", 0): 3, ("a", "bc", 1): 4, ("a", "bc", 2): 5,
        ("a", "bc", 2, "d"): 5, ("e",): 6,
    }  # fmt: skip


# --- the words -----------------------------------------------------------------------------------------------------------


def test_the_words_are_those_of_the_signature_tables() -> None:
    def tables(name: str) -> dict[str, dict[str, object]]:
        return tomllib.loads((rules_directory() / "signatures" / f"{name}.toml").read_text("utf-8"))

    assert databases() == [name for name, table in tables("engines").items() if table["kind"] == "database"]
    assert frameworks() == [
        name for name, table in tables("frameworks").items() if table.get("kind") != "layer"
    ]
    assert orms() == [*tables("orms"), "none"]


def test_the_schema_has_every_key() -> None:
    schema = build()
    jsonschema.Draft202012Validator.check_schema(schema)
    assert set(schema["properties"]) == set(KEYS)
    for kind, keys in CONTRACTS.items():
        extra = {"path"} if kind == "protect" else set()
        assert set(schema["properties"][kind]["items"]["properties"]) == {*keys, *COMMON_KEYS} | extra


@pytest.mark.parametrize("name", preset_names())
def test_presets(name: str) -> None:
    preset = load_preset(name)
    assert preset.name == name
    assert 2 <= preset.minimum_layers <= len(preset.layers)
    assert {*preset.no_skipping, *preset.framework_layers, *preset.driver_layers} <= set(preset.layers)
    words = [word for names in preset.layers.values() for word in names]
    assert len(words) == len(set(words)), "a word means one layer"


def test_the_clean_preset_is_the_documented_one() -> None:
    preset = load_preset("clean")
    assert {layer: set(words) for layer, words in preset.layers.items()} == {
        "routes": {"routes", "handlers", "routers", "views", "controllers", "api", "endpoints", "http"},
        "services": {"services", "usecases", "use_cases", "use-cases", "application"},
        "repositories": {"repositories", "repos", "data_access", "dal", "dao", "data", "persistence", "crud"},
        "models": {"models", "entities", "domain", "schemas"},
    }
    assert list(preset.layers) == ["routes", "services", "repositories", "models"]
    assert (preset.minimum_layers, preset.no_skipping) == (3, ["services"])


def test_an_unknown_preset() -> None:
    with pytest.raises(KeyError):
        load_preset("../clean")


def _keys(value: object, key: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for name, inner in items for found in ((*key, name), *_keys(inner, (*key, name)))]


@pytest.mark.parametrize("file", sorted(rules_directory().glob("*/*.toml")), ids=lambda file: file.name)
def test_every_key_of_a_real_file_has_its_line(file: Path) -> None:
    text = file.read_text("utf-8")
    lines = toml_lines(text)
    written = text.split("\n")
    for key in _keys(tomllib.loads(text)):
        assert key in lines
        if isinstance(key[-1], str):
            assert key[-1] in written[lines[key] - 1]
