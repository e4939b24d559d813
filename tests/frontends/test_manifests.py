"""What the manifest readers take from every format, with groups and places."""

from __future__ import annotations

import textwrap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from constraintlint.facts.manifest import Manifest
from constraintlint.frontends.manifests import manifest_reader, read_manifest


def read(path: str, text: str) -> Manifest:
    manifest, diagnostics = read_manifest(path, textwrap.dedent(text).encode())
    assert manifest is not None, diagnostics
    assert diagnostics == []
    return manifest


def groups(manifest: Manifest) -> dict[str, str]:
    return {item.name: item.group for item in manifest.dependencies}


def places(manifest: Manifest) -> dict[str, tuple[int, int]]:
    return {item.name: (item.line, item.column) for item in manifest.dependencies}


REQUIREMENT_LINES = [
    ("flask", "flask", "", ()),
    ("Flask_SQLAlchemy==3.1.1", "flask-sqlalchemy", "==3.1.1", ()),
    ("psycopg[binary,pool]>=3.1,<4  # the driver", "psycopg", ">=3.1,<4", ("binary", "pool")),
    ('uvloop ; sys_platform != "win32"', "uvloop", "", ()),
    ("tool @ https://example.org/tool.zip", "tool", "@ https://example.org/tool.zip", ()),
    ("zope.interface ~= 6.0", "zope-interface", "~= 6.0", ()),
    ("git+https://example.org/x.git@v1#egg=My_Pkg[a]", "my-pkg", None, ("a",)),
    ("-e git+https://example.org/x.git#egg=edit", "edit", None, ()),
    ("https://example.org/w/numpy-1.2.3-py3-none-any.whl", "numpy", None, ()),
    ("requests==2.0 --hash=sha256:abc", "requests", "==2.0", ()),
    ("old (>=1.0)", "old", ">=1.0", ()),
]


@pytest.mark.parametrize(("line", "name", "specifier", "extras"), REQUIREMENT_LINES)
def test_requirement_line(line: str, name: str, specifier: str | None, extras: tuple[str, ...]) -> None:
    (dependency,) = read("requirements.txt", line).dependencies
    assert dependency.name == name
    assert dependency.extras == extras
    if specifier is not None:
        assert dependency.specifier == specifier


@pytest.mark.parametrize(
    "line",
    [
        "# flask",
        "",
        "--index-url https://example.org",
        "-c constraints.txt",
        "./libs/mine",
        "-e .",
        "--no-binary :all:",
    ],
)
def test_requirement_line_that_declares_nothing(line: str) -> None:
    assert read("requirements.txt", line).dependencies == []


def test_requirements_file() -> None:
    manifest = read(
        "requirements.txt",
        """\
        # all of it
        -r requirements/base.txt
        --requirement=more.txt
          aiohttp
        sqlalchemy \\
            [asyncio] \\
            >=2.0
        last
        """,
    )
    assert [(item.path, item.line) for item in manifest.includes] == [
        ("requirements/base.txt", 2),
        ("more.txt", 3),
    ]
    assert places(manifest) == {"aiohttp": (4, 3), "sqlalchemy": (5, 1), "last": (8, 1)}
    assert manifest.dependencies[1].extras == ("asyncio",)


@pytest.mark.parametrize(
    ("path", "group"),
    [
        ("requirements.txt", "runtime"),
        ("requirements.in", "runtime"),
        ("requirements/base.txt", "runtime"),
        ("requirements/prod.txt", "runtime"),
        ("requirements-prod.txt", "runtime"),
        ("api/requirements.txt", "runtime"),
        ("requirements-dev.txt", "development"),
        ("dev-requirements.txt", "development"),
        ("requirements/local.txt", "development"),
        ("docs/requirements.txt", "runtime"),
        ("requirements_test.txt", "test"),
        ("test-requirements.txt", "test"),
        ("requirements/tests.txt", "test"),
    ],
)
def test_group_of_requirements_file(path: str, group: str) -> None:
    assert groups(read(path, "flask")) == {"flask": group}


@pytest.mark.parametrize(
    "path", ["constraints.txt", "poetry.lock", "package-lock.json", "README.md", "notes/required.txt"]
)
def test_other_files_are_no_manifests(path: str) -> None:
    assert manifest_reader(path) is None


def test_strange_requirement_is_a_diagnostic() -> None:
    manifest, diagnostics = read_manifest("requirements.txt", b"flask\n<<<<<<< HEAD\n")
    assert manifest is not None
    assert groups(manifest) == {"flask": "runtime"}
    assert [(item.path, item.line, item.kind) for item in diagnostics] == [
        ("requirements.txt", 2, "manifest-malformed")
    ]


