"""The parts of verify on their own: sentences, suites, scores, the client, the log, the copy, the wire."""

from __future__ import annotations

import gzip
import itertools
import json
import os
import socket
import sqlite3
import threading
import time
import zlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from math import comb
from pathlib import Path

import pytest

from constraintlint.behavior import expectation, newman, workcopy
from constraintlint.behavior.client import Client, Response
from constraintlint.behavior.database import provide, without_databases
from constraintlint.behavior.errors import CannotRun
from constraintlint.behavior.folder import RunFolder, sweep
from constraintlint.behavior.judge import judge, pass_at_k
from constraintlint.behavior.log import CappedLog
from constraintlint.behavior.outcome import Assertion, Exchange, RequestResult, Run, SuiteResult
from constraintlint.behavior.ports import Claim, free_port
from constraintlint.behavior.settings import expanded
from constraintlint.behavior.suite import built_in, load
from constraintlint.findings import Report, Summary, Verdict

BODY = {
    "user": {"token": "t1", "bio": None, "age": 3, "size": 3.0, "share": 0.5, "on": True, "off": False, "empty": ""},
    "items": [{"id": 1, "tags": ["a", "b"]}, None],
    "body": "text",
    "none": [],
}  # fmt: skip

#: sentence, whether it holds
SENTENCES = [
    ("status == 200", True), ("status == 201", False), ("status < 300", True), ("status >= 200", True),
    ("$ has user", True), ("$ has nobody", False), ("$ is object", True), ("$ is array", False),
    ("user has bio", True), ("user.bio is null", True), ("user.bio is not null", False), ("user.bio is present", True),
    ("user.gone is present", False), ("user.gone is null", False), ("user.gone is not null", False),
    ("user.token is string", True), ("user.token is not empty", True), ("user.empty is not empty", False),
    ("user.age is integer", True), ("user.size is integer", True), ("user.share is integer", False),
    ("user.on is integer", False), ("user.on is true", True), ("user.age is true", False), ("user.on == 1", False),
    ("user.off is false", True), ("user.off is boolean", True), ("user.share is number", True),
    ("user.age > 2", True), ("user.age > 3", False), ("user.token > 0", False), ("user.gone > 0", False),
    ('user.token == "t1"', True), ('user.token == "{{known}}"', True), ('user.token != "t2"', True),
    ('user.gone != "t2"', False), ("user.token matches ^t\\d$", True), ("user.token matches ^x", False),
    ("user.age matches 3", False), ("items[0].id == 1", True), ("items[1] is null", True), ("items[2] is present", False),
    ('items[0].tags contains "b"', True), ('items[0].tags contains "c"', False), ('user.token contains "t"', True),
    ("items count 2", True), ("items count 3", False), ("none is array", True), ("none is not empty", False),
    ("items.id is present", False), ("user[0] is present", False), ("body is string", True),
    ("header Content-Type contains \"json\"", True), ("header X-Missing is present", False),
    ("{{known}} is not empty", True), ("{{unknown}} is present", False), ('items[0] == {"id": 1, "tags": ["a", "b"]}', True),
]  # fmt: skip


@pytest.mark.parametrize(("sentence", "expected"), SENTENCES)
def test_sentences(sentence: str, expected: bool) -> None:
    response = Response(
        status=200, headers=[("Content-Type", "application/json")], body=json.dumps(BODY).encode()
    )
    passed, detail = expectation.holds(expectation.parse(sentence), response, {"known": "t1"})
    assert passed is expected
    assert bool(detail) is not passed


@pytest.mark.parametrize(
    "sentence",
    [
        "",
        "user",
        "user is",
        "user is happy",
        "user.token == t1",
        "a b c",
        "x matches (",
        "1 is string",
        "user ~ 3",
    ],
)
def test_what_is_no_sentence(sentence: str) -> None:
    with pytest.raises(ValueError):
        expectation.parse(sentence)


