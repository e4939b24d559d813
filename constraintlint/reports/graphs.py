"""The import graph as text, JSON (the public contract), Mermaid, Graphviz DOT or GraphML."""

from __future__ import annotations

import json
from collections import Counter

from constraintlint.project.view import GraphView


def render(view: GraphView, format: str, level: str, external: bool) -> str:
    """One format of the graph; ``level`` is files, packages or layers. JSON always lists files."""
    if format == "json":
        return _json(view)
    if format == "text" and level == "files":
        return _text(view)
    nodes, links = _collapse(view, level, external and format != "text")
    if format == "text":
        return _pairs(links)
    if format == "mermaid":
        return _mermaid(nodes, links)
    return _with_networkx(nodes, links, format)


def _json(view: GraphView) -> str:
    """The JSON of the public contract: modules, edges, external, unresolved."""
    edges = []
    for edge in view.edges():
        item: dict[str, object] = {
            "from": edge.source, "to": edge.target, "kind": edge.kind, "line": edge.line, "column": edge.column,
            "names": list(edge.names),
        }  # fmt: skip
        if edge.origin:
            item["origin"] = edge.origin
        edges.append(item)
    document = {
        "modules": [{"path": p, "language": view.language(p), "layer": view.layer(p)} for p in view.paths],
        "edges": edges,
        "external": [
            {"from": e.source, "to": e.package, "module": e.module, "kind": e.kind, "line": e.line, "column": e.column}
            for e in sorted(view.externals(), key=lambda e: (e.source, e.line, e.column, e.module))
        ],
        "unresolved": [
            {
                "from": u.source, "specifier": u.specifier, "line": u.line, "column": u.column, "reason": u.reason,
                **({"name": u.name} if u.name else {}),
            }
            for u in sorted(view.unresolved(), key=lambda u: (u.source, u.line, u.column, u.specifier, u.name))
        ],
    }  # fmt: skip
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _text(view: GraphView) -> str:
    """One line an edge, grouped by file."""
    lines: list[str] = []
    edges = view.edges()
    by_source: dict[str, list[str]] = {}
    for edge in edges:
        names = f" ({', '.join(edge.names)})" if edge.names else ""
        origin = f", defined in {edge.origin}" if edge.origin else ""
        by_source.setdefault(edge.source, []).append(
            f"  {edge.line}:{edge.column} {edge.kind} {edge.target}{names}{origin}"
        )
    for path in view.paths:
        layer = view.layer(path)
        lines.append(f"{path}{f' [{layer}]' if layer else ''}")
        lines += by_source.get(path, [])
    lines.append(
        f"{len(view.paths)} files, {len(edges)} imports between them, {len(view.externals())} of packages, "
        f"{len(view.unresolved())} unresolved"
    )
    return "\n".join(lines) + "\n"


def _collapse(view: GraphView, level: str, external: bool) -> tuple[list[str], Counter[tuple[str, str]]]:
    """Nodes and weighted links at a level; links inside a node are left out."""
    node_of = view.node_of(level)
    links: Counter[tuple[str, str]] = Counter()
    nodes = {node_of(path) for path in view.paths}
    for edge in view.edges():
        if edge.kind != "implicit":
            pair = node_of(edge.source), node_of(edge.target)
            if pair[0] != pair[1]:
                links[pair] += 1
    if external:
        for item in view.externals():
            if not item.standard:
                nodes.add(item.package)
                links[node_of(item.source), item.package] += 1
    order = {layer: number for number, layer in enumerate(view.layer_order)} if level == "layers" else {}
    return sorted(nodes, key=lambda node: (order.get(node, len(order)), node)), links


def _pairs(links: Counter[tuple[str, str]]) -> str:
    lines = [f"{source} -> {target} ({count})" for (source, target), count in sorted(links.items())]
    return "\n".join([*lines, f"{len(links)} pairs"]) + "\n"


def _mermaid(nodes: list[str], links: Counter[tuple[str, str]]) -> str:
    numbers = {node: f"n{number}" for number, node in enumerate(nodes)}
    lines = ["flowchart TD"]
    lines += [f'  {numbers[node]}["{_mermaid_text(node)}"]' for node in nodes]
    for (source, target), count in sorted(links.items()):
        label = f"|{count}|" if count > 1 else ""
        lines.append(f"  {numbers[source]} -->{label} {numbers[target]}")
    return "\n".join(lines) + "\n"


def _mermaid_text(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")


def _with_networkx(nodes: list[str], links: Counter[tuple[str, str]], format: str) -> str:
    import networkx

    graph: networkx.DiGraph[str] = networkx.DiGraph()
    graph.add_nodes_from(nodes)
    for (source, target), count in sorted(links.items()):
        graph.add_edge(source, target, weight=count)
    if format == "graphml":
        return "\n".join(networkx.generate_graphml(graph)) + "\n"
    lines = ["digraph imports {", "  rankdir=LR;", "  node [shape=box];"]
    lines += [f"  {_quote(node)};" for node in nodes]
    for source, target, data in graph.edges(data=True):
        lines.append(f"  {_quote(source)} -> {_quote(target)} [weight={data['weight']}];")
    return "\n".join([*lines, "}"]) + "\n"


def _quote(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
