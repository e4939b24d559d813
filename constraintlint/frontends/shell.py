"""Facts of a shell script, by tree-sitter's grammar of bash (which reads POSIX sh as well)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from constraintlint.facts.code import Lines
from constraintlint.facts.shell import ShellCommand, ShellScript, Word
from constraintlint.frontends.shell_words import Words

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

_MAX_DEPTH = 150


class _Place(NamedTuple):
    """The circumstances of a command."""

    conditional: bool = False
    tolerated: bool = False
    subshell: int = 0
    background: bool = False
    function: str = ""
    depth: int = 0


def read(data: bytes) -> ShellScript:
    """Read a script; never raises. What the grammar cannot read is in ``errors``."""
    data = data.replace(b"\r\n", b"\n")
    return _Reader(data).script()


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.lines = Lines.of(data)
        self.words = Words(data, self.lines)
        self.commands: list[ShellCommand] = []
        self.functions: list[str] = []
        self.errors: list[tuple[int, int, int, int]] = []
        self.subshells = 0

    def script(self) -> ShellScript:
        root = _parser().parse(self.data).root_node
        self.visit(root, _Place())
        return ShellScript(tuple(self.commands), tuple(self.functions), tuple(self.errors))

    # --- statements ---------------------------------------------------------------------------------------------------

    def visit(self, node: Node, place: _Place) -> None:
        if place.depth > _MAX_DEPTH:
            self.errors.append(self.lines.span((node.start_byte, node.end_byte)))
            return
        place = place._replace(depth=place.depth + 1)
        if node.type == "ERROR" or node.is_missing:
            self.errors.append(self.lines.span((node.start_byte, node.end_byte)))
        visitor = _VISITORS.get(node.type)
        if visitor is not None:
            visitor(self, node, place)
            return
        if node.type in ("comment", "heredoc_body", "heredoc_start", "heredoc_end", "file_redirect"):
            return
        self.visit_all(node, place)

    def visit_all(self, node: Node, place: _Place) -> None:
        children = node.children
        for index, child in enumerate(children):
            if child.is_named:
                following = children[index + 1].type if index + 1 < len(children) else ""
                self.visit(child, place._replace(background=place.background or following == "&"))

    def command(self, node: Node, place: _Place) -> None:
        words: list[Word] = []
        assignments: list[tuple[str, Word | None]] = []
        for child in node.named_children:
            if child.type == "variable_assignment":
                assignments.append(self.assignment(child))
            elif child.type == "comment" or child.type.endswith("_redirect"):
                continue
            elif child.type == "command_name" and child.named_child_count == 1:
                words.append(self.words.word(child.named_children[0]))
            else:
                words.append(self.words.word(child))
        self.add(node, tuple(words), tuple(assignments), place)

    def declaration(self, node: Node, place: _Place) -> None:
        """``export A=1``, ``readonly``, ``local``, ``declare``."""
        keyword = node.children[0].type if node.children else ""
        found = [
            self.assignment(child) for child in node.named_children if child.type == "variable_assignment"
        ]
        self.add(node, (), tuple(found), place, exported=keyword == "export")

    def lone_assignment(self, node: Node, place: _Place) -> None:
        self.add(node, (), (self.assignment(node),), place)

    def assignment(self, node: Node) -> tuple[str, Word | None]:
        name = node.child_by_field_name("name")
        value = node.child_by_field_name("value")
        return "" if name is None else self.words.text(name), None if value is None else self.words.word(
            value
        )

    def add(
        self,
        node: Node,
        words: tuple[Word, ...],
        assignments: tuple[tuple[str, Word | None], ...],
        place: _Place,
        exported: bool = False,
    ) -> None:
        span = self.lines.span((node.start_byte, node.end_byte))
        self.commands.append(
            ShellCommand(
                words, span, assignments, exported, place.conditional, place.tolerated, place.subshell,
                place.background, place.function,
            )
        )  # fmt: skip

    # --- what surrounds them ----------------------------------------------------------------------------------------------

    def list(self, node: Node, place: _Place) -> None:
        """``a && b``, ``a || b``."""
        left, right = node.named_children[0], node.named_children[-1]
        operator = next((child.type for child in node.children if child.type in ("&&", "||")), "&&")
        otherwise = operator == "||"
        may_go_on = otherwise and not _leaves(self.words, right)
        self.visit(left, place._replace(tolerated=place.tolerated or may_go_on))
        tested = _is_test(left, self.words)
        self.visit(right, place._replace(conditional=place.conditional or otherwise or tested))

    def branches(self, node: Node, place: _Place) -> None:
        """``if``, ``while``, ``until``: conditions are run for their result, bodies perhaps."""
        inner = place._replace(conditional=True)
        for index, child in enumerate(node.children):
            if not child.is_named:
                continue
            if node.field_name_for_child(index) == "condition":
                self.visit(child, place._replace(tolerated=True))
            else:
                self.visit(child, inner)

    def perhaps(self, node: Node, place: _Place) -> None:
        self.visit_all(node, place._replace(conditional=True))

    def negated(self, node: Node, place: _Place) -> None:
        self.visit_all(node, place._replace(tolerated=True))

    def own_shell(self, node: Node, place: _Place) -> None:
        self.subshells += 1
        self.visit_all(node, place._replace(subshell=self.subshells))

    def function(self, node: Node, place: _Place) -> None:
        name = node.child_by_field_name("name")
        body = node.child_by_field_name("body")
        if name is not None:
            self.functions.append(self.words.text(name))
        if body is not None:
            self.visit(body, place._replace(function=self.functions[-1] if name is not None else "?"))


_VISITORS = {
    "command": _Reader.command,
    "declaration_command": _Reader.declaration,
    "variable_assignment": _Reader.lone_assignment,
    "list": _Reader.list,
    "if_statement": _Reader.branches,
    "while_statement": _Reader.branches,
    "elif_clause": _Reader.branches,
    "for_statement": _Reader.perhaps,
    "c_style_for_statement": _Reader.perhaps,
    "case_statement": _Reader.perhaps,
    "negated_command": _Reader.negated,
    "pipeline": _Reader.own_shell,
    "subshell": _Reader.own_shell,
    "function_definition": _Reader.function,
}


def _is_test(node: Node, words: Words) -> bool:
    """Whether the left side of ``&&`` only asks something."""
    if node.type in ("test_command", "negated_command"):
        return True
    if node.type == "list":
        return any(_is_test(child, words) for child in node.named_children)
    name = node.child_by_field_name("name") if node.type == "command" else None
    return name is not None and words.text(name) in ("test", "command", "which", "type", "grep")


def _leaves(words: Words, node: Node) -> bool:
    """Whether the right side of ``||`` ends the script: ``|| exit 1``, ``|| { echo no; exit 1; }``."""
    if node.type == "command":
        name = node.child_by_field_name("name")
        return name is not None and words.text(name) in ("exit", "return", "die")
    return node.type == "compound_statement" and any(_leaves(words, child) for child in node.named_children)


_parsers: list[Parser] = []


def _parser() -> Parser:
    if not _parsers:
        import tree_sitter
        import tree_sitter_bash

        _parsers.append(tree_sitter.Parser(tree_sitter.Language(tree_sitter_bash.language())))
    return _parsers[0]