@pytest.mark.parametrize(
    "body", [b"", b"NaN", b'{"user": Infinity}', b"[" * 200_000, b"\xff\xfe", b"{} {}", b"nope"]
)
def test_a_body_that_is_no_json_fails_and_never_breaks(body: bytes) -> None:
    passed, detail = expectation.holds(expectation.parse("$ is present"), Response(status=200, body=body), {})
    assert (passed, detail) == (False, "it is not there")


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", '{"a": "é"}'.encode()),
        ("application/json", b"\xef\xbb\xbf" + '{"a": "é"}'.encode()),
        ("application/json; charset=utf-16", '{"a": "é"}'.encode("utf-16")),
        ("application/json;charset='latin-1'", '{"a": "é"}'.encode("latin-1")),
        ("application/json; charset=no-such", '{"a": "é"}'.encode()),
    ],
)
def test_charsets(kind: str, body: bytes) -> None:
    assert Response(status=200, headers=[("content-type", kind)], body=body).json() == {"a": "é"}


def test_huge_numbers_compare() -> None:
    response = Response(status=200, body=b'{"a": 1e400, "b": %s}' % (b"9" * 400))
    assert expectation.holds(expectation.parse("a is integer"), response, {})[0] is False
    assert expectation.holds(expectation.parse("b > 0.5"), response, {})[0] is True


# --- suites -----------------------------------------------------------------------------------------------------------


def test_the_built_in_suite_covers_the_contract() -> None:
    suite = built_in("conduit")
    assert (len(suite.requests), suite.total) == (32, 291)
    names = {"{{slug}}": "{slug}", "{{comment}}": "{id}", "{{celebrity}}": "{username}"}
    operations = set()
    for request in suite.requests:
        path = request.path.partition("?")[0]
        for variable, parameter in names.items():
            path = path.replace(variable, parameter)
        operations.add(f"{request.method} {path}")
    assert len(operations) == 19, sorted(operations)


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("", "there is no [[request]]"),
        ("nmae = 'x'\n[[request]]\nsend = 'GET /'", 'unknown key "nmae"'),
        ("[[request]]\nsend = 'FETCH /x'", "send must be a method and a path"),
        ("[[request]]\nsend = 'GET x'", "send must be a method and a path"),
        ("[[request]]\nname = 'n'\nsend = 'GET /'\nexpect = ['a is odd']", 'request 1 (n): "a is odd": "odd" is no kind'),
        ("[[request]]\nsend = 'GET /'\nexpect = ['a like b']", 'there is no shape "b"'),
        ("[[request]]\nsend = 'GET /'\nexpect = 'a is null'", "expect must be a list"),
        ("[[request]]\nsend = 'GET /'\ncapture = {'a b' = 'c'}", '"a b" is no name'),
        ("[[request]]\nsend = 'GET /'\njson = 2020-01-01", "json holds what JSON has no form for"),
        ("[headers]\nA = 1\n[[request]]\nsend = 'GET /'", "headers must be a table of strings"),
        ("name = [", "is not valid TOML"),
    ],
)  # fmt: skip
def test_mistakes_in_a_suite(tmp_path: Path, text: str, mistake: str) -> None:
    (tmp_path / "s.toml").write_text(text)
    with pytest.raises(CannotRun, match=r".*") as caught:
        load(tmp_path / "s.toml", "s.toml")
    assert mistake in str(caught.value)


def test_sites_of_a_script() -> None:
    script = r"""
    // tests['in a comment'] = true;
    /* pm.test("nor here", () => {}) */
    const s = "tests['nor in a text'] = 1";
    tests['a'] = x; tests["b \"q\""] = y;
    if (tests['a']) { pm.test('c', function () {}); }
    tests['it\'s'] = z; tests['é'] = 1;
    """
    assert newman.sites(script) == ["a", 'b "q"', "a", "c", "it's", "é"]


# --- scores -----------------------------------------------------------------------------------------------------------


