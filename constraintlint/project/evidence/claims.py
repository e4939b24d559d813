"""Claims: places that speak for an engine, a framework or an ORM, and what they add up to."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from constraintlint.facts.source import Span
from constraintlint.findings import Evidence
from constraintlint.project.evidence.usages import Usage

ROLES = ("runtime", "optional", "development", "test")
_MAX_EVIDENCE = 8


class Claim(msgspec.Struct, kw_only=True):
    """One place that speaks for an engine, framework or ORM.

    ``decisive`` where it shows a connection, or an import at run time; an inference from the surroundings is not.
    ``site`` is the place that connects, where that is another one.
    """

    name: str
    role: str
    path: str
    span: Span
    message: str
    decisive: bool = True
    site: Evidence | None = None

    @property
    def evidence(self) -> Evidence:
        return Evidence(self.path, self.span[0], self.span[1], self.message)


class Entry(msgspec.Struct, kw_only=True):
    """One engine, framework or ORM in use, in its strongest role; ``claims`` are ordered by role and place."""

    name: str
    role: str
    claims: list[Claim] = []

    @property
    def evidence(self) -> list[Evidence]:
        found: list[Evidence] = []
        for claim in self.claims:
            for item in (claim.evidence, claim.site):
                if item is not None and item not in found:
                    found.append(item)
        return found[:_MAX_EVIDENCE]


def claim_of(usage: Usage) -> Claim:
    return Claim(name=usage.name, role=usage.role, path=usage.path, span=usage.span, message=usage.message)


def entries(claims: Iterable[Claim]) -> list[Entry]:
    """One entry a name, by role and name; claims of the strongest role first, in the order of their places."""
    by_name: dict[str, list[Claim]] = {}
    for claim in claims:
        known = by_name.setdefault(claim.name, [])
        if all(
            (other.path, other.span, other.role) != (claim.path, claim.span, claim.role) for other in known
        ):
            known.append(claim)
    found: list[Entry] = []
    for name, group in by_name.items():
        group.sort(key=lambda claim: (ROLES.index(claim.role), not claim.decisive))
        found.append(Entry(name=name, role=group[0].role, claims=group))
    return sorted(found, key=lambda entry: (ROLES.index(entry.role), entry.name))
