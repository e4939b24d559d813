"""Fewer layers are present than the declared architecture needs."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks._anchor import declaration
from constraintlint.findings import Finding, finding
from constraintlint.project import Project


def check(project: Project) -> Iterator[Finding]:
    layers = project.layers
    present = [layer for layer in layers.order if layers.counts[layer]]
    if len(present) >= layers.required:
        return
    missing = [layer for layer in layers.order if layer not in present]
    path, span = declaration(project, "architecture")
    have = ", ".join(f"{layer} ({_files(layers.counts[layer])})" for layer in present) or "none"
    yield finding(
        "architecture-layer-missing",
        path,
        span,
        f"{len(present)} of the {len(layers.order)} layers are present, at least {layers.required} are needed; "
        f"present: {have}; missing: {', '.join(missing)}",
        help=f"put the code of {' and '.join(missing)} into directories or files of that name "
        f"(`constraintlint check --show-unassigned` lists the {_files(len(layers.unassigned))} in no layer), "
        "or name your own directories under [layers]",
        subject=",".join(missing),
    )


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count} files"
