"""Prints the routes of an aiohttp application: ``dump_aiohttp.py module:name`` (a factory is called)."""

import json
import re
import sys
from importlib import import_module

from aiohttp import web

sys.path.insert(0, ".")
module, _, name = sys.argv[1].partition(":")
found = import_module(module)
for part in name.split("."):
    found = getattr(found, part.removesuffix("()"))
    found = found(*([False] if part == "Service()" else [])) if part.endswith("()") else found


def lines(app):
    for resource in app.router.resources():
        if isinstance(resource, web.StaticResource):
            yield from (f"{method} {resource.canonical}/{{filename*}}" for method in ("GET", "HEAD"))
            continue
        for route in resource:
            path = route.resource.canonical
            pattern = route.resource.get_info().get("pattern")
            if pattern is not None:
                for group, expression in re.findall(
                    r"\(\?P<(\w+)>((?:[^()]|\([^()]*\))*)\)", pattern.pattern
                ):
                    if expression in (".*", ".+"):
                        path = path.replace("{" + group + "}", "{" + group + "*}")
            if isinstance(route.handler, type) and issubclass(route.handler, web.View):
                methods = [
                    m
                    for m in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
                    if hasattr(route.handler, m.lower())
                ]
            else:
                methods = [route.method]
            yield from (f"{method} {path}" for method in methods)


print(json.dumps(sorted(set(lines(found)))))
