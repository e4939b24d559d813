"""What of the schema and the routes could not be read is said by ``check``, once a file and reason."""

from __future__ import annotations

from pathlib import Path

from constraintlint.analysis import Options, analyse

_MODELS = """from flask import Flask, request
from sqlalchemy import Column, Integer, MetaData, Table, create_engine, text

from names import compute

metadata = MetaData()
first = Table(compute(1), metadata, Column("id", Integer))
second = Table(compute(2), metadata, Column("id", Integer))
boats = Table("boats", metadata, Column("id", Integer))
engine = create_engine("postgresql://x/y")
app = Flask(__name__)


@app.get(compute(3))
def show():
    with engine.connect() as con:
        return str(con.execute(text("SELECT id FROM boats WHERE id = :id"), {"id": request.args["id"]}).all())
"""


def _gaps(root: Path, **options: object) -> list[tuple[str, int, str]]:
    report = analyse(Options(root=root, jobs=1, **options))  # type: ignore[arg-type]
    return [(item.kind, item.line, item.message) for item in report.diagnostics if item.kind.endswith("-gap")]


def test_gaps_are_diagnostics_cold_and_warm(tmp_path: Path) -> None:
    (tmp_path / "names.py").write_text(
        "import os\n\ndef compute(n):\n    return os.environ[str(n)]\n", "utf-8"
    )
    (tmp_path / "app.py").write_text(_MODELS, "utf-8")
    cold = _gaps(tmp_path, cache=True)
    assert [(kind, line) for kind, line, _ in cold] == [("schema-gap", 7), ("route-gap", 14)]
    assert cold[0][2].endswith("; the same at one more place")
    (tmp_path / "other.py").write_text("x = 1\n", "utf-8")
    assert _gaps(tmp_path, cache=True) == cold


def test_no_gaps_where_nothing_asks_for_them(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(_MODELS, "utf-8")
    assert _gaps(tmp_path, cache=False, select=["layer-direction"]) == []