def test_pass_at_k_is_the_share_of_samples_that_hold_a_pass() -> None:
    for n in range(1, 7):
        for c in range(n + 1):
            good = [True] * c + [False] * (n - c)
            for k in range(1, n + 1):
                samples = list(itertools.combinations(good, k))
                share = sum(map(any, samples)) / len(samples)
                assert pass_at_k(n, c, k) == pytest.approx(share)
    assert pass_at_k(1000, 3, 500) == pytest.approx(1 - comb(997, 500) / comb(1000, 500))


@pytest.mark.parametrize(("n", "c", "k"), [(1, 2, 1), (3, 1, 4), (3, 1, 0), (3, -1, 1)])
def test_pass_at_k_of_nonsense(n: int, c: int, k: int) -> None:
    with pytest.raises(ValueError):
        pass_at_k(n, c, k)


def run_of(*passed: bool, problem: str = "", error: str = "") -> Run:
    exchange = Exchange(method="GET", url="/", status=200, error=error)
    assertions = [Assertion(name=str(i), passed=value) for i, value in enumerate(passed)]
    request = RequestResult(group="", name="r", operation="GET /", assertions=assertions, exchange=exchange)
    return Run(number=1, suite=SuiteResult(name="s", runner="r", requests=[request]), problem=problem)


def check_with(**status: str) -> Report:
    verdicts = {name: Verdict(status=value, declared="x", reason="") for name, value in status.items()}  # type: ignore[arg-type]
    return Report(root="", stack={}, verdicts=verdicts, findings=[], summary=Summary(files=0, rules=0))


@pytest.mark.parametrize(
    ("check", "runs", "status", "percent", "strict"),
    [
        (check_with(orm="pass"), [run_of(True, True)], "pass", 100, 100),
        (check_with(orm="not-declared"), [run_of(True, True)], "pass", 100, 100),
        (check_with(orm="fail"), [run_of(True, True)], "fail", 100, 0),
        (check_with(orm="pass"), [run_of(True, False)], "fail", 50, 50),
        (check_with(orm="pass"), [run_of(True, problem="it died")], "fail", 100, 100),
        (check_with(orm="pass"), [run_of(error="closed")], "fail", 0, 0),
        (check_with(), [run_of(True), run_of(False)], "fail", 50, 50),
        (check_with(), [], "fail", 0, 0),
    ],
)
def test_judgement(check: Report, runs: list[Run], status: str, percent: float, strict: float) -> None:
    found = judge(check, runs)
    assert (found.status, found.assertions_percent, found.strict_percent) == (status, percent, strict)


# --- the client -------------------------------------------------------------------------------------------------------


class Odd(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args: object) -> None:
        pass

    def answer(self, body: bytes = b"", status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        kind, _, number = self.path.strip("/").partition("-")
        if kind == "gzip":
            self.answer(gzip.compress(b"packed"), Content_Encoding="gzip")
        elif kind == "deflate":
            self.answer(zlib.compress(b"packed"), Content_Encoding="deflate")
        elif kind == "raw":
            self.answer(zlib.compress(b"packed")[2:-4], Content_Encoding="deflate")
        elif kind == "bomb":
            self.answer(gzip.compress(b"\0" * 50_000_000), Content_Encoding="gzip")
        elif kind == "lie":
            self.answer(b"plain", Content_Encoding="gzip")
        elif kind == "to":
            self.answer(status=int(number), Location="/method")
        elif kind == "loop":
            self.answer(status=302, Location="/loop")
        elif kind == "away":
            self.answer(status=302, Location="http://other.example/")
        elif kind == "login":
            self.answer(Set_Cookie="session=abc; HttpOnly; Path=/")
        elif kind == "cookie":
            self.answer((self.headers.get("Cookie") or "none").encode())
        else:
            size = int(self.headers.get("Content-Length") or 0)
            self.answer(f"{self.command} {self.rfile.read(size).decode()}".encode())

    do_POST = do_PUT = do_DELETE = do_GET


@pytest.fixture(scope="module")
def server() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Odd) as httpd:
        thread = threading.Thread(target=httpd.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield httpd.server_port
        httpd.shutdown()


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/gzip", "packed"), ("GET", "/deflate", "packed"), ("GET", "/raw", "packed"),
        ("POST", "/to-302", "GET "), ("POST", "/to-303", "GET "), ("POST", "/to-307", "POST body"),
        ("PUT", "/to-308", "PUT body"), ("DELETE", "/to-301", "GET "), ("PUT", "/method", "PUT body"),
    ],
)  # fmt: skip
def test_client(server: int, method: str, path: str, expected: str) -> None:
    body = None if method == "GET" else b"body"
    response = Client("127.0.0.1", server).send(method, path, {}, body)
    assert (response.error, response.text) == ("", expected)


