"""Version ranges: which releases a specifier lets in."""

from __future__ import annotations

import pytest

from constraintlint.project.versions import Range, npm_range, pypi_range

PYPI = [
    ("", (99,), True), ("*", (5,), True), (">=4,<5", (5,), False), (">=4,<5", (4, 9), True), ("~=4.2", (5,), False),
    ("~=4.2.1", (4, 3), False), ("==5.*", (5,), True), ("==5.*", (6,), False), ("==4.3.0", (4, 3), True), ("==4.3.0", (5,), False),
    ("^4.0.1", (5,), False), ("^0.110", (0, 111), False), ("~4.1", (4, 2), False), ("1.7.4", (2,), False), (">4", (5,), True),
    ("<=5", (5,), True), ("<5", (5,), False), ("!=5.0.0,>=4", (5,), True), (">= 2.0 , < 3.0a1", (3,), False),
]  # fmt: skip
NPM = [
    ("^4.2.0", (5,), False), ("^4.2.0", (4, 9), True), ("~1.2.3", (1, 3), False), ("5.x", (5,), True), ("4", (5,), False),
    (">=4 <6", (5,), True), (">=4 <5", (5,), False), ("4 || 5", (5,), True), ("1.2 - 2.3", (2, 4), False), ("1.2 - 2.3", (2, 3), True),
    ("*", (9,), True), ("latest", (9,), True), ("^0.2.3", (0, 3), False), ("5.0.0-beta.1", (5,), True), ("<=4", (4, 9), True),
    ("npm:express@^4.0.0", (5,), False), ("v4.1.2", (5,), False), (">4", (5,), True), ("", (3,), True),
]  # fmt: skip


@pytest.mark.parametrize(("specifier", "release", "reached"), PYPI)
def test_pypi(specifier: str, release: tuple[int, ...], reached: bool) -> None:
    found = pypi_range(specifier)
    assert found is not None and found.reaches(release) is reached


@pytest.mark.parametrize(("specifier", "release", "reached"), NPM)
def test_npm(specifier: str, release: tuple[int, ...], reached: bool) -> None:
    found = npm_range(specifier)
    assert found is not None and found.reaches(release) is reached


@pytest.mark.parametrize(
    "specifier", ["git+https://x/y.git", "file:../x", "next", "workspace:^", "github:a/b", "https://x/y.tgz"]
)
def test_npm_without_a_range(specifier: str) -> None:
    assert npm_range(specifier) is None


@pytest.mark.parametrize("specifier", ["@ git+https://x/y.git", "@ file:///x", "latest"])
def test_pypi_without_a_range(specifier: str) -> None:
    assert pypi_range(specifier) is None


def test_narrowed() -> None:
    assert Range((4,), (6,)).narrowed(Range((5,), None)) == Range((5,), (6,))
    assert Range((4,), (6,), True).narrowed(Range((0,), (6,))) == Range((4,), (6,), False)
    assert Range((4,)).starts_at((4, 0)) and not Range((4,)).starts_at((4, 1))
