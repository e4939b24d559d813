"""Prints the routes of a Django project in the order in which they are tried: ``dump_django.py settings.module``."""

import json
import os
import re
import sys

import django
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import LocalePrefixPattern, RegexPattern

sys.path.insert(0, ".")
os.environ["DJANGO_SETTINGS_MODULE"] = sys.argv[1]
django.setup()
from django.views.generic.base import View  # noqa: E402

ALL = ("get", "post", "put", "patch", "delete", "head", "options", "trace")


def text_of(pattern):
    if isinstance(pattern, LocalePrefixPattern):
        return "{language}/"
    text = str(pattern)
    if not isinstance(pattern, RegexPattern):
        return re.sub(
            r"<(?:([^>:\s]+):)?(\w+)>", lambda m: "{" + m[2] + ("*" if m[1] == "path" else "") + "}", text
        )
    text = text.removeprefix("^").removesuffix("$").removesuffix("/?")
    text = re.sub(
        r"\(\?P<(\w+)>(.*?[\]*+a-z}])\)",
        lambda m: "{" + m[1] + ("*" if m[2] in (".*", ".+") else "") + "}",
        text,
    )
    return re.sub(r"\\(.)", r"\1", text)


def methods_of(callback):
    cls = getattr(callback, "view_class", None) or getattr(callback, "cls", None)
    operations = getattr(getattr(callback, "__self__", None), "operations", None)
    for cell in getattr(callback, "__closure__", None) or ():
        operations = operations or getattr(cell.cell_contents, "operations", None)
        operations = operations or getattr(getattr(cell.cell_contents, "__self__", None), "operations", None)
    if operations:
        return sorted({m for operation in operations for m in operation.methods})
    if cls is not None:
        names = (
            callback.view_initkwargs.get("http_method_names")
            if hasattr(callback, "view_initkwargs")
            else None
        )
        names = names or getattr(callback, "initkwargs", {}).get("http_method_names") or cls.http_method_names
        actions = getattr(callback, "actions", None)
        defined = set(actions) | {"options"} if actions else {name for name in ALL if hasattr(cls, name)}
        if "get" in defined and (actions or issubclass(cls, View)):
            defined.add("head")
        return sorted(name.upper() for name in ALL if name in defined and name in names)
    while callback is not None:
        names = getattr(getattr(callback, "__code__", None), "co_freevars", ())
        if "request_method_list" in names:
            return sorted(callback.__closure__[names.index("request_method_list")].cell_contents)
        callback = getattr(callback, "__wrapped__", None)
    return ["*"]


def lines(resolver, prefix):
    for item in resolver.url_patterns:
        path = prefix + text_of(item.pattern)
        if isinstance(item, URLResolver):
            if getattr(item, "app_name", "") == "admin":
                yield f"* {path}{{path*}}"
            else:
                yield from lines(item, path)
        elif isinstance(item, URLPattern):
            own = item.callback.__module__.startswith(("django.contrib.auth", "ninja.openapi"))
            yield from (f"{method} {path}" for method in (["*"] if own else methods_of(item.callback)))


print(json.dumps(list(lines(get_resolver(), "/"))))