@pytest.mark.parametrize(
    ("path", "error"),
    [("/bomb", "larger than"), ("/lie", ""), ("/loop", "more than 10 times"), ("/away", "to another server")],
)
def test_client_refuses(server: int, path: str, error: str) -> None:
    response = Client("127.0.0.1", server).send("GET", path, {}, None)
    assert response.error and error in response.error and response.status == 0


def test_client_keeps_cookies_and_takes_any_path(server: int) -> None:
    client = Client("127.0.0.1", server)
    assert client.send("GET", "/cookie", {}, None).text == "none"
    client.send("GET", "/login", {}, None)
    assert client.send("GET", "/cookie", {}, None).text == "session=abc"
    assert client.send("GET", "/a b?q=ü&x={{y}}", {}, None).status == 200
    assert client.send("GET", "/x", {"Bad": "a\r\nInjected: b"}, None).error


def test_nobody_is_there() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        response = Client("127.0.0.1", free.getsockname()[1]).send("GET", "/", {}, None)
    assert "refused" in response.error


# --- files ------------------------------------------------------------------------------------------------------------


def test_the_log_keeps_its_beginning_and_its_end(tmp_path: Path) -> None:
    log = CappedLog(tmp_path / "log", cap=200_000)
    os.write(log.write_end, b"the beginning\n")
    for _ in range(200):
        os.write(log.write_end, b"x" * 9_999 + b"\n")
    os.write(log.write_end, b"the end\n")
    log.close()
    text = (tmp_path / "log").read_text()
    assert text.startswith("the beginning\n") and text.endswith("the end\n") and "bytes left out" in text
    assert len(text) < 300_000 and log.dropped > 1_500_000
    assert log.text(100).endswith("the end\n")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
def test_the_log_on_a_full_disk_stays_in_memory() -> None:
    log = CappedLog(Path("/dev/full"), cap=1000)
    os.write(log.write_end, b"first " + b"x" * 300)
    os.write(log.write_end, b" last")
    log.close()
    # the device itself reads as zeros
    assert log.problem and log.text().lstrip("\0") == "first " + "x" * 300 + " last"


def test_the_log_does_not_wait_for_a_stray_holder_of_its_pipe(tmp_path: Path) -> None:
    log = CappedLog(tmp_path / "log")
    stray = os.dup(log.write_end)
    began = time.monotonic()
    log.close()
    os.close(stray)
    assert time.monotonic() - began < 3


def test_the_copy_leaves_databases_and_tools_behind(tmp_path: Path) -> None:
    source = tmp_path / "p"
    for name in ("app/a.py", "node_modules/x/i.js", ".git/config", "app/__pycache__/a.pyc"):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text("x")
    connection = sqlite3.connect(source / "app" / "data.db")
    connection.execute("CREATE TABLE t (a)")
    connection.commit()
    connection.close()
    (source / "app" / "data.db-wal").write_text("x")
    (source / "app" / "empty.db").touch()
    (source / "link").symlink_to("app/a.py")
    (source / "away").symlink_to("../elsewhere")
    os.mkfifo(source / "pipe")
    workcopy.copy(source, tmp_path / "q")
    found = sorted(path.relative_to(tmp_path / "q").as_posix() for path in (tmp_path / "q").rglob("*"))
    assert found == ["app", "app/a.py", "app/empty.db", "away", "link"]
    assert os.readlink(tmp_path / "q" / "link") == "app/a.py"
    assert os.readlink(tmp_path / "q" / "away") == str(tmp_path / "elsewhere")


