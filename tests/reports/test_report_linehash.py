"""The expected values were computed with Node.js by the algorithm of github/codeql-action (src/fingerprints.ts)."""

from __future__ import annotations

import pytest

from constraintlint.reports.linehash import line_hashes

CASES = [
    ("", {1: "c129715d7a2bc9a3:1"}),
    ("a", {1: "53b5d4aabe50d64:1"}),
    ("  \n\t\n \n", {1: "4e5d562094661a0d:1", 2: "5b5d4caf73a13177:1", 3: "3c5bef55b72b93c9:1", 4: "c129715d7a2bc9a3:1"}),
    ("a\r\nb\r\n", {1: "81b8d8db678b2bbe:1", 2: "ade70578248be16f:1", 3: "c129715d7a2bc9a3:1"}),
    ("a\r \nb\rc", {1: "2e584d1d9c6751f3:1", 2: "ce9bbb84d1d432dc:1", 3: "e461f42c548ac762:1", 4: "188ff2f224477a1e:1"}),
    ("if x:\r\n\ty = '🙂'\n  z\n\n", {1: "c60ee85da864787d:1", 2: "37b5ce9971c09926:1", 3: "88de12c2e9ede2bd:1", 4: "3c5bef55b72b93c9:1", 5: "c129715d7a2bc9a3:1"}),
    ("\ufeffimport x\n", {1: "ca75c40de2597c7f:1", 2: "c129715d7a2bc9a3:1"}),
]  # fmt: skip
REPEATED = "x = 1\n" * 40 + "y"


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_every_line(text: str, expected: dict[int, str]) -> None:
    assert line_hashes(text, range(1, 100)) == expected


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_one_line_at_a_time_gives_the_same(text: str, expected: dict[int, str]) -> None:
    for line, value in expected.items():
        assert line_hashes(text, [line]) == {line: value}


def test_equal_lines_are_numbered() -> None:
    expected = {
        1: "ca3e9a077b09da0c:1",
        2: "ca3e9a077b09da0c:2",
        39: "f6b73b0e8a318a34:1",
        40: "e4300b03940062c8:1",
        41: "ed3261245082261c:1",
    }
    assert line_hashes(REPEATED, expected) == expected


def test_lines_that_are_not_there() -> None:
    assert line_hashes("a\n", [0, -1, 7]) == {}
    assert line_hashes("a\n", []) == {}
