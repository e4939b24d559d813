"""Whether JavaScript may be a backend's is asked of its manifests; where these do not tell, it may."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from constraintlint.analysis import Options, analyse
from constraintlint.facts.source import DEEP, traits
from constraintlint.frontends.backends import may_be_backend
from constraintlint.workspace import read_source


@pytest.mark.parametrize(
    ("dependencies", "expected"),
    [
        (["express", "left-pad"], True),
        (["pg"], True),
        (["@prisma/client"], True),
        (["@nestjs/common"], True),
        (["@acme/server"], True),
        (["@acme/orders-db"], True),
        (["jsonwebtoken"], True),
        (["react", "react-dom", "vite"], False),
        (["@noble/curves", "ws", "ox"], False),
        (["dbl-click"], False),
    ],
)
def test_by_dependencies(dependencies: list[str], expected: bool) -> None:
    manifest = {"name": "x", "devDependencies": dict.fromkeys(dependencies, "*")}
    assert may_be_backend([json.dumps(manifest).encode()]) is expected


@pytest.mark.parametrize(
    "manifests", [[], [b"{}"], [b'{"type": "module"}'], [b"{"], [b"[]"], [b'{"dependencies": []}']]
)
def test_where_nothing_is_known(manifests: list[bytes]) -> None:
    assert may_be_backend(manifests)


def test_one_manifest_of_several_is_enough() -> None:
    front = b'{"dependencies": {"react": "*"}}'
    assert not may_be_backend([front, front])
    assert may_be_backend([front, b'{"dependencies": {"fastify": "*"}}'])


def test_words_alone_are_no_reason_to_read_what_is_no_backend() -> None:
    words = b"export function pay(client, transaction) { return client.request({ transaction }); }\n"
    text = b"export const found = (db) => db.query('SELECT id FROM orders WHERE id = $1');\n"
    assert traits(read_source("a.ts", words)) & DEEP
    assert not traits(read_source("a.ts", words, backend=False)) & DEEP
    assert traits(read_source("a.ts", text, backend=False)) & DEEP


def test_a_manifest_that_changes_is_noticed(tmp_path: Path) -> None:
    """A program that becomes a backend is read anew, though none of its sources changed."""
    manifest = tmp_path / "package.json"
    (tmp_path / "tokens.js").write_text(
        "export function login(request) {\n  return { token: 'abcdef123456', user: request.user };\n}\n"
    )
    manifest.write_text('{"dependencies": {"react": "18"}}')
    assert not analyse(Options(root=tmp_path, jobs=1)).findings
    manifest.write_text('{"dependencies": {"react": "18", "express": "4"}}')
    found = analyse(Options(root=tmp_path, jobs=1)).findings
    assert [item.rule for item in found] == ["hard-coded-token"]
    assert found == analyse(Options(root=tmp_path, jobs=1, cache=False)).findings