def test_only_what_nobody_holds_is_swept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    alive = RunFolder()
    dead = tmp_path / "constraintlint-verify-dead"
    (dead / "closed").mkdir(parents=True)
    (dead / "closed" / "file").touch()
    (dead / "closed").chmod(0o500)
    (dead / "lock").touch()
    fresh = tmp_path / "constraintlint-verify-being-made"
    fresh.mkdir()
    (tmp_path / "constraintlint-verify-link").symlink_to(tmp_path / "elsewhere")
    assert sweep() == [str(dead)]
    assert alive.path.is_dir() and fresh.is_dir() and not dead.exists()
    alive.remove()
    assert not alive.path.exists()


# --- databases --------------------------------------------------------------------------------------------------------


def test_an_ephemeral_cluster(postgresql: Path, monkeypatch: pytest.MonkeyPatch, verify: object) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(verify.temporary))  # type: ignore[attr-defined]
    folder = RunFolder()
    began = time.monotonic()
    database = provide("postgresql", folder, os.environ)
    try:
        database.start()
        ready = time.monotonic() - began
        values = database.variables
        assert ready < 5, "1.5 s on an idle machine"
        assert values["DATABASE_URL"] == f"postgresql://conduit:conduit@127.0.0.1:{values['PGPORT']}/conduit"
        assert {f"{a}{b}" for a in ("PG", "POSTGRES_") for b in ("HOST", "PORT", "USER", "PASSWORD")} <= set(
            values
        )
        assert values["PGDATABASE"] == values["POSTGRES_DB"] == "conduit"
        socket.create_connection(("127.0.0.1", int(values["PGPORT"])), 1).close()
    finally:
        database.stop()
        folder.remove()
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", int(values["PGPORT"])), 1)


def test_a_given_url_is_handed_over(tmp_path: Path) -> None:
    values = provide("postgresql://me:p%40ss@db.example:6000/shop", None, {}).variables  # type: ignore[arg-type]
    assert values["DATABASE_URL"] == "postgresql://me:p%40ss@db.example:6000/shop"
    assert (values["PGHOST"], values["PGPORT"], values["PGUSER"], values["PGPASSWORD"], values["PGDATABASE"]) == (
        "db.example", "6000", "me", "p@ss", "shop",
    )  # fmt: skip
    assert set(provide("mysql://u@h/d", None, {}).variables) == {"DATABASE_URL"}  # type: ignore[arg-type]


@pytest.mark.parametrize("engine", ["mysql", "mongodb", "postgresql://[x/y"])
def test_what_cannot_be_provided(engine: str) -> None:
    with pytest.raises(CannotRun):
        provide(engine, None, {})  # type: ignore[arg-type]


def test_environments() -> None:
    assert without_databases({"PGHOST": "x", "POSTGRES_DB": "x", "DATABASE_URL": "x", "PATH": "p"}) == {
        "PATH": "p"
    }
    assert expanded({"A": "$B-${C}-$D", "E": "$A!"}, {"B": "1", "C": "2"})["E"] == "1-2-!"


@pytest.mark.skipif(not os.path.exists("/proc/net/unix"), reason="needs Linux's abstract socket names")
def test_one_run_at_a_time_claims_a_port() -> None:
    port = free_port()
    first, second = Claim(port), Claim(port)
    assert first.held and not second.held
    first.release()
    third = Claim(port)
    assert third.held
    third.release()
