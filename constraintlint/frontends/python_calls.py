"""Imports by call: ``importlib.import_module``, ``__import__``, ``runpy.run_module``, ``pkgutil.resolve_name``.

A name that is a literal (also joined from literals, and relative to ``__name__`` or ``__package__``) is an import of kind
``dynamic``; a computed one is a problem, because what it loads cannot be known.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from constraintlint.facts.source import Import, ImportedName, Problem
from constraintlint.frontends.python_branches import CONDITIONAL, IN_FUNCTION, OPTIONAL, TYPE_ONLY
from constraintlint.frontends.python_source import Positions

if TYPE_CHECKING:
    from tree_sitter import Node

    from constraintlint.frontends.python_imports import ImportStatements

#: function -> the module of the standard library it belongs to
_FUNCTIONS = {"import_module": "importlib", "run_module": "runpy", "resolve_name": "pkgutil"}
#: expressions that name the package or module itself -> what a relative name is relative to
_SELF = {
    b"__name__": "__name__",
    b"__package__": "__package__",
    b"__spec__.parent": "__package__",
    b"__spec__.name": "__name__",
}
_MAX_PARTS = 1000

#: stands for the start of the import statement where there is none
NO_STATEMENT = -1

#: a module name: what it is relative to ("", ``__name__`` or ``__package__``) and its text
ModuleName = tuple[str, str]


class ImportCalls:
    """Collects the import calls of one file, given its import statements."""

    def __init__(self, data: bytes, statements: ImportStatements) -> None:
        self._data = data
        self._statements = statements
        self._modules: dict[str, str] = {"builtins": "builtins", "__builtins__": "builtins"}
        self._functions: dict[str, str] = {"__import__": "__import__"}
        self.found: list[tuple[int, Import]] = []
        self.problems: list[Problem] = []
        self._known_names()
        positions = Positions(data)
        for offset in self._places():
            self._visit(offset, positions)

    def _known_names(self) -> None:
        for _, item in self._statements.found:
            if item.names:
                for name in item.names:
                    owner = _FUNCTIONS.get(name.name)
                    # ``import_module`` has been passed on by many a compatibility module
                    if owner and (item.specifier == owner or name.name == "import_module"):
                        self._functions[name.local] = name.name
            elif item.specifier.partition(".")[0] in ("importlib", "runpy", "pkgutil", "builtins"):
                top = item.specifier.partition(".")[0]
                if item.specifier == top or item.local == top:
                    self._modules[item.local] = top

    def _places(self) -> list[int]:
        places = set(self._statements.calls)
        words = {name for name in self._functions if name not in ("__import__", "import_module")}
        words |= {name for name, owner in _FUNCTIONS.items() if owner in self._modules.values()} - {
            "import_module"
        }
        if words:
            pattern = rb"(?<![\w\x80-\xff])(?:%b)(?![\w\x80-\xff])" % b"|".join(
                re.escape(word.encode()) for word in sorted(words)
            )
            places.update(match.start() for match in re.finditer(pattern, self._data))
        return sorted(places)

    def _text(self, node: Node) -> bytes:
        return self._data[node.start_byte : node.end_byte]

    def _visit(self, offset: int, positions: Positions) -> None:
        path = self._statements.path(offset)
        if len(path) < 2 or path[-1].type != "identifier":
            return
        callee, function = self._function(path)
        if callee is None:
            return
        outer = path[-2] if callee == path[-1] else path[-3] if len(path) > 2 else None
        if outer is None:
            return
        if outer.type == "call" and outer.child_by_field_name("function") == callee:
            self._call(outer, function, self._statements.bits(path), positions)
        elif _is_value(callee, outer):
            message = f"{function} is passed on as a value: what it imports is not known"
            self.problems.append(Problem("dynamic-import", message, *positions.at(callee.start_byte)))

    def _function(self, path: list[Node]) -> tuple[Node | None, str]:
        """The expression that means an import function, and which; None where the leaf is something else."""
        leaf, parent = path[-1], path[-2]
        name = self._text(leaf).decode("utf-8", "replace")
        if parent.type == "attribute" and parent.child_by_field_name("attribute") == leaf:
            owner = parent.child_by_field_name("object")
            module = (
                None if owner is None else self._modules.get(self._text(owner).decode("utf-8", "replace"))
            )
            if module and (_FUNCTIONS.get(name) == module or (module, name) == ("builtins", "__import__")):
                return parent, name
            return None, ""
        if parent.type in ("dotted_name", "aliased_import") or name not in self._functions:
            return None, ""
        return leaf, self._functions[name]

    def _call(self, call: Node, function: str, bits: int, positions: Positions) -> None:
        arguments = call.child_by_field_name("arguments")
        given, named = self._arguments(arguments)
        node = given[0] if given else named.get("mod_name" if function == "run_module" else "name")
        name = None if node is None else self._module_name(node)
        specifier, relative_to, names = "", "", []
        if name is not None:
            relative_to, specifier = name
            if not specifier:
                return  # its own name: the module itself
            if function == "import_module" and specifier.startswith(".") and not relative_to:
                package = given[1] if len(given) > 1 else named.get("package")
                base = None if package is None else self._module_name(package)
                if package is not None and base is None:
                    name = None
                elif base is not None:
                    relative_to = base[0] + base[1]
            elif function == "__import__":
                level = self._level(given, named)
                if level is None:
                    name = None
                else:
                    specifier = "." * level + specifier
                    relative_to = "__package__" if level else relative_to
                names = self._from_list(given, named)
            elif function == "resolve_name" and node is not None:
                # ``a.b:c.d``; without a colon the last part may be a module or an attribute, as in ``from a import b``
                module, _, attribute = specifier.partition(":" if ":" in specifier else " ")
                if not attribute:
                    module, _, attribute = specifier.rpartition(".")
                if module and attribute:
                    specifier, names = module, [(attribute.partition(".")[0], node)]
        if name is None or node is None:
            argument = "" if node is None else self._text(node).decode("utf-8", "replace")
            shown = argument if len(argument) <= 60 and "\n" not in argument else "..."
            message = f"{function}({shown}): the name is computed, so what it imports is not known"
            self.problems.append(Problem("dynamic-import", message, *positions.at(call.start_byte)))
            return
        imported = []
        for text, place in names:
            line, column = positions.at(place.start_byte)
            imported.append(ImportedName(text, "", line, column, positions.at(place.end_byte)[1]))
        item = Import(
            specifier,
            "type-only" if bits & TYPE_ONLY else "dynamic",
            (*positions.at(call.start_byte), *positions.at(call.end_byte)),
            (*positions.at(node.start_byte), *positions.at(node.end_byte)),
            tuple(imported),
            optional=bool(bits & OPTIONAL),
            conditional=bool(bits & CONDITIONAL),
            in_function=bool(bits & IN_FUNCTION),
            relative_to=relative_to,
        )
        self.found.append((NO_STATEMENT, item))

    def _arguments(self, arguments: Node | None) -> tuple[list[Node], dict[str, Node]]:
        given: list[Node] = []
        named: dict[str, Node] = {}
        for child in arguments.named_children if arguments is not None else ():
            if child.type == "keyword_argument":
                name, value = child.child_by_field_name("name"), child.child_by_field_name("value")
                if name is not None and value is not None:
                    named[self._text(name).decode("utf-8", "replace")] = value
            elif child.type != "comment":
                given.append(child)
        return given, named

    def _level(self, given: list[Node], named: dict[str, Node]) -> int | None:
        node = given[4] if len(given) > 4 else named.get("level")
        if node is None:
            return 0
        digits = self._text(node)
        return int(digits) if node.type == "integer" and re.fullmatch(rb"\d{1,3}", digits) else None

    def _from_list(self, given: list[Node], named: dict[str, Node]) -> list[tuple[str, Node]]:
        node = given[3] if len(given) > 3 else named.get("fromlist")
        found = []
        if node is not None and node.type in ("list", "tuple"):
            for child in node.named_children:
                name = self._module_name(child)
                if name is not None and not name[0] and name[1]:
                    found.append((name[1], child))
        return found

    def _module_name(self, node: Node) -> ModuleName | None:
        """The module name an expression spells out, None where it is computed."""
        base = ""
        parts: list[str] = []
        stack = [node]
        for _ in range(_MAX_PARTS):
            if not stack:
                return base, "".join(parts)
            current = stack.pop()
            kind = current.type
            if kind in ("identifier", "attribute"):
                own = _SELF.get(self._text(current))
                if own is None or base or parts:
                    return None
                base = own
            elif kind == "binary_operator":
                operator = current.child_by_field_name("operator")
                if operator is None or operator.type != "+":
                    return None
                stack.extend(child for child in reversed(current.named_children) if child.type != "comment")
            elif kind in ("parenthesized_expression", "concatenated_string"):
                stack.extend(child for child in reversed(current.named_children) if child.type != "comment")
            elif kind == "string":
                stack.extend(reversed(current.named_children))
            elif kind == "string_start":
                if b"b" in self._text(current).lower():
                    return None
            elif kind == "string_content":
                if current.named_child_count:  # an escape sequence: no module is named like that
                    return None
                parts.append(self._text(current).decode("utf-8", "replace"))
            elif kind == "interpolation":
                if current.named_child_count != 1:
                    return None
                stack.append(current.named_children[0])
            elif kind != "string_end":
                return None
        return None


def _is_value(expression: Node, parent: Node) -> bool:
    """Whether an expression is read as a value (and not assigned to, deleted, a parameter or a definition's name)."""
    if parent.type in ("assignment", "augmented_assignment"):
        return parent.child_by_field_name("right") == expression
    if parent.type == "keyword_argument":
        return parent.child_by_field_name("value") == expression
    return parent.type in (
        "argument_list", "return_statement", "list", "tuple", "pair", "conditional_expression", "boolean_operator", "lambda",
    )  # fmt: skip
