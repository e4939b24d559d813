"""What a CommonJS module exports: ``module.exports``, ``exports`` and the helpers compilers write for them.

Every use of the exports object that is not understood sets ``dynamic_names``: then no name can be said to be missing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from constraintlint.frontends.ecmascript_clauses import string_value
from constraintlint.frontends.ecmascript_source import FUNCTIONS, Source, arguments_of
from constraintlint.frontends.ecmascript_static import static_specifier

if TYPE_CHECKING:
    from tree_sitter import Node as Syntax

_EXPORTS = re.compile(rb"exports\b")
_PARAMETERS = frozenset(("formal_parameters", "required_parameter"))
#: uses that take no name away and add none
_READS = frozenset(
    (
        "unary_expression",
        "binary_expression",
        "spread_element",
        "parenthesized_expression",
        "ternary_expression",
    )
)
_WRAPPERS = frozenset(
    ("parenthesized_expression", "as_expression", "satisfies_expression", "non_null_expression")
)
_MAX_DEPTH = 20


def read_exports(source: Source) -> bool:
    """Fill the exports; True where the file has any."""
    uses = _Uses(source)
    found = uses.read(_EXPORTS, len(b"exports"))
    done: set[str] = set()
    while uses.aliases - done:
        name = min(uses.aliases - done)
        done.add(name)
        encoded = name.encode()
        uses.read(re.compile(re.escape(encoded) + rb"\b"), len(encoded), name)
    return found


class _Uses:
    """Reads every use of the exports object, and of the variables that are it too."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.aliases: set[str] = set()
        """names of variables bound to the exports object"""

    def read(self, pattern: re.Pattern[bytes], size: int, alias: str = "") -> bool:
        source = self.source
        root = source.root
        found = False
        shadows: list[tuple[int, int]] = []
        for start in source.words(pattern):
            node = root.descendant_for_byte_range(start, start + size)
            while shadows and shadows[-1][1] <= start:
                shadows.pop()
            if node is None or shadows:
                continue
            target = (
                _exports_object(source, node) if not alias else node if node.type == "identifier" else None
            )
            parent = target.parent if target is not None else None
            if target is None or parent is None:
                continue
            if parent.type in _PARAMETERS:
                shadow = _function_of(parent)
                if shadow is not None:
                    shadows.append(shadow.byte_range)
                continue
            found |= self.use(target, parent)
        return found

    def use(self, target: Syntax, parent: Syntax) -> bool:
        """Read one use; True where it exports something."""
        source = self.source
        kind = parent.type
        if kind == "member_expression" and parent.start_byte == target.start_byte:
            name = parent.child_by_field_name("property")
            return name is not None and _assigned(source, parent, source.text(name), name.start_byte)
        if kind == "subscript_expression" and parent.start_byte == target.start_byte:
            return _subscript(source, parent)
        if kind == "assignment_expression":
            return self.assignment(target, parent)
        if kind == "arguments":
            return _argument(source, target, parent)
        if kind in _READS:
            return False
        if kind == "variable_declarator" and parent.child(0) != target:
            name = parent.child(0)
            if name is not None and name.type == "identifier":
                self.aliases.add(source.text(name))
            return True
        if kind in ("import_specifier", "export_specifier", "variable_declarator"):
            return False  # a name of its own
        source.dynamic_names = True
        return kind in ("pair", "return_statement")

    def assignment(self, target: Syntax, assignment: Syntax) -> bool:
        source = self.source
        left = assignment.child(0)
        if left != target:
            if left is not None and source.text(left) not in ("exports", "module.exports"):
                if left.type == "identifier":
                    self.aliases.add(source.text(left))
                else:
                    source.dynamic_names = True
            return False
        if target.type == "identifier":
            return False  # ``exports = ...`` alone exports nothing
        outer = assignment.parent
        while outer is not None and outer.type == "assignment_expression":
            outer = outer.parent
        if outer is not None and outer.type == "variable_declarator":
            name = outer.child(0)
            if name is not None and name.type == "identifier":
                self.aliases.add(source.text(name))
        value = _final_value(assignment)
        if value is not None:
            self.whole(value, target.start_byte, 0)
        return True

    def whole(self, value: Syntax, at: int, depth: int) -> None:
        """``module.exports = value``"""
        source = self.source
        kind = value.type
        if depth > _MAX_DEPTH:
            source.dynamic_names = True
        elif kind in _WRAPPERS:
            inner = value.named_child(0)
            if inner is not None:
                self.whole(inner, at, depth + 1)
        elif kind == "object":
            source.add_export("default", "", at)
            _members(source, value)
        elif kind == "ternary_expression":
            for field in ("consequence", "alternative"):
                branch = value.child_by_field_name(field)
                if branch is not None:
                    self.whole(branch, at, depth + 1)
        elif (specifier := _required(source, value)) is not None:
            source.add_export("*", "", at, specifier, "*")
        elif kind == "identifier":
            self.named(source.text(value), at)
        elif kind == "call_expression" and _callee(source, value) == "Object.freeze":
            frozen = next(iter(arguments_of(value)), None)
            if frozen is not None:
                self.whole(frozen, at, depth + 1)
        else:
            source.add_export("default", "", at)
            source.dynamic_names = True

    def named(self, name: str, at: int) -> None:
        """``module.exports = name``"""
        source = self.source
        source.add_export("default", name, at)
        specifier = _module_of(source, name)
        members = _object_of(source, name) if specifier is None else None
        if specifier is not None:
            source.add_export("*", "", at, specifier, "*")
        elif members is not None:
            _members(source, members)
        else:
            source.dynamic_names = True
        self.aliases.add(name)


