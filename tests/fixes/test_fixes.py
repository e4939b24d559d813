"""Fixes: what they make of code, that nothing else changes, that the finding is gone, and that no file is broken."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from constraintlint.analysis import Options, analyse
from constraintlint.findings import Edit, Finding, Fix, finding
from constraintlint.fixes.apply import MAX_ROUNDS, prepare, unified, write
from constraintlint.fixes.document import Document, Refused
from constraintlint.fixes.syntax import parses
from constraintlint.rulebook import all_rules
from tests.support.pages import Example, examples
from tests.support.pages import write as write_example

FIXABLE = (
    "sa-text-cast-bind",
    "sa-generic-array-contains",
    "sa-unawaited-call",
    "unawaited-promise",
    "sequelize-options-position",
    "sql-built-by-string",
)
BAD = [(name, item) for name in FIXABLE for item in examples(all_rules()[name].text()) if item.bad]


def check(root: Path, rule: str) -> list[Finding]:
    return analyse(Options(root=root, select=[rule], cache=False, jobs=1)).findings


def mend(root: Path, rule: str) -> None:
    """Round by round, as the command does it."""
    for _ in range(MAX_ROUNDS):
        outcome = prepare(root, check(root, rule), unsafe=True)
        assert not outcome.refused
        if not outcome.after:
            return
        write(root, outcome)


@pytest.mark.parametrize(
    ("rule", "example"), BAD, ids=lambda value: value if isinstance(value, str) else value.title
)
def test_what_is_fixed_is_gone_and_everything_parses(rule: str, example: Example, tmp_path: Path) -> None:
    write_example(example, tmp_path, rule)
    before = check(tmp_path, rule)
    fixable = [item for item in before if item.fix is not None]
    mend(tmp_path, rule)
    after = check(tmp_path, rule)
    assert all(item.fix is None for item in after) and len(after) <= len(before) - len(fixable)
    for path in example.files:
        assert parses(path, (tmp_path / path).read_text("utf-8"))


def test_every_fixable_rule_fixes_something(tmp_path: Path) -> None:
    for number, (rule, example) in enumerate(BAD):
        write_example(example, tmp_path / str(number), rule)
    fixed = {item.rule for rule in FIXABLE for item in check(tmp_path, rule) if item.fix is not None}
    assert fixed == set(FIXABLE)


CASES = [
    (
        "sa-unawaited-call",
        "db.py",
        "from sqlalchemy.ext.asyncio import AsyncSession\n\nasync def save(session: AsyncSession):\n"
        "    # keep this\n    session.commit()   # and this\n    return session.execute('x').all()\n",
        "from sqlalchemy.ext.asyncio import AsyncSession\n\nasync def save(session: AsyncSession):\n"
        "    # keep this\n    await session.commit()   # and this\n    return (await session.execute('x')).all()\n",
    ),
    (
        "sa-text-cast-bind",
        "q.py",
        "from sqlalchemy import text\n\nSQL = text('''\n    SELECT é FROM t\n    WHERE a = :a::jsonb AND b = :b::text[]\n''')\n",
        "from sqlalchemy import text\n\nSQL = text('''\n    SELECT é FROM t\n    WHERE a = CAST(:a AS jsonb) AND b = CAST(:b AS text[])\n''')\n",
    ),
    (
        "sa-generic-array-contains",
        "m.py",
        "from sqlalchemy import (\n    ARRAY,  # tags\n    String,\n    create_engine,\n)\nfrom sqlalchemy.orm import DeclarativeBase, mapped_column\n\n\n"
        "class Base(DeclarativeBase): ...\n\nclass Hive(Base):\n    __tablename__ = 'hives'\n    id = mapped_column(String, primary_key=True)\n"
        "    tags = mapped_column(ARRAY(String))\n\nengine = create_engine('postgresql+psycopg://x/y')\nFOUND = Hive.tags.contains(['a'])\n",
        None,
    ),
    (
        "sequelize-options-position",
        "a.js",
        "const { Sequelize, DataTypes } = require('sequelize');\nconst sequelize = new Sequelize('postgres://x/y');\n"
        "const Berth = sequelize.define('Berth', { name: DataTypes.STRING });\n"
        "exports.move = (t) => sequelize.transaction(async (tx) => {\n"
        "  await Berth.update({ name: 'a' }, { where: { id: 1 } }, { transaction: tx });\n"
        "  await Berth.create({ name: 'b', transaction: tx });\n});\n",
        "const { Sequelize, DataTypes } = require('sequelize');\nconst sequelize = new Sequelize('postgres://x/y');\n"
        "const Berth = sequelize.define('Berth', { name: DataTypes.STRING });\n"
        "exports.move = (t) => sequelize.transaction(async (tx) => {\n"
        "  await Berth.update({ name: 'a' }, { where: { id: 1 }, transaction: tx });\n"
        "  await Berth.create({ name: 'b' }, { transaction: tx });\n});\n",
    ),
    (
        "sql-built-by-string",
        "r.py",
        "import sqlite3\nfrom flask import Flask, request\n\napp = Flask(__name__)\ncon = sqlite3.connect('x.db')\n\n@app.get('/a/<n>')\ndef a(n):\n"
        "    q = request.args['q']\n    return con.execute(f\"SELECT * FROM t WHERE n = '{n}' AND q > {q}\").fetchall()\n",
        "import sqlite3\nfrom flask import Flask, request\n\napp = Flask(__name__)\ncon = sqlite3.connect('x.db')\n\n@app.get('/a/<n>')\ndef a(n):\n"
        "    q = request.args['q']\n    return con.execute(f\"SELECT * FROM t WHERE n = ? AND q > ?\", (n, q)).fetchall()\n",
    ),
    (
        "unawaited-promise",
        "b.ts",
        "import { Pool } from 'pg';\nconst pool = new Pool();\nexport async function names(): Promise<number> {\n"
        "  const rows = pool.query('SELECT 1').rows;\n  return rows.length; // stays\n}\n",
        "import { Pool } from 'pg';\nconst pool = new Pool();\nexport async function names(): Promise<number> {\n"
        "  const rows = (await pool.query('SELECT 1')).rows;\n  return rows.length; // stays\n}\n",
    ),
]  # fmt: skip


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize(("rule", "name", "before", "after"), CASES, ids=[case[0] for case in CASES])
def test_only_what_is_wrong_changes(
    rule: str, name: str, before: str, after: str | None, ending: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(before.replace("\n", ending).encode())
    mend(tmp_path, rule)
    written = (tmp_path / name).read_bytes().decode().replace(ending, "\n")
    assert not check(tmp_path, rule)
    if after is not None:
        assert written == after
    else:
        assert "    String,\n    create_engine,\n" in written
        assert "from sqlalchemy.dialects.postgresql import ARRAY\n" in written and "    ARRAY," not in written


def test_encoding_mark_and_mode_are_kept(tmp_path: Path) -> None:
    text = "# -*- coding: latin-1 -*-\nfrom sqlalchemy import text\nX = text('SELECT :ä, :b::int -- é')\n"
    file = tmp_path / "q.py"
    file.write_bytes(text.encode("latin-1"))
    file.chmod(0o755)
    write(tmp_path, prepare(tmp_path, check(tmp_path, "sa-text-cast-bind"), unsafe=False))
    assert file.read_bytes() == text.replace(":b::int", "CAST(:b AS int)").encode("latin-1")
    assert file.stat().st_mode & 0o777 == 0o755


def _item(path: str, *edits: tuple[int, int, int, int, str]) -> Finding:
    made = tuple(Edit(path, (a, b, c, d), (text,)) for a, b, c, d, text in edits)
    return finding("sa-text-cast-bind", path, (1, 1, 1, 1), "m", help="h", fix=Fix("t", made))


def test_fixes_that_touch_wait_and_those_that_break_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1 + 2\n", "utf-8")
    one, other = _item("a.py", (1, 5, 1, 10, "3")), _item("a.py", (1, 9, 1, 10, "4"))
    broken, outside = _item("a.py", (1, 5, 1, 6, "(")), _item("a.py", (9, 1, 9, 2, "x"))
    outcome = prepare(tmp_path, [one, other], unsafe=False)
    assert outcome.after == {"a.py": b"x = 1 + 4\n"} and outcome.waiting == 1
    outcome = prepare(tmp_path, [broken, outside], unsafe=False)
    assert not outcome.after and len(outcome.refused) == 2


def test_links_and_missing_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "real.py").write_text("x = 1\n", "utf-8")
    (tmp_path / "link.py").symlink_to(tmp_path / "real.py")
    items = [
        _item("link.py", (1, 1, 1, 2, "y")),
        _item("none.py", (1, 1, 1, 2, "y")),
        _item("../up.py", (1, 1, 1, 2, "y")),
    ]
    outcome = prepare(tmp_path, items, unsafe=False)
    assert not outcome.after and [refusal.path for refusal in sorted(outcome.refused)] == [
        "../up.py",
        "link.py",
        "none.py",
    ]


def test_bytes_that_cannot_be_written_back_are_refused() -> None:
    with pytest.raises(Refused):
        Document.of("a.js", b"const x = '\xff';\n")


# --- the command ------------------------------------------------------------------------------------------------------

_SOURCE = "from sqlalchemy import text\nX = text('SELECT :b::int')\n"


def _run(root: Path, *arguments: str) -> tuple[int, str, str]:
    command = [sys.executable, "-m", "constraintlint", "check", str(root), "--select", "sa-text-cast-bind"]
    done = subprocess.run([*command, "--no-cache", *arguments], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def test_diff_shows_and_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("sqlalchemy\n", "utf-8")
    (tmp_path / "q.py").write_text(_SOURCE, "utf-8")
    code, out, err = _run(tmp_path, "--diff")
    assert code == 1 and "-X = text('SELECT :b::int')\n+X = text('SELECT CAST(:b AS int)')\n" in out
    assert "1 fix would be made in 1 file" in err and (tmp_path / "q.py").read_text("utf-8") == _SOURCE


def test_fix_writes_and_reports_the_rest(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("sqlalchemy\n", "utf-8")
    (tmp_path / "q.py").write_text(_SOURCE, "utf-8")
    code, _, err = _run(tmp_path, "--fix")
    assert (
        code == 0
        and "1 fix made in 1 file" in err
        and "CAST(:b AS int)" in (tmp_path / "q.py").read_text("utf-8")
    )
    assert _run(tmp_path, "--diff")[:2] == (0, "")


def test_a_patch_that_git_applies(tmp_path: Path) -> None:
    (tmp_path / "q.py").write_bytes(_SOURCE.encode().rstrip(b"\n"))
    patch = unified(prepare(tmp_path, check(tmp_path, "sa-text-cast-bind"), unsafe=False))
    subprocess.run(["git", "apply", "-"], input=patch.encode(), cwd=tmp_path, check=True)
    assert "CAST(:b AS int)" in (tmp_path / "q.py").read_text("utf-8")
