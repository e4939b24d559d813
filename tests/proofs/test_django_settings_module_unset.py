"""django-settings-module-unset: Django with and without its variable."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.proofs.support import Ran, python_with, run_python

pytestmark = pytest.mark.proof
PROVES = {"django-settings-module-unset": ("django",)}

_SETTINGS = {"conduit/settings.py": "SECRET_KEY = 'x'\nINSTALLED_APPS = []\n"}
_FAILS = "settings are not configured"
_STARTS = [
    "import django\ndjango.setup()\n",
    "from django.core.wsgi import get_wsgi_application\nget_wsgi_application()\n",
    "from django.core.asgi import get_asgi_application\nget_asgi_application()\n",
]


def _run(files: dict[str, str], start: list[str], where: Path, **env: str) -> Ran:
    return run_python(python_with("django>=5,<6"), {**_SETTINGS, **files}, start, where, **env)


@pytest.mark.parametrize("program", _STARTS)
def test_it_does_not_start(program: str, tmp_path: Path) -> None:
    ran = _run({"app.py": program}, ["app.py"], tmp_path)
    assert ran.status != 0 and _FAILS in ran.text, ran


@pytest.mark.parametrize("program", _STARTS)
@pytest.mark.parametrize(
    "before",
    ["import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'conduit.settings')\n",
     "from django.conf import settings\nsettings.configure(SECRET_KEY='x')\n"],
)  # fmt: skip
def test_it_starts(before: str, program: str, tmp_path: Path) -> None:
    ran = _run({"app.py": before + program}, ["app.py"], tmp_path)
    assert ran.status == 0, ran


def test_the_command(tmp_path: Path) -> None:
    ran = _run({}, ["-m", "django", "migrate"], tmp_path)
    assert ran.status != 0 and "ImproperlyConfigured" in ran.text, ran
    given = ["-m", "django", "check"]
    assert _run({}, [*given, "--settings=conduit.settings"], tmp_path).status == 0
    assert _run({}, given, tmp_path, DJANGO_SETTINGS_MODULE="conduit.settings").status == 0
    assert _run({}, ["-m", "django", "startproject", "shop"], tmp_path).status == 0
