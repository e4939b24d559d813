"""Path patterns: what each form matches, and what has no meaning."""

from __future__ import annotations

import pytest

from constraintlint.globs import GlobError, compile_globs

MATCHES = [
    ("src/**", "src/a.py", True),
    ("src/**", "src/deep/er/a.py", True),
    ("src/**", "src", False),
    ("src/**", "srcs/a.py", False),
    ("src/", "src/deep/a.py", True),
    ("src", "src/deep/a.py", True),
    ("src", "lib/src/a.py", False),
    ("src/a.py", "src/a.py", True),
    ("src/a.py", "src/a.pyi", False),
    ("src/*", "src/a.py", True),
    ("src/*", "src/deep/a.py", False),
    ("*.py", "a.py", True),
    ("*.py", "src/a.py", False),
    ("**/*.py", "a.py", True),
    ("**/*.py", "src/deep/a.py", True),
    ("**/tests/**", "tests/a.py", True),
    ("**/tests/**", "src/tests/deep/a.py", True),
    ("**/tests/**", "src/mytests/a.py", False),
    ("a/**/b.py", "a/b.py", True),
    ("a/**/b.py", "a/x/y/b.py", True),
    ("a/**/b.py", "ab.py", False),
    ("a?.py", "ab.py", True),
    ("a?.py", "a/.py", False),
    ("src/{a,b}/*.ts", "src/b/x.ts", True),
    ("src/{a,b}/*.ts", "src/c/x.ts", False),
    ("{src/{a,b},lib}/x.ts", "src/b/x.ts", True),
    ("{src/**,lib}/x.ts", "src/p/q/x.ts", True),
    ("routes/[id].ts", "routes/[id].ts", True),
    ("routes/[id].ts", "routes/i.ts", False),
    ("./src/**", "src/a.py", True),
    ("/src/**", "src/a.py", True),
    ("src//a.py", "src/a.py", True),
    ("./", "a.py", True),
    (".", "anything/at/all.py", True),
    ("a.b", "axb", False),
    ("../shared/**", "../shared/x.ts", True),
    ("**", "x", True),
    ("a**b", "axxb", True),
    ("a**b", "ax/xb", False),
    ("line\nbreak/**", "line\nbreak/a.py", True),
]


@pytest.mark.parametrize(("pattern", "path", "expected"), MATCHES)
def test_matches(pattern: str, path: str, expected: bool) -> None:
    assert compile_globs([pattern])(path) is expected


def test_any_of_several_patterns_matches() -> None:
    matches = compile_globs(["a/**", "b/*.py"])
    assert [path for path in ("a/x/y", "b/x.py", "b/c/x.py", "c") if matches(path)] == ["a/x/y", "b/x.py"]


def test_no_pattern_matches_nothing() -> None:
    assert not compile_globs([])("a")


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("src\\a", "forward slashes"),
        ("", "empty"),
        ("/", "empty"),
        ("{a", "no closing brace"),
        ("a}", "no opening brace"),
        ("{" * 40 + "}" * 40, "too deeply"),
    ],
)
def test_patterns_without_meaning(pattern: str, message: str) -> None:
    with pytest.raises(GlobError, match=message):
        compile_globs([pattern])
