"""unresolved-first-party-import: the bad examples of the page stop at their import, the good ones run."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from constraintlint.rulebook import all_rules
from tests.proofs.support import node_with, python_with, run_node, run_python
from tests.support.pages import Example, examples

pytestmark = pytest.mark.proof
PROVES = {"unresolved-first-party-import": ()}

#: title -> what to start, and what it stops with
STARTS = {
    "The function was never written": ("app.main", "ImportError: cannot import name 'setup_routes'"),
    "A file that is not there": ("src/server.ts", "Cannot find module"),
    "A name the barrel does not pass on": ("src/app.js", "does not provide an export named 'Role'"),
    "The name arises at run time": ("app.main", ""),
    "An optional accelerator": ("app.codec", ""),
    "Names in the settings and URLs of Django": ("django", "does not contain a 'ExhibitConfig' class"),
    "Names in the settings and URLs of Django that lead somewhere": ("django", ""),
    "A barrel that exports everything of a package": ("src/user.ts", ""),
    "`.js` in the import means the `.ts` beside it": ("src/a.ts", ""),
}
#: what manage.py does before any command
DJANGO = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "museum.settings"
import django
django.setup()
from django.urls import get_resolver
get_resolver().url_patterns
"""
FOUND = {example.title: example for example in examples(all_rules()["unresolved-first-party-import"].text())}
#: decorators, as a project with typeorm has them
SETTINGS = {
    "tsconfig.json": '{"compilerOptions": {"experimentalDecorators": true}}',
    "package.json": '{"type": "module"}',
}


@pytest.mark.parametrize("example", FOUND.values(), ids=FOUND)
def test_example(example: Example, tmp_path: Path) -> None:
    entry, error = STARTS[example.title]
    if entry.startswith("app."):
        ran = run_python(Path(sys.executable), dict(example.files), ["-m", entry], tmp_path)
    elif entry == "django":
        python = python_with("django==5.2.*", "djangorestframework")
        ran = run_python(python, {**example.files, "drive.py": DJANGO}, ["drive.py"], tmp_path)
    else:  # (tsx is there for TypeScript, and leaves JavaScript to Node)
        modules = node_with(tsx="^4", typeorm="^0.3")
        ran = run_node(modules, {**example.files, **SETTINGS}, entry, tmp_path, NODE_OPTIONS="--import tsx")
    assert example.bad == bool(error)
    assert (ran.status != 0 and error in ran.text) if error else ran.status == 0, ran


def test_a_module_that_is_not_there(tmp_path: Path) -> None:
    files = {"app/__init__.py": "", "app/main.py": "from app.routes import register\n"}
    ran = run_python(Path(sys.executable), files, ["-m", "app.main"], tmp_path)
    assert ran.status != 0 and "ModuleNotFoundError: No module named 'app.routes'" in ran.text, ran


def test_an_include_of_django_that_leads_nowhere(tmp_path: Path) -> None:
    example = FOUND["Names in the settings and URLs of Django"]
    files = {name: text.replace("ExhibitConfig", "ExhibitsConfig") for name, text in example.files.items()}
    ran = run_python(python_with("django==5.2.*"), {**files, "drive.py": DJANGO}, ["drive.py"], tmp_path)
    assert ran.status != 0 and "No module named 'exhibits.api'" in ran.text, ran
