"""What compilers put around imports and exports: the helpers of TypeScript, Babel, esbuild and swc."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constraintlint.project.routes.registration.values import (
    UNDEFINED,
    Closure,
    Getter,
    Library,
    Module,
    Object,
    Undefined,
)

if TYPE_CHECKING:
    from constraintlint.project.routes.registration.machine import Machine
    from constraintlint.project.routes.registration.values import Value

_DEFAULT = frozenset(
    ("__importDefault", "_interopRequireDefault", "_interop_require_default", "interopRequireDefault")
)
_STAR = frozenset(
    (
        "__importStar",
        "_interopRequireWildcard",
        "_interop_require_wildcard",
        "__toESM",
        "_interopNamespace",
        "_interopNamespaceDefault",
    )
)
_EXPORTS = frozenset(("__exportStar", "_export_star", "__reExport"))
HELPERS = _DEFAULT | _STAR | _EXPORTS


def helper(machine: Machine, name: str, args: list[Value]) -> Value:
    """What a helper gives for the module it is called with."""
    first = args[0] if args else UNDEFINED
    if name in _EXPORTS:
        source, target = (args[1], first) if name == "__reExport" and len(args) > 1 else (first, args[-1])
        if isinstance(target, Object) and isinstance(source, Object):
            for key, value in source.properties.items():
                if key not in ("default", "__esModule"):
                    target.properties.setdefault(key, value)
        elif isinstance(target, Object):
            target.open = True
        return UNDEFINED
    if isinstance(first, (Library, Module)):
        return first  # its default export stands for the module
    if isinstance(first, Object) and (
        "default" in first.properties or first.properties.get("__esModule") is True
    ):
        return first
    if isinstance(first, Object) and name in _STAR:
        return Object({**first.properties, "default": first}, open=first.open)
    return Object({"default": first})


def defined(target: Value, name: Value, descriptor: Value) -> Value:
    """``Object.defineProperty(target, name, descriptor)``"""
    if isinstance(target, Object) and isinstance(name, str) and isinstance(descriptor, Object):
        value = descriptor.properties.get("value", UNDEFINED)
        getter = descriptor.properties.get("get", UNDEFINED)
        if isinstance(getter, Closure):
            target.properties[name] = Getter(getter)
        elif not isinstance(value, Undefined):
            target.properties[name] = value
    return target
