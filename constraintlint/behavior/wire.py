"""Just enough of PostgreSQL's protocol 3.0 to run one statement: it tells when a server is ready, and makes the database.

PostgreSQL documentation, "Frontend/Backend Protocol". Only servers that trust us are met here: our own.
"""

from __future__ import annotations

import socket
import struct

_VERSION = 196608  # 3.0
_TRUSTED = 0


class WireError(Exception):
    """The server refused, with its message."""


def execute(port: int, user: str, database: str, statement: str, timeout: float = 2.0) -> None:
    """Run one statement on a server on 127.0.0.1. Raises OSError (nobody there, not yet) or WireError."""
    with socket.create_connection(("127.0.0.1", port), timeout) as connection:
        connection.settimeout(timeout)
        settings = f"user\0{user}\0database\0{database}\0\0".encode()
        connection.sendall(struct.pack("!II", len(settings) + 8, _VERSION) + settings)
        _until_ready(connection)
        text = statement.encode() + b"\0"
        connection.sendall(b"Q" + struct.pack("!I", len(text) + 4) + text)
        _until_ready(connection)
        connection.sendall(b"X" + struct.pack("!I", 4))


def _until_ready(connection: socket.socket) -> None:
    """Read messages up to ReadyForQuery."""
    while True:
        kind, length = struct.unpack("!cI", _read(connection, 5))
        body = _read(connection, length - 4)
        if kind == b"E":
            raise WireError(_message(body))
        if kind == b"R" and struct.unpack("!I", body[:4])[0] != _TRUSTED:
            raise WireError("the server asks for a password")
        if kind == b"Z":
            return


def _message(body: bytes) -> str:
    """The primary message (field M) of an ErrorResponse."""
    fields = {field[:1]: field[1:] for field in body.split(b"\0") if field}
    return fields.get(b"M", b"unknown error").decode("utf-8", "replace")


def _read(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = connection.recv(size - len(data))
        if not part:
            raise ConnectionResetError("the server closed the connection")
        data += part
    return data
