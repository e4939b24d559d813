"""Scopes of a Python file from its syntax tree: what each binds, deletes and reads, in the order it is evaluated.

Used for the few files in which the interpreter's own symbol table leaves a doubt, and for those it cannot read (syntax
newer than the running Python). Language reference 4.2 (naming and binding), 6.2.4 (comprehensions), 8.6 (match), PEP 695.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from tree_sitter import Node

LOAD, BIND, DELETE, CATCH = range(4)
#: why a name read in vain does not matter here, or less
GUARDED, LAZY, OLD_PYTHON, ERASED = 1, 2, 4, 8
_MAX_DEPTH = 150
_OLD = re.compile(rb"(?i)py_?[23]|version|python_?[23]")
_TYPE_CHECKING = re.compile(rb"(?:\w+\.)?TYPE_CHECKING$")
_CATCHING = re.compile(rb"\b(?:NameError|UnboundLocalError)\b")
_FUTURE = re.compile(rb"from\s+__future__\s+import[^;]*?\bannotations\b")


class TooDeep(Exception):
    """The file nests deeper than anybody writes: it is not analysed."""


class Place(NamedTuple):
    """The circumstances of an event: the loops and blocks it stands in (by their start), and flags."""

    loops: tuple[int, ...] = ()
    blocks: tuple[int, ...] = ()
    flags: int = 0


class Event(NamedTuple):
    """``order`` counts in evaluation order; ``until`` is the order at which the name of an ``except`` is unbound."""

    order: int
    kind: int
    start: int
    end: int
    place: Place
    until: list[int] | None = None


class Scope:
    """``kind``: module, class, function, comprehension, types (the parameters of a generic)."""

    __slots__ = ("events", "globals", "kind", "nonlocals", "owner", "parent")

    def __init__(self, kind: str, parent: Scope | None, owner: str) -> None:
        self.kind = kind
        self.parent = parent
        #: the class whose private names are mangled here
        self.owner = owner
        self.events: dict[str, list[Event]] = {}
        self.globals: set[str] = set()
        self.nonlocals: set[str] = set()

    def binds(self, name: str) -> bool:
        return any(event.kind != LOAD for event in self.events.get(name, ()))


class Walker:
    """All scopes of one file. Raises TooDeep."""

    def __init__(self, root: Node, data: bytes, decode: Callable[[bytes], str]) -> None:
        self.data = data
        self.decode = decode
        self.module = Scope("module", None, "")
        self.scopes = [self.module]
        self.scope = self.module
        self.place = Place()
        self.order = 0
        self.depth = 0
        #: order of the first ``from m import *``, -1 without one
        self.star = -1
        self.old_syntax = False
        self.lazy_annotations = b"__future__" in data and _FUTURE.search(data) is not None
        self.children(root)

    # --- events -------------------------------------------------------------------------------------------------

    def name_of(self, node: Node) -> str:
        name = self.decode(self.data[node.start_byte : node.end_byte])
        owner = self.scope.owner
        if owner and name.startswith("__") and not name.endswith("__"):
            stripped = owner.lstrip("_")
            return f"_{stripped}{name}" if stripped else name
        return name

    def event(
        self, node: Node, kind: int, scope: Scope | None = None, until: list[int] | None = None
    ) -> None:
        self.order += 1
        target = scope or self.scope
        name = self.name_of(node)
        event = Event(self.order, kind, node.start_byte, node.end_byte, self.place, until)
        target.events.setdefault(name, []).append(event)

    def target(self, node: Node, kind: int = BIND, until: list[int] | None = None) -> None:
        """Bind (or delete) every name of a target; what stands in its subscripts and before its dots is read."""
        stack = [node]
        while stack:
            current = stack.pop()
            what = current.type
            if what in ("identifier", "keyword_identifier"):
                self.event(current, kind, until=until)
            elif what in _PATTERNS:
                stack.extend(reversed(current.named_children))
            else:
                self.visit(current)

    # --- walking ------------------------------------------------------------------------------------------------

    def children(self, node: Node) -> None:
        for child in node.named_children:
            self.visit(child)

    def visit(self, node: Node) -> None:
        """One statement or expression. Plain expressions take no depth; what has a handler does."""
        stack = [node]
        handlers = _HANDLERS
        while stack:
            current = stack.pop()
            kind = current.type
            if kind == "identifier":
                self.event(current, LOAD)
                continue
            field = _PARTS.get(kind)
            if field is not None:
                part = current.child_by_field_name(field)
                if part is not None:
                    stack.append(part)
                continue
            handler = handlers.get(kind)
            if handler is None:
                if current.named_child_count:
                    stack.extend(reversed(current.named_children))
                continue
            if self.depth > _MAX_DEPTH:
                raise TooDeep
            self.depth += 1
            handler(self, current)
            self.depth -= 1

    def within(self, node: Node | None, *, loop: bool = False, flags: int = 0) -> None:
        """Visit a block, which is run or not run as a whole."""
        if node is None:
            return
        outer = self.place
        start = node.start_byte
        self.place = Place(
            (*outer.loops, start) if loop else outer.loops, (*outer.blocks, start), outer.flags | flags
        )
        self.visit(node)
        self.place = outer

    def enter(self, kind: str, owner: str = "") -> Scope:
        outer = self.scope
        self.scope = Scope(kind, outer, owner or outer.owner)
        self.scopes.append(self.scope)
        return outer

    # --- statements ---------------------------------------------------------------------------------------------

    def assignment(self, node: Node) -> None:
        targets: list[Node] = []
        current: Node | None = node
        while current is not None and current.type == "assignment":
            left = current.child_by_field_name("left")
            if left is not None:
                targets.append(left)
            self.annotation(current.child_by_field_name("type"), self.scope.kind == "function")
            value = current.child_by_field_name("right")
            bare = value is None
            current = value
        if current is not None:
            self.visit(current)
        for left in targets:
            # ``x: int`` makes x a name of the scope without giving it a value
            self.target(left, CATCH if bare and left.type == "identifier" else BIND, [-1] if bare else None)

    def annotation(self, node: Node | None, lazy: bool = False) -> None:
        if node is None:
            return
        outer = self.place
        if lazy or self.lazy_annotations:
            self.place = outer._replace(flags=outer.flags | LAZY)
        self.children(node)
        self.place = outer

    def augmented(self, node: Node) -> None:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is not None:
            self.visit(left)
        if right is not None:
            self.visit(right)
        if left is not None and left.type == "identifier":
            self.event(left, BIND)

    def named(self, node: Node) -> None:
        name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if value is not None:
            self.visit(value)
        if name is not None:
            scope = self.scope
            while scope.kind == "comprehension" and scope.parent is not None:
                scope = scope.parent
            self.event(name, BIND, scope)

    def for_(self, node: Node) -> None:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if right is not None:
            self.visit(right)
        outer = self.place
        self.place = Place((*outer.loops, node.start_byte), (*outer.blocks, node.start_byte), outer.flags)
        if left is not None:
            self.target(left)
        body = node.child_by_field_name("body")
        if body is not None:
            self.visit(body)
        self.place = outer
        self.within(node.child_by_field_name("alternative"))

    def while_(self, node: Node) -> None:
        outer = self.place
        self.place = outer._replace(loops=(*outer.loops, node.start_byte))
        condition = node.child_by_field_name("condition")
        if condition is not None:
            self.visit(condition)
        self.within(node.child_by_field_name("body"))
        self.place = outer
        self.within(node.child_by_field_name("alternative"))

    def if_(self, node: Node) -> None:
        condition = node.child_by_field_name("condition")
        flags = 0
        if condition is not None:
            self.visit(condition)
            text = self.data[condition.start_byte : condition.end_byte]
            flags = OLD_PYTHON if _OLD.search(text) else 0
            if _TYPE_CHECKING.match(text):
                flags |= ERASED
        for child in node.named_children:
            if child == condition or child.type == "comment":
                continue
            erased = flags if child.type == "block" else flags & ~ERASED
            self.within(child, flags=erased)

    def conditional(self, node: Node) -> None:
        parts = [child for child in node.named_children if child.type != "comment"]
        if len(parts) == 3:
            then, test, other = parts
            self.visit(test)
            flags = OLD_PYTHON if _OLD.search(self.data, test.start_byte, test.end_byte) else 0
            self.within(then, flags=flags)
            self.within(other, flags=flags)
        else:
            self.children(node)

    def boolean(self, node: Node) -> None:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is not None:
            self.visit(left)
            flags = OLD_PYTHON if _OLD.search(self.data, left.start_byte, left.end_byte) else 0
            self.within(right, flags=flags)

    def try_(self, node: Node) -> None:
        kids = node.named_children
        flags = 0
        for child in kids:
            if child.type == "except_clause":
                value = child.child_by_field_name("value")
                if value is None or _CATCHING.search(self.data, value.start_byte, value.end_byte):
                    flags = GUARDED
        for child in kids:
            if child.type == "block":
                self.within(child, flags=flags)
            elif child.type in ("except_clause", "except_group_clause"):
                self.except_(child)
            elif child.type == "finally_clause":
                self.visit(child)  # runs in any case
            else:
                self.within(child)

    def except_(self, node: Node) -> None:
        outer = self.place
        self.place = outer._replace(blocks=(*outer.blocks, node.start_byte))
        until = [0]
        for child in node.named_children:
            if child.type == "as_pattern":
                for part in child.named_children:
                    if part.type == "as_pattern_target":
                        self.target(part, CATCH, until)
                    else:
                        self.visit(part)
            else:
                self.visit(child)
        self.order += 1
        until[0] = self.order
        self.place = outer

    def as_pattern(self, node: Node) -> None:
        for part in node.named_children:
            if part.type == "as_pattern_target":
                self.target(part)
            else:
                self.visit(part)

    def delete(self, node: Node) -> None:
        for child in node.named_children:
            self.target(child, DELETE)

    def declare(self, node: Node) -> None:
        names = self.scope.globals if node.type == "global_statement" else self.scope.nonlocals
        names.update(self.name_of(child) for child in node.named_children if child.type == "identifier")

    def import_(self, node: Node) -> None:
        for child in node.named_children:
            kind = child.type
            if kind == "wildcard_import":
                self.order += 1
                self.star = self.order if self.star < 0 else self.star
            elif node.type != "import_statement" and child == node.child_by_field_name("module_name"):
                continue
            elif kind == "aliased_import":
                alias = child.child_by_field_name("alias")
                if alias is not None:
                    self.event(alias, BIND)
            elif kind == "dotted_name" and child.named_children:
                self.event(child.named_children[0], BIND)

    # --- definitions --------------------------------------------------------------------------------------------

    def function(self, node: Node) -> None:
        name = node.child_by_field_name("name")
        parameters = node.child_by_field_name("parameters")
        outer_scope, outer_place = self.scope, self.place
        self.defaults(parameters)
        if name is not None and node.type != "lambda":
            types = node.child_by_field_name("type_parameters")
            if types is not None:
                self.type_parameters(types)
            self.annotations(parameters)
            self.annotation(node.child_by_field_name("return_type"))
        self.enter("function")
        self.place = Place(flags=outer_place.flags)
        self.parameters(parameters)
        body = node.child_by_field_name("body")
        if body is not None:
            self.visit(body)
        self.scope, self.place = outer_scope, outer_place
        if name is not None and node.type != "lambda":
            self.event(name, BIND)

    def defaults(self, parameters: Node | None) -> None:
        for child in parameters.named_children if parameters is not None else ():
            if child.type in ("default_parameter", "typed_default_parameter"):
                value = child.child_by_field_name("value")
                if value is not None:
                    self.visit(value)

    def annotations(self, parameters: Node | None) -> None:
        for child in parameters.named_children if parameters is not None else ():
            if child.type in ("typed_parameter", "typed_default_parameter"):
                self.annotation(child.child_by_field_name("type"))

    def parameters(self, parameters: Node | None) -> None:
        for child in parameters.named_children if parameters is not None else ():
            kind = child.type
            if kind == "typed_parameter":
                for part in child.named_children:
                    if part.type not in ("type", "comment"):
                        self.target(part)
            elif kind in ("default_parameter", "typed_default_parameter"):
                name = child.child_by_field_name("name")
                if name is not None:
                    self.target(name)
            elif kind in ("identifier", "list_splat_pattern", "dictionary_splat_pattern", "tuple_pattern"):
                self.target(child)

    def type_parameters(self, node: Node) -> None:
        """A scope of their own around what they belong to; bounds and defaults are evaluated when asked for."""
        self.enter("types")
        outer = self.place
        for child in node.named_children:
            inner = child.named_children[0] if child.type == "type" and child.named_children else child
            if inner.type == "constrained_type":
                first, *bounds = inner.named_children
                self.type_name(first)
                self.place = outer._replace(flags=outer.flags | LAZY)
                for bound in bounds:
                    self.visit(bound)
                self.place = outer
            else:
                self.type_name(inner)

    def type_name(self, node: Node) -> None:
        while node.type != "identifier" and node.named_children:
            node = node.named_children[0]
        if node.type == "identifier":
            self.event(node, BIND)

    def class_(self, node: Node) -> None:
        name = node.child_by_field_name("name")
        outer_scope, outer_place = self.scope, self.place
        types = node.child_by_field_name("type_parameters")
        if types is not None:
            self.type_parameters(types)
        bases = node.child_by_field_name("superclasses")
        if bases is not None:
            self.visit(bases)
        self.enter("class", "" if name is None else self.decode(self.data[name.start_byte : name.end_byte]))
        self.place = Place(flags=outer_place.flags)
        body = node.child_by_field_name("body")
        if body is not None:
            self.visit(body)
        self.scope, self.place = outer_scope, outer_place
        if name is not None:
            self.event(name, BIND)

    def type_alias(self, node: Node) -> None:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        outer_scope, outer_place = self.scope, self.place
        name: Node | None = left
        while name is not None and name.type != "identifier":
            if name.type == "generic_type" and len(name.named_children) > 1:
                self.type_parameters(name.named_children[1])
            name = name.named_children[0] if name.named_children else None
        if right is not None:
            self.enter("types")
            self.place = outer_place._replace(flags=outer_place.flags | LAZY)
            self.visit(right)
        self.scope, self.place = outer_scope, outer_place
        if name is not None:
            self.event(name, BIND)

    # --- expressions --------------------------------------------------------------------------------------------

    def comprehension(self, node: Node) -> None:
        outer_scope, outer_place = self.scope, self.place
        clauses = [child for child in node.named_children if child.type in ("for_in_clause", "if_clause")]
        first = clauses[0].child_by_field_name("right") if clauses else None
        if first is not None:
            self.visit(first)
        self.enter("comprehension")
        for index, clause in enumerate(clauses):
            if clause.type == "if_clause":
                self.children(clause)
                continue
            left, right = clause.child_by_field_name("left"), clause.child_by_field_name("right")
            if index:
                for part in clause.named_children:
                    if part != left:
                        self.visit(part)
            elif right is not None:
                for part in clause.named_children:
                    if part not in (left, right):
                        self.visit(part)
            if left is not None:
                self.target(left)
        for child in node.named_children:
            if child.type not in ("for_in_clause", "if_clause"):
                self.visit(child)
        self.scope, self.place = outer_scope, outer_place

    def member_type(self, node: Node) -> None:
        if node.named_children:
            self.visit(node.named_children[0])

    def old(self, node: Node) -> None:
        self.old_syntax = True

    # --- patterns -----------------------------------------------------------------------------------------------

    def match(self, node: Node) -> None:
        for child in node.named_children:
            if child.type != "block":
                self.visit(child)
                continue
            for case in child.named_children:
                self.within(case)

    def case_name(self, node: Node) -> None:
        """``x`` captures, ``a.b`` is a value to compare with."""
        kids = node.named_children
        if len(kids) == 1:
            self.event(kids[0], BIND)
        elif kids:
            self.event(kids[0], LOAD)

    def pattern(self, node: Node) -> None:
        """A pattern of ``case`` in all its forms."""
        if self.depth > _MAX_DEPTH:
            raise TooDeep
        self.depth += 1
        kind = node.type
        kids = node.named_children
        if kind == "dotted_name":
            self.case_name(node)
        elif kind == "identifier":
            self.event(node, BIND)
        elif kind == "class_pattern" and kids:
            first = kids[0].named_children
            if first:
                self.event(first[0], LOAD)
            for child in kids[1:]:
                self.pattern(child)
        elif kind == "keyword_pattern":
            for child in kids[1:]:
                self.pattern(child)
        elif kind in ("string", "concatenated_string"):
            self.visit(node)
        else:
            for child in kids:
                self.pattern(child)
        self.depth -= 1


_PATTERNS = frozenset(
    (
        "pattern_list", "tuple_pattern", "list_pattern", "list_splat_pattern", "dictionary_splat_pattern",
        "as_pattern_target", "tuple", "list", "list_splat", "parenthesized_expression", "expression_list",
    )
)  # fmt: skip

#: of these only one part is read: the other is a name of something else
_PARTS = {"attribute": "object", "keyword_argument": "value"}

_HANDLERS: dict[str, Callable[[Walker, Node], None]] = {
    "assignment": Walker.assignment,
    "augmented_assignment": Walker.augmented,
    "named_expression": Walker.named,
    "for_statement": Walker.for_,
    "while_statement": Walker.while_,
    "if_statement": Walker.if_,
    "elif_clause": Walker.if_,
    "conditional_expression": Walker.conditional,
    "boolean_operator": Walker.boolean,
    "try_statement": Walker.try_,
    "as_pattern": Walker.as_pattern,
    "delete_statement": Walker.delete,
    "global_statement": Walker.declare,
    "nonlocal_statement": Walker.declare,
    "import_statement": Walker.import_,
    "import_from_statement": Walker.import_,
    "future_import_statement": Walker.import_,
    "function_definition": Walker.function,
    "lambda": Walker.function,
    "class_definition": Walker.class_,
    "type_alias_statement": Walker.type_alias,
    "list_comprehension": Walker.comprehension,
    "set_comprehension": Walker.comprehension,
    "dictionary_comprehension": Walker.comprehension,
    "generator_expression": Walker.comprehension,
    "member_type": Walker.member_type,
    "match_statement": Walker.match,
    "case_pattern": Walker.pattern,
    "print_statement": Walker.old,
    "exec_statement": Walker.old,
}
