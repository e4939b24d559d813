"""Which versions of a package go with another: ``rules/signatures/peers.toml``."""

from __future__ import annotations

import tomllib
from functools import cache

import msgspec

from constraintlint.project.versions import Range, npm_range
from constraintlint.rulebook import rules_directory


class Peer(msgspec.Struct, frozen=True):
    """``name`` needs ``of``: by major version of ``name``, the versions of ``of`` it goes with. ``kind`` is ``plugin`` or ``peer``."""

    name: str
    of: str
    kind: str
    ranges: dict[int, str]

    def wanted(self, version: Range) -> str:
        """What a range of one major version of ``name`` needs; ``""`` where it spans several, or that is not known."""
        major = single_major(version)
        return self.ranges.get(major, "") if major is not None else ""


@cache
def peers() -> dict[str, list[Peer]]:
    """All of them by ``name``."""
    with (rules_directory() / "signatures" / "peers.toml").open("rb") as handle:
        tables = tomllib.load(handle)["package"]
    found: dict[str, list[Peer]] = {}
    for table in tables:
        ranges = {int(major): text for major, text in table["ranges"].items()}
        found.setdefault(table["name"], []).append(Peer(table["name"], table["of"], table["kind"], ranges))
    return found


def single_major(version: Range) -> int | None:
    """The major version all versions of a range have."""
    low = version.low[0]
    if version.high is None:
        return None
    high = version.high
    last = high[0] if version.closed or any(high[1:]) else high[0] - 1
    return low if last == low else None


def apart(one: Range, other: Range) -> bool:
    """Whether no version is in both."""
    low = max(one.low, other.low)
    return any(item.high is not None and not item.reaches(low) for item in (one, other))


def allows(wanted: str, version: Range) -> bool:
    """Whether a version of a range satisfies one alternative of an npm range; True where it cannot be read."""
    options = [npm_range(option) for option in wanted.split("||")]
    return any(option is None or not apart(option, version) for option in options)
