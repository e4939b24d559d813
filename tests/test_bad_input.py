"""Whatever lies in a checked root: a diagnostic or a clear error and exit code 2; never a traceback, never a lost finding.

Every case puts something bad beside one import cycle, which must be found all the same.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from constraintlint.analysis import Options, analyse
from constraintlint.findings import Report
from constraintlint.workspace import Workspace


def command(*arguments: str, cwd: Path, **more: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "constraintlint", *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=60,
        **more,
    )  # type: ignore[call-overload,no-any-return]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A root with one finding."""
    base = tmp_path / "root"
    (base / "pkg").mkdir(parents=True)
    (base / "pkg/a.py").write_text("from pkg import b\n")
    (base / "pkg/b.py").write_text("from pkg import a\n")
    (base / "pkg/__init__.py").write_text("")
    return base


def run(root: Path, **options: object) -> Report:
    return analyse(Options(root=root, **{"cache": False, **options}))  # type: ignore[arg-type]


def assert_finding_stays(report: Report) -> None:
    assert [(item.rule, item.path) for item in report.findings if item.path.startswith("pkg/")] == [
        ("import-cycle", "pkg/a.py")
    ]


def kinds(report: Report, path: str) -> set[str]:
    return {item.kind for item in report.diagnostics if item.path == path}


def deep(opening: str, closing: str, count: int = 10_000) -> str:
    return opening * count + closing * count


