"""``[verify]``: what it means, what every mistake is called with its line, and that the JSON schema agrees."""

from __future__ import annotations

import tomllib
from pathlib import Path

import jsonschema
import pytest

from constraintlint.config import ConfigError, Verify, load
from constraintlint.config.schema import build

COMPLETE = """\
framework = "flask"
[verify]
setup = ["make deps", "make seed"]
run = "python -m shop"
port = 5000
base-url = ""
health = "/healthz"
database = "postgresql://u:p@db/shop"
suite = "tests/shop.toml"
env = { SHOP_DB = "$DATABASE_URL" }
[verify.timeouts]
start = 20
request = 2.5
"""


def read(tmp_path: Path, text: str) -> Verify | None:
    (tmp_path / "constraintlint.toml").write_text(text)
    return load(tmp_path, ["constraintlint.toml"])[0].verify


def test_everything(tmp_path: Path) -> None:
    assert read(tmp_path, COMPLETE) == Verify(
        setup=["make deps", "make seed"], run="python -m shop", port=5000, base_url="", health="/healthz",
        database="postgresql://u:p@db/shop", env={"SHOP_DB": "$DATABASE_URL"}, suite="tests/shop.toml",
        timeouts={"start": 20.0, "request": 2.5},
    )  # fmt: skip
    jsonschema.validate(tomllib.loads(COMPLETE), build())


def test_nothing(tmp_path: Path) -> None:
    assert read(tmp_path, "") is None
    assert read(tmp_path, "[verify]\n") == Verify()
    assert read(tmp_path, '[verify]\nsetup = "make"\n') == Verify(setup=["make"])


#: what stands in [verify], from line 2 on; the mistake; whether the schema sees it as well
MISTAKES = [
    ("prot = 1", '2: unknown key "prot"; did you mean "port"?', True),
    ('port = "8080"', '2: "port" must be an integer from 0 (any free port) to 65535, not a string', True),
    ("port = 70000", '2: "port" must be an integer from 0 (any free port) to 65535, not 70000', True),
    ("port = true", '2: "port" must be an integer from 0 (any free port) to 65535, not true', True),
    ('run = " "', '2: "run" must not be empty', True),
    ("run = 3", '2: "run" must be a string, not an integer', True),
    ("setup = [1]", '2: "setup" must hold strings only, not an integer', True),
    ('health = "health"', '2: "health" must be a path that starts with / (as in "/health")', True),
    ('base-url = "http://x/api"', '2: "base-url" must be a path that starts with /, not a whole URL', True),
    ('database = "postgres"', '2: unknown database "postgres"; did you mean "postgresql"?', True),
    ('database = "oracle"', '2: unknown database "oracle" (known: sqlite, postgresql, none, or a URL)', True),
    ("env = 3", '2: "env" must be a table, not an integer', True),
    ("env = { A = 3 }", '2: "A" must be a string, not an integer', True),
    ('env = { "A-B" = "x" }', '2: "A-B" is not the name of an environment variable', True),
    ("[verify.timeouts]\nstrat = 3", '3: unknown key "strat"; did you mean "start"?', True),
    ("[verify.timeouts]\nstart = 0", '3: "start" must be more than 0 and at most 86400 seconds', True),
    ("[verify.timeouts]\nstart = nan", '3: "start" must be more than 0 and at most 86400 seconds', False),
    ('[verify.timeouts]\nstart = "1 s"', '3: "start" must be a number of seconds, not a string', True),
]  # fmt: skip


@pytest.mark.parametrize(("text", "mistake", "in_schema"), MISTAKES)
def test_mistakes(tmp_path: Path, text: str, mistake: str, in_schema: bool) -> None:
    whole = f"[verify]\n{text}\n"
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, whole)
    assert str(caught.value) == f"constraintlint.toml:{mistake}"
    valid = jsonschema.Draft202012Validator(build()).is_valid(tomllib.loads(whole))
    assert valid is not in_schema


def test_it_is_a_table(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match='1: "verify" must be a table, not a string'):
        read(tmp_path, 'verify = "conduit"\n')
