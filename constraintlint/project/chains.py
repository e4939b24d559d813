"""Walks over the import graph: the hops behind one edge, shortest chains, cycles. Every hop has its place."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from constraintlint.findings import Step

if TYPE_CHECKING:
    from constraintlint.project import Project
    from constraintlint.project.graph import Edge

Counts = Callable[["Edge"], bool]


def at_run_time(edge: Edge) -> bool:
    """Edges along which code is loaded: not type-only (by its form or by what it names), not the implicit load of a
    parent package."""
    return edge.kind not in ("type-only", "implicit") and not edge.erased


def at_load_time(edge: Edge) -> bool:
    """Edges followed while modules are being loaded: an import inside a function or a dynamic one comes later."""
    return at_run_time(edge) and not edge.in_function and edge.kind not in ("lazy", "dynamic")


def edges_of(project: Project, path: str, counts: Counts = at_run_time) -> list[Edge]:
    """The edges out of a file that count."""
    resolution = project.resolutions.get(path)
    return [edge for edge in resolution.edges if counts(edge)] if resolution is not None else []


def step(edge: Edge, message: str = "") -> Step:
    """The place of an import as one hop of a chain."""
    return Step(
        edge.source,
        edge.line,
        edge.column,
        message or f"imports {edge.target}",
        edge.end_line,
        edge.end_column,
    )


def hops(project: Project, edge: Edge) -> list[Step]:
    """From an import to the file that defines what it takes: the import itself, then each barrel on the way."""
    found = [step(edge)]
    if not edge.origin:
        return found
    here = edge.target
    for there in [*edge.via, edge.origin]:
        if there == here:
            continue
        link = _link(project, here, there, edge.names)
        if link is not None:
            found.append(step(link, f"re-exports {', '.join(edge.names)} from {there}"))
        here = there
    return found


def _link(project: Project, source: str, target: str, names: Iterable[str]) -> Edge | None:
    """The edge from a barrel to the next file, by preference the one that carries the names."""
    candidates = [edge for edge in edges_of(project, source) if target in (edge.target, edge.origin)]
    wanted = set(names)
    return next((e for e in candidates if wanted & set(e.names)), candidates[0] if candidates else None)


def shortest_chain(
    project: Project,
    start: str,
    is_target: Callable[[str], bool],
    counts: Counts = at_run_time,
    passes: Callable[[str], bool] = lambda _: True,
) -> list[Edge]:
    """The edges of a shortest chain from ``start`` to a file that is a target; empty where there is none.

    ``passes`` tells which files may stand in between. Among chains of equal length the first in the order of
    edges in the files wins, so the answer does not depend on chance.
    """
    came: dict[str, Edge] = {}
    queue = deque([start])
    seen = {start}
    while queue:
        here = queue.popleft()
        for edge in edges_of(project, here, counts):
            there = edge.target
            if there in seen:
                continue
            seen.add(there)
            came[there] = edge
            if is_target(there):
                return _unwind(came, start, there)
            if passes(there):
                queue.append(there)
    return []


def _unwind(came: dict[str, Edge], start: str, end: str) -> list[Edge]:
    chain: list[Edge] = []
    while end != start:
        edge = came[end]
        chain.append(edge)
        end = edge.source
    return chain[::-1]


def cycles(project: Project, paths: Iterable[str], counts: Counts) -> list[list[Edge]]:
    """One shortest cycle for each strongly connected component among ``paths``, starting at its first file by name."""
    inside = set(paths)
    graph: dict[str, dict[str, Edge]] = {}
    for path in sorted(inside):
        targets: dict[str, Edge] = {}
        for edge in edges_of(project, path, counts):
            if edge.target in inside and edge.target != path:
                targets.setdefault(edge.target, edge)
        graph[path] = targets
    found = [_shortest_cycle(graph, component) for component in components(graph)]
    return sorted(found, key=lambda cycle: cycle[0].source)


def components(graph: dict[str, dict[str, Edge]]) -> list[list[str]]:
    """Strongly connected components of two or more nodes (Tarjan 1972, without recursion)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    on_stack: set[str] = set()
    found: list[list[str]] = []
    for root in graph:
        if root in index:
            continue
        work = [(root, iter(graph[root]))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        while work:
            node, targets = work[-1]
            for target in targets:
                if target not in index:
                    index[target] = low[target] = len(index)
                    stack.append(target)
                    on_stack.add(target)
                    work.append((target, iter(graph[target])))
                    break
                if target in on_stack:
                    low[node] = min(low[node], index[target])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    component = _pop_component(stack, on_stack, node)
                    if len(component) > 1:
                        found.append(component)
    return found


def _pop_component(stack: list[str], on_stack: set[str], root: str) -> list[str]:
    component: list[str] = []
    while True:
        node = stack.pop()
        on_stack.discard(node)
        component.append(node)
        if node == root:
            return component


def _shortest_cycle(graph: dict[str, dict[str, Edge]], component: list[str]) -> list[Edge]:
    inside = set(component)
    best: list[str] = []
    for start in sorted(component):
        cycle = _cycle_from(graph, inside, start, len(best) - 1 if best else len(component))
        if cycle:
            best = cycle
            if len(best) == 2:
                break
    first = best.index(min(best))
    ordered = best[first:] + best[:first]
    return [graph[node][ordered[(i + 1) % len(ordered)]] for i, node in enumerate(ordered)]


def _cycle_from(graph: dict[str, dict[str, Edge]], inside: set[str], start: str, limit: int) -> list[str]:
    """The files of a shortest cycle through ``start`` of at most ``limit`` files; empty where there is none."""
    came: dict[str, str] = {}
    level = [start]
    for _ in range(limit):
        following: list[str] = []
        for node in level:
            for target in graph[node]:
                if target == start:
                    chain = [node]
                    while chain[-1] != start:
                        chain.append(came[chain[-1]])
                    return chain[::-1]
                if target in inside and target not in came:
                    came[target] = node
                    following.append(target)
        level = following
    return []
