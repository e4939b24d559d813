"""``constraintlint init``: what it declares, what it leaves to choose from, and what it does not touch."""

from __future__ import annotations

import io
import sys
import tomllib
from pathlib import Path

import jsonschema
import pytest

from constraintlint import cli
from constraintlint.cli import init
from constraintlint.cli.init import Found, render
from constraintlint.config import load
from constraintlint.config.schema import build

FOUND = Found(
    frameworks=[("fastapi", "app/main.py:3 FastAPI()")],
    databases=[("postgresql", 'app/db.py:7 create_engine("postgresql://...")')],
    orms=[("sqlalchemy", "app/db.py:1 imports sqlalchemy")],
    preset="clean",
    layers={"routes": 2, "services": 1, "repositories": 1, "models": 3},
    unassigned=1,
    openapi="docs/openapi.yml",
)


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as caught:
        cli.main(("init", *arguments))
    out, err = capsys.readouterr()
    return int(str(caught.value.code)), out, err


def uncommented(text: str) -> str:
    """The file with every proposal made: ``# key = value`` and ``# [table]`` lines without their ``#``."""
    lines = [line[2:] if line.startswith("# ") else line for line in text.split("\n")]
    return "\n".join(line for line in lines if "=" in line.split("#")[0] or line.startswith("["))


# --- the text ----------------------------------------------------------------------------------------------------------


def test_what_is_certain_is_declared() -> None:
    text = render(FOUND)
    assert tomllib.loads(text) == {
        "framework": "fastapi", "architecture": "clean", "database": "postgresql", "orm": "sqlalchemy",
        "openapi": "docs/openapi.yml",
    }  # fmt: skip
    assert '# found: postgresql, app/db.py:7 create_engine("postgresql://...")\n' in text
    assert "routes 2, services 1, repositories 1, models 3; 1 file belongs to none" in text


def test_what_is_not_known_stands_in_comments() -> None:
    text = render(Found(directories=["src/http", "src/büro"]))
    assert tomllib.loads(text) == {}
    assert '# http = ["src/http/**"]\n# büro = ["src/büro/**"]\n' in text


def test_several_frameworks_are_declared_and_several_engines_are_a_choice() -> None:
    text = render(
        Found(frameworks=[("express", ""), ("fastify", "")], databases=[("mysql", ""), ("sqlite", "")])
    )
    assert tomllib.loads(text) == {"framework": ["express", "fastify"]}
    assert '\n# database = "mysql"\n# database = "sqlite"\n' in text


def test_evidence_cannot_break_the_file() -> None:
    odd = 'a\nb = "\\"\x00\x1b' + "x" * 500
    text = render(Found(frameworks=[("flask", odd)], openapi='docs/"open\\api.yml'))
    assert tomllib.loads(text) == {"framework": "flask", "openapi": 'docs/"open\\api.yml'}


@pytest.mark.parametrize("found", [FOUND, Found(), Found(directories=["a/b", "c"])])
def test_every_proposal_is_valid(found: Found) -> None:
    text = (
        uncommented(render(found)).replace('architecture = "layered"\n', "")
        if not found.preset
        else render(found)
    )
    jsonschema.validate(tomllib.loads(text), build())
    jsonschema.validate(tomllib.loads(uncommented(render(found))), build())


# --- what is written ---------------------------------------------------------------------------------------------------


@pytest.fixture
def detected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(init, "detect", lambda _: FOUND)


@pytest.mark.usefixtures("detected")
def test_it_writes_the_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, out, err = run(capsys, str(tmp_path))
    assert (code, err) == (0, "")
    assert (
        out == f"wrote {tmp_path}/constraintlint.toml; `constraintlint check` now verifies what it declares\n"
    )
    assert (tmp_path / "constraintlint.toml").read_text("utf-8") == render(FOUND)


@pytest.mark.usefixtures("detected")
def test_a_dry_run_prints_and_writes_nothing(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "constraintlint.toml").write_text('orm = "none"\n', "utf-8")
    assert run(capsys, "--dry-run", str(tmp_path)) == (0, render(FOUND), "")
    assert (tmp_path / "constraintlint.toml").read_text("utf-8") == 'orm = "none"\n'


@pytest.mark.usefixtures("detected")
@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("constraintlint.toml", "", "constraintlint.toml"),
        ("constraintlint.toml", "= broken", "constraintlint.toml"),
        ("pyproject.toml", "[tool.constraintlint]\n", "a configuration in pyproject.toml"),
        ("package.json", '{"constraintlint": {}}', "a configuration in package.json"),
    ],
)
def test_what_exists_is_not_replaced(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    text: str,
    message: str,
) -> None:
    (tmp_path / name).write_text(text, "utf-8")
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    assert run(capsys, str(tmp_path)) == (2, "", (
        f"constraintlint: error: {message} exists already; --force replaces it, --dry-run prints the new one\n"
    ))  # fmt: skip
    assert (tmp_path / name).read_text("utf-8") == text
    assert len(list(tmp_path.iterdir())) == 1
    assert run(capsys, "--force", str(tmp_path))[0] == 0
    assert (tmp_path / "constraintlint.toml").read_text("utf-8") == render(FOUND)


