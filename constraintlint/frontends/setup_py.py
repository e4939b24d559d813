"""setup.py, read without running it: the literal arguments of its ``setup(...)`` call."""

from __future__ import annotations

import ast
import re
import warnings

from constraintlint.facts.manifest import Group, Manifest
from constraintlint.findings import Diagnostic
from constraintlint.frontends.located import ReadError
from constraintlint.frontends.requirements import group_of, parse

_MAX_NESTING = 90
_Strings = list[tuple[str, int, int]]


def read_setup_py(path: str, text: str, diagnostics: list[Diagnostic]) -> Manifest:
    """Dependencies given as literals, as module-level names of literals, and as sums of both.

    What is computed (read from a file, built in a loop) is a diagnostic: nothing is guessed.
    """
    tree = _parse(text)
    reader = _Reader(path, tree, diagnostics)
    manifest = Manifest(path, "pypi")
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _is_setup(node.func):
            reader.read(node, manifest)
    return manifest


def _parse(text: str) -> ast.Module:
    depth = 0
    for match in re.finditer(r"[\[\](){}]", text):
        depth += 1 if match[0] in "[({" else -1
        if depth > _MAX_NESTING:
            raise ReadError("nested too deeply", text.count("\n", 0, match.start()) + 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except SyntaxError as error:
        raise ReadError(f"not valid Python: {error.msg}", error.lineno or 1, error.offset or 1) from None
    except (ValueError, RecursionError, MemoryError):
        raise ReadError("not valid Python") from None


def _is_setup(func: ast.expr) -> bool:
    name = func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""
    return name == "setup"


class _Reader:
    def __init__(self, path: str, tree: ast.Module, diagnostics: list[Diagnostic]) -> None:
        self.path = path
        self.diagnostics = diagnostics
        self.names: dict[str, ast.expr] = {}
        for statement in tree.body:
            if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
                self.names[statement.targets[0].id] = statement.value
            elif (
                isinstance(statement, ast.AnnAssign)
                and isinstance(statement.target, ast.Name)
                and statement.value
            ):
                self.names[statement.target.id] = statement.value

    def read(self, call: ast.Call, manifest: Manifest) -> None:
        for keyword in call.keywords:
            value = keyword.value
            if keyword.arg == "name" and isinstance(value, ast.Constant):
                manifest.name = str(value.value)
            elif keyword.arg == "python_requires" and isinstance(value, ast.Constant):
                manifest.requires_python = str(value.value)
            elif keyword.arg == "install_requires":
                self._add(value, "runtime", "", manifest)
            elif keyword.arg == "tests_require":
                self._add(value, "test", "", manifest)
            elif keyword.arg == "extras_require":
                self._extras(value, manifest)

    def _extras(self, value: ast.expr, manifest: Manifest) -> None:
        table = self._resolve(value, 0)
        if not isinstance(table, ast.Dict):
            self._computed(value, "extras_require")
            return
        for key, items in zip(table.keys, table.values, strict=True):
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                extra = key.value.partition(":")[0]
                self._add(items, group_of(extra, "optional") if extra else "runtime", extra, manifest)

    def _add(self, value: ast.expr, group: Group, extra: str, manifest: Manifest) -> None:
        strings = self._strings(value, 0)
        if strings is None:
            self._computed(value, extra or "install_requires")
            return
        for text, line, column in strings:
            dependency = parse(text, group, line, column, extra)
            if dependency is not None:
                manifest.dependencies.append(dependency)

    def _resolve(self, value: ast.expr, depth: int) -> ast.expr:
        while isinstance(value, ast.Name) and value.id in self.names and depth < 20:
            value = self.names[value.id]
            depth += 1
        return value

    def _strings(self, value: ast.expr, depth: int) -> _Strings | None:
        """The strings of a list expression with their places; None where a part of it is computed."""
        if depth > 50:
            return None
        value = self._resolve(value, depth)
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            return [
                (
                    line.strip(),
                    value.lineno + (index if value.end_lineno != value.lineno else 0),
                    value.col_offset + 1,
                )
                for index, line in enumerate(value.value.split("\n"))
                if line.strip()
            ]
        if isinstance(value, (ast.List, ast.Tuple, ast.Set)):
            parts = [item.value if isinstance(item, ast.Starred) else item for item in value.elts]
        elif isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add):
            parts = [value.left, value.right]
        else:
            return None
        found: _Strings = []
        for part in parts:
            strings = self._strings(part, depth + 1)
            if strings is None:
                return None
            found += strings
        return found

    def _computed(self, value: ast.expr, what: str) -> None:
        message = f"{what} is computed; its dependencies are not known"
        self.diagnostics.append(
            Diagnostic(self.path, value.lineno, "manifest-computed", message, value.col_offset + 1)
        )
