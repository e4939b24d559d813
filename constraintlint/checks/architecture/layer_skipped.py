"""A layer reaches past the layer that stands between."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks.architecture._layer_edges import LayerEdge, layer_edges
from constraintlint.findings import Finding, finding
from constraintlint.project import Project
from constraintlint.project.chains import hops


def check(project: Project) -> Iterator[Finding]:
    """A preset closes some of its layers; a team's own stack is open unless its ``[rules]`` name this rule."""
    if project.layers.own and "layer-skipped" not in project.config.rules:
        return
    for item in layer_edges(project):
        skipped = _skipped(project, item)
        if not skipped:
            continue
        edge = item.edge
        between = " and ".join(skipped)
        yield finding(
            "layer-skipped",
            edge.source,
            (edge.line, edge.column, edge.end_line, edge.end_column),
            f"{item.source_layer} imports {item.target_layer} past {between}: {item.target} is in the layer "
            f"{item.target_layer} (order: {' > '.join(project.layers.order)})",
            help=f"call {between} here, and let {between} use {item.target}",
            trace=hops(project, edge) if edge.origin else [],
            subject=f"{edge.source} -> {item.target}",
        )


def _skipped(project: Project, item: LayerEdge) -> list[str]:
    """The closed layers between source and target that the project has.

    The bottom layer holds the words of the whole program: importing plain types from it is no skip. In a preset it
    is one where the file holds tables, since reading tables is what the layers between are for.
    """
    layers = project.layers
    top, bottom = layers.order.index(item.source_layer), layers.order.index(item.target_layer)
    between = layers.order[top + 1 : bottom]
    if bottom == len(layers.order) - 1 and (layers.own or not project.holds_tables(item.target)):
        return []
    return [layer for layer in between if layer in layers.closed and layers.counts[layer]]
