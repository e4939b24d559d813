"""The start-up rules about scripts: what their pages call bad stops, what they call good starts."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.proofs.support import node_with, python_with

pytestmark = pytest.mark.proof
PROVES = {
    "script-entry-breaks-package-import": (),
    "run-script-target-missing": (),
    "node-dependencies-not-installable": (),
    "run-script-not-executable": (),
    "run-script-unavailable-command": (),
    "required-file-missing": (),
}


def _run(
    command: list[str], where: Path, files: dict[str, str], *, modes: tuple[str, ...] = (), path: str = ""
) -> subprocess.CompletedProcess[str]:
    for name, text in files.items():
        file = where / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
        if name in modes:
            file.chmod(0o755)
    environment = {
        **os.environ,
        "PATH": f"{path}{os.pathsep}{os.environ['PATH']}" if path else os.environ["PATH"],
    }
    environment.pop("PYTHONPATH", None)
    return subprocess.run(
        command, cwd=where, env=environment, capture_output=True, text=True, timeout=120, check=False
    )  # fmt: skip


_PACKAGE = {
    "app/__init__.py": "",
    "app/main.py": "from app.routes import register\n\nregister()\n",
    "app/routes.py": "def register():\n    print('up')\n",
}


def test_a_file_of_a_package_by_its_path(tmp_path: Path) -> None:
    done = _run([sys.executable, "app/main.py"], tmp_path, _PACKAGE)
    assert done.returncode and "No module named 'app'" in done.stderr


@pytest.mark.parametrize("command", [["-m", "app.main"], ["-c", "import app.main"]])
def test_a_file_of_a_package_as_a_module(command: list[str], tmp_path: Path) -> None:
    done = _run([sys.executable, *command], tmp_path, _PACKAGE)
    assert done.returncode == 0 and done.stdout == "up\n"


def test_neighbours_are_found_by_path(tmp_path: Path) -> None:
    files = {
        "tools/serve.py": "import helpers\nhelpers.run()\n",
        "tools/helpers.py": "def run():\n    print('up')\n",
    }
    done = _run([sys.executable, "tools/serve.py"], tmp_path, files)
    assert done.returncode == 0 and done.stdout == "up\n"


_APPLICATION = {"depot/__init__.py": "", "depot/main.py": "async def app(scope, receive, send): ...\n"}


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("depot.main:application", 'Attribute "application" not found'),
        ("main:app", "Could not import module"),
        ("depot.server:app", "Could not import module"),
    ],
)
def test_an_application_that_is_not_there(target: str, message: str, tmp_path: Path) -> None:
    python = python_with("uvicorn==0.40.0")
    done = _run([str(python), "-m", "uvicorn", target, "--port", "0"], tmp_path, _APPLICATION)
    assert done.returncode and message in done.stderr, done.stderr


def test_the_search_path_of_app_dir(tmp_path: Path) -> None:
    python = python_with("uvicorn==0.40.0")
    files = {
        "app/__init__.py": "",
        "app/main.py": "from app.core import app\n",
        "app/core.py": "app = None\n",
    }
    # (the script, not ``python -m uvicorn``, which has the working directory on its path as well)
    command = [str(python.parent / "uvicorn"), "main:app", "--app-dir", "app", "--port", "0"]
    done = _run(command, tmp_path, files)
    assert done.returncode and "No module named 'app'" in done.stderr, done.stderr


def test_a_file_and_an_npm_script_that_are_not_there(tmp_path: Path) -> None:
    if shutil.which("npm") is None:
        pytest.skip("needs node and npm")
    files = {
        "package.json": '{"name": "queue", "scripts": {"start": "node index.js"}}',
        "jobs/index.js": "console.log('up')\n",
    }
    assert "Missing script" in _run(["npm", "run", "serve"], tmp_path, files).stderr
    assert "Cannot find module" in _run(["node", "dist/server.js"], tmp_path, files).stderr
    assert _run(["node", "jobs"], tmp_path, files).stdout == "up\n"


def test_npm_ci_without_a_lock_file(tmp_path: Path) -> None:
    if shutil.which("npm") is None:
        pytest.skip("needs node and npm")
    done = _run(["npm", "ci"], tmp_path, {"package.json": '{"name": "queue", "version": "1.0.0"}'})
    assert done.returncode and "EUSAGE" in done.stderr


_REGISTER = """
import Fastify from "fastify";
import cors from "@fastify/cors";
const app = Fastify();
await app.register(cors);
await app.ready();
console.log("up");
"""


@pytest.mark.parametrize(
    ("fastify", "cors", "works"),
    [("^4.28.0", "^11.0.0", False), ("^4.28.0", "^9.0.0", True), ("^5.2.0", "^11.0.0", True)],
)
def test_a_plugin_of_another_fastify(fastify: str, cors: str, works: bool, tmp_path: Path) -> None:
    folder = node_with(fastify=fastify, at_fastify__cors=cors)
    (tmp_path / "node_modules").symlink_to(folder / "node_modules")
    done = _run(["node", "server.mjs"], tmp_path, {"server.mjs": _REGISTER})
    assert (done.stdout == "up\n") is works, done.stderr
    assert works or "FST_ERR_PLUGIN_VERSION_MISMATCH" in done.stderr


@pytest.mark.parametrize(("mode", "works"), [((), False), (("run.sh",), True)])
def test_the_mode_of_a_script(mode: tuple[str, ...], works: bool, tmp_path: Path) -> None:
    done = _run(["sh", "-c", "./run.sh"], tmp_path, {"run.sh": "#!/bin/sh\necho up\n"}, modes=mode)
    assert (done.stdout == "up\n") is works
    assert works or "ermission denied" in done.stderr


def test_pip_has_no_option_system(tmp_path: Path) -> None:
    done = _run([sys.executable, "-m", "pip", "install", "--system", "flask"], tmp_path, {})
    assert done.returncode and "no such option: --system" in done.stderr


def test_nothing_installs_and_nothing_starts(tmp_path: Path) -> None:
    """required-file-missing: the set-up has no list, the start no script, and the framework is not there."""
    install = _run([sys.executable, "-m", "pip", "install", "-r", "requirements.txt"], tmp_path, {})
    assert install.returncode and "No such file or directory: 'requirements.txt'" in install.stderr
    start = _run(["sh", "-c", "./run.sh"], tmp_path, {})
    assert start.returncode == 127 and "not found" in start.stderr
    program = {"main.py": "from fastapi import FastAPI\n"}
    bare = _run([str(python_with()), "main.py"], tmp_path, program)
    assert bare.returncode and "No module named 'fastapi'" in bare.stderr


@pytest.mark.parametrize(
    ("line", "works"),
    [("nc-of-another-image -z db 5432", False), ("command -v nc-of-another-image || true", True)],
)
def test_a_program_that_is_not_there(line: str, works: bool, tmp_path: Path) -> None:
    script = f"#!/bin/sh\nset -e\n{line}\necho up\n"
    done = _run(["sh", "run.sh"], tmp_path, {"run.sh": script})
    assert (done.stdout == "up\n") is works
    assert works or "not found" in done.stderr


_NEST = {"reflect-metadata": "^0.1.13", "rxjs": "^7.8.0"}
_SEQUELIZE = {"sequelize": "^6.37.0", "sequelize-typescript": "^2.1.6"}


@pytest.mark.parametrize(
    ("wanted", "works"),
    [
        ({**_NEST, "@nestjs/common": "^9.0.0", "@nestjs/core": "^11.0.0"}, False),
        ({**_NEST, "@nestjs/common": "^9.0.0", "@nestjs/core": "^9.0.0"}, True),
        ({**_NEST, **_SEQUELIZE, "@nestjs/common": "^11.0.0", "@nestjs/sequelize": "^9.0.2"}, False),
        ({**_NEST, **_SEQUELIZE, "@nestjs/common": "^10.4.0", "@nestjs/core": "^10.4.0", "@nestjs/sequelize": "^10.0.1"}, True),
        ({**_SEQUELIZE, "sequelize": "^5.22.0"}, False),
        (_SEQUELIZE, True),
    ],
    ids=["nest", "nest of one year", "nest and its sequelize", "both of one year", "sequelize", "sequelize of one year"],
)  # fmt: skip
def test_peers_that_exclude_each_other(wanted: dict[str, str], works: bool, tmp_path: Path) -> None:
    if shutil.which("npm") is None:
        pytest.skip("needs node and npm")
    manifest = json.dumps({"name": "gate", "version": "1.0.0", "dependencies": wanted})
    command = ["npm", "install", "--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = _run(command, tmp_path, {"package.json": manifest})
    assert (done.returncode == 0) is works, done.stderr
    assert works or "ERESOLVE" in done.stderr
