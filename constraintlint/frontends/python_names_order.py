"""Names of a scope that are read before they have a value, on every path.

``Doubts`` looks at the text first: nearly always the first place a local stands at is an assignment, and that can be seen
without a tree. ``certainly_unbound`` decides on the events of a scope.
"""

from __future__ import annotations

import re
from functools import cache, cached_property
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from constraintlint.frontends.python_names_builtins import BUILTINS
from constraintlint.frontends.python_names_scopes import BIND, CATCH, DELETE, Event
from constraintlint.frontends.python_parts import after_block, indent_of
from constraintlint.frontends.python_source import parse, parse_part

if TYPE_CHECKING:
    from tree_sitter import Node

_WORD_BYTES = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") | frozenset(
    range(128, 256)
)
_WORDS = frozenset(bytes((byte,)) for byte in _WORD_BYTES)
_NOT_BEFORE = _WORD_BYTES | frozenset(b".")
_UNNAMED = frozenset(
    ("lambda", "listcomp", "setcomp", "dictcomp", "genexpr", "<lambda>", "<listcomp>", "<genexpr>")
)
_SIGN = b" = "
_BINDING_WORDS = (b" as ", b"import ", b" def ", b"\ndef ", b"class ")
_LOOPS = re.compile(rb"[ \t]*(?:async[ \t]+)?for[ \t]+([\w, \t()*]+?)[ \t]+in\b").match
_TUPLE = re.compile(rb"[ \t]*[\w, \t()*]+=(?!=)").match
_QUOTES = frozenset(b"'\"")
_KEYWORD = re.compile(rb"=(?!=)").match
_IMPORT_LINE = re.compile(rb"[ \t]*(?:from[ \t]+[\w.]+[ \t]+)?import[ \t]+[\w, \t]*\Z").match
_HEADER_END = re.compile(rb":[ \t]*(?:#[^\n]*)?\r?\n")
_DOCSTRING = re.compile(rb"\s*[rRuU]?(\"\"\"|''')")
#: a comment that begins on the line before a place, with no string before it
_COMMENTED = re.compile(rb"[^\n#'\"]*#").match
#: plain strings that end where they begin, and one that is open; prefixes and escapes are for the tree
_STRINGS = re.compile(rb"""(?<![\w"'])(?:"[^"'\\\n]*"(?!")|'[^"'\\\n]*'(?!'))""").sub
_QUOTED = re.compile(rb"""[^"'#\\\x80-\xff]*(?<![\w"'])(?:"[^"'\\]*|'[^"'\\]*)\Z""").match
_BRACKETS = frozenset(b"([{")
_OPEN = frozenset(b"([{,\\+-*/%&|=<>")
_DELETES = re.compile(rb"del[ \t(]+([A-Za-z_\x80-\xff][^\n#;]*)")
_CATCHES = re.compile(rb"except\b[^\n:]*?\bas\s+([\w\x80-\xff]+)\s*:")
_PLAIN = re.compile(rb"(?<![\w.\[\x80-\xff])([A-Za-z_\x80-\xff][\w\x80-\xff]*)(?=\s*[,)]|\s*$)")
_HOLDERS = frozenset(
    (
        "pattern_list", "tuple_pattern", "list_pattern", "list_splat_pattern", "as_pattern_target", "tuple", "list",
        "list_splat", "parenthesized_expression", "expression_list",
    )
)  # fmt: skip
_SCOPES = frozenset(
    (
        "function_definition", "lambda", "class_definition", "list_comprehension", "set_comprehension",
        "dictionary_comprehension", "generator_expression",
    )
)  # fmt: skip
_BINDERS = frozenset(
    ("import_statement", "import_from_statement", "aliased_import", "as_pattern_target", "case_pattern")
)


def certainly_unbound(load: Event, events: list[Event]) -> bool:
    """Whether no binding of the name can have been executed, and still hold, when ``load`` is."""
    blocks = load.place.blocks
    deletes = [
        event
        for event in events
        if event.kind == DELETE
        and event.order < load.order
        and event.place.blocks == blocks[: len(event.place.blocks)]
    ]
    for bind in events:
        if bind.kind not in (BIND, CATCH):
            continue
        if bind.until is not None and not bind.order < load.order <= bind.until[0]:
            continue
        if bind.order < load.order:
            if not any(bind.order < delete.order for delete in deletes):
                return False
            continue
        shared = set(load.place.loops).intersection(bind.place.loops)
        if shared and not any(shared <= set(delete.place.loops) for delete in deletes):
            return False
    return True