def _subscript(source: Source, member: Syntax) -> bool:
    """``exports["name"] = value``; a computed name can be any."""
    index = member.child_by_field_name("index")
    if index is not None and index.type == "string":
        name = string_value(source.data[index.start_byte + 1 : index.end_byte - 1])
        return _assigned(source, member, name, index.start_byte)
    above = member.parent
    if (
        above is None
        or not above.type.endswith("assignment_expression")
        or above.start_byte != member.start_byte
    ):
        return False
    source.dynamic_names = True
    return True


def _exports_object(source: Source, node: Syntax) -> Syntax | None:
    """The expression for the exports object at the word ``exports``: itself, ``module.exports``, ``module["exports"]``."""
    if node.type == "identifier":
        return node
    if node.type == "property_identifier":
        member = node.parent
        return member if member is not None and source.text(member) == "module.exports" else None
    if node.type == "string_fragment" and node.parent is not None:
        member = node.parent.parent
        if member is not None and member.type == "subscript_expression":
            owner = member.child_by_field_name("object")
            return member if owner is not None and source.text(owner) == "module" else None
    return None


def _function_of(node: Syntax) -> Syntax | None:
    current: Syntax | None = node
    for _ in range(4):
        if current is None or current.type in FUNCTIONS:
            return current
        current = current.parent
    return None


def _assigned(source: Source, member: Syntax, name: str, at: int) -> bool:
    """``exports.name = value``"""
    above = member.parent
    if above is None or above.type != "assignment_expression" or above.child(0) != member:
        return False
    _export_value(source, name, _final_value(above), at)
    return True


def _final_value(assignment: Syntax) -> Syntax | None:
    """The last value of ``a = b = value``."""
    value = assignment.child_by_field_name("right")
    while value is not None and value.type == "assignment_expression":
        value = value.child_by_field_name("right")
    return value


def _members(source: Source, value: Syntax) -> None:
    """The properties of an object literal."""
    for child in value.named_children:
        kind = child.type
        if kind == "shorthand_property_identifier":
            name = source.text(child)
            source.add_export(name, name, child.start_byte)
        elif kind in ("pair", "method_definition"):
            key = child.child_by_field_name("key" if kind == "pair" else "name")
            if key is None or key.type == "computed_property_name":
                source.dynamic_names = True
                continue
            name = source.text(key)
            if key.type == "string":
                name = string_value(source.data[key.start_byte + 1 : key.end_byte - 1])
            _export_value(source, name, child.child_by_field_name("value"), key.start_byte)
        elif kind == "spread_element":
            inner = child.named_child(0)
            specifier = _required(source, inner) if inner is not None else None
            if specifier is None and inner is not None and inner.type == "identifier":
                specifier = _module_of(source, source.text(inner))
            if specifier is None:
                source.dynamic_names = True
            else:
                source.add_export("*", "", child.start_byte, specifier, "*")


