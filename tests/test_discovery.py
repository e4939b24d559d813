"""Discovery: which files are listed, which are left out and why, and what is said about the rest."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from pathlib import Path

import pytest

from constraintlint.discovery import Discovery, discover, gitindex, is_configuration, language_of
from constraintlint.globs import GlobError

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


def make(root: Path, *paths: str, **texts: str) -> None:
    for path in paths:
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        if path.endswith("/"):
            file.mkdir(exist_ok=True)
        elif not file.exists():
            file.write_text("", "utf-8")
    for name, text in texts.items():
        (root / name).write_text(text, "utf-8")


def ignore(root: Path, text: str, directory: str = "") -> None:
    (root / directory).mkdir(parents=True, exist_ok=True)
    (root / directory / ".gitignore").write_text(text, "utf-8")


def everything(found: Discovery) -> list[str]:
    return sorted(path for path in (*found.files, *found.assets) if not path.endswith(".gitignore"))


def git(directory: Path, *arguments: str) -> str:
    command = ["git", "-c", "core.excludesFile=/dev/null", *arguments]
    return subprocess.run(command, cwd=directory, check=True, capture_output=True, text=True).stdout


# --- what a file is ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "language"),
    [
        ("a.py", "python"), ("a/b.pyi", "python"), ("a.js", "javascript"), ("a.mjs", "javascript"),
        ("a.cjs", "javascript"), ("a.jsx", "javascript"), ("a.ts", "typescript"), ("a.d.ts", "typescript"),
        ("a.mts", "typescript"), ("a.cts", "typescript"), ("a.tsx", "typescript"), ("py", ""),
        ("a.sql", ""), ("a.pyc", ""), ("a.vue", ""), ("dir.py/a", ""), ("", ""),
    ],
)  # fmt: skip
def test_language_of(path: str, language: str) -> None:
    assert language_of(path) == language


@pytest.mark.parametrize(
    "name",
    [
        "pyproject.toml", "setup.cfg", "requirements.txt", "requirements-dev.txt", "dev-requirements.in", "Pipfile",
        "environment.yml", "package.json", "pnpm-workspace.yaml", "tsconfig.json", "tsconfig.build.json",
        "jsconfig.json", "node.base.json", "docker-compose.yml", "docker-compose.test.yaml", "compose.yaml",
        "Dockerfile", "Dockerfile.dev", "api.Dockerfile", ".env", ".env.example", "Procfile", "alembic.ini",
        ".sequelizerc", "constraintlint.toml", "openapi.yml", "openapi-v2.json", "swagger.yaml", "run.sh",
        ".gitignore", "config.json", "settings.local.toml",
    ],
)  # fmt: skip
def test_configuration_names(name: str) -> None:
    assert is_configuration(name)


@pytest.mark.parametrize(
    "name",
    [
        "package-lock.json", "pnpm-lock.yaml", "poetry.lock", "notes.txt", "data.json", "README.md", "environ.yml.j2",
        "Dockerfiles", "environment", "compose", ".gitkeep", "x.env.html",
    ],
)  # fmt: skip
def test_other_names(name: str) -> None:
    assert not is_configuration(name)


def test_sources_and_configuration_are_files_and_the_rest_are_assets(tmp_path: Path) -> None:
    make(
        tmp_path, "app/a.py", "app/logo.png", "schema.sql", "prisma/schema.prisma", "config/production.json",
        "config/readme.md", "requirements/base.txt", "docs/notes.txt", "web/tsconfig.json", "web/strict.json",
        "web/package-lock.json", "data/rows.json", "manage.py", "ÄÖ/é.ts",
    )  # fmt: skip
    found = discover(tmp_path)
    assert found.files == [
        "app/a.py", "config/production.json", "manage.py", "prisma/schema.prisma", "requirements/base.txt", "schema.sql",
        "web/strict.json", "web/tsconfig.json", "ÄÖ/é.ts",
    ]  # fmt: skip
    assert found.assets == [
        "app/logo.png", "config/readme.md", "data/rows.json", "docs/notes.txt", "web/package-lock.json"
    ]  # fmt: skip
    assert found.diagnostics == []


def test_installed_packages_and_caches_are_never_listed(tmp_path: Path) -> None:
    make(
        tmp_path, "node_modules/x/index.js", "a/node_modules/y.js", "a/__pycache__/b.py", "lib/site-packages/c.py",
        ".git/hooks/d.py", "env/pyvenv.cfg", "env/lib/e.py", "conda/conda-meta/history", "conda/f.py",
        ".constraintlint_cache/g.py", "locale/de/LC_MESSAGES/h.py", "venv/i.py",
    )  # fmt: skip
    assert everything(discover(tmp_path)) == ["venv/i.py"]


def test_the_root_may_be_an_environment_itself(tmp_path: Path) -> None:
    make(tmp_path, "pyvenv.cfg", "a.py")
    assert discover(tmp_path).files == ["a.py"]


def test_build_output_is_left_out_without_git(tmp_path: Path) -> None:
    make(
        tmp_path,
        "ts/dist/a.js",
        "ts/src/a.ts",
        "ts/out/b.js",
        "py/setup.py",
        "py/build/lib/c.py",
        "other/build/d.py",
    )
    make(tmp_path / "ts", **{"tsconfig.json": '{ // c\n "compilerOptions": { "outDir": "./dist/" } }'})
    make(
        tmp_path / "ts", **{"tsconfig.build.json": '// "outDir": "src"\n{"compilerOptions": {"outDir": "."}}'}
    )
    found = [path for path in discover(tmp_path).files if not path.endswith(".json")]
    assert found == ["other/build/d.py", "py/setup.py", "ts/out/b.js", "ts/src/a.ts"]


def test_exclude_takes_patterns(tmp_path: Path) -> None:
    make(tmp_path, "legacy/a/b.py", "src/a.py", "src/a_gen.py", "src/deep/b_gen.py", "srcs/c.py")
    assert discover(tmp_path, ["legacy/**", "src/*_gen.py", "srcs"]).files == [
        "src/a.py",
        "src/deep/b_gen.py",
    ]
    with pytest.raises(GlobError):
        discover(tmp_path, ["{"])


def test_a_root_that_is_no_directory_is_an_error(tmp_path: Path) -> None:
    make(tmp_path, "a.py")
    with pytest.raises(FileNotFoundError):
        discover(tmp_path / "nowhere")
    with pytest.raises(NotADirectoryError):
        discover(tmp_path / "a.py")


# --- .gitignore -------------------------------------------------------------------------------------------------------


def test_nested_rules_and_negations(tmp_path: Path) -> None:
    make(
        tmp_path, "a.py", "gen_a.py", "app/gen_b.py", "app/gen_keep.py", "out/c.py", "app/out/d.py", "deep/x/tmp/e.py",
        "deep/x/f.py", "lib/only/here.py", "lib/only/there.py",
    )  # fmt: skip
    ignore(tmp_path, "gen_*.py\n/out/\n# a comment\n\nlib/*\n!lib/only/\nlib/only/*\n!lib/only/here.py\n")
    ignore(tmp_path, "!gen_keep.py\n", "app")
    ignore(tmp_path, "**/tmp/\n", "deep")
    found = discover(tmp_path)
    assert everything(found) == ["a.py", "app/gen_keep.py", "app/out/d.py", "deep/x/f.py", "lib/only/here.py"]
    assert discover(tmp_path, use_gitignore=False).files.count("gen_a.py") == 1


def test_what_lies_in_an_ignored_directory_cannot_be_taken_back(tmp_path: Path) -> None:
    make(tmp_path, "out/keep.py")
    ignore(tmp_path, "out/\n!out/keep.py\n")
    assert everything(discover(tmp_path)) == []


def test_ignored_paths_are_known_whether_they_exist_or_not(tmp_path: Path) -> None:
    make(tmp_path, "app/a.py", "env/pyvenv.cfg", "env/x.py", "web/dist/b.js")
    make(tmp_path / "web", **{"tsconfig.json": '{"compilerOptions": {"outDir": "dist"}}'})
    ignore(tmp_path, "generated/\n*_pb2.py\n")
    ignore(tmp_path, "local.py\n", "app")
    found = discover(tmp_path)
    hidden = {
        path: found.is_ignored(path)
        for path in (
            "generated/client.py", "app/generated/x/y.ts", "app/m_pb2.py", "app/local.py", "local.py", "app/a.py",
            "app/missing.py", "node_modules/x/i.js", "env/x.py", "web/dist/c.js", "generated",
        )
    }  # fmt: skip
    assert [path for path, yes in hidden.items() if yes] == [
        "generated/client.py", "app/generated/x/y.ts", "app/m_pb2.py", "app/local.py", "node_modules/x/i.js", "env/x.py",
        "web/dist/c.js",
    ]  # fmt: skip


@needs_git
def test_rules_above_the_root_count(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    make(tmp_path, "apps/a/x.py", "apps/a/gen/y.py", "apps/a/local.py", "apps/a/own.py")
    ignore(tmp_path, "/apps/a/gen/\n")
    (tmp_path / ".git" / "info" / "exclude").write_text("local.py\n", "utf-8")
    assert everything(discover(tmp_path / "apps" / "a")) == ["own.py", "x.py"]


@needs_git
def test_an_ignored_root_was_asked_for(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    make(tmp_path, "out/a/x.py")
    ignore(tmp_path, "out/\n*.py\n")
    assert everything(discover(tmp_path / "out" / "a")) == ["x.py"]


@needs_git
@pytest.mark.parametrize("version", [2, 4])
def test_tracked_files_are_never_ignored(tmp_path: Path, version: int) -> None:
    git(tmp_path, "init", "-q")
    git(tmp_path, "config", "index.version", str(version))
    long = "n" * 200
    make(
        tmp_path,
        "lib/a.py",
        f"lib/{long}.py",
        "lib/new.py",
        "gen.py",
        "node_modules/x.js",
        "lib/gone.py",
        "é/ä.py",
    )
    ignore(tmp_path, "lib/\ngen.py\n")
    git(
        tmp_path,
        "add",
        "-f",
        "lib/a.py",
        f"lib/{long}.py",
        "gen.py",
        "node_modules/x.js",
        "lib/gone.py",
        "é/ä.py",
    )
    (tmp_path / "lib" / "gone.py").unlink()
    assert everything(discover(tmp_path)) == ["gen.py", "lib/a.py", f"lib/{long}.py", "é/ä.py"]
    assert everything(discover(tmp_path / "lib")) == ["a.py", "new.py", f"{long}.py"]
    assert everything(discover(tmp_path, ["lib/a.py"])) == ["gen.py", f"lib/{long}.py", "é/ä.py"]


@needs_git
def test_a_linked_work_tree_and_a_repository_inside(tmp_path: Path) -> None:
    main, linked = tmp_path / "main", tmp_path / "linked"
    make(main, "a.py")
    git(main, "init", "-q")
    ignore(main, "x.py\n")
    git(main, "add", ".")
    git(main, "-c", "user.name=n", "-c", "user.email=e@example.org", "commit", "-q", "-m", "one")
    git(main, "worktree", "add", "-q", str(linked))
    (main / ".git" / "info" / "exclude").write_text("y.py\n", "utf-8")
    make(linked, "x.py", "y.py", "z.py", "inner/x.py")
    git(linked / "inner", "init", "-q")
    assert everything(discover(linked)) == ["a.py", "inner/x.py", "z.py"]


@pytest.mark.parametrize(
    "data",
    [b"", b"DIRC", b"DIRC" + b"\0" * 40, b"DIRC\0\0\0\x02\x7f\xff\xff\xff" + b"\0" * 60,
     b"DIRC\0\0\0\x04\0\0\0\x01" + b"\xff" * 80, b"DIRC\0\0\0\x02\0\0\0\x01" + b"a" * 90],
)  # fmt: skip
def test_a_broken_index_is_no_index(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "index").write_bytes(data)
    assert not gitindex.tracked_files(tmp_path)


_NAMES = [
    "a",
    "b",
    "ab",
    "a.py",
    "b.js",
    "foo",
    "x y",
    "[a]",
    "a\\b",
    "#c",
    "!d",
    "e ",
    "Ab",
    "é.ts",
    ".h",
    "lib",
]
_PATTERNS = [
    "a", "b/", "*.py", "/a", "a/b", "**/a", "a/**", "a/**/b", "**", "*", "!a", "!*.py", "!a/", "a*", "?", "[ab]",
    "[!a]*", "\\!d", "\\#c", "#c", "e\\ ", "e   ", "[a-c].py", "[[:alpha:]]", "/*", "foo/*", "!foo/a.py", "a**b", "[",
    "[]a]", "\\", "*/", "/", "**/", "/**", "a//b", "[z-a]", "\\[a\\]", "a\\\\b", ".*", "!.h", "é*", "[a\\]]", "***/a",
    "*[[:upper:]]*", "[[:foo:]]", "[a-", "a[/]b", "*b*/*", "[--0]", "[a-c-e]", "!lib/", "lib/**/", "!**/a.py",
]  # fmt: skip


@needs_git
@pytest.mark.parametrize("seed", range(25))
def test_the_listing_is_that_of_git(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)

    def rules(most: int) -> str:
        return "\n".join(chance.choices(_PATTERNS, k=chance.randint(1, most))) + "\n"

    def fill(directory: Path, depth: int) -> None:
        for name in chance.sample(_NAMES, chance.randint(2, 6)):
            path = directory / name
            if depth < 3 and "." not in name and chance.random() < 0.5:
                path.mkdir()
                fill(path, depth + 1)
            else:
                path.write_text("", "utf-8")
        if chance.random() < 0.3:
            (directory / ".gitignore").write_text(rules(4), "utf-8")

    git(tmp_path, "init", "-q")
    fill(tmp_path, 0)
    (tmp_path / ".gitignore").write_text(rules(6), "utf-8")
    files = sorted(
        str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file() and ".git/" not in str(p)
    )
    git(
        tmp_path,
        "add",
        "-f",
        "--",
        *(f":(literal){path}" for path in chance.sample(files, min(2, len(files)))),
    )
    listed = git(tmp_path, "ls-files", "-co", "--exclude-standard", "-z").split("\0")
    found = discover(tmp_path)
    assert sorted((*found.files, *found.assets)) == sorted({path for path in listed if path})


# --- links and what cannot be read ---------------------------------------------------------------------------------------


def test_links(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    root = tmp_path / "root"
    make(outside, "o.py")
    make(root, "real/a.py", "real/sub/b.py", "c.py")
    (root / "linked").symlink_to("real")
    (root / "linked.py").symlink_to("c.py")
    (root / "real" / "sub" / "loop").symlink_to(root)
    (root / "self").symlink_to(".")
    (root / "out").symlink_to(outside)
    (root / "out.py").symlink_to(outside / "o.py")
    (root / "out.png").symlink_to(outside / "o.py")
    (root / "dangling.py").symlink_to("nowhere.py")
    (root / ".#c.py").symlink_to("user@host.1234")
    (root / "node_modules").symlink_to(outside)
    found = discover(root)
    assert found.files == [
        "c.py",
        "linked.py",
        "linked/a.py",
        "linked/sub/b.py",
        "real/a.py",
        "real/sub/b.py",
    ]
    assert [(item.path, item.kind, item.message) for item in found.diagnostics] == [
        ("dangling.py", "unreadable", "the symbolic link leads to no regular file"),
        (
            "linked/sub/loop",
            "symlink-not-followed",
            "the symbolic link leads to a directory that contains it",
        ),
        ("out", "symlink-not-followed", "the symbolic link leads out of the checked directory"),
        ("out.py", "symlink-not-followed", "the symbolic link leads out of the checked directory"),
        ("real/sub/loop", "symlink-not-followed", "the symbolic link leads to a directory that contains it"),
        ("self", "symlink-not-followed", "the symbolic link leads to a directory that contains it"),
    ]


def test_links_that_lead_to_one_another_end(tmp_path: Path) -> None:
    make(tmp_path, "a/x.py", "b/y.py")
    (tmp_path / "a" / "to_b").symlink_to("../b")
    (tmp_path / "b" / "to_a").symlink_to("../a")
    (tmp_path / "c").symlink_to("d")
    (tmp_path / "d").symlink_to("c")
    found = discover(tmp_path)
    assert found.files == ["a/to_b/y.py", "a/x.py", "b/to_a/x.py", "b/y.py"]
    assert {(item.path, item.message) for item in found.diagnostics} == {
        ("a/to_b/to_a", "the symbolic link stands inside a linked directory"),
        ("b/to_a/to_b", "the symbolic link stands inside a linked directory"),
    }


def test_a_link_that_git_ignores_is_not_mentioned(tmp_path: Path) -> None:
    make(tmp_path, "a.py")
    (tmp_path / "result").symlink_to("/")
    ignore(tmp_path, "result\n")
    assert discover(tmp_path).diagnostics == []


def test_the_root_may_be_a_link(tmp_path: Path) -> None:
    make(tmp_path / "real", "a.py", "b/c.py")
    (tmp_path / "real" / "d").symlink_to("b")
    (tmp_path / "root").symlink_to("real")
    found = discover(tmp_path / "root")
    assert (found.files, found.diagnostics) == (["a.py", "b/c.py", "d/c.py"], [])


def test_special_files_are_not_opened(tmp_path: Path) -> None:
    make(tmp_path, "a.py")
    os.mkfifo(tmp_path / "pipe.py")
    os.mkfifo(tmp_path / "pipe")
    os.mkfifo(tmp_path / ".gitignore")
    found = discover(tmp_path)
    assert found.files == ["a.py"]
    assert [(item.path, item.message) for item in found.diagnostics] == [
        (".gitignore", "not a regular file"),
        (".gitignore", "the file cannot be read: not a small regular file"),
        ("pipe.py", "not a regular file"),
    ]


def test_an_unreadable_directory_is_a_diagnostic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, "a.py", "closed/b.py")
    scandir = os.scandir

    def refuse(path: str) -> object:
        if path.endswith("closed"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    found = discover(tmp_path)
    assert found.files == ["a.py"]
    assert [(item.path, item.kind, item.message) for item in found.diagnostics] == [
        ("closed", "unreadable", "the directory cannot be read: Permission denied")
    ]


def test_a_name_that_is_not_utf8_is_a_diagnostic(tmp_path: Path) -> None:
    make(tmp_path, "a.py")
    try:
        (tmp_path / os.fsdecode(b"b\xff.py")).write_text("", "utf-8")
    except OSError:
        pytest.skip("the file system takes UTF-8 names only")
    found = discover(tmp_path)
    assert found.files == ["a.py"]
    assert [(item.path, item.message) for item in found.diagnostics] == [
        ("b\ufffd.py", "the file name is not UTF-8")
    ]


def test_a_deep_tree_needs_no_recursion(tmp_path: Path) -> None:
    path = tmp_path
    for _ in range(300):
        path = path / "d"
    path.mkdir(parents=True)
    (path / "a.py").write_text("", "utf-8")
    assert discover(tmp_path).files == ["d/" * 300 + "a.py"]
