"""Module specifiers that are computed from constants, and what the code takes from a module once it is loaded."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from constraintlint.facts.source import ImportedName
from constraintlint.frontends.ecmascript_clauses import string_value
from constraintlint.frontends.ecmascript_declarations import pattern_keys
from constraintlint.frontends.ecmascript_source import Source, arguments_of

if TYPE_CHECKING:
    from tree_sitter import Node as Syntax

#: stands for the directory of the file while a specifier is put together
_HERE = "\x01"
_MAX_DEPTH = 30
_HERE_NAMES = frozenset(("__dirname", "import.meta.dirname"))
_TRANSPARENT = frozenset(
    ("parenthesized_expression", "as_expression", "satisfies_expression", "non_null_expression")
)
#: helpers of compilers around ``require()`` that pass the module on
_INTEROP = re.compile(
    r"(?:^|[._])(?:_?_importDefault|_?_importStar|interopRequire(?:Default|Wildcard)|__toESM)$"
)


def static_specifier(source: Source, node: Syntax) -> str | None:
    """The specifier an expression gives, where it is the same whenever it runs.

    Strings, templates and ``+`` of such, and paths built from the file's own directory with ``path.join`` or
    ``path.resolve``.
    """
    text = _text(source, node, 0)
    if text is None or _HERE not in text:
        return text
    rest = text[1:]
    return "." + rest if text[0] == _HERE and _HERE not in rest and rest[:1] in ("", "/") else None


def _text(source: Source, node: Syntax, depth: int) -> str | None:
    if depth > _MAX_DEPTH:
        return None
    kind = node.type
    if kind == "string":
        return string_value(source.data[node.start_byte + 1 : node.end_byte - 1])
    if kind == "template_string":
        return _template(source, node, depth)
    if kind in ("identifier", "member_expression"):
        return _HERE if source.text(node) in _HERE_NAMES else None
    if kind == "binary_expression":
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        operator = node.child_by_field_name("operator")
        if left is None or right is None or operator is None or operator.type != "+":
            return None
        first, second = _text(source, left, depth + 1), _text(source, right, depth + 1)
        return first + second if first is not None and second is not None else None
    if kind in _TRANSPARENT:
        inner = node.named_child(0)
        return _text(source, inner, depth + 1) if inner is not None else None
    if kind == "call_expression":
        return _path_call(source, node, depth)
    return None


def _template(source: Source, node: Syntax, depth: int) -> str | None:
    parts: list[str] = []
    for child in node.named_children:
        if child.type == "template_substitution":
            inner = child.named_child(0)
            value = _text(source, inner, depth + 1) if inner is not None else None
            if value is None:
                return None
            parts.append(value)
        else:
            parts.append(string_value(source.data[child.start_byte : child.end_byte]))
    return "".join(parts)


def _path_call(source: Source, node: Syntax, depth: int) -> str | None:
    """``path.join(__dirname, ...)``, ``path.resolve(__dirname, ...)``, ``require.resolve("m")``."""
    callee = node.child_by_field_name("function")
    if callee is None:
        return None
    name = source.text(callee)
    if name != "require.resolve" and name.rpartition(".")[2] not in ("join", "resolve"):
        return None
    values = [_text(source, argument, depth + 1) for argument in arguments_of(node)]
    if name == "require.resolve":
        return values[0] if values else None
    parts = [value for value in values if value is not None]
    if not parts or len(parts) != len(values) or not parts[0].startswith(_HERE):
        return None
    path = posixpath.normpath("/".join(["." + parts[0][1:], *parts[1:]]))
    return f"{_HERE}/{path}"


class Taken:
    """What the code around a loaded module takes from it: the module itself, or names of it."""

    __slots__ = ("local", "names", "optional")

    def __init__(self) -> None:
        self.local = ""
        self.names: tuple[ImportedName, ...] = ()
        self.optional = False


def taken(source: Source, chain: list[Syntax], promised: bool) -> Taken:
    """What is taken from the call at the end of ``chain``. ``promised`` where the call gives a promise of the module."""
    result = Taken()
    index = len(chain) - 1
    while index > 0:
        node, parent = chain[index], chain[index - 1]
        kind = parent.type
        if kind == "await_expression":
            promised = False
        elif kind == "arguments":
            if index < 2 or not _passes_on(source, chain[index - 2]):
                break
            index -= 1
        elif kind == "member_expression":
            if promised:
                _then(source, chain, index, result)
            else:
                _property(source, chain, index, parent, result)
            break
        elif kind == "variable_declarator":
            target = parent.child(0)
            if target is not None and target != node and not promised:
                _bind(source, target, result)
            break
        elif kind == "assignment_expression":
            left = parent.child_by_field_name("left")
            if left is not None and left.type == "identifier" and not promised:
                result.local = source.text(left)
            break
        elif kind not in _TRANSPARENT:
            break
        index -= 1
    return result


def _bind(source: Source, target: Syntax, result: Taken) -> None:
    if target.type == "identifier":
        result.local = source.text(target)
    elif target.type == "object_pattern":
        result.names = tuple(
            source.name(name, local, start, end) for name, local, start, end in pattern_keys(source, target)
        )


def _passes_on(source: Source, call: Syntax) -> bool:
    callee = call.child_by_field_name("function")
    return callee is not None and _INTEROP.search(source.text(callee)) is not None


def _property(source: Source, chain: list[Syntax], index: int, member: Syntax, result: Taken) -> None:
    """``require("m").name``, bound or not."""
    name = member.child_by_field_name("property")
    if name is None or name.type != "property_identifier" or name == chain[index]:
        return
    local = ""
    above = chain[index - 2] if index > 1 else None
    if above is not None and above.type == "variable_declarator":
        target = above.child(0)
        if target is not None and target.type == "identifier":
            local = source.text(target)
    result.names = (source.name(source.text(name), local, name.start_byte, name.end_byte),)


def _then(source: Source, chain: list[Syntax], index: int, result: Taken) -> None:
    """``import("m").then(({ a }) => ...)``, ``.then((m) => m.a)``, ``.catch(...)``."""
    while (
        index > 1
        and chain[index - 1].type == "member_expression"
        and chain[index - 2].type == "call_expression"
    ):
        member, call = chain[index - 1], chain[index - 2]
        method = member.child_by_field_name("property")
        if method is None:
            return
        name = source.text(method)
        handlers = arguments_of(call)
        if name == "catch" or (name == "then" and len(handlers) > 1):
            result.optional = True
        if name == "then" and handlers and not result.names:
            _callback(source, handlers[0], result)
        index -= 2


def _callback(source: Source, function: Syntax, result: Taken) -> None:
    parameters = function.child_by_field_name("parameters")
    parameter = (
        parameters.named_child(0) if parameters is not None else function.child_by_field_name("parameter")
    )
    if parameter is not None and parameter.type == "required_parameter":
        parameter = parameter.child_by_field_name("pattern")
    if parameter is None:
        return
    if parameter.type == "object_pattern":
        _bind(source, parameter, result)
        return
    body = function.child_by_field_name("body")
    if body is None or body.type != "member_expression":
        return
    owner, name = body.child_by_field_name("object"), body.child_by_field_name("property")
    if owner is not None and name is not None and source.text(owner) == source.text(parameter):
        result.names = (source.name(source.text(name), "", name.start_byte, name.end_byte),)
