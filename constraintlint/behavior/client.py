"""One HTTP exchange with a server that may do anything: a deadline for the whole of it, a cap on what is read.

On ``http.client`` of the standard library: nothing to install, nothing to import at start-up, and the deadline and the
cap are ours (the usual libraries time out a single read, so a server that drips one byte a second holds them for hours).
"""

from __future__ import annotations

import http.client
import json
import os
import re
import socket
import threading
import time
import zlib
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from urllib.parse import quote, urljoin, urlsplit

import msgspec

_MAX_BODY = 8 * 1024 * 1024
_MAX_REDIRECTS = 10
_SAFE = "!#$%&'()*+,/:;=?@[]~-._"  # RFC 3986: reserved and unreserved; "%" is an escape already
_CHARSET = re.compile(r"""charset\s*=\s*["']?([\w.:-]+)""", re.IGNORECASE)
_LOOPBACK = ("127.0.0.1", "::1")


class Response(msgspec.Struct, kw_only=True):
    """What came back; ``error`` says why nothing usable did, and then ``status`` is 0."""

    status: int = 0
    headers: list[tuple[str, str]] = []
    body: bytes = b""
    error: str = ""
    seconds: float = 0.0

    def header(self, name: str) -> str | None:
        values = [value for key, value in self.headers if key.lower() == name.lower()]
        return ", ".join(values) if values else None

    @property
    def text(self) -> str:
        """The body by the charset of Content-Type, UTF-8 where it names none that is known."""
        match = _CHARSET.search(self.header("Content-Type") or "")
        try:
            text = self.body.decode(match[1] if match else "utf-8", "replace")
        except LookupError:
            text = self.body.decode("utf-8", "replace")
        return text.removeprefix("\ufeff")

    def json(self) -> object:
        """The body as JSON (RFC 8259). Raises ValueError."""
        try:
            return json.loads(self.text, parse_constant=_not_json)
        except RecursionError:
            raise ValueError("nested too deeply") from None


class Client:
    """Sends requests to one server, follows its redirects and keeps its cookies, as a browser would."""

    def __init__(self, host: str, port: int, timeout: float = 10.0) -> None:
        self.host = host
        self.port = port
        self.timeout = timeout
        self._cookies: dict[str, str] = {}

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> Response:
        """One request. Never raises: what goes wrong is in ``error``."""
        started = time.monotonic()
        deadline = started + self.timeout
        headers = dict(headers)
        for _ in range(_MAX_REDIRECTS + 1):
            response = self._exchange(method, path, headers, body, deadline)
            self._remember(response)
            location = response.header("Location")
            if not (300 <= response.status < 400 and location):
                break
            target = urlsplit(urljoin(f"http://{self._authority()}{path}", location))
            if not self._is_same(target.hostname, target.port, target.scheme):
                response.error = f"redirects to another server, {location[:200]}"
                break
            path = target.path + (f"?{target.query}" if target.query else "") or "/"
            if response.status not in (307, 308):
                method, body = ("HEAD" if method == "HEAD" else "GET"), None
                headers = {name: value for name, value in headers.items() if name.lower() != "content-type"}
        else:
            response.error = f"redirects more than {_MAX_REDIRECTS} times"
        response.seconds = time.monotonic() - started
        if response.error:
            response.status = 0
        return response

    def _is_same(self, host: str | None, port: int | None, scheme: str) -> bool:
        same_host = host in (self.host, "localhost", "0.0.0.0", *_LOOPBACK)
        return scheme == "http" and same_host and (port or 80) == self.port

    def _authority(self) -> str:
        # "localhost" as everybody writes it: some frameworks refuse an unknown Host
        return f"localhost:{self.port}" if self.host in _LOOPBACK else f"{self.host}:{self.port}"

    def _exchange(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None, deadline: float
    ) -> Response:
        left = deadline - time.monotonic()
        if left <= 0:
            return Response(error=self._late())
        connection = http.client.HTTPConnection(self.host, self.port, timeout=left)
        late = threading.Event()

        def cut() -> None:
            late.set()
            if connection.sock is not None:
                try:
                    connection.sock.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

        timer = threading.Timer(left, cut)
        timer.daemon = True
        timer.start()
        try:
            response = self._talk(connection, method, path, headers, body)
            # a connection that was cut can look like one that ended
            return Response(error=self._late()) if late.is_set() else response
        except TimeoutError:
            return Response(error=self._late())
        except (OSError, http.client.HTTPException, ValueError, zlib.error) as error:
            return Response(error=self._late() if late.is_set() else _words(error))
        finally:
            timer.cancel()
            connection.close()

    def _talk(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes | None,
    ) -> Response:
        connection.putrequest(method, quote(path, safe=_SAFE), skip_host=True, skip_accept_encoding=True)
        sent = {
            "Host": self._authority(),
            "Accept": "*/*",
            "Accept-Encoding": "gzip, deflate",
            "User-Agent": "constraintlint-verify",
            "Connection": "close",
            **headers,
        }
        if self._cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        if body is not None or method in ("POST", "PUT", "PATCH"):
            sent["Content-Length"] = str(len(body or b""))
        for name, value in sent.items():
            connection.putheader(name, value.encode("utf-8"))
        connection.endheaders(body)
        answer = connection.getresponse()
        data = b""
        while len(data) <= _MAX_BODY:
            part = answer.read1(65536)
            if not part:
                break
            data += part
        else:
            raise ValueError(f"the body is larger than {_MAX_BODY >> 20} MB")
        if answer.length:
            raise ValueError("the body ends early")
        data = _decoded(data, answer.getheader("Content-Encoding", ""))
        return Response(status=answer.status, headers=answer.getheaders(), body=data)

    def _remember(self, response: Response) -> None:
        for name, value in response.headers:
            if name.lower() != "set-cookie":
                continue
            cookie: SimpleCookie = SimpleCookie()
            try:
                cookie.load(value)
            except CookieError:
                continue
            for key, morsel in cookie.items():
                if morsel["max-age"] == "0" or not morsel.value:
                    self._cookies.pop(key, None)
                else:
                    self._cookies[key] = morsel.coded_value

    def _late(self) -> str:
        return f"no complete answer within {self.timeout:g} s"


def _decoded(data: bytes, encoding: str) -> bytes:
    """Undo Content-Encoding gzip or deflate, within the cap."""
    kind = encoding.strip().lower()
    if kind not in ("gzip", "x-gzip", "deflate") or not data:
        return data
    # 47: zlib or gzip by its header; deflate without one is what some servers send
    raw = kind == "deflate" and (data[0] & 0x0F) != 8
    unpacker = zlib.decompressobj(-15 if raw else 47)
    unpacked = unpacker.decompress(data, _MAX_BODY)
    if unpacker.unconsumed_tail:
        raise ValueError(f"the body is larger than {_MAX_BODY >> 20} MB")
    return unpacked


def _words(error: Exception) -> str:
    if isinstance(error, http.client.RemoteDisconnected):
        return "the server closed the connection without an answer"
    if isinstance(error, http.client.IncompleteRead):
        return "the body ends early"
    if isinstance(error, http.client.BadStatusLine):
        return "the answer is not HTTP"
    if isinstance(error, OSError) and error.errno is not None:
        return f"no connection: {os.strerror(error.errno).lower()}"
    return str(error)[:300] or type(error).__name__


def _not_json(word: str) -> object:
    raise ValueError(f"{word} is not JSON")