class Doubts:
    """Whether a name of a file may be read before it is bound; asked for most files, so in a hurry.

    ``scopes`` are entries of the interpreter's symbol table, the module first.
    """

    def __init__(self, text: bytes, root: Node | None, scopes: list[Any], known: bool) -> None:
        self.text = text
        if root is not None:
            self.root = root
        self.scopes = scopes
        self.known = known
        self._functions: dict[int, Node] = {}

    @cached_property
    def root(self) -> Node:
        return parse(self.text)[1].root_node

    @cached_property
    def _line_ends(self) -> list[int]:
        """The bytes before the end of each line, line breaks not counted: quicker to have than where lines start."""
        return list(accumulate(map(len, self.text.split(b"\n"))))

    def _start(self, line: int) -> int:
        """Where a line (from 1) starts."""
        return self._line_ends[line - 2] + line - 1 if line > 1 else 0

    def _tree(self, line: int) -> Node:
        """A tree that holds the function that begins on ``line``, of that function alone where it can be cut out; of the
        file for the module (0)."""
        if not line or "root" in self.__dict__:
            return self.root
        known = self._functions.get(line)
        if known is None:
            known = self._functions[line] = self._cut_out(line) or self.root
        return known

    def _cut_out(self, line: int) -> Node | None:
        text = self.text
        begin = self._start(line)
        start = begin + indent_of(text, begin)
        following = after_block(start - begin).search(text, start)
        tree = parse_part(text, start, line - 1, len(text) if following is None else following.start())
        root = tree.root_node
        return None if root.has_error or root.child_count != 1 else root

    def any(self) -> bool:
        if self.known:
            return True
        return self._locals() or self._deleted() or self._caught()

    def _locals(self) -> bool:
        import _symtable  # type: ignore[import-not-found, unused-ignore]

        text = self.text
        local = _symtable.DEF_LOCAL | _symtable.DEF_IMPORT
        parameter = _symtable.DEF_PARAM
        use = _symtable.USE
        other = _symtable.DEF_GLOBAL | _symtable.DEF_NONLOCAL
        globals_: set[str] = set()
        top, *inner = self.scopes
        function = _symtable.TYPE_FUNCTION
        for scope in inner:
            if scope.type != function or scope.name in _UNNAMED:
                continue
            start = line = -1
            for name, flags in scope.symbols.items():
                if flags & local and not flags & parameter:
                    if flags & other:
                        if flags & _symtable.DEF_GLOBAL:
                            globals_.add(name)
                        continue
                    if start < 0:
                        line = scope.lineno
                        start = self._after_docstring(self._start(line))
                    if not self._clean(name, start, line):
                        return True
        if b" import *" in text or b"import*" in text:
            return False
        for name, flags in top.symbols.items():
            if (
                flags & use
                and flags & local
                and name not in BUILTINS
                and name not in globals_
                and not self._clean(name, 0, 0)
            ):
                return True
        return False

    def _clean(self, name: str, start: int, line: int) -> bool:
        """Whether the first time the scope at ``start`` says ``name`` it binds it."""
        text = self.text
        word = name.encode()
        size = len(word)
        position = text.find(word, start)
        while position >= 0:
            end = position + size
            before = text[position - 1] if position else 10
            if before in _NOT_BEFORE or text[end : end + 1] in _WORDS:
                position = text.find(word, end)
                continue
            if before in _QUOTES and text[end] == before:
                position = text.find(word, end)  # a string of its own
                continue
            begin = text.rfind(b"\n", 0, position) + 1
            if text.startswith(_SIGN, end) and (begin == position or text[begin:position].isspace()):
                stop = text.find(b"\n", end)
                if stop > 0 and text[stop - 1] not in _OPEN and text.find(word, end, stop) < 0:
                    return True  # by far the most
                if not self._in_value(word, end + len(_SIGN), begin):
                    return True
            elif self._is_quoted(begin, position):
                position = text.find(word, end)
                continue
            elif text.endswith(_BINDING_WORDS, 0, position) or self._is_imported(begin, position):
                return True
            elif (loop := _LOOPS(text, begin)) is not None and position < loop.end(1):
                if position >= loop.start(1) and not self._in_value(word, loop.end(1), begin):
                    return True
            elif (pair := _TUPLE(text, begin)) is not None and position < pair.end():
                if not self._in_value(word, pair.end(), begin):
                    return True
            elif text.find(b"#", begin, position) >= 0 and _COMMENTED(text, begin, position):
                position = text.find(word, text.find(b"\n", position) + 1 or len(text))
                continue
            role, end = self._role(position, end, line)
            if role == "bind":
                return True
            if role == "load":
                return False
            position = text.find(word, end)
        return line == 0 or not name.isascii() or name.startswith("_")

    def _is_imported(self, begin: int, position: int) -> bool:
        """Whether a place on the line that starts at ``begin`` stands among the names of an import statement."""
        text = self.text
        if _IMPORT_LINE(text, begin, position):
            return True
        opened = text.rfind(b"(", 0, position)
        return text.endswith(b" import ", 0, opened) and text.find(b")", opened, position) < 0

    def _after_docstring(self, start: int) -> int:
        """Where a function that begins at ``start`` begins to do something."""
        header = _HEADER_END.search(self.text, start)
        opened = _DOCSTRING.match(self.text, header.end()) if header is not None else None
        if opened is None:
            return start
        closed = self.text.find(opened[1], opened.end())
        return closed + 3 if closed >= 0 else start

    def _in_value(self, word: bytes, start: int, begin: int) -> bool:
        """Whether the name may be read in the value that starts at ``start``, in a statement whose line starts at ``begin``."""
        text = self.text
        stop = self._end_of_value(start, begin)
        position = text.find(word, start, stop)
        while position >= 0:
            end = position + len(word)
            before = text[position - 1]
            if (
                before not in _NOT_BEFORE
                and text[end : end + 1] not in _WORDS
                and not (before in _QUOTES and text[end] == before)  # a string of its own
                and not _KEYWORD(text, end)
                and not self._is_quoted(text.rfind(b"\n", 0, position) + 1, position)
            ):
                return True
            position = text.find(word, end, stop)
        return False

    def _end_of_value(self, start: int, begin: int) -> int:
        """Where the value that starts at ``start`` ends, or a place behind it; its statement's line starts at ``begin``."""
        text = self.text
        stop = text.find(b"\n", start)
        if stop < 0:
            return len(text)
        if text[stop - 1] not in _OPEN:
            return stop
        indent = indent_of(text, begin)
        following = after_block(indent).search(text, stop)
        last = len(text) if following is None else following.start()
        while text[stop - 1] in _BRACKETS:
            closing = _closed_at(indent).search(text, stop, last)
            if closing is None:
                return last
            stop = closing.end()
        return last if text[stop - 1] in _OPEN else stop

    def _is_quoted(self, begin: int, position: int) -> bool:
        """Whether a place on the line that starts at ``begin`` certainly stands in a plain string of that line."""
        before = self.text[begin:position]
        if b'"' not in before and b"'" not in before:
            return False
        opened = _QUOTED(_STRINGS(b"", before))
        return opened is not None

    def _role(self, start: int, end: int, line: int) -> tuple[str, int]:
        """What an occurrence is to the function that begins on ``line`` (0: the module): ``bind``, ``load`` or
        ``none``, and where to go on."""
        node = self._tree(line).descendant_for_byte_range(start, end)
        if node is None or node.type != "identifier":
            return (
                "none",
                end if node is None or node.end_byte <= end or node.named_child_count else node.end_byte,
            )
        path = [node]
        current = node.parent
        while current is not None:
            path.append(current)
            current = current.parent
        owner = _owner(path)
        if (0 if owner is None else owner.start_point[0] + 1) != line:
            if owner is not None and owner.type != "class_definition" and owner.start_point[0] + 1 > line:
                return "none", end
            return "none", end
        return self._in_scope(path, start, end, line)

    def _in_scope(self, path: list[Node], start: int, end: int, line: int) -> tuple[str, int]:
        node, parent = path[0], path[1]
        kind = parent.type
        if kind == "attribute" and parent.child_by_field_name("object") != node:
            return "none", end
        if kind == "keyword_argument" and parent.child_by_field_name("name") == node:
            return "none", end
        if kind in ("function_definition", "class_definition") and parent.child_by_field_name("name") == node:
            return "bind", end
        if kind in ("global_statement", "nonlocal_statement"):
            return "bind", end
        if kind == "named_expression" and parent.child_by_field_name("name") == node:
            return self._unless_read(parent.child_by_field_name("value"), node, line), end
        if kind == "dotted_name":
            if len(path) > 2 and path[2].type in _BINDERS:
                return "bind", end
            return "none", end
        if kind == "aliased_import":
            return "bind", end
        index = 1
        while path[index].type in _HOLDERS:
            if path[index].type == "as_pattern_target":
                return "bind", end
            index += 1
        holder, inner = path[index], path[index - 1]
        if holder.type == "assignment" and holder.child_by_field_name("left") == inner:
            value = holder.child_by_field_name("right")
            if value is None:
                return "none", end
            return self._unless_read(value, node, line), end
        if holder.type in ("for_statement",) and holder.child_by_field_name("left") == inner:
            return self._unless_read(holder.child_by_field_name("right"), node, line), end
        if any(item.type == "case_pattern" for item in path[:6]):
            return "bind", end
        return "load", end

    def _unless_read(self, value: Node | None, name: Node, line: int) -> str:
        """``bind``, or ``load`` where the scope itself reads the name in ``value``, which is evaluated first."""
        if value is None:
            return "bind"
        text = self.text
        word = text[name.start_byte : name.end_byte]
        stop = value.end_byte
        position = text.find(word, value.start_byte, stop)
        while position >= 0:
            end = position + len(word)
            if (
                text[position - 1] not in _NOT_BEFORE
                and text[end : end + 1] not in (b"_",)
                and not text[end : end + 1].isalnum()
            ):
                role, end = self._role(position, end, line)
                if role != "none":
                    return role
            position = text.find(word, end, stop)
        return "bind"

    # --- names that cease to be -----------------------------------------------------------------------------------

    def _deleted(self) -> bool:
        text = self.text
        if b"del " not in text and b"del(" not in text:
            return False
        for match in _DELETES.finditer(text):
            begin = match.start()
            if text[text.rfind(b"\n", 0, begin) + 1 : begin].rpartition(b":")[2].strip():
                continue  # the end of another word, or in a sentence
            for name in _PLAIN.finditer(match[1]):
                if self._read_after(name[1], match.start(1) + name.start(1), match.end()):
                    return True
        return False

    def _caught(self) -> bool:
        text = self.text
        for match in _CATCHES.finditer(text):
            node = self.root.descendant_for_byte_range(match.start(), match.start() + 6)
            clause = None if node is None else node.parent
            if clause is None or clause.type not in ("except_clause", "except_group_clause"):
                continue
            if self._read_after(match[1], match.start(1), clause.end_byte):
                return True
        return False

    def _read_after(self, word: bytes, place: int, after: int) -> bool:
        """Whether the scope at ``place`` reads the name after ``after``, before it binds it again."""
        text = self.text
        position = text.find(word, after)
        line = -1
        stop = len(text)
        while 0 <= position < stop:
            end = position + len(word)
            if (
                text[position - 1] not in _NOT_BEFORE
                and text[end : end + 1] != b"_"
                and not text[end : end + 1].isalnum()
            ):
                if line < 0:
                    node = self.root.descendant_for_byte_range(place, place + len(word))
                    path = []
                    while node is not None:
                        path.append(node)
                        node = node.parent
                    owner = _owner(path)
                    line = 0 if owner is None else owner.start_point[0] + 1
                    stop = len(text) if owner is None else owner.end_byte
                    if position >= stop:
                        return False
                role, end = self._role(position, end, line)
                if role != "none":
                    return role == "load"
            position = text.find(word, end)
        return False


