"""The verdict on the declared architecture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constraintlint.findings import Evidence, Finding, Status, Verdict

if TYPE_CHECKING:
    from constraintlint.project import Project

_MAX_EVIDENCE = 5


def architecture_verdict(project: Project, findings: list[Finding]) -> Verdict:
    """Fails where too few layers are present, or where a ``layer-direction`` finding stands."""
    findings = [item for item in findings if item.rule == "layer-direction"]
    declared = project.config.architecture
    layers = project.layers
    present = [layer for layer in layers.order if layers.counts[layer]]
    have = ", ".join(f"{layer} {layers.counts[layer]}" for layer in present) or "none"
    if declared in (None, "none"):
        reason = f"no architecture is declared; layers found: {have}"
        return Verdict(status="not-declared", declared=declared, reason=reason)
    assert declared is not None
    reasons: list[str] = []
    if len(present) < layers.required:
        missing = ", ".join(layer for layer in layers.order if layer not in present)
        reasons.append(
            f"{len(present)} of {len(layers.order)} layers are present ({have}), missing: {missing}"
        )
    if findings:
        count = len(findings)
        reasons.append(
            f"{count} import{'s' if count > 1 else ''} against the direction of the layers: {findings[0].message}"
        )
    status: Status = "fail" if reasons else "pass"
    reason = "; ".join(reasons) or (
        f"{len(present)} of {len(layers.order)} layers are present ({have}), and no import goes against their direction"
    )
    evidence = [
        Evidence(item.path, item.line, item.column, item.message) for item in findings[:_MAX_EVIDENCE]
    ]
    return Verdict(status=status, declared=declared, reason=reason, evidence=evidence)