def test_pyproject_standard_tables() -> None:
    manifest = read(
        "pyproject.toml",
        """\
        [project]
        name = "shop"
        requires-python = ">=3.11"
        dependencies = [
          "Flask>=3",  # web
          "psycopg[binary]",
        ]
        [project.optional-dependencies]
        mysql = ["pymysql"]
        dev = ["ruff"]
        [project.scripts]
        shop = "shop.cli:main"
        [dependency-groups]
        test = ["pytest", {include-group = "lint"}]
        lint = ["mypy"]
        worker = ["celery"]
        [tool.uv.workspace]
        members = ["packages/*"]
        """,
    )
    assert manifest.name == "shop"
    assert manifest.requires_python == ">=3.11"
    assert groups(manifest) == {
        "flask": "runtime",
        "psycopg": "runtime",
        "pymysql": "optional",
        "ruff": "development",
        "pytest": "test",
        "mypy": "development",
        "celery": "optional",
    }
    assert places(manifest)["psycopg"] == (6, 3)
    assert places(manifest)["pytest"] == (14, 9)
    assert [(item.name, item.command, item.line) for item in manifest.scripts] == [
        ("shop", "shop.cli:main", 12)
    ]
    assert manifest.workspaces == ["packages/*"]


def test_pyproject_of_other_tools() -> None:
    manifest = read(
        "pyproject.toml",
        """\
        [tool.poetry]
        name = "shop"
        [tool.poetry.dependencies]
        python = "^3.11"
        fastapi = "^0.110"
        sqlalchemy = {version = "^2", extras = ["asyncio"]}
        aiomysql = {version = "*", optional = true}
        numpy = [{version = "1", python = "<3.9"}, {version = "2", python = ">=3.9"}]
        [tool.poetry.dev-dependencies]
        black = "*"
        [tool.poetry.group.test.dependencies]
        pytest = "*"
        [tool.poetry.group.aws.dependencies]
        boto3 = "*"
        [tool.poetry.group.extra]
        optional = true
        [tool.poetry.group.extra.dependencies]
        duckdb = "*"
        [tool.pdm.dev-dependencies]
        lint = ["flake8"]
        [tool.hatch.envs.default]
        dependencies = ["tox"]
        [tool.hatch.envs.test]
        extra-dependencies = ["coverage"]
        [tool.uv]
        dev-dependencies = ["ipython"]
        [tool.setuptools.dynamic]
        dependencies = {file = ["requirements.txt"]}
        """,
    )
    assert groups(manifest) == {
        "fastapi": "runtime",
        "sqlalchemy": "runtime",
        "aiomysql": "optional",
        "numpy": "runtime",
        "black": "development",
        "pytest": "test",
        "boto3": "runtime",
        "duckdb": "optional",
        "flake8": "development",
        "tox": "development",
        "coverage": "test",
        "ipython": "development",
    }
    (sqlalchemy,) = (item for item in manifest.dependencies if item.name == "sqlalchemy")
    assert (sqlalchemy.extras, sqlalchemy.specifier) == (("asyncio",), "^2")
    assert [item.path for item in manifest.includes] == ["requirements.txt"]


def test_setup_cfg() -> None:
    manifest = read(
        "setup.cfg",
        """\
        [metadata]
        name = shop
        [options]
        python_requires = >=3.9
        install_requires =
            flask
            # not this
            psycopg2-binary ; python_version > "3.8"
        tests_require = pytest; mock
        [options.extras_require]
        mysql = pymysql
        docs =
            sphinx
        """,
    )
    assert manifest.name == "shop"
    assert groups(manifest) == {
        "flask": "runtime",
        "psycopg2-binary": "runtime",
        "pytest": "test",
        "mock": "test",
        "pymysql": "optional",
        "sphinx": "development",
    }
    assert places(manifest)["psycopg2-binary"] == (8, 5)


def test_setup_py() -> None:
    manifest = read(
        "setup.py",
        """\
        import setuptools
        COMMON = ["flask", "sqlalchemy>=2"]
        TEST = ("pytest",)
        setuptools.setup(
            name="shop",
            install_requires=COMMON + ["asyncpg"],
            extras_require={"test": [*TEST, "mock"], "mysql": "pymysql", ':python_version<"3"': ["six"]},
            python_requires=">=3.9",
        )
        """,
    )
    assert manifest.name == "shop"
    assert groups(manifest) == {
        "flask": "runtime",
        "sqlalchemy": "runtime",
        "asyncpg": "runtime",
        "pytest": "test",
        "mock": "test",
        "pymysql": "optional",
        "six": "runtime",
    }
    assert places(manifest)["asyncpg"] == (6, 32)


