"""Version ranges of manifests: PEP 440 and Poetry for PyPI, node-semver for npm, as the interval they span.

Only releases count (``(4, 2, 1)``); what stands behind a hyphen or a letter is dropped. Exclusions (``!=``) are left
out: they make holes, not bounds. A range that cannot be read (a URL, a path, a tag) is None.
"""

from __future__ import annotations

import re

import msgspec

Release = tuple[int, ...]


class Range(msgspec.Struct, frozen=True):
    """Releases from ``low`` on, up to ``high`` (None: no bound). ``closed``: ``high`` itself belongs to it."""

    low: Release = (0,)
    high: Release | None = None
    closed: bool = False

    def reaches(self, release: Release) -> bool:
        """Whether a version of ``release`` or later may be installed; an installer takes the newest it may."""
        if self.high is None:
            return True
        return _key(self.high) >= _key(release) if self.closed else _key(self.high) > _key(release)

    def starts_at(self, release: Release) -> bool:
        """Whether every allowed version is ``release`` or later."""
        return _key(self.low) >= _key(release)

    def narrowed(self, other: Range) -> Range:
        """What both allow."""
        low = max(self.low, other.low, key=_key)
        if self.high is None or (other.high is not None and _key(other.high) < _key(self.high)):
            return Range(low, other.high, other.closed)
        if other.high is not None and _key(other.high) == _key(self.high):
            return Range(low, self.high, self.closed and other.closed)
        return Range(low, self.high, self.closed)


ANY = Range()
_PEP440 = re.compile(r"(===|==|~=|!=|>=|<=|>|<|\^|~)?\s*v?(\d+(?:\.\d+)*)(\.\*|[.\w+-]*)")
_NPM = re.compile(
    r"(>=|<=|>|<|=|\^|~>?)?\s*v?=?\s*(\d+|[xX*])(?:\.(\d+|[xX*]))?(?:\.(\d+|[xX*]))?(?:[-+][\w.+-]+)?"
)
_HYPHEN = re.compile(r"(\S+)\s+-\s+(\S+)")


def pypi_range(specifier: str) -> Range | None:
    """``>=1,<2``, ``~=4.2``, ``==5.*`` (PEP 440), ``^1.2``, ``~1.2``, ``1.2`` (Poetry), ``*``, ``""``."""
    text = specifier.strip().strip("()").strip()
    if text in ("", "*"):
        return ANY
    found = ANY
    for part in text.split(","):
        match = _PEP440.fullmatch(part.strip())
        if match is None:
            if part.strip() == "*":
                continue
            return None
        one = _pypi_part(match[1] or "", _release(match[2]), match[3] == ".*")
        found = found.narrowed(one)
    return found


def _pypi_part(op: str, release: Release, star: bool) -> Range:
    if op == "!=":
        return ANY
    if op in ("==", "===", "") and not star:
        return Range(release, release, True)
    if star or op == "~=":
        kept = release if star else release[:-1]
        return Range(release, _next(kept)) if kept else Range(release)
    if op == "^":
        return Range(release, _caret(release))
    if op == "~":
        return Range(release, _next(release[:2]))
    return _bound(op, release)


def npm_range(specifier: str) -> Range | None:
    """``^4.2.0``, ``~1.2``, ``5.x``, ``>=4 <6``, ``1.2 - 2.3``, ``4 || 5``, ``*``, ``latest``; ``npm:name@range`` as well."""
    text = specifier.strip()
    if text.startswith(("npm:", "workspace:")):
        text = text.rpartition("@")[2] if text.startswith("npm:") else text.partition(":")[2]
        if text in ("^", "~"):
            return None
    if text in ("", "*", "latest", "x", "X"):
        return ANY
    found: Range | None = None
    for option in text.split("||"):
        one = _npm_option(option.strip())
        if one is None:
            return None
        found = one if found is None else _united(found, one)
    return found


def _npm_option(text: str) -> Range | None:
    hyphen = _HYPHEN.fullmatch(text)
    if hyphen:
        low, high = _npm_option(">=" + hyphen[1]), _npm_option("<=" + hyphen[2])
        return low.narrowed(high) if low is not None and high is not None else None
    found, end = ANY, 0
    for match in _NPM.finditer(text):
        if text[end : match.start()].strip():
            return None
        end = match.end()
        numbers = [part for part in match.groups()[1:] if part is not None]
        release = tuple(int(part) for part in _until_wild(numbers))
        found = found.narrowed(_npm_part(match[1] or "", release))
    return None if text[end:].strip() else found


def _until_wild(numbers: list[str]) -> list[str]:
    for i, part in enumerate(numbers):
        if part in ("x", "X", "*"):
            return numbers[:i]
    return numbers


def _npm_part(op: str, release: Release) -> Range:
    if not release:
        return ANY
    if op in ("", "="):
        return Range(release, release, True) if len(release) == 3 else Range(release, _next(release))
    if op == "^":
        return Range(release, _caret(release))
    if op.startswith("~"):
        return Range(release, _next(release[:2]))
    if op == "<=" and len(release) < 3:
        return Range(high=_next(release))
    if op == ">" and len(release) < 3:
        return Range(_next(release))
    return _bound(op, release)


def _bound(op: str, release: Release) -> Range:
    if op == "<":
        return Range(high=release)
    if op == "<=":
        return Range(high=release, closed=True)
    return Range(release)  # ``>``: the release itself is no more than one version of many


def _caret(release: Release) -> Release:
    """The first release ``^`` leaves out: the leftmost number that is not zero may not change."""
    for i, number in enumerate(release):
        if number:
            return _next(release[: i + 1])
    return _next(release)


def _next(release: Release) -> Release:
    return (*release[:-1], release[-1] + 1)


def _united(one: Range, other: Range) -> Range:
    low = min(one.low, other.low, key=_key)
    if one.high is None or other.high is None:
        return Range(low)
    top = max(one, other, key=lambda item: (_key(item.high or ()), item.closed))
    return Range(low, top.high, top.closed)


def _release(text: str) -> Release:
    return tuple(int(part[:9]) for part in text.split("."))


def _key(release: Release) -> Release:
    return (*release, 0, 0, 0, 0)[:4]
