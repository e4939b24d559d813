"""What of the schema and of the routes could not be read, as diagnostics of the run.

Nobody reports these where nothing asked for the schema or the routes. One diagnostic a file and reason, at the first place.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from constraintlint.findings import Diagnostic

if TYPE_CHECKING:
    from constraintlint.facts.source import Span
    from constraintlint.project.routes import RouteTable
    from constraintlint.project.schema import Schema


def of_schema(schema: Schema) -> list[Diagnostic]:
    """Kind ``schema-gap``: tables and columns may exist that the rules do not know."""
    return _diagnostics("schema-gap", ((gap.place.path, gap.place.span, gap.reason) for gap in schema.gaps))


def of_routes(routes: RouteTable) -> list[Diagnostic]:
    """Kind ``route-gap``: routes may exist that the rules do not know."""
    return _diagnostics(
        "route-gap",
        (
            (
                item.place.path,
                item.place.span,
                f"{item.reason} (below {item.prefix})" if item.prefix else item.reason,
            )
            for item in routes.unknown
        ),
    )


def _diagnostics(kind: str, gaps: Iterable[tuple[str, Span, str]]) -> list[Diagnostic]:
    places: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for path, span, reason in gaps:
        places.setdefault((path, reason), []).append((span[0], span[1]))
    found: list[Diagnostic] = []
    for (path, reason), starts in places.items():
        line, column = min(starts)
        more = f"; the same at {len(starts) - 1} more places" if len(starts) > 2 else ""
        more = "; the same at one more place" if len(starts) == 2 else more
        found.append(Diagnostic(path, max(line, 1), kind, reason + more, max(column, 1)))
    return sorted(found)