def _owner(path: list[Node]) -> Node | None:
    """The scope the node at the beginning of a path (towards the root) belongs to; None for the module."""
    for index in range(1, len(path)):
        node = path[index]
        if node.type not in _SCOPES:
            continue
        inner = path[index - 1]
        if node.type == "class_definition":
            if inner.type == "block":
                return node
        elif node.type in ("function_definition", "lambda"):
            if inner.type in ("parameters", "lambda_parameters"):
                if index > 1 and _is_parameter_name(path[index - 2], path[: index - 2]):
                    return node
            elif inner.type == "block" or node.type == "lambda":
                return node
        else:
            clauses = [child for child in node.named_children if child.type == "for_in_clause"]
            first = clauses[0].child_by_field_name("right") if clauses else None
            if first is None or index < 2 or inner != clauses[0] or path[index - 2] != first:
                return node
    return None


def _is_parameter_name(parameter: Node, below: list[Node]) -> bool:
    """Whether the first node of ``below`` is the name a parameter has, and not a part of its default or annotation."""
    kind = parameter.type
    if kind in ("default_parameter", "typed_default_parameter"):
        return bool(below) and below[-1] == parameter.child_by_field_name("name")
    if kind == "typed_parameter":
        return bool(below) and below[-1].type != "type"
    return True


@cache
def _closed_at(indent: int) -> re.Pattern[bytes]:
    """A line with exactly this indent that closes a bracket, to its end."""
    return re.compile(rb"\n[ \t]{%d}[)\]}][^\n]*" % indent)
