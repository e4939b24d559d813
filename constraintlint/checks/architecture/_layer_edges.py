"""The imports between files of two layers, as the layer rules see them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from constraintlint.project import Project
from constraintlint.project.chains import at_run_time, edges_of
from constraintlint.project.graph import Edge


class LayerEdge(NamedTuple):
    edge: Edge
    source_layer: str
    target: str
    """the file whose layer counts: where the name is defined, else the file imported"""
    target_layer: str


def layer_edges(project: Project) -> Iterator[LayerEdge]:
    """Every run-time import from a file of one layer to a file of another, once a statement and target.

    A name that comes through a barrel or an ``__init__`` belongs to the layer of the file that defines it.
    """
    layers = project.layers
    for path in project.paths:
        source_layer = layers.layer_of(path)
        if source_layer is None:
            continue
        seen: set[tuple[int, str]] = set()
        for edge in edges_of(project, path, at_run_time):
            target = edge.origin if edge.origin and layers.layer_of(edge.origin) else edge.target
            target_layer = layers.layer_of(target)
            if target_layer is None or target_layer == source_layer or (edge.line, target) in seen:
                continue
            seen.add((edge.line, target))
            yield LayerEdge(edge, source_layer, target, target_layer)
