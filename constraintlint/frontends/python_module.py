"""The module level of a Python file: what it binds, exports and imports there, without walking into functions.

Only the statements of the module and of its ``if``, ``try``, ``with``, ``for``, ``while`` and ``match`` blocks are
visited. What a statement is, is read from its own first bytes; the tree is asked where these do not tell.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from constraintlint.facts.source import Binding, Export
from constraintlint.frontends.python_branches import COMPOUND, Branches

if TYPE_CHECKING:
    from tree_sitter import Node

    from constraintlint.frontends.python_source import Positions

IMPORTS = frozenset({"import_statement", "import_from_statement", "future_import_statement"})

NAME = rb"[A-Za-z_\x80-\xff][\w\x80-\xff]*"
_HEAD = re.compile(rb"(%b)[ \t]*(=(?!=)|:(?!=)|[.\[(,])?" % NAME).match
_DEFINITION = re.compile(rb"(?:async\s+)?(def|class)\s+(%b)" % NAME).match
_ALIAS = re.compile(rb"type\s+(%b)" % NAME).match
#: after the first ``=`` of an assignment: a further target
_CHAIN = re.compile(rb"[\s\w.,*()\[\]\x80-\xff]*+=(?!=)").match
#: after ``a.b`` or ``a[b]``: a further target, beside or in a chain, that may bind a name
_TUPLE = re.compile(rb"[\w\s.\[\]'\"\x80-\xff]*+(?:,|=(?!=)[\s\w.,*()\[\]\x80-\xff]*+=(?!=))").match
_WALRUS = re.compile(rb"(%b)\s*:=" % NAME)

_TARGETS = frozenset(
    {
        "pattern_list", "tuple_pattern", "list_pattern", "list_splat_pattern", "as_pattern_target", "tuple", "list",
        "list_splat", "parenthesized_expression", "expression_list",
    }
)  # fmt: skip
_SEQUENCES = frozenset({"list", "tuple", "set", "expression_list"})
_KEEPING_CALLS = frozenset({b"list", b"tuple", b"sorted", b"set", b"frozenset"})
#: what a statement is by its first word; a word that may also be a name (``match = 1``) is looked at twice
_ROLES = {
    **dict.fromkeys((b"def", b"class"), "definition"),
    **dict.fromkeys((b"import", b"from"), "import"),
    **dict.fromkeys((b"if", b"try", b"with", b"for", b"while", b"match", b"async"), "compound"),
    **dict.fromkeys(
        (
            b"return", b"raise", b"assert", b"pass", b"break", b"continue", b"else", b"elif", b"except", b"finally",
            b"del", b"global", b"nonlocal", b"yield", b"await", b"not", b"lambda", b"None", b"True", b"False", b"case",
        ),
        "silent",
    ),
    # calls and assignments that begin with these may bind names that are written nowhere
    **dict.fromkeys((b"globals", b"locals", b"vars", b"exec", b"setattr", b"__path__"), "namespace"),
    b"__all__": "exports",
}  # fmt: skip


class ModuleLevel:
    """Collects the module level of one file.

    ``statements`` are its import statements (start, end, bits of python_branches), ``bound`` maps each name to the
    offset and kind of its first binding, ``exported`` are the entries of ``__all__`` (name, offset, module-level name).
    """

    def __init__(self, root: Node, data: bytes, branches: Branches) -> None:
        self._data = data
        self._branches = branches
        self._broken = root.has_error
        #: the statements of the module, in order
        self.tops: list[Node] = root.children
        self._pending: list[tuple[list[Node], int]] = [(self.tops, 0)]
        self.statements: list[tuple[int, int, int]] = []
        self.bound: dict[bytes, tuple[int, str]] = {}
        self.exported: list[tuple[bytes, int, bytes]] = []
        self.dynamic = False
        while self._pending:
            self._visit(*self._pending.pop())

    def bind(self, name: bytes, offset: int, kind: str) -> None:
        known = self.bound.get(name)
        if known is None or offset < known[0]:
            self.bound[name] = (offset, kind)

    def bindings(self, positions: Positions) -> list[Binding]:
        at = positions.at
        found = sorted([(offset, name, kind) for name, (offset, kind) in self.bound.items()])
        return [Binding(text(name), kind, *at(offset)) for offset, name, kind in found]

    def exports(self, positions: Positions) -> list[Export]:
        found = sorted((offset, name, local) for name, offset, local in self.exported)
        return [Export(text(name), text(local), *positions.at(offset)) for offset, name, local in found]

    def _visit(self, nodes: list[Node], bits: int) -> None:
        data = self._data
        bound = self.bound
        for node in nodes:
            start = node.start_byte
            head = _HEAD(data, start)
            if head is None:
                first = data[start : start + 1]
                if first == b"@":
                    definition = node.child_by_field_name("definition")
                    if definition is not None:
                        self._definition(definition.start_byte)
                elif first in (b"(", b"[", b"*"):
                    self._assignment(node)
                continue
            word, follow = head.groups()
            role = _ROLES.get(word)
            if role is None:
                pass
            elif role == "definition":
                self._definition(start)
                continue
            elif role == "import":
                if not self._broken or (node.type in IMPORTS and not self._is_indented(start)):
                    self.statements.append((start, node.end_byte, bits))
                continue
            elif role == "compound" and self._compound(node, word, bits):
                continue
            elif role == "exports":
                self._dunder_all(node)
            if follow == b"=":
                if word not in bound:
                    bound[word] = (start, "variable")
                    self.dynamic |= word == b"__path__"  # submodules may lie anywhere
                end = node.end_byte
                if _CHAIN(data, head.end(), end):
                    self._assignment(node)
                self._walrus(start, end)
            elif role == "silent":
                continue
            elif follow == b":":
                self.bind(word, start, "variable")
            elif word == b"type" and node.type == "type_alias_statement":
                alias = _ALIAS(data, start)
                if alias:
                    self.bind(alias[1], alias.start(1), "type")
            else:
                if role == "namespace":
                    self.dynamic = True
                if follow == b"," or (follow in (b".", b"[") and _TUPLE(data, head.end(), node.end_byte)):
                    self._assignment(node)
                self._walrus(start, node.end_byte)

    def _is_indented(self, start: int) -> bool:
        """Whether only space stands before ``start`` on its line; in a broken tree that says more than the nodes."""
        line = self._data[self._data.rfind(b"\n", 0, start) + 1 : start]
        return bool(line) and line.isspace()

    def _definition(self, start: int) -> None:
        match = _DEFINITION(self._data, start)
        if match:
            self.bind(match[2], match.start(2), "function" if match[1] == b"def" else "class")

    def _compound(self, node: Node, word: bytes, bits: int) -> bool:
        """Queue the blocks of a compound statement; False where it is none (``match = 1``)."""
        kind = node.type
        if kind not in COMPOUND:
            if kind == "function_definition":
                self._definition(node.start_byte)
                return True
            return word not in (b"match", b"async")
        blocks = self._branches.of(node)
        for block, more in blocks:
            self._pending.append((block.children, bits | more))
        if kind == "for_statement":
            target = node.child_by_field_name("left")
            if target is not None:
                self._targets(target)
        elif kind == "with_statement":
            for item in node.children[:-1]:
                if item.type == "with_clause":
                    self._inside(item, "as_pattern_target")
        elif kind == "match_statement":
            body = node.child_by_field_name("body")
            for case in [] if body is None else body.children:
                for child in case.children:
                    if child.type == "case_pattern":
                        self._inside(child, "identifier")
        start = node.start_byte
        for block, _ in blocks:  # the header of each: what stands before it
            self._walrus(start, block.start_byte)
            start = block.end_byte
        return True

    def _walrus(self, start: int, end: int) -> None:
        if self._data.find(b":=", start, end) < 0:
            return
        for match in _WALRUS.finditer(self._data, start, end):
            self.bind(match[1], match.start(1), "variable")

    def _inside(self, node: Node, kind: str) -> None:
        """Bind every target of a type at any depth below ``node``."""
        stack = [node]
        while stack:
            current = stack.pop()
            if current.type == kind:
                self._targets(current)
            else:
                stack.extend(current.named_children)

    def _assignment(self, node: Node) -> None:
        """Every name that an assignment binds, whatever the form of its targets."""
        current = node.children[0] if node.children else None
        while current is not None and current.type == "assignment":
            left = current.child_by_field_name("left")
            if left is not None:
                self._targets(left)
            current = current.child_by_field_name("right")

    def _targets(self, node: Node) -> None:
        stack = [node]
        while stack:
            current = stack.pop()
            kind = current.type
            if kind == "identifier":
                start = current.start_byte
                self.bind(self._data[start : current.end_byte], start, "variable")
            elif kind in _TARGETS:
                stack.extend(current.named_children)

    # --- __all__ ------------------------------------------------------------------------------------------------

    def _dunder_all(self, node: Node) -> None:
        """``__all__ = ...``, ``__all__ += ...`` and ``__all__.extend(...)`` and the like."""
        action = node.children[0] if node.children else None
        if action is not None and action.type in ("assignment", "augmented_assignment"):
            value = action.child_by_field_name("right")
            if value is not None:
                self._entries(value)
            return
        if action is not None and action.type == "call":
            function = action.child_by_field_name("function")
            arguments = action.child_by_field_name("arguments")
            method = self._data[function.start_byte : function.end_byte] if function is not None else b""
            given = [] if arguments is None else arguments.named_children
            if method in (b"__all__.extend", b"__all__.append") and len(given) == 1:
                self._entries(given[0])
                return
            if method in (b"__all__.sort", b"__all__.reverse"):
                return
            if method == b"__all__.remove" and len(given) == 1 and (name := self._string(given[0])):
                self.exported = [entry for entry in self.exported if entry[0] != name]
                return
        self.dynamic = True

    def _entries(self, value: Node) -> None:
        """The names in a literal value of ``__all__``; anything computed makes the module dynamic."""
        stack = [value]
        while stack:
            node = stack.pop()
            kind = node.type
            name = self._string(node)
            if name is not None:
                self.exported.append((name, node.start_byte, name))
            elif kind in _SEQUENCES or kind in ("list_splat", "parenthesized_expression"):
                stack.extend(node.named_children)
            elif kind == "binary_operator":
                stack.extend(child for child in node.children if child.is_named)
                self.dynamic |= any(not child.is_named and child.type != "+" for child in node.children)
            elif kind == "attribute":
                owner, _, last = self._data[node.start_byte : node.end_byte].rpartition(b".")
                if last == b"__all__" and re.fullmatch(NAME, owner):
                    self.exported.append((b"*", node.start_byte, owner))
                else:
                    self.dynamic = True
            elif kind == "call":
                function = node.child_by_field_name("function")
                arguments = node.child_by_field_name("arguments")
                name = b"" if function is None else self._data[function.start_byte : function.end_byte]
                if name in _KEEPING_CALLS and arguments is not None and arguments.type == "argument_list":
                    stack.extend(arguments.named_children)
                else:
                    self.dynamic = True
            elif kind != "comment" and self._data[node.start_byte : node.end_byte] != b"__all__":
                self.dynamic = True

    def _string(self, node: Node) -> bytes | None:
        """The value of a plain string literal that names something."""
        if node.type == "string" and node.named_child_count == 3:
            content = node.named_children[1]
            if content.type == "string_content" and not content.named_child_count:
                return self._data[content.start_byte : content.end_byte]
        return None


def text(name: bytes) -> str:
    """An identifier as Python compares it (NFKC, language reference 2.3)."""
    if name.isascii():
        return name.decode("ascii")
    import unicodedata

    return unicodedata.normalize("NFKC", name.decode("utf-8", "replace"))