def test_setup_py_that_computes() -> None:
    text = "from setuptools import setup\nsetup(install_requires=open('r.txt').read().split())\n"
    manifest, diagnostics = read_manifest("setup.py", text.encode())
    assert manifest is not None
    assert manifest.dependencies == []
    assert [(item.line, item.kind) for item in diagnostics] == [(2, "manifest-computed")]


def test_pipfile_and_conda() -> None:
    pipfile = read(
        "Pipfile",
        """\
        [packages]
        flask = "*"
        psycopg2 = {version = "*", extras = ["binary"]}
        [dev-packages]
        pytest = "*"
        [requires]
        python_version = "3.12"
        [scripts]
        serve = "flask run"
        """,
    )
    assert groups(pipfile) == {"flask": "runtime", "psycopg2": "runtime", "pytest": "development"}
    assert [(item.name, item.command) for item in pipfile.scripts] == [("serve", "flask run")]
    conda = read(
        "environment.yml",
        """\
        name: shop
        dependencies:
          - python=3.11
          - conda-forge::sqlalchemy >=2
          - pip:
              - asyncpg==0.29
        """,
    )
    assert groups(conda) == {"python": "runtime", "sqlalchemy": "runtime", "asyncpg": "runtime"}
    assert places(conda)["asyncpg"] == (6, 9)


def test_package_json() -> None:
    manifest = read(
        "package.json",
        """\
        {
          "name": "@shop/api",
          "type": "module",
          "main": "src/index.js",
          "workspaces": {"packages": ["packages/*"]},
          "scripts": {"start": "node src/index.js"},
          "dependencies": {
            "express": "^4",
            "@prisma/client": "5"
          },
          "devDependencies": {"vitest": "1"},
          "peerDependencies": {"pg": "*"},
          "optionalDependencies": {"sqlite3": "*"}
        }
        """,
    )
    assert (manifest.name, manifest.module_type, manifest.main) == ("@shop/api", "module", "src/index.js")
    assert groups(manifest) == {
        "express": "runtime",
        "@prisma/client": "runtime",
        "vitest": "development",
        "pg": "optional",
        "sqlite3": "optional",
    }
    assert places(manifest)["@prisma/client"] == (9, 5)
    assert manifest.workspaces == ["packages/*"]
    assert manifest.scripts[0].command == "node src/index.js"


MALFORMED = [
    ("package.json", b'{\n "name": "x",\n}', 3),
    ("package.json", b"[]", 1),
    ("package.json", b"", 1),
    ("package.json", b"[" * 10_000, 1),
    ("package.json", b"\xff\xfe\x00", 1),
    ("pyproject.toml", b"[project]\nname = \n", 2),
    ("pyproject.toml", b"a = " + b"[" * 10_000, 1),
    ("pyproject.toml", b"ok = 1\nbad = \xe9\n", 2),
    ("environment.yml", b"a: [\n", 2),
    ("environment.yml", b"- " * 10_000, 1),
    ("setup.py", b"import x\nsetup(\n", 2),
    ("setup.py", b"(" * 10_000, 1),
    ("requirements.txt", b"\x80abc", 1),
    ("Pipfile", b"[packages\n", 1),
]


@pytest.mark.parametrize(("path", "data", "line"), MALFORMED)
def test_malformed_file_is_a_diagnostic(path: str, data: bytes, line: int) -> None:
    manifest, diagnostics = read_manifest(path, data)
    assert manifest is None
    assert [(item.path, item.line, item.kind) for item in diagnostics] == [(path, line, "manifest-malformed")]


def test_wrong_types_are_ignored() -> None:
    manifest = read(
        "package.json", '{"dependencies": ["a"], "scripts": {"a": 1}, "name": 3, "workspaces": 5}'
    )
    assert manifest.dependencies == []
    manifest = read("pyproject.toml", 'project = "x"\ntool = 1\n')
    assert manifest.dependencies == []


def test_aliases_do_not_multiply() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 40)]
    manifest, diagnostics = read_manifest(
        "environment.yml", "\n".join([*lines, "dependencies: *a39"]).encode()
    )
    assert manifest is not None
    assert diagnostics == []


@settings(max_examples=60, deadline=None)
@given(
    path=st.sampled_from(
        [
            "package.json",
            "pyproject.toml",
            "requirements.txt",
            "setup.cfg",
            "setup.py",
            "Pipfile",
            "environment.yml",
            "pnpm-workspace.yaml",
        ]
    ),
    data=st.one_of(
        st.binary(max_size=200),
        st.text(alphabet="[]{}\"'=:,.#\n -abc019\\", max_size=200).map(str.encode),
    ),
)
def test_no_content_raises(path: str, data: bytes) -> None:
    read_manifest(path, data)