@pytest.mark.usefixtures("detected")
def test_manifests_without_a_configuration_are_no_obstacle(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\ndependencies = ["constraintlint"]\n', "utf-8")
    (tmp_path / "package.json").write_text("{}", "utf-8")
    assert run(capsys, str(tmp_path))[0] == 0


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.usefixtures("detected")
@pytest.mark.parametrize(("answer", "written"), [("y\n", True), ("n\n", False), ("\n", False)])
def test_somebody_at_the_terminal_is_asked(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    answer: str,
    written: bool,
) -> None:
    (tmp_path / "constraintlint.toml").write_text("", "utf-8")
    monkeypatch.setattr(sys, "stdin", _Terminal(answer))
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    code, _, err = run(capsys, str(tmp_path))
    assert code == 0
    assert "constraintlint.toml exists already. Write constraintlint.toml all the same? [y/N]" in err
    assert ("nothing was changed" in err) is not written
    assert ((tmp_path / "constraintlint.toml").read_text("utf-8") == render(FOUND)) is written


@pytest.mark.usefixtures("detected")
def test_a_directory_that_cannot_be_written(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Path, *_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "write_text", refuse)
    code, _, err = run(capsys, str(tmp_path))
    assert (code, err) == (2, f"constraintlint: error: {tmp_path}/constraintlint.toml: Permission denied\n")


# --- what is detected --------------------------------------------------------------------------------------------------

BACKEND = {
    "requirements.txt": "flask\npsycopg2-binary\nsqlalchemy\n",
    "app/main.py": "from flask import Flask\nfrom app.routes.users import pages\n\napp = Flask(__name__)\napp.register_blueprint(pages)\n",
    "app/routes/users.py": "from flask import Blueprint\nfrom app.services.users import names\n\npages = Blueprint('u', __name__)\n\n\n@pages.get('/')\ndef index():\n    return names()\n",
    "app/services/users.py": "from app.repositories.users import all_users\n\n\ndef names():\n    return [u.name for u in all_users()]\n",
    "app/repositories/users.py": "from sqlalchemy import create_engine, select\nfrom sqlalchemy.orm import Session\nfrom app.models.user import User\n\nengine = create_engine('postgresql+psycopg2://localhost/app')\n\n\ndef all_users():\n    with Session(engine) as session:\n        return session.scalars(select(User)).all()\n",
    "app/models/user.py": "from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column\n\n\nclass Base(DeclarativeBase):\n    pass\n\n\nclass User(Base):\n    __tablename__ = 'users'\n    id: Mapped[int] = mapped_column(primary_key=True)\n    name: Mapped[str]\n",
    "openapi.yml": "openapi: 3.0.0\n",
}  # fmt: skip


def _write(root: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, "utf-8")


def test_a_backend_is_described_as_it_is(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    _write(tmp_path, BACKEND)
    before = sorted(tmp_path.rglob("*"))
    code, out, err = run(capsys, "--dry-run", str(tmp_path))
    assert (code, err) == (0, "")
    assert tomllib.loads(out) == {
        "framework": "flask", "architecture": "clean", "database": "postgresql", "orm": "sqlalchemy",
        "openapi": "openapi.yml",
    }  # fmt: skip
    assert sorted(tmp_path.rglob("*")) == before, "not even a cache is written"
    assert run(capsys, str(tmp_path))[0] == 0
    assert load(tmp_path, ["constraintlint.toml", *BACKEND])[0].database == "postgresql"


def test_other_layers_lead_to_another_preset(tmp_path: Path) -> None:
    _write(tmp_path, {
        "src/adapters/web.py": "import src.application.login\n",
        "src/application/login.py": "import src.domain.user\n",
        "src/domain/user.py": "NAME = 'ada'\n",
    })  # fmt: skip
    assert init.detect(tmp_path).preset == "hexagonal"


def test_no_layers_at_all(tmp_path: Path) -> None:
    _write(tmp_path, {"src/one/a.py": "A = 1\n", "src/two/b.py": "B = 1\n"})
    found = init.detect(tmp_path)
    assert (found.preset, found.directories) == ("", ["src/one", "src/two"])
    assert (found.frameworks, found.databases, found.orms) == ([], [], [])
