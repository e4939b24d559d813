"""The layers of a Koa router, as koa-router and @koa/router 8 to 15 lay them: prefixes, nested routers, copies."""

from __future__ import annotations

import msgspec

from constraintlint.project.routes.assembly import Given, Written, flattened, paths_of, setting
from constraintlint.project.routes.records import Mount
from constraintlint.project.routes.registration import Event, Instance
from constraintlint.project.routes.registration.values import Array, Made, Site, options

#: what a path is where middleware is used without one
EVERYWHERE = "(.*)"
_MAX_DEPTH = 16


class Layer(msgspec.Struct, eq=False):
    """``methods`` is empty for middleware. ``path`` is None where it is not known: ``start`` is what is known of it."""

    path: str | None
    methods: tuple[str, ...]
    given: list[Given]
    site: Site
    name: str = ""
    start: str = ""
    pattern: str | None = None
    everywhere: bool = False
    mounts: tuple[Mount, ...] = ()
    what: str = ""
    """why nothing more is known of it"""
    prefix_known: bool = True

    def prefixed(self, prefix: str | None, strict: bool) -> Layer:
        """The layer below a prefix; ``/`` alone adds nothing to it."""
        made = msgspec.structs.replace(self)
        if prefix is None:
            made.path, made.pattern, made.start, made.what = (
                None,
                None,
                "",
                made.what or "the prefix is not known",
            )
            made.prefix_known = False
        elif made.everywhere or made.path is None:
            made.start = prefix + made.start
        elif made.path != "/" or strict:
            made.path = prefix + made.path
        else:
            made.path = prefix
        return made


class Laid(msgspec.Struct, eq=False):
    layers: list[Layer]
    params: list[Event]


def layers(router: Instance, keeps_slash: bool, length: int = -1, above: tuple[int, ...] = ()) -> Laid:
    """The layers of a router after its first ``length`` calls (all of them where it is -1).

    ``keeps_slash``: it is version 8, in which a prefix and ``/`` make a path that ends in a slash.
    """
    laid = Laid([], [])
    if id(router) in above or len(above) > _MAX_DEPTH:
        return laid
    prefix, strict = _options(router)
    slash = strict or keeps_slash
    for event in router.events if length < 0 else router.events[:length]:
        name = event.name
        if name == "prefix":
            given = _only(paths_of(event.args[0])) if event.args else None
            prefix = given.rstrip("/") if given is not None else None
            laid.layers = [layer.prefixed(prefix, slash) for layer in laid.layers]
        elif name == "param":
            laid.params.append(event)
        elif name == "use":
            _use(laid, event, prefix, slash, (*above, id(router)), keeps_slash)
        else:
            laid.layers += _routes(event, prefix, slash)
    return laid


def _options(router: Instance) -> tuple[str | None, bool]:
    options_ = router.args[0] if router.args else None
    given = setting(options_, "prefix")
    prefix = "" if given is None else _only(paths_of(given))
    return prefix, setting(options_, "strict") is True


def _only(found: list[Written]) -> str | None:
    return found[0].text if len(found) == 1 else None


def _use(
    laid: Laid, event: Event, prefix: str | None, strict: bool, above: tuple[int, ...], keeps_slash: bool
) -> None:
    """Middleware and nested routers, below one path, several or none."""
    args = event.args
    first = args[0] if args else None
    while isinstance(first, Array) and first.items:
        first = first.items[0]
    written: list[Written | None] = [None]
    start = 0
    paths = paths_of(args[0]) if args else []
    if len(args) > 1 and paths and all(path.text is not None or path.start for path in paths):
        written, start = [*paths], 1
    for path in written:
        for given in flattened(args, event.site, start):
            routers = [option for option in options(given[0]) if is_routes(option)]
            for option in routers:
                assert isinstance(option, Made) and isinstance(option.args[0], Instance)
                inner = layers(option.args[0], keeps_slash, event.length if len(routers) == 1 else -1, above)
                laid.layers += _nested(inner.layers, path, prefix, strict, event)
                laid.params += inner.params
            if not routers and not (
                isinstance(given[0], Made) and given[0].name == "koa-router.allowedMethods"
            ):
                layer = _plain(path, event, [given])
                laid.layers.append(layer.prefixed(prefix, strict))


def _nested(
    inner: list[Layer], path: Written | None, prefix: str | None, strict: bool, event: Event
) -> list[Layer]:
    found = inner
    if path is not None:
        found = [layer.prefixed(path.text, strict) for layer in found]
    if prefix != "":
        found = [layer.prefixed(prefix, strict) for layer in found]
    else:
        found = [msgspec.structs.replace(layer) for layer in found]
    return found


def _plain(path: Written | None, event: Event, given: list[Given]) -> Layer:
    if path is None:
        return Layer(EVERYWHERE, (), given, event.site, everywhere=True)
    return Layer(path.text, (), given, event.site, start=path.start, pattern=path.pattern)


def is_routes(value: object) -> bool:
    """Whether a value is what ``router.routes()`` gives."""
    return isinstance(value, Made) and value.name == "koa-router.routes"


def _routes(event: Event, prefix: str | None, strict: bool) -> list[Layer]:
    methods, name, paths, given = _told(event)
    found: list[Layer] = []
    for path in paths:
        layer = Layer(path.text, methods, given, event.site, name, path.start, path.pattern)
        if path.text is None and path.pattern is None:
            layer.what = "the path is not known"
        found.append(layer.prefixed(prefix, strict) if prefix != "" else layer)
    return found


def _told(event: Event) -> tuple[tuple[str, ...], str, list[Written], list[Given]]:
    """The methods, the name, the paths and the handlers of a call that adds routes."""
    args = event.args
    if event.name == "register":
        methods = tuple(item.text.upper() for item in paths_of(args[1]) if item.text) if len(args) > 1 else ()
        return methods, "", paths_of(args[0]) if args else [], flattened(args[:3], event.site, 2)
    if event.name == "redirect":
        return ("*",), "", paths_of(args[0]) if args else [], []
    method = {"all": "*", "del": "DELETE", "?": "?"}.get(event.name, event.name.upper())
    named = len(args) > 2 and isinstance(args[0], str) and _is_path(args[1])
    start = 1 if named else 0
    name = args[0] if named and isinstance(args[0], str) else ""
    if start >= len(args):
        return (method,), name, [Written(None)], []
    return (method,), name, paths_of(args[start]), flattened(args, event.site, start + 1)


def _is_path(value: object) -> bool:
    found = paths_of(value)  # type: ignore[arg-type]
    return bool(found) and all(
        item.text is not None or item.pattern is not None or item.start for item in found
    )


__all__ = ["EVERYWHERE", "Laid", "Layer", "is_routes", "layers"]
