"""newman: what becomes of its report, with a program in its place and with itself where it is installed."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.behavior.conftest import unavailable
from tests.behavior.fake_apps import Verify, project

SCRIPTS = {
    "hello": [
        "tests['one'] = true;",
        "pm.test('two', () => {});",
        "if (tests['one']) { tests['three'] = 1 }",
    ],
    "broken": ["tests['four'] = 1;", "tests['five'] = 2;"],
    "silent": [],
    "never": ["tests['six'] = 1;"],
}
COLLECTION = {
    "item": [
        {
            "name": "folder",
            "item": [
                {
                    "name": name,
                    "request": {"method": "GET", "url": "{{APIURL}}/hello"},
                    "event": [{"listen": "test", "script": {"exec": lines}}],
                }
                for name, lines in SCRIPTS.items()
            ],
        }
    ]
}


def executed(*assertions: tuple[str, str | None], error: str = "", script: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {
        "assertions": [
            {"assertion": name, "skipped": False, **({"error": {"message": problem}} if problem else {})}
            for name, problem in assertions
        ],
        "request": {"method": "GET", "url": {"path": ["hello"], "query": [{"key": "a", "value": "b"}]}, "header": []},
        "response": {"code": 200, "header": [], "stream": {"type": "Buffer", "data": [104, 105]}, "responseTime": 5},
    }  # fmt: skip
    if error:
        found["requestError"] = {"message": error}
    if script:
        found["testScript"] = [{"error": {"message": script}}]
    return found


REPORT = {
    "run": {
        "executions": [
            executed(("one", None), ("two", "expected 1 to equal 2"), ("three", None)),
            executed(("four", None), script="x is not defined"),
            executed(error="read ECONNRESET"),
        ]
    }
}


@pytest.fixture
def collection(tmp_path: Path) -> Path:
    path = tmp_path / "small.postman_collection.json"
    path.write_text(json.dumps(COLLECTION))
    return path


def test_a_report(verify: Verify, tmp_path: Path, collection: Path) -> None:
    """Seven sites: four named where they are set, one where it is asked for, two never reached."""
    fake = tmp_path / "newman"
    fake.write_text(
        f"#!{sys.executable}\nimport sys\n"
        f"open(sys.argv[sys.argv.index('--reporter-json-export') + 1], 'w').write({json.dumps(REPORT)!r})\n"
    )
    fake.chmod(0o755)
    verify.environment["CONSTRAINTLINT_NEWMAN"] = str(fake)
    code, document = verify.json(project(tmp_path / "p"), "--suite", f"newman:{collection}")
    suite = document["runs"][0]["suite"]
    assert (code, suite["name"], suite["runner"]) == (1, "small", "newman")
    assert (suite["assertions"], suite["passed"], suite["not_executed"]) == (7, 4, 2)
    first, broken, silent, never = suite["requests"]
    assert [a["passed"] for a in first["assertions"]] == [True, False, True, True]
    assert first["exchange"]["response_body"] == "hi" and first["exchange"]["url"] == "/hello?a=b"
    assert broken["assertions"][1]["detail"] == "the script breaks off: x is not defined"
    assert (silent["passed"], silent["exchange"]["error"]) == (False, "read ECONNRESET")
    assert (never["passed"], never["exchange"]) == (False, None)


def test_the_server_never_starts(verify: Verify, tmp_path: Path, collection: Path) -> None:
    verify.environment["CONSTRAINTLINT_NEWMAN"] = sys.executable
    code, document = verify.json(project(tmp_path / "p", "exits"), "--suite", f"newman:{collection}")
    suite = document["runs"][0]["suite"]
    assert (code, suite["assertions"], suite["not_executed"]) == (1, 7, 7)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"item": 3}', "[" * 100_000])
def test_what_is_no_collection(verify: Verify, tmp_path: Path, text: str) -> None:
    (tmp_path / "c.json").write_text(text)
    verify.environment["CONSTRAINTLINT_NEWMAN"] = sys.executable
    done = verify.run(project(tmp_path / "p"), "--suite", f"newman:{tmp_path / 'c.json'}")
    assert done.returncode == 2 and "c.json" in done.stderr and "internal" not in done.stderr


def test_newman_itself(verify: Verify, tmp_path: Path, collection: Path) -> None:
    if not os.environ.get("CONSTRAINTLINT_NEWMAN") and shutil.which("newman") is None:
        unavailable("newman is not installed")
    code, document = verify.json(project(tmp_path / "p"), "--suite", f"newman:{collection}")
    suite = document["runs"][0]["suite"]
    assert (code, suite["assertions"], suite["passed"]) == (0, 7, 7), suite
    assert suite["requests"][0]["exchange"]["status"] == 200