def _export_value(source: Source, name: str, value: Syntax | None, at: int) -> None:
    """One exported name and what stands behind it."""
    if value is None:
        source.add_export(name, "", at)
    elif value.type == "identifier":
        source.add_export(name, source.text(value), at)
    elif (specifier := _required(source, value)) is not None:
        source.add_export(name, "", at, specifier, "*")
    elif value.type == "member_expression" and (taken := _member_of_module(source, value)) is not None:
        source.add_export(name, "", at, *taken)
    else:
        source.add_export(name, "", at)


def _argument(source: Source, target: Syntax, arguments: Syntax) -> bool:
    """``Object.defineProperty(exports, "x", ...)``, ``__exportStar(require("m"), exports)``, ``Object.assign(exports, ...)``."""
    call = arguments.parent
    callee = _callee(source, call) if call is not None else ""
    values = arguments_of(call) if call is not None else []
    if not values:
        return False
    if (
        callee == "Object.defineProperty"
        and len(values) > 1
        and values[0] == target
        and values[1].type == "string"
    ):
        name = string_value(source.data[values[1].start_byte + 1 : values[1].end_byte - 1])
        getter = _getter(source, values[2]) if len(values) > 2 else None
        source.add_export(name, "", values[1].start_byte, *(getter or ("", "")))
        return True
    if callee.rpartition(".")[2] == "__exportStar" and values[-1] == target:
        specifier = _required(source, values[0])
        if specifier is None and values[0].type == "identifier":
            specifier = _module_of(source, source.text(values[0]))
        if specifier is not None:
            source.add_export("*", "", arguments.start_byte, specifier, "*")
            return True
    elif callee == "Object.assign" and values[0] == target:
        for value in values[1:]:
            specifier = _required(source, value)
            if value.type == "object":
                _members(source, value)
            elif specifier is not None:
                source.add_export("*", "", value.start_byte, specifier, "*")
            else:
                source.dynamic_names = True
        return True
    source.dynamic_names = True
    return callee.startswith("__")


def _getter(source: Source, descriptor: Syntax) -> tuple[str, str] | None:
    """The module and name that ``{ get: function () { return m.x; } }`` passes on."""
    for pair in descriptor.named_children:
        key = pair.child_by_field_name("key")
        if pair.type != "pair" or key is None or source.text(key) != "get":
            continue
        function = pair.child_by_field_name("value")
        body = function.child_by_field_name("body") if function is not None else None
        if body is not None and body.type == "statement_block":
            first = body.named_child(0)
            body = first.named_child(0) if first is not None and first.type == "return_statement" else None
        if body is not None and body.type == "member_expression":
            return _member_of_module(source, body)
    return None


def _member_of_module(source: Source, member: Syntax) -> tuple[str, str] | None:
    """``m.x`` or ``require("m").x``: the module and the name."""
    owner, name = member.child_by_field_name("object"), member.child_by_field_name("property")
    if owner is None or name is None or name.type != "property_identifier":
        return None
    specifier = _required(source, owner)
    if specifier is None and owner.type == "identifier":
        specifier = _module_of(source, source.text(owner))
    return (specifier, source.text(name)) if specifier is not None else None


def _callee(source: Source, call: Syntax) -> str:
    callee = call.child_by_field_name("function")
    return source.text(callee) if callee is not None else ""


def _required(source: Source, node: Syntax) -> str | None:
    """The specifier of ``require("m")``."""
    if node.type != "call_expression" or _callee(source, node) != "require":
        return None
    argument = next(iter(arguments_of(node)), None)
    return static_specifier(source, argument) if argument is not None else None


def _module_of(source: Source, local: str) -> str | None:
    """The specifier of the module bound to a local name."""
    for item in source.imports:
        if item.local == local and not item.in_function:
            return item.specifier
    return None


def _object_of(source: Source, local: str) -> Syntax | None:
    """The object literal a module-level name is bound to."""
    for node in source.root.children:
        if node.type in ("lexical_declaration", "variable_declaration"):
            for child in node.named_children:
                name = child.child_by_field_name("name")
                if name is not None and name.type == "identifier" and source.text(name) == local:
                    value = child.child_by_field_name("value")
                    return value if value is not None and value.type == "object" else None
    return None
