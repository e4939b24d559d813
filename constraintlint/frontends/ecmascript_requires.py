"""``require()`` and the functions ``createRequire()`` makes (Node.js 24, ``node:module``)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from constraintlint.facts.source import ImportKind
from constraintlint.frontends.ecmascript_source import FUNCTIONS, Source, Surroundings, arguments_of
from constraintlint.frontends.ecmascript_static import static_specifier, taken

if TYPE_CHECKING:
    from tree_sitter import Node as Syntax

_REQUIRE = re.compile(rb"require\b")
_CREATE_REQUIRE = re.compile(rb"createRequire\b")
_PARAMETERS = frozenset(
    (
        "formal_parameters", "required_parameter", "optional_parameter", "rest_pattern", "assignment_pattern",
        "arrow_function",
    )
)  # fmt: skip
#: what ``createRequire`` gets when it is made for the file it stands in
_OWN_PLACES = frozenset(
    ("import.meta.url", "import.meta.filename", "import.meta.dirname", "__filename", "__dirname")
)


def read_requires(source: Source) -> bool:
    """Record every call; True where the file is CommonJS by them."""
    anchored = _created(source) if b"createRequire" in source.data else {}
    found = False
    for name in sorted({b"require", *anchored}):
        pattern = _REQUIRE if name == b"require" else re.compile(re.escape(name) + rb"\b")
        found |= _read_calls(source, pattern, name, anchored)
    return found


def _read_calls(source: Source, pattern: re.Pattern[bytes], name: bytes, anchored: dict[bytes, bool]) -> bool:
    """Record the calls of one function. ``anchored`` are the created ones, and whether each is made for this file."""
    root = source.root
    calls: list[Syntax] = []
    shadows: list[tuple[int, int]] = []
    for start in source.words(pattern):
        node = root.descendant_for_byte_range(start, start + len(name))
        if node is None or node.type not in ("identifier", "property_identifier"):
            continue
        parent = node.parent
        if parent is not None and node.type == "property_identifier":
            if source.text(parent) != "module.require":
                continue
            node, parent = parent, parent.parent
        if parent is None:
            continue
        if parent.type == "call_expression":
            if parent.start_byte == node.start_byte:
                calls.append(parent)
        elif parent.type == "member_expression":
            _member(source, parent)
        elif name not in anchored:
            shadow = _shadow(source, node, parent)
            if shadow is not None:
                shadows.append(shadow)
    shadows.sort()
    waiting = iter(shadows)
    following = next(waiting, None)
    end = 0
    for call in calls:
        at = call.start_byte
        while following is not None and following[0] <= at:
            end = max(end, following[1])
            following = next(waiting, None)
        if at >= end:
            _require_call(source, call, anchored.get(name, True))
    return bool(calls) and name not in anchored


def _shadow(source: Source, node: Syntax, parent: Syntax) -> tuple[int, int] | None:
    """The range in which a declaration at ``node`` makes the name something else."""
    kind = parent.type
    if kind == "variable_declarator":
        if parent.child(0) != node or parent.child_by_field_name("value") is None:
            return None
        scope = parent.parent.parent if parent.parent is not None else None
        return scope.byte_range if scope is not None else None
    if kind == "function_declaration":
        return parent.parent.byte_range if parent.parent is not None else None
    if kind in ("import_specifier", "import_clause", "namespace_import"):
        return 0, len(source.data)
    if kind in _PARAMETERS:
        current: Syntax | None = parent
        for _ in range(6):
            if current is None:
                return None
            if current.type in FUNCTIONS:
                return current.byte_range
            current = current.parent
    return None


def _member(source: Source, member: Syntax) -> None:
    """``require.resolve`` loads nothing; webpack's ``require.context`` loads what it finds when it runs."""
    above = member.parent
    name = member.child_by_field_name("property")
    text = source.text(name) if name is not None else ""
    message = ""
    if text == "context" and above is not None and above.type == "call_expression":
        message = "the modules of this require.context() are found when it runs"
    elif text == "main" and above is not None and source.text(above) == "require.main.require":
        message = "the module of this require() depends on the program that was started"
    if message:
        source.add_problem("dynamic-import", message, member.start_byte)


def _require_call(source: Source, call: Syntax, anchored: bool) -> None:
    argument = next(iter(arguments_of(call)), None)
    if argument is None:
        return
    start = call.start_byte
    specifier = static_specifier(source, argument)
    if specifier is None:
        source.add_problem("dynamic-import", "the module of this require() is computed when it runs", start)
        return
    if not anchored and specifier.startswith("."):
        message = f"'{specifier}' is relative to a place that is computed when this require() runs"
        source.add_problem("dynamic-import", message, start)
        return
    chain = source.path_to(call)
    around = Surroundings(chain)
    result = taken(source, chain, promised=False)
    kind: ImportKind = "lazy" if around.in_function else "require"
    source.add_import(
        specifier,
        kind,
        call.byte_range,
        argument.byte_range,
        result.names,
        result.local,
        around.optional,
        around,
    )


def _created(source: Source) -> dict[bytes, bool]:
    """Names bound to ``createRequire(...)``, and whether it is made for this very file. Direct calls are recorded."""
    names: dict[bytes, bool] = {}
    for start in source.words(_CREATE_REQUIRE):
        node = source.root.descendant_for_byte_range(start, start + len(b"createRequire"))
        if node is None:
            continue
        callee = node.parent if node.type == "property_identifier" else node
        call = callee.parent if callee is not None else None
        if (
            call is None
            or callee is None
            or call.type != "call_expression"
            or call.start_byte != callee.start_byte
        ):
            continue
        place = next(iter(arguments_of(call)), None)
        anchored = place is not None and source.text(place) in _OWN_PLACES
        outer = call.parent
        if outer is None:
            continue
        if outer.type == "call_expression" and outer.start_byte == call.start_byte:
            _require_call(source, outer, anchored)
            continue
        target = None
        if outer.type == "variable_declarator":
            target = outer.child(0)
        elif outer.type == "assignment_expression":
            target = outer.child_by_field_name("left")
        if target is not None and target.type == "identifier":
            names[source.data[target.start_byte : target.end_byte]] = anchored
    return names
