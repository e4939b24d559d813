"""How a place of a Python module is reached: when the module is imported, when it is run as a script, or never."""

from __future__ import annotations

import re

from constraintlint.facts.code import At, Binary, Call, Expr, Function, If, Member, Name, Stmt, Text
from constraintlint.project import Project
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.models.sqlalchemy.reading import last_name, literal
from constraintlint.roles import is_test

#: what makes an application
_APPLICATIONS = frozenset(
    ("Flask", "APIFlask", "FastAPI", "Starlette", "Quart", "Sanic", "Litestar", "Application")
)
MAX_DEPTH = 6


class Reach:
    """How a place is reached: ``import`` (when its module is loaded, or by means that are not followed), ``main`` (under the
    main guard of a module), ``nowhere``."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._seen: set[tuple[str, At]] = set()

    def of(self, at: At, scope: Scope, depth: int) -> dict[str, set[str]]:
        home: Scope | None = scope
        while home is not None and home.kind == "comprehension":
            home = home.parent
        if home is None or home.kind == "class":
            return {"import": set()}
        if home.kind == "module":
            return {"main": {home.path}} if under_guard(home.body, at) else {"import": set()}
        function = home.function
        if function is not None and function.decorators:
            command = _command(function)
            return {"command": {command}} if command else {"import": set()}
        if function is None or function.kind != "function" or depth > MAX_DEPTH:
            return {"import": set()}
        if home.parent is None or home.parent.kind != "module" or (home.path, home.at) in self._seen:
            return {"import": set()}
        if any(last_name(call.callee) in _APPLICATIONS for call in home.calls):
            return {"import": set()}  # an application factory: the server calls it
        self._seen.add((home.path, home.at))
        return self._callers(function.name, depth)

    def _callers(self, name: str, depth: int) -> dict[str, set[str]]:
        calls = [
            (call, scope)
            for path in sorted(self._project.resolutions)
            if path.endswith(".py") and (file := self._project.evaluator.file(path)) is not None
            for call, scope in file.calls.get(name, [])
        ]
        if self._mentions(name) != len(calls):
            return {"import": set()}  # handed on, or called from code that was not read in depth
        running = [(call, scope) for call, scope in calls if not is_test(scope.path)]
        if not running:
            return {"nowhere": set()}
        found: dict[str, set[str]] = {}
        for call, scope in running:
            for way, paths in self.of(call.at, scope, depth + 1).items():
                found.setdefault(way, set()).update(paths)
        return found

    def _mentions(self, name: str) -> int:
        """How often a name is used, its definition and imports left out."""
        word = re.compile(rb"\b%s\b" % re.escape(name.encode()))
        skipped = re.compile(
            rb"^\s*(?:async\s+)?def\s+%s\b|^\s*(?:from|import)\b|^\s*#" % re.escape(name.encode())
        )
        count = 0
        for path in self._project.tree.files:
            if not path.endswith((".py", ".toml", ".cfg", ".sh")):
                continue
            if path.endswith(".py"):
                self._project.facts(path)
            for line in (self._project.tree.read(path) or b"").split(b"\n"):
                if word.search(line) and not skipped.match(line):
                    count += len(word.findall(line))
        return count


def _command(function: Function) -> str:
    """The name of a command of Flask's or click's command line that a function is, "" for any other function."""
    found = ""
    for decorator in function.decorators:
        callee = decorator.callee if isinstance(decorator, Call) else decorator
        name = last_name(callee)
        if name in ("with_appcontext", "option", "argument", "pass_context"):
            continue
        if name != "command" or not isinstance(callee, Member):
            return ""
        owner = callee.object
        if not (isinstance(owner, Member) and owner.name == "cli") and last_name(owner) != "click":
            return ""
        given = decorator.args[0].value if isinstance(decorator, Call) and decorator.args else None
        written = literal(given) if isinstance(given, Text) else ""
        found = written or function.name.replace("_", "-")
    return found


def under_guard(body: list[Stmt], at: At) -> bool:
    """Whether a place of a module stands under ``if __name__ == "__main__"``."""
    return any(
        isinstance(stmt, If)
        and _is_guard(stmt.test)
        and stmt.body
        and stmt.body[0].at[0] <= at[0] < stmt.body[-1].at[1]
        for stmt in body
    )


def _is_guard(test: Expr) -> bool:
    if not isinstance(test, Binary) or test.op != "==":
        return False
    sides = [test.left, test.right]
    return any(isinstance(side, Name) and side.id == "__name__" for side in sides) and any(
        isinstance(side, Text) and literal(side) == "__main__" for side in sides
    )
