"""route-param-signature-mismatch: what a view with another parameter name answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.proofs.support import python_with, run_python

pytestmark = pytest.mark.proof
PROVES = {"route-param-signature-mismatch": ("flask", "django", "fastapi")}

_FLASK = """
from functools import wraps
from flask import Flask
app = Flask(__name__)
def guarded(view):
    @wraps(view)
    def checked(*args, **kwargs):
        return view(*args, **kwargs)
    return checked
{view}
app.add_url_rule("/beds/<bed_id>", "release", release)
answer = app.test_client().get("/beds/7")
print(answer.status_code)
"""


@pytest.mark.parametrize(
    ("view", "status"),
    [
        ("def release(id): return 'x'", "500"),
        ("@guarded\ndef release(id): return 'x'", "500"),
        ("@guarded\ndef release(bed_id): return 'x'", "200"),
        ("def release(**values): return 'x'", "200"),
    ],
)
@pytest.mark.parametrize("versions", [["flask==2.3.3", "werkzeug<3"], ["flask==3.1.*"]], ids=lambda v: v[0])
def test_flask(view: str, status: str, versions: list[str], tmp_path: Path) -> None:
    ran = run_python(python_with(*versions), {"app.py": _FLASK.format(view=view)}, ["app.py"], tmp_path)
    assert ran.text.split()[0] == status, ran


_DJANGO = """
from django.conf import settings
settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="x")
import django
django.setup()
from django.http import HttpResponse
from django.test import Client
from django.urls import include, path
{view}
urlpatterns = [path("farms/<int:farm>/", include([path("fields/<slug:slug>/", field)]))]
print(Client(raise_request_exception=False).get("/farms/1/fields/south/").status_code)
"""


@pytest.mark.parametrize(
    ("view", "status"),
    [
        ("def field(request, farm, name): return HttpResponse()", "500"),
        ("def field(request, slug): return HttpResponse()", "500"),
        ("def field(request, farm, slug, season=None): return HttpResponse()", "200"),
        ("def field(request, **kwargs): return HttpResponse()", "200"),
    ],
)
def test_django(view: str, status: str, tmp_path: Path) -> None:
    program = _DJANGO.format(view=view)
    ran = run_python(python_with("django==5.2.*"), {"app.py": program}, ["-W", "ignore", "app.py"], tmp_path)
    assert ran.text.split()[0] == status, ran


_FASTAPI = """
import asyncio
from fastapi import Depends, FastAPI
app = FastAPI()
def load(sensor_id: int):
    return sensor_id
{view}
async def ask(path):
    said = []
    async def receive():
        return {{"type": "http.request", "body": b"", "more_body": False}}
    async def send(message):
        said.append(message.get("status"))
    await app({{"type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "query_string": b"", "headers": [],
               "root_path": "", "scheme": "http", "http_version": "1.1", "server": ("a", 1), "client": ("b", 2)}}, receive, send)
    return said[0]
print(asyncio.run(ask("/sensors/7")))
"""


@pytest.mark.parametrize(
    ("view", "status"),
    [
        ("@app.get('/sensors/{sensor_id}')\ndef sensor(id: int): return id", "422"),
        ("@app.get('/sensors/{sensor_id}')\ndef sensor(sensor_id: int): return 1", "200"),
        ("@app.get('/sensors/{sensor_id}')\ndef sensor(found=Depends(load)): return found", "200"),
    ],
)
def test_fastapi(view: str, status: str, tmp_path: Path) -> None:
    program = _FASTAPI.format(view=view)
    ran = run_python(
        python_with("fastapi==0.115.12", "starlette==0.46.2"), {"app.py": program}, ["app.py"], tmp_path
    )
    assert ran.text.split()[0] == status, ran
