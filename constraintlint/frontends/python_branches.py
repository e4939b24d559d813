"""When a statement runs: while type checking only, guarded against a missing module, in a branch, in a function."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node

#: bits that say how a statement is reached
TYPE_ONLY = 1
OPTIONAL = 2
CONDITIONAL = 4
IN_FUNCTION = 8

COMPOUND = frozenset(
    {"if_statement", "try_statement", "with_statement", "for_statement", "while_statement", "match_statement"}
)

_NAME = rb"[A-Za-z_\x80-\xff][\w\x80-\xff]*"
#: the beginning is plain text, which is ten times faster to search for
_ALIAS = re.compile(rb"TYPE_CHECKING(?:\s+as\s+(%b)|[ \t]*(?=[\r\n#]))" % _NAME)
_ASSIGNED = re.compile(rb"[ \t]*(%b)[ \t]*=[ \t]*(?:[\w.]+\.)?$" % _NAME)
#: an ``except`` clause that catches a failed import
_CATCHES = re.compile(
    rb"except[ \t]*\*?[ \t]*:|\b(?:ImportError|ModuleNotFoundError|Exception|BaseException)\b"
)
_SUPPRESSES = re.compile(
    rb"\b(?:suppress|raises|assertRaises\w*)[ \t]*\([^)]*\b(?:ImportError|ModuleNotFoundError|Exception|BaseException)\b"
)
_EXITS = re.compile(rb"(?:sys[ \t]*\.[ \t]*)?(?:exit|quit)[ \t]*\(|os[ \t]*\.[ \t]*_exit[ \t]*\(")
#: a test nested deeper than this is treated as unknown
_MAX_DEPTH = 40


class Branches:
    """The branches of compound statements of one file, each with the bits that reaching it adds."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._checking: frozenset[bytes] | None = None
        self._known: dict[int, list[tuple[Node, int]]] = {}

    def of(self, node: Node) -> list[tuple[Node, int]]:
        """The blocks of a compound statement and the bits each adds."""
        known = self._known.get(node.id)
        if known is None:
            known = self._known[node.id] = self._compute(node)
        return known

    def _compute(self, node: Node) -> list[tuple[Node, int]]:
        kind = node.type
        if kind == "if_statement":
            return self._if(node)
        if kind == "try_statement":
            return self._try(node)
        if kind == "with_statement":
            body = node.child_by_field_name("body")
            if body is None:
                return []
            header = self._data[node.start_byte : body.start_byte]
            return [(body, OPTIONAL if _SUPPRESSES.search(header) else 0)]
        if kind == "match_statement":
            body = node.child_by_field_name("body")
            cases = [] if body is None else [child for child in body.children if child.type == "case_clause"]
            blocks = [case.child_by_field_name("consequence") for case in cases]
            return [(block, CONDITIONAL) for block in blocks if block is not None]
        return self._plain(node)

    def _plain(self, node: Node) -> list[tuple[Node, int]]:
        """``for`` and ``while`` with their ``else``."""
        found: list[tuple[Node, int]] = []
        for child in node.children:
            block = child if child.type == "block" else _block(child) if child.type == "else_clause" else None
            if block is not None:
                found.append((block, 0))
        return found

    def _if(self, node: Node) -> list[tuple[Node, int]]:
        found: list[tuple[Node, int]] = []
        certain = True  # every test so far is known to be false at run time
        taken = False  # a test so far is known to be true at run time: what follows never runs
        clauses = [node, *(child for child in node.children if child.type in ("elif_clause", "else_clause"))]
        for clause in clauses:
            test = clause.child_by_field_name("condition")
            value = True if clause.type == "else_clause" else None if test is None else self._truth(test)
            if taken or value is False:
                bits = TYPE_ONLY
            else:
                bits = 0 if certain and value else CONDITIONAL
            if value:
                taken = True
            elif value is None:
                certain = False
            block = clause.child_by_field_name("consequence") or _block(clause)
            if block is not None:
                found.append((block, bits))
        return found

    def _try(self, node: Node) -> list[tuple[Node, int]]:
        found: list[tuple[Node, int]] = []
        body: Node | None = None
        guarded: bool | None = None
        for child in node.children:
            kind = child.type
            if kind == "block":
                body = child
            elif kind.startswith("except"):
                block = _block(child)
                end = child.end_byte if block is None else block.start_byte
                if guarded is None and _CATCHES.search(self._data, child.start_byte, end):
                    # the first handler that matches decides; one that gives up again leaves the import required
                    guarded = block is None or not self._gives_up(block)
                if block is not None:
                    found.append((block, CONDITIONAL))
            elif kind in ("else_clause", "finally_clause"):
                block = _block(child)
                if block is not None:
                    found.append((block, CONDITIONAL if guarded and kind == "else_clause" else 0))
        if body is not None:
            found.insert(0, (body, OPTIONAL if guarded else 0))
        return found

    def _gives_up(self, block: Node) -> bool:
        statements = [child for child in block.children if child.is_named and child.type != "comment"]
        if not statements:
            return False
        last = statements[-1]
        return last.type == "raise_statement" or bool(_EXITS.match(self._data, last.start_byte))

    def _truth(self, test: Node) -> bool | None:
        """The value of a test at run time, where ``TYPE_CHECKING`` is False; None where it is not known."""
        text = self._data[test.start_byte : test.end_byte]
        if text in (b"False", b"0", b"None"):
            return False
        if text in (b"True", b"1"):
            return True
        if self._checking is None:
            self._checking = frozenset({b"TYPE_CHECKING", b"MYPY", *self._aliases()})
        if not any(name in text for name in self._checking):
            return None
        return self._evaluate(test, 0)

    def _aliases(self) -> list[bytes]:
        """Other names of TYPE_CHECKING: ``import ... as name`` and ``name = TYPE_CHECKING``."""
        data = self._data
        found = []
        for match in _ALIAS.finditer(data):
            start = match.start()
            assigned = None if match[1] else _ASSIGNED.match(data, data.rfind(b"\n", 0, start) + 1, start)
            if match[1] or assigned:
                found.append(match[1] or (assigned or match)[1])
        return found

    def _evaluate(self, node: Node, depth: int) -> bool | None:
        kind = node.type
        if depth > _MAX_DEPTH:
            return None
        if kind in ("identifier", "attribute"):
            text = self._data[node.start_byte : node.end_byte]
            assert self._checking is not None
            name = text.rpartition(b".")[2].strip()
            known = name in self._checking if kind == "identifier" else name in (b"TYPE_CHECKING", b"MYPY")
            return False if known else None
        if kind in ("true", "false", "none"):
            return kind == "true"
        if kind == "integer":
            return self._data[node.start_byte : node.end_byte] != b"0"
        operands = [child for child in node.named_children if child.type != "comment"]
        if kind == "parenthesized_expression" and len(operands) == 1:
            return self._evaluate(operands[0], depth + 1)
        if kind == "not_operator" and len(operands) == 1:
            value = self._evaluate(operands[0], depth + 1)
            return None if value is None else not value
        if kind == "boolean_operator" and len(operands) == 2:
            operator = node.child_by_field_name("operator")
            left, right = (self._evaluate(operand, depth + 1) for operand in operands)
            decisive = operator is not None and operator.type == "or"
            if left is decisive or right is decisive:
                return decisive
            return None if left is None or right is None else not decisive
        return None


def _block(clause: Node) -> Node | None:
    """The block of an ``elif``, ``else``, ``except`` or ``finally`` clause."""
    return next((child for child in reversed(clause.children) if child.type == "block"), None)
