"""Truncated, spliced and random sources: every file is read, none raises, and two readings are the same.

``CONSTRAINTLINT_FUZZ`` sets how many inputs are tried (2,000 by default; the release is tried with 20,000).
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from constraintlint.analysis import Options, analyse
from constraintlint.discovery import language_of
from constraintlint.facts.code import decode, walk
from constraintlint.facts.source import FileFacts
from constraintlint.workspace import read_source
from tests.support.pages import examples

INPUTS = int(os.environ.get("CONSTRAINTLINT_FUZZ", "2000"))
ROOT = Path(__file__).parent.parent
STEP = 50


def sources() -> list[tuple[str, bytes]]:
    """Every source file of the fixtures and of the rule pages."""
    found = [
        (str(file), file.read_bytes())
        for file in sorted((ROOT / "fixtures").rglob("*"))
        if language_of(file.name)
    ]
    for page in sorted((ROOT / "rules").glob("*/*.md")):
        for example in examples(page.read_text("utf-8")):
            found += [
                (f"{page.stem}/{name}", text.encode())
                for name, text in example.files.items()
                if language_of(name)
            ]
    return found


def truncations() -> Iterator[tuple[str, bytes]]:
    for name, data in sources():
        for end in range(STEP, len(data), STEP):
            yield name, data[:end]


def mutations(seed: int, count: int) -> Iterator[tuple[str, bytes]]:
    """Sources with pieces deleted, doubled, swapped with pieces of others, and bytes changed."""
    rng = random.Random(seed)
    pool = [(name, data) for name, data in sources() if data]
    for _ in range(count):
        name, data = rng.choice(pool)
        text = bytearray(data)
        for _ in range(rng.randint(1, 4)):
            start = rng.randrange(len(text) + 1)
            end = min(len(text), start + rng.choice((1, 3, 20, 200)))
            other = rng.choice(pool)[1]
            place = rng.randrange(len(other))
            text[start:end] = rng.choice(
                (
                    b"",
                    bytes(text[start:end]) * 2,
                    other[place : place + 60],
                    rng.randbytes(2),
                    b"'",
                    b"`",
                    b"(",
                    b"\n",
                )
            )
        yield name, bytes(text)


def check(name: str, data: bytes) -> None:
    facts = read_source(name, data)
    assert isinstance(facts, FileFacts)
    assert not [problem for problem in facts.problems if problem.kind == "analysis-incomplete"], (
        facts.problems
    )
    lines = data.count(b"\n") + data.count(b"\r") + data.count(b"\f") + 1
    for item in facts.imports:
        assert 1 <= item.span[0] <= item.span[2] <= lines
        assert item.span[1] >= 1
    if facts.code:
        for node in walk(decode(facts.code).body):
            assert 0 <= node.at[0] <= node.at[1] <= len(data) * 2 + 3
    assert read_source(name, data) == facts


def test_truncated_sources() -> None:
    cases = list(truncations())
    if len(cases) > INPUTS:
        cases = random.Random(50).sample(cases, INPUTS)
    for name, data in cases:
        check(name, data)


def test_mutated_sources() -> None:
    for name, data in mutations(1, INPUTS):
        check(name, data)


@pytest.mark.parametrize("seed", range(max(10, INPUTS // 100)))
def test_mutated_projects(seed: int, tmp_path: Path) -> None:
    """Whole runs over projects in which every file is broken in some way; both give the same report."""
    for number, (name, data) in enumerate(mutations(1000 + seed, 12)):
        file = tmp_path / ("routes", "services", "repositories", "models")[number % 4] / Path(name).name
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(data)
    (tmp_path / "constraintlint.toml").write_text(
        'architecture = "clean"\ndatabase = "postgresql"\norm = "sqlalchemy"\nframework = "flask"\n'
    )
    first = analyse(Options(root=tmp_path, cache=False, jobs=1))
    second = analyse(Options(root=tmp_path, cache=False, jobs=1))
    assert first.findings == second.findings
    assert first.diagnostics == second.diagnostics
    assert not [item for item in first.diagnostics if "internal error" in item.message]
