"""The reader of shell scripts, and that what it cannot read is said."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from constraintlint.analysis import Options, analyse
from constraintlint.frontends.shell import read

SCRIPT = b"""#!/bin/sh
cd "${HOME_OF_IT:-/srv}/app" || exit 1
until nc -z db 5432; do sleep 1; done
(cd web && npm ci) | cat
serve() { exec node a.js; }
[ -f x ] && . ./x || true
PORT=${PORT:-8080} exec gunicorn -b "0.0.0.0:${PORT:-8080}" app:app &
"""


def test_words_and_circumstances() -> None:
    script = read(SCRIPT)
    by_name = {command.name: command for command in script.commands}
    assert script.functions == ("serve",) and not script.errors
    assert by_name["cd"].words[1].value == "web" and by_name["cd"].subshell
    assert script.commands[0].words[1].known == "/srv/app" and not script.commands[0].tolerated
    assert by_name["nc"].tolerated and by_name["sleep"].conditional
    assert script.commands[-1].background and script.commands[-1].words[3].default == "0.0.0.0:8080"
    assert any(command.function == "serve" for command in script.commands)
    assert by_name["."].conditional and by_name["."].tolerated


def test_what_the_grammar_cannot_read_is_a_diagnostic(tmp_path: Path) -> None:
    (tmp_path / "run.sh").write_text("#!/bin/sh\nif [ -f x; then (\nexec node a.js\n", "utf-8")
    (tmp_path / "a.js").write_text("console.log(1);\n", "utf-8")
    report = analyse(Options(root=tmp_path, cache=False, jobs=1))
    assert [(item.path, item.kind) for item in report.diagnostics] == [("run.sh", "parse-incomplete")]


@given(st.text(max_size=80) | st.binary(max_size=80))
def test_nothing_makes_it_raise(text: str | bytes) -> None:
    read(text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text)
