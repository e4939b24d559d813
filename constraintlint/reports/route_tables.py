"""The route table as text, JSON or Markdown."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from constraintlint.project.routes import RouteTable
    from constraintlint.project.routes.records import Guard, Handler, Route, Unknown
    from constraintlint.project.schema.records import Place


def render(table: RouteTable, format_: str, automatic: bool) -> str:
    """A table as one document; ``automatic`` routes are left out of text and Markdown unless asked for."""
    routes, unknown, unmounted = list(table.routes), table.unknown, table.unmounted
    if format_ == "json":
        document = {
            "schema_version": 1,
            "routes": [_route(route) for route in routes],
            "unknown": [_unknown(item) for item in unknown],
            "unmounted": [
                {
                    "name": item.name,
                    "framework": item.framework,
                    "place": _place(item.place),
                    "routes": [_route(route) for route in item.routes],
                }
                for item in unmounted
            ],
        }
        return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    hidden = 0 if automatic else sum(route.automatic for route in routes)
    shown = [route for route in routes if automatic or not route.automatic]
    lines = _markdown(shown) if format_ == "markdown" else _text(shown)
    if unknown:
        lines += _section("Not known", format_, [_unknown_line(item) for item in unknown])
    if unmounted:
        rows = [f"{item.name} ({_at(item.place)}): {len(item.routes)} routes" for item in unmounted]
        lines += _section("Not mounted", format_, rows)
    if not routes and not unknown and not unmounted:
        lines = ["no routes found"]
    if hidden:
        lines += [
            "",
            f"{hidden} automatic routes (HEAD, OPTIONS, static files, documentation) are not shown: --automatic",
        ]
    return "\n".join(lines) + "\n"


def _section(title: str, format_: str, rows: list[str]) -> list[str]:
    if format_ == "markdown":
        return ["", f"## {title}", "", *(f"- {row}" for row in rows)]
    return ["", f"{title}:", *(f"  {row}" for row in rows)]


def _at(place: Place) -> str:
    return f"{place.path}:{place.span[0]}"


def _unknown_line(item: Unknown) -> str:
    return f"{item.prefix or '/'}... {item.reason} ({_at(item.place)})"


def _by_application(routes: list[Route]) -> dict[tuple[str, str], list[Route]]:
    found: dict[tuple[str, str], list[Route]] = {}
    for route in routes:
        found.setdefault((route.application, route.framework), []).append(route)
    return found


def _guard_names(route: Route) -> str:
    return ", ".join(guard.handler.name for guard in route.guards)


def _text(routes: list[Route]) -> list[str]:
    lines: list[str] = []
    for (application, framework), rows in _by_application(routes).items():
        if lines:
            lines.append("")
        lines.append(f"{application} ({framework}), {len(rows)} routes")
        width = min(60, max(len(route.path) for route in rows))
        for route in rows:
            handler = route.handler
            answer = (
                f"{handler.name} ({_at(handler.place)})" if handler is not None else f"({_at(route.place)})"
            )
            guards = _guard_names(route)
            line = f"  {route.method:7} {route.path:{width}}  {answer}"
            line += f"  [{guards}]" if guards else ""
            line += "  automatic" if route.automatic else ""
            line += "  conditional" if route.conditional else ""
            lines.append(line)
    return lines


def _markdown(routes: list[Route]) -> list[str]:
    lines: list[str] = []
    for (application, framework), rows in _by_application(routes).items():
        if lines:
            lines.append("")
        lines += [
            f"## {application} ({framework})",
            "",
            "| method | path | handler | guards |",
            "|---|---|---|---|",
        ]
        for route in rows:
            handler = (
                f"`{route.handler.name}` {_at(route.handler.place)}" if route.handler is not None else ""
            )
            cells = [route.method, f"`{route.path}`", handler, _guard_names(route)]
            lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return lines


def _place(place: Place) -> dict[str, object]:
    return {"path": place.path, "line": place.span[0], "column": place.span[1]}


def _handler(handler: Handler) -> dict[str, object]:
    return {"name": handler.name, "place": _place(handler.place)}


def _guard(guard: Guard) -> dict[str, object]:
    return {"how": guard.how, **_handler(guard.handler)}


def _route(route: Route) -> dict[str, object]:
    return {
        "method": route.method,
        "path": route.path,
        "framework": route.framework,
        "application": route.application,
        "order": route.order,
        "place": _place(route.place),
        "handler": _handler(route.handler) if route.handler is not None else None,
        "guards": [_guard(guard) for guard in route.guards],
        "mounts": [
            {"prefix": mount.prefix, "how": mount.how, "place": _place(mount.place)} for mount in route.mounts
        ],
        "name": route.name,
        "automatic": route.automatic,
        "conditional": route.conditional,
        "strict_slash": route.strict_slash,
    }


def _unknown(item: Unknown) -> dict[str, object]:
    return {
        "prefix": item.prefix,
        "reason": item.reason,
        "application": item.application,
        "place": _place(item.place),
    }
