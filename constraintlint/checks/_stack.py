"""Steps of a trace from the evidence of the stack."""

from __future__ import annotations

from collections.abc import Iterable

from constraintlint.findings import Step
from constraintlint.project.evidence.claims import Claim, Entry
from constraintlint.project.stack import Stack

_MAX_STEPS = 5


def steps_of(entry: Entry, claims: Iterable[Claim] | None = None) -> list[Step]:
    """The first places that speak for an entry (or these claims of it)."""
    chosen = list(entry.claims if claims is None else claims)[:_MAX_STEPS]
    return [
        Step(claim.path, claim.span[0], claim.span[1], claim.message, claim.span[2], claim.span[3])
        for claim in chosen
    ]


def unused_steps(stack: Stack, kind: str, name: str) -> list[Step]:
    """Dependencies on ``name`` that nothing uses."""
    return [
        Step(item.evidence.path, item.evidence.line, item.evidence.column, item.evidence.message)
        for item in stack.unused
        if item.kind == kind and item.name == name
    ]
