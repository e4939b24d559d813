"""Prints the routes of a FastAPI or Starlette application in the order in which they are tried: ``dump_fastapi.py module:name``."""

import json
import re
import sys
from importlib import import_module

from starlette.endpoints import HTTPEndpoint
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

sys.path.insert(0, ".")
module, _, name = sys.argv[1].partition(":")
app = getattr(import_module(module), name)


def canonical(path):
    return re.sub(r"{(\w+)(?::(\w+))?}", lambda m: "{" + m[1] + ("*" if m[2] == "path" else "") + "}", path)


def flat(routes):
    """Pairs of path and route; newer releases of FastAPI keep an included router as one entry."""
    try:
        from fastapi.routing import iter_route_contexts
    except ImportError:
        for route in routes:
            yield getattr(route, "path", ""), route
        return
    for context in iter_route_contexts(routes):
        route = getattr(context, "starlette_route", None) or getattr(context, "original_route", context)
        path = getattr(context, "path", None)
        yield path if isinstance(path, str) else getattr(route, "path", ""), route


def lines(routes, prefix):
    for path, route in flat(routes):
        whole = prefix + path
        if isinstance(route, Mount):
            if isinstance(route.app, StaticFiles):
                yield from (f"{method} {canonical(whole)}/{{path*}}" for method in ("GET", "HEAD"))
            else:
                yield from lines(route.routes, whole)
        elif isinstance(route, Route):
            methods = route.methods
            if (
                methods is None
                and isinstance(route.endpoint, type)
                and issubclass(route.endpoint, HTTPEndpoint)
            ):
                methods = {
                    m
                    for m in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD")
                    if hasattr(route.endpoint, m.lower())
                }
                methods |= {"HEAD"} if "GET" in methods else set()
            yield from (f"{method} {canonical(whole)}" for method in sorted(methods or {"*"}))


print(json.dumps(list(lines(app.routes, ""))))