FILES: dict[str, tuple[str, bytes, str | None]] = {
    "empty": ("x.py", b"", None),
    "only a byte order mark": ("x.py", b"\xef\xbb\xbf", None),
    "broken syntax": ("x.py", b"def f(:\n  return ((\n", "parse-incomplete"),
    "broken syntax in TypeScript": ("x.ts", b"import { from './pkg\nconst = = ;", "parse-incomplete"),
    "undecodable": ("x.py", b"name = '\xff\xfe\xfa'\n", "undecodable"),
    "an encoding that does not exist": ("x.py", b"# -*- coding: klingon -*-\nx = 1\n", "undecodable"),
    "binary": ("x.js", bytes(range(256)) * 40, "binary"),
    "minified": ("x.js", b"var a=1;" + b"function f(x){return x+1};" * 20_000, "minified"),
    "nested brackets in Python": ("x.py", f"x = {deep('[', ']')}\nimport os\n".encode(), None),
    "nested calls in Python": ("x.py", f"import sqlite3\nsqlite3.connect({deep('(', ')')})\n".encode(), None),
    "nested blocks in Python": ("x.py", b"".join(b" " * i + b"if x:\n" for i in range(3000)) + b" " * 3000 + b"import os\n", None),
    "nested brackets in JavaScript": ("x.js", f"const pool = process.env.X || {deep('[', ']')};\nrequire('fs');\n".encode(), None),
    "nested arrows in TypeScript": ("x.ts", f"import pg from 'pg';\nconst f = {'() => ' * 10_000}1;\n".encode(), None),
    "a long chain": ("x.js", b"const db = require('knex')({client: 'pg'});\ndb" + b".where('a', 1)" * 5000 + b";\n", None),
    "a long concatenation": ("x.py", b"import sqlite3\nsql = " + b" + ".join([b"'a'"] * 10_000) + b"\nsqlite3.connect('x').execute(sql)\n", None),
    "a very long line": ("x.py", b"x = '" + b"a" * 1_500_000 + b"'\nimport os\n", None),
    "carriage returns only": ("x.py", b"import os\rimport sys\r", None),
    "null bytes": ("x.py", b"import os\x00\nimport sys\n", "binary"),
    "a malformed package.json": ("package.json", b'{"name": "x", ', "malformed"),
    "a package.json that is a list": ("package.json", b"[1, 2]", None),
    "a malformed tsconfig.json": ("tsconfig.json", b"{ paths: oops", None),
    "a malformed compose file": ("docker-compose.yml", b"services:\n  db: [unclosed\n", "malformed"),
    "a recursive alias": ("docker-compose.yml", b"a: &a [*a, *a]\nservices: *a\n", None),
    "a billion laughs": (
        "docker-compose.yml",
        b"a: &a [x,x,x,x,x,x,x,x,x]\n" + b"".join(f"{chr(98 + i)}: &{chr(98 + i)} [{','.join([f'*{chr(97 + i)}'] * 9)}]\n".encode() for i in range(12)) + b"services: *m\n",
        None,
    ),
    "a malformed requirements.txt": ("requirements.txt", b"\xff\xfe\x00== broken ==;;;\n-r -r -r\n", None),
    "a manifest that includes itself": ("requirements.txt", b"-r requirements.txt\nflask\n", None),
    "a malformed .env": (".env", b"===\nDATABASE_URL\n=x\n\x00\n", None),
    "a malformed schema.prisma": ("schema.prisma", b"datasource db { provider = \n", None),
    "a malformed setup.py": ("setup.py", b"from setuptools import (\n", None),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_a_bad_file_costs_nothing_else(name: str, root: Path) -> None:
    path, content, kind = FILES[name]
    (root / path).write_bytes(content)
    started = time.perf_counter()
    report = run(root)
    assert time.perf_counter() - started < 30, "no hang"
    assert_finding_stays(report)
    assert "internal error" not in " ".join(item.message for item in report.diagnostics)
    if kind is not None:
        assert any(item == kind or kind in item for item in kinds(report, path)), kinds(report, path)


def test_a_huge_file_is_not_read(root: Path) -> None:
    with (root / "huge.py").open("wb") as file:
        file.truncate(50 * 1024 * 1024)
    report = run(root)
    assert_finding_stays(report)
    assert kinds(report, "huge.py") == {"too-large"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file(root: Path) -> None:
    (root / "secret.py").write_text("import os\n")
    (root / "secret.py").chmod(0)
    report = run(root)
    assert_finding_stays(report)
    assert kinds(report, "secret.py") == {"unreadable"}


def test_symlink_loops(root: Path) -> None:
    (root / "loop").symlink_to(root)
    (root / "pkg/self.py").symlink_to("self.py")
    (root / "pkg/gone.py").symlink_to("nowhere.py")
    assert_finding_stays(run(root))


def test_a_directory_named_like_a_file(root: Path) -> None:
    (root / "module.py").mkdir()
    (root / "package.json").mkdir()
    assert_finding_stays(run(root))


def test_names_that_are_no_utf8(root: Path) -> None:
    Path(os.fsdecode(os.fsencode(root) + b"/bad\xff.py")).write_text("import os\n")
    assert_finding_stays(run(root))
    done = command("check", ".", "--format", "json", cwd=root)
    assert done.returncode == 0, done.stderr
    json.loads(done.stdout)


def test_a_file_deleted_while_running(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "gone.py").write_text("import os\n")
    read = Workspace._read_sources

    def vanish(self: Workspace) -> None:
        (root / "gone.py").unlink()
        read(self)

    monkeypatch.setattr(Workspace, "_read_sources", vanish)
    report = run(root)
    assert_finding_stays(report)
    assert kinds(report, "gone.py") == {"unreadable"}


def test_cyclic_extends(root: Path) -> None:
    (root / "tsconfig.json").write_text('{"extends": "./tsconfig.base.json"}')
    (root / "tsconfig.base.json").write_text('{"extends": "./tsconfig.json"}')
    (root / "x.ts").write_text("import { y } from 'lib/y';\n")
    (root / "y.ts").write_text("export const y = 1;\n")
    report = run(root)
    assert_finding_stays(report)
    assert any("tsconfig" in item.path for item in report.diagnostics)


# --- configuration: exit code 2 and one clear line --------------------------------------------------------------------

CONFIGURATIONS: dict[str, tuple[str, str]] = {
    "unknown key": ('databse = "sqlite"\n', "database"),
    "unknown value": ('database = "postgre"\n', "postgresql"),
    "wrong type": ("architecture = 4\n", "architecture"),
    "malformed": ('architecture = "clean\n', "constraintlint.toml:1"),
    "unknown rule": ('[rules]\nlayer-directon = "error"\n', "layer-direction"),
    "unknown severity": ('[rules]\nlayer-direction = "fatal"\n', "error"),
    "a pattern that matches nothing": ('[[acyclic]]\npaths = ["nowhere/**"]\n', "nowhere/**"),
}


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_a_bad_configuration(name: str, root: Path) -> None:
    content, expected = CONFIGURATIONS[name]
    (root / "constraintlint.toml").write_text(content)
    done = command("check", ".", cwd=root)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "constraintlint.toml:" in done.stderr
    assert expected in done.stderr
    assert "Traceback" not in done.stderr


def test_a_configuration_that_is_no_text(root: Path) -> None:
    (root / "constraintlint.toml").write_bytes(b"\xff\xfe\x00\x01")
    done = command("check", ".", cwd=root)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("check", "nowhere"), "nowhere"),
        (("check", "--select", "layer-directoin"), "layer-direction"),
        (("check", "--format", "yaml"), "yaml"),
        (("check", "--output", "/nowhere/at/all"), "/nowhere/at/all"),
        (("chekc",), "check"),
        (("explain", "layer-directon"), "layer-direction"),
        (("graph", "--from", "nothing/**", "--to", "pkg/a.py"), "nothing/**"),
        (("check", "--jobs", "-1"), "jobs"),
    ],
)
def test_bad_usage(arguments: tuple[str, ...], expected: str, root: Path) -> None:
    done = command(*arguments, cwd=root)
    assert done.returncode == 2
    assert expected in done.stderr
    assert "Traceback" not in done.stderr


