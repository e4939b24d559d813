"""Tiny backends that misbehave, each in one way, and the small suite they are asked."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

SUITE = """
name = "small"
[variables]
name = "n{{unique}}"
[[request]]
name = "hello"
send = "GET /hello"
expect = ["status == 200", "$ has greeting", "greeting is string"]
[[request]]
name = "echo"
send = "POST /echo"
json = { name = "{{name}}" }
expect = ["name is string"]
[[request]]
name = "hello again"
send = "GET /hello"
expect = ["status == 200"]
"""

#: what every fake backend starts with; ``MODE`` says how it misbehaves
APP = """
import json, os, signal, socket, subprocess, sys, threading, time
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer

MODE = "@MODE@"
PORT = int(os.environ["PORT"])
HOST = "127.0.0.1"

class Six(ThreadingHTTPServer):
    address_family = socket.AF_INET6

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *args): pass
    def reply(self, body, status=200, length=None):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)
    def do_GET(self):
        if "health" in self.path:
            return self.health()
        if MODE == "slow" and self.path.endswith("/hello"): time.sleep(30)
        if MODE == "closes": self.connection.shutdown(socket.SHUT_RDWR); return
        if MODE == "dies": os._exit(7)
        if MODE == "huge":
            self.send_response(200); self.send_header("Connection", "close"); self.end_headers()
            try:
                while True: self.wfile.write(b"x" * 65536)
            except OSError: return
        if MODE == "drip":
            self.send_response(200); self.send_header("Content-Length", "1000"); self.end_headers()
            try:
                while True: self.wfile.write(b" "); self.wfile.flush(); time.sleep(0.2)
            except OSError: return
        if MODE == "drip-headers":
            try:
                self.wfile.write(b"HTTP/1.1 200 OK\\r\\nX-A: ")
                while True: self.wfile.write(b"a"); self.wfile.flush(); time.sleep(0.2)
            except OSError: return
        if MODE == "truncated":
            self.reply(b'{"greeting": "hi"}', length=5000); self.connection.shutdown(socket.SHUT_RDWR); return
        if MODE == "not-json": return self.reply(b'{"greeting": ')
        if MODE == "deep": return self.reply(b'[' * 100000)
        if MODE == "not-http": self.wfile.write(b"hello, who is there?\\r\\n\\r\\n"); self.connection.shutdown(socket.SHUT_RDWR); return
        if MODE == "binary": return self.reply(bytes(range(256)))
        self.reply(b'{"greeting": "hi"}')
    def do_POST(self):
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.reply(data or b"{}")
    def health(self):
        if MODE == "never-answers": time.sleep(60)
        if MODE == "health-500": return self.reply(b"{}", 500)
        if MODE == "health-404": return self.reply(b"{}", 404)
        self.reply(b"{}")

if MODE == "exits": print("cannot open the socket of fate"); sys.exit(3)
if MODE == "exits-zero": sys.exit(0)
if MODE == "hangs": time.sleep(60)
if MODE == "late": time.sleep(1)
if MODE == "other-port": PORT = int(os.environ["OTHER_PORT"])
if MODE == "ignores-sigterm": signal.signal(signal.SIGTERM, signal.SIG_IGN)
if MODE == "flood":
    def flood():
        while True: os.write(1, b"a line that says nothing at all, again and again\\n" * 1000)
    threading.Thread(target=flood, daemon=True).start()
if MODE == "forks":
    sleeper = [sys.executable, "-c", "import time; time.sleep(600)"]
    subprocess.Popen(sleeper)
    subprocess.Popen(sleeper, start_new_session=True)
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.chdir("/")
            os.execve(sys.executable, sleeper, {})
        os._exit(0)
if MODE == "background" and os.fork(): os._exit(0)
server = (Six if MODE == "ipv6" else ThreadingHTTPServer)(("::1" if MODE == "ipv6" else HOST, PORT), Handler)
print("listening", flush=True)
server.serve_forever()
"""


def project(directory: Path, mode: str = "good", config: str = "") -> Path:
    """A backend of that mode, started by its run.sh."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "server.py").write_text(APP.replace("@MODE@", mode))
    (directory / "run.sh").write_text(f'#!/bin/sh\nexec "{sys.executable}" server.py\n')
    (directory / "run.sh").chmod(0o755)
    (directory / "suite.toml").write_text(SUITE)
    text = '[verify]\nsuite = "suite.toml"\nport = 0\ndatabase = "none"\nsetup = []\n'
    (directory / "constraintlint.toml").write_text(text + config)
    return directory


class Verify:
    """``constraintlint verify`` as a process, with a temporary directory of its own."""

    def __init__(self, temporary: Path, environment: dict[str, str] | None = None) -> None:
        self.temporary = temporary
        self.environment = {
            **os.environ,
            "TMPDIR": str(temporary),
            "CONSTRAINTLINT_ENVIRONMENTS": str(temporary.parent / "environments"),
            "PYTHONDONTWRITEBYTECODE": "1",
            **(environment or {}),
        }

    def command(self, directory: Path, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "constraintlint", "verify", "--no-cache", str(directory), *arguments]

    def run(self, directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(directory, *arguments),
            capture_output=True,
            text=True,
            timeout=50,
            env=self.environment,
        )

    def start(self, directory: Path, *arguments: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self.command(directory, *arguments),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self.environment,
            start_new_session=True,
        )

    def json(self, directory: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
        done = self.run(directory, "--format", "json", *arguments)
        assert done.stdout, done.stderr
        return done.returncode, json.loads(done.stdout)

    def wait_for_folder(self, name: str, process: subprocess.Popen[bytes], seconds: float = 20) -> Path:
        """Until a file of that name is in the folder of the run."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and process.poll() is None:
            found = next(iter(self.temporary.glob(f"constraintlint-verify-*/{name}")), None)
            if found is not None:
                return found.parent
            time.sleep(0.005)
        raise AssertionError(f"{name} never came")

    def left_over(self) -> list[str]:
        """Folders and processes of ours that are still there."""
        found = [str(path) for path in self.temporary.glob("constraintlint-verify-*")]
        for pid in filter(str.isdigit, os.listdir("/proc") if os.path.isdir("/proc") else []):
            try:
                place = os.readlink(f"/proc/{pid}/cwd")
                environ = Path(f"/proc/{pid}/environ").read_bytes().decode("utf-8", "replace")
                words = Path(f"/proc/{pid}/cmdline").read_bytes().decode("utf-8", "replace")
                state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
            except OSError:
                continue
            ours = place.startswith(str(self.temporary)) or f"={self.temporary}/constraintlint-" in environ
            # the one that forgot its environment and its directory
            if state != "Z" and (ours or "time.sleep(600)" in words):
                found.append(f"{pid}: {words}")
        return found


def interrupt(process: subprocess.Popen[bytes], number: int = signal.SIGINT) -> tuple[int, str]:
    """Signal a run and wait for its end: exit code and standard error."""
    process.send_signal(number)
    _, error = process.communicate(timeout=20)
    return process.returncode, error.decode()
