"""A layer imports a layer above it."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks.architecture._layer_edges import layer_edges
from constraintlint.findings import Finding, finding
from constraintlint.project import Project
from constraintlint.project.chains import hops


def check(project: Project) -> Iterator[Finding]:
    layers = project.layers
    for item in layer_edges(project):
        if layers.rank(item.target_layer) <= layers.rank(item.source_layer):
            continue
        edge = item.edge
        yield finding(
            "layer-direction",
            edge.source,
            (edge.line, edge.column, edge.end_line, edge.end_column),
            f"{item.source_layer} must not import {item.target_layer}: {item.target} is in the layer "
            f"{item.target_layer}, above {item.source_layer} (order: {' > '.join(layers.order)})",
            help=f"let {item.target_layer} call {item.source_layer}: pass in what is needed as an argument, or move "
            f"the shared part of {item.target} down to {item.source_layer}",
            trace=hops(project, edge) if edge.origin else [],
            subject=f"{edge.source} -> {item.target}",
        )