# --- cache, processes, signals --------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", [b"", b"garbage" * 1000, b"SQLite format 3\0" + b"\0" * 4096])
def test_a_corrupt_cache(content: bytes, root: Path) -> None:
    first = run(root, cache=True)
    (root / ".constraintlint_cache/cache.db").write_bytes(content)
    for _ in range(3):
        again = run(root, cache=True)
        assert again.findings == first.findings


def test_a_snapshot_of_another_shape(root: Path) -> None:
    import sqlite3

    first = run(root, cache=True)
    with sqlite3.connect(root / ".constraintlint_cache/cache.db") as connection:
        connection.execute("UPDATE snapshots SET data = x'c1c1'")
        connection.execute("UPDATE facts SET data = x'c1'")
        connection.execute("UPDATE results SET data = x'90'")
    assert run(root, cache=True).findings == first.findings


def test_a_cache_directory_that_cannot_be_made(root: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = command("check", ".", "--cache-dir", str(tmp_path / "file/cache"), "--format", "concise", cwd=root)
    assert done.returncode == 0
    assert "import-cycle" in done.stdout
    assert "Traceback" not in done.stderr


def test_two_runs_share_a_cache(root: Path) -> None:
    reports: list[Report] = []
    threads = [threading.Thread(target=lambda: reports.append(run(root, cache=True))) for _ in range(2)]
    runs = [
        subprocess.Popen(
            [sys.executable, "-m", "constraintlint", "check", ".", "--format", "json"], cwd=root, stdout=-1
        )
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    outputs = [json.loads(process.communicate(timeout=60)[0]) for process in runs]
    assert all(len(report.findings) == 1 for report in reports)
    assert all(len(output["findings"]) == 1 for output in outputs)


def test_a_killed_worker(tmp_path: Path) -> None:
    """Kill every child of a run again and again: its findings stay the same."""
    root = tmp_path / "big"
    root.mkdir()
    for number in range(60):
        body = f"from m{(number + 1) % 60} import x\n" + "\n".join(
            f"def f{i}(a, b):\n    return a + b * {i}" for i in range(900)
        )
        (root / f"m{number}.py").write_text(body + "\nx = 1\n")
    calm = analyse(Options(root=root, cache=False, jobs=2))
    process = subprocess.Popen(
        [sys.executable, "-m", "constraintlint", "check", ".", "--no-cache", "--jobs", "3", "--format", "json"],
        cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    killed = _kill_children(process)
    output, errors = process.communicate(timeout=120)
    assert killed, "no worker was there to kill"
    assert process.returncode == 0, errors
    assert [item["message"] for item in json.loads(output)["findings"]] == [
        item.message for item in calm.findings
    ]


def _kill_children(process: subprocess.Popen[bytes]) -> int:
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    if not children.exists():
        pytest.skip("this system does not list the children of a process")
    killed = 0
    while process.poll() is None and killed < 2:
        try:
            for pid in children.read_text().split():
                os.kill(int(pid), signal.SIGKILL)
                killed += 1
        except (OSError, ProcessLookupError):
            continue
        time.sleep(0.001)
    return killed


def test_an_interrupt_is_quiet(tmp_path: Path) -> None:
    for number in range(120):
        (tmp_path / f"m{number}.py").write_text(f"import os{number}\n" + "x = [1, 2, 3]\n" * 20_000)
    process = subprocess.Popen(
        [sys.executable, "-m", "constraintlint", "check", ".", "--no-cache"],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    time.sleep(0.6)
    assert process.poll() is None, "the run ended before it could be interrupted"
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert output == ""


def test_two_runs_give_identical_bytes(root: Path) -> None:
    (root / "x.py").write_bytes(b"def f(:\n")

    def text(*more: str) -> str:
        return command("check", ".", "--format", "sarif", *more, cwd=root).stdout

    first = text("--no-cache", "--jobs", "1")
    assert first == text("--no-cache", "--jobs", "4") == text() == text()
