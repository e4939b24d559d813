"""Verdicts: what passes, what fails, what is not declared, and with which reason and evidence."""

from __future__ import annotations

from pathlib import Path

import pytest

from constraintlint.analysis import Options, analyse
from constraintlint.findings import Report

FLASK = "from flask import Flask\napp = Flask(__name__)\n"
SQLITE = "import sqlite3\nconnection = sqlite3.connect('app.db')\n"
MODELS = "from sqlalchemy.orm import DeclarativeBase\n\nclass Base(DeclarativeBase):\n    pass\n"
HEALTH = "from app.main import app\n\n@app.get('/health')\ndef health():\n    return {}\n"


def described(path: str) -> str:
    return f"openapi: 3.0.0\npaths:\n  {path}:\n    get:\n      responses: {{'200': {{description: fine}}}}\n"


def report_of(directory: Path, files: dict[str, str]) -> Report:
    for name, content in files.items():
        file = directory / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, "utf-8")
    return analyse(Options(root=directory, cache=False, jobs=1))


CASES: list[tuple[str, str, str, str, str]] = [
    # constraint, configuration, status, part of the reason, path of the first evidence
    ("framework", "framework = 'flask'", "pass", "Flask is the framework in use", "app/main.py"),
    ("framework", "framework = ['fastapi', 'flask']", "pass", "Flask", "app/main.py"),
    ("framework", "framework = 'fastapi'", "fail", "FastAPI is declared, but not in use", "app/main.py"),
    ("framework", "", "not-declared", "in use: flask", ""),
    ("database", "database = 'sqlite'", "pass", "connects to SQLite", "app/db.py"),
    ("database", "database = 'postgresql'", "fail", "nothing connects to PostgreSQL", "app/db.py"),
    ("database", "", "not-declared", "in use: sqlite", ""),
    ("orm", "orm = 'sqlalchemy'", "pass", "uses SQLAlchemy", "app/models/base.py"),
    ("orm", "orm = 'peewee'", "fail", "Peewee is declared, but not used", "constraintlint.toml"),
    ("orm", "orm = 'none'", "fail", "allows no ORM", "app/models/base.py"),
    ("orm", "", "not-declared", "in use: sqlalchemy", ""),
    ("architecture", "architecture = 'clean'", "fail", "1 of 4 layers", ""),
    ("architecture", "architecture = 'none'", "not-declared", "no architecture", ""),
    ("architecture", "", "not-declared", "layers found: models 1", ""),
    ("contract", "", "not-declared", "no API contract is declared", ""),
    ("contract", "openapi = 'openapi.yml'", "fail", "has no operations", ""),
    ("contract", "openapi = 'health.yml'", "pass", "1 of 1 operations have a route", ""),
    (
        "contract",
        "openapi = 'orders.yml'",
        "fail",
        "GET /orders is described here, and no route answers it",
        "orders.yml",
    ),
]


@pytest.mark.parametrize(
    ("constraint", "configuration", "status", "reason", "evidence"),
    CASES,
    ids=[f"{c[0]}-{c[1]}" for c in CASES],
)
def test_verdict(
    constraint: str, configuration: str, status: str, reason: str, evidence: str, tmp_path: Path
) -> None:
    report = report_of(
        tmp_path,
        {
            "constraintlint.toml": configuration + "\n",
            "openapi.yml": "openapi: 3.0.0\n",
            "health.yml": described("/health"),
            "orders.yml": described("/orders"),
            "app/health.py": HEALTH,
            "app/main.py": FLASK,
            "app/db.py": SQLITE,
            "app/models/base.py": MODELS,
        },
    )
    verdict = report.verdicts[constraint]
    assert verdict.status == status
    assert reason in verdict.reason
    if evidence:
        assert verdict.evidence[0].path == evidence
    places = [(item.path, item.line, item.column) for item in verdict.evidence]
    assert len(set(places)) == len(places)


def test_every_constraint_has_a_verdict(tmp_path: Path) -> None:
    report = report_of(tmp_path, {"app.py": "x = 1\n"})
    assert set(report.verdicts) == {"framework", "database", "orm", "architecture", "contract"}
    assert all(verdict.reason and verdict.status == "not-declared" for verdict in report.verdicts.values())


def test_a_suppressed_finding_fails_nothing(tmp_path: Path) -> None:
    report = report_of(
        tmp_path,
        {
            "constraintlint.toml": "database = 'postgresql'\n",
            "app/db.py": "import psycopg\nimport sqlite3\n\npsycopg.connect('x')\n"
            "sqlite3.connect('old.db')  # constraintlint: ignore[engine-forbidden] read once while moving\n",
        },
    )
    assert [item.rule for item in report.suppressed] == ["engine-forbidden"]
    assert report.verdicts["database"].status == "pass"
    assert "sqlite" in report.verdicts["database"].reason


def test_a_rule_that_is_a_warning_fails_nothing(tmp_path: Path) -> None:
    report = report_of(
        tmp_path,
        {
            "constraintlint.toml": "framework = 'fastapi'\n\n[rules]\nframework-missing = 'warning'\nframework-forbidden = 'off'\n",
            "app/main.py": FLASK,
            "requirements.txt": "flask\n",
        },
    )
    assert [(item.rule, item.severity) for item in report.findings] == [("framework-missing", "warning")]
    assert report.verdicts["framework"].status == "pass"
    assert "no finding stands against it" in report.verdicts["framework"].reason


def test_an_engine_that_cannot_be_told_is_neither_pass_by_proof_nor_fail(tmp_path: Path) -> None:
    report = report_of(
        tmp_path,
        {
            "constraintlint.toml": "database = 'postgresql'\n",
            "app/db.py": "from sqlalchemy import create_engine\n\ndef make(url):\n    return create_engine(url)\n",
        },
    )
    assert report.findings == []
    verdict = report.verdicts["database"]
    assert verdict.status == "pass"
    assert "could not be told" in verdict.reason
    assert [(item.kind, item.path, item.line) for item in report.diagnostics] == [
        ("engine-undecided", "app/db.py", 4)
    ]


def test_the_environment_chooses(tmp_path: Path) -> None:
    report = report_of(
        tmp_path,
        {
            "constraintlint.toml": "database = 'postgresql'\n",
            "app/db.py": "import os\nfrom sqlalchemy import create_engine\n"
            "url = 'sqlite://' if os.environ.get('LIGHT') else 'postgresql://h/d'\nengine = create_engine(url)\n",
        },
    )
    assert report.findings == []
    verdict = report.verdicts["database"]
    assert (verdict.status, "the environment chooses" in verdict.reason) == ("pass", True)
    assert "one side of a choice made by the environment" in verdict.evidence[0].message


def test_passwords_are_not_shown(tmp_path: Path) -> None:
    report = report_of(
        tmp_path,
        {
            "constraintlint.toml": "database = 'sqlite'\n",
            ".env": "DATABASE_URL=mysql://root:hunter2@db/app\n",
            "app/db.py": "import os\nfrom sqlalchemy import create_engine\n"
            "a = create_engine('postgresql://u:hunter2@h/d')\nb = create_engine(os.environ['DATABASE_URL'])\n",
        },
    )
    texts = [item.message for item in report.findings] + [
        verdict.reason for verdict in report.verdicts.values()
    ]
    texts += [str(report.stack), *(step.message for item in report.findings for step in item.trace)]
    assert len(report.findings) == 3
    assert not any("hunter2" in text for text in texts)
