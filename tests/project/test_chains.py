"""Cycles and chains over a hand-made graph."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from constraintlint.config import Config
from constraintlint.project import Project
from constraintlint.project.chains import at_load_time, at_run_time, components, cycles, hops, shortest_chain
from constraintlint.project.graph import Edge, Resolution
from constraintlint.project.tree import FileTree


def edge(source: str, target: str, kind: str = "import", line: int = 1, **more: object) -> Edge:
    return Edge(source, target, kind, line, 1, line, 9, **more)  # type: ignore[arg-type]


def project(*edges: Edge) -> Project:
    paths = sorted({name for item in edges for name in (item.source, item.target)})
    resolutions = {path: Resolution([e for e in edges if e.source == path]) for path in paths}
    return Project(Config(), FileTree(paths, lambda path: None), lambda path: None, resolutions, paths)


def files(cycle: list[Edge]) -> str:
    return "".join(item.source for item in cycle)


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ("ab ba", ["ab"]),
        ("ab bc ca", ["abc"]),
        ("ab bc ca ba", ["ab"]),  # the shortest of the component
        ("bc cd db ab", ["bcd"]),
        ("ab bc cd da bd", ["abd"]),
        ("ab ba cd dc bc", ["ab", "cd"]),
        ("ab bc ac", []),
        ("aa ab", []),  # a file that imports itself is no cycle of files
        ("zx xy yz", ["xyz"]),  # starts at the first file by name
    ],
)
def test_one_shortest_cycle_a_component(pairs: str, expected: list[str]) -> None:
    graph = project(*(edge(*pair) for pair in pairs.split()))
    assert [files(cycle) for cycle in cycles(graph, graph.paths, at_run_time)] == expected


@pytest.mark.parametrize("kind", ["type-only", "lazy", "dynamic", "implicit"])
def test_edges_that_do_not_load(kind: str) -> None:
    graph = project(edge("a", "b"), edge("b", "a", kind))
    assert not cycles(graph, graph.paths, at_load_time)


def test_a_late_import_counts_at_run_time() -> None:
    graph = project(edge("a", "b"), edge("b", "a", "lazy", in_function=True))
    assert [files(cycle) for cycle in cycles(graph, graph.paths, at_run_time)] == ["ab"]


def test_long_chains_need_no_recursion() -> None:
    count = 30_000
    names = [f"f{number:05}" for number in range(count)]
    graph = {name: {names[(number + 1) % count]: edge(name, name)} for number, name in enumerate(names)}
    assert [len(component) for component in components(graph)] == [count]


@settings(max_examples=200, deadline=None)
@given(st.sets(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=24))
def test_components_against_reachability(pairs: set[tuple[int, int]]) -> None:
    nodes = [str(number) for number in range(8)]
    graph = {node: {str(b): edge(node, str(b)) for a, b in sorted(pairs) if str(a) == node} for node in nodes}

    def reach(start: str) -> set[str]:
        seen: set[str] = set()
        queue = list(graph[start])
        while queue:
            node = queue.pop()
            if node not in seen:
                seen.add(node)
                queue += graph[node]
        return seen

    reached = {node: reach(node) for node in nodes}
    expected = {
        frozenset(other for other in nodes if other in reached[node] and node in reached[other])
        for node in nodes
        if node in reached[node]
    }
    assert {frozenset(c) for c in components(graph)} == {group for group in expected if len(group) > 1}


def test_shortest_chain_and_what_may_stand_between() -> None:
    graph = project(edge("a", "b"), edge("b", "z"), edge("a", "c"), edge("c", "d"), edge("d", "z"))
    assert [e.target for e in shortest_chain(graph, "a", lambda p: p == "z")] == ["b", "z"]
    around = shortest_chain(graph, "a", lambda p: p == "z", passes=lambda p: p != "b")
    assert [e.target for e in around] == ["c", "d", "z"]
    assert not shortest_chain(graph, "z", lambda p: p == "a")


def test_hops_through_barrels() -> None:
    graph = project(
        edge("app", "index", names=("User",), origin="user", via=("models",)),
        edge("index", "models", "re-export", 3, names=("User",)),
        edge("models", "user", "re-export", 7, names=("User",)),
    )
    first = graph.resolutions["app"].edges[0]
    assert [(step.path, step.line) for step in hops(graph, first)] == [
        ("app", 1),
        ("index", 3),
        ("models", 7),
    ]
