"""Executes module bodies and functions of the neutral form with values that may be unknown.

Where a test is not known, both branches are executed; what happens there is ``unsure``. Everything is bounded: steps,
depth of calls, items of a loop.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from constraintlint.facts.code import (
    Assign,
    At,
    Binary,
    Block,
    Define,
    DefineClass,
    Expr,
    ExprStmt,
    Function,
    If,
    ImportStmt,
    Index,
    Jump,
    Loop,
    Member,
    Name,
    Raise,
    Return,
    Scope,
    Sequence,
    Spread,
    Stmt,
    Switch,
    Text,
    Try,
    With,
)
from constraintlint.project.routes.startup import decorators, expressions, imports, members
from constraintlint.project.routes.startup.sources import sources_of
from constraintlint.project.routes.startup.values import (
    UNKNOWN,
    Arguments,
    Blank,
    ClassValue,
    Environment,
    FunctionValue,
    Module,
    Opaque,
    Value,
)

if TYPE_CHECKING:
    from constraintlint.project import Project
    from constraintlint.project.schema.records import Place

MAX_STEPS = 400_000
#: steps of one call made by a module's body: what goes beyond is given up, the rest of the module is played
MAX_CALL_STEPS = 150_000
MAX_CALLS = 24
MAX_ITEMS = 1000

LibraryCall = Callable[["Machine", Arguments], Value]


class Returned(Exception):
    def __init__(self, value: Value) -> None:
        self.value = value


class Left(Exception):
    """``break``, ``continue`` or ``raise``: the rest of the block is not executed."""

    def __init__(self, kind: str) -> None:
        self.kind = kind


class Frame:
    """One call: what it may return where that is not certain, and what it yields."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.node: Function | None = None
        self.maybe: list[Value] = []
        self.yielded: list[Value] = []


class Machine:
    """Plays modules of one project. ``functions`` are library functions and classes that a reader carries out."""

    def __init__(self, project: Project, functions: dict[str, LibraryCall] | None = None) -> None:
        self.project = project
        self.sources = sources_of(project)
        self.eager: frozenset[str] = frozenset()
        """modules whose import may register something; all others are executed when a name of theirs is read"""
        self.functions: dict[str, LibraryCall] = functions or {}
        self.names: dict[str, Value] = {}
        """library names that are a value of their own (``fastapi.Depends`` is not, ``django.conf.settings`` is)"""
        self.class_methods: dict[str, LibraryCall] = {}
        """methods that classes of libraries have, whichever they are; the class is the first argument"""
        self.modules: dict[str, Module] = {}
        self.unsure = 0
        self.doubts = 0
        """counts reads of values that follow from the environment the program is started in"""
        self.steps = 0
        self.limit = MAX_STEPS
        self.calls = 0
        """depth of calls"""
        self.abandoned = False
        """whether a call was given up"""
        self.frames: list[Frame] = [Frame("")]
        self.entered: set[int] = set()
        """``id`` of every Function that was called"""
        self._deferred: list[tuple[list[Stmt], Environment]] = []

    # --- modules ------------------------------------------------------------------------------------------------

    def module(self, path: str) -> Module:
        """A module, executed. Its parents' ``__init__`` come first."""
        module = self.open(path)
        if module.state not in ("new", "visiting", "visited"):
            return module
        module.state = "running"
        for init in _parents(path, self.project.tree.files):
            if init != path:
                self.visit(init)
        code = self.sources.code(path)
        if code is not None:
            self.frames.append(Frame(path))
            unsure, self.unsure = self.unsure, 0
            try:
                self.block(code.body, module.env)
            except (Left, Returned):
                pass
            except RecursionError:
                if len(self.frames) > 2:
                    raise
            finally:
                self.unsure = unsure
                self.frames.pop()
        module.state = "done"
        return module

    def open(self, path: str) -> Module:
        """A module, not yet executed where it was not before."""
        module = self.modules.get(path)
        if module is None:
            name = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
            module = self.modules[path] = Module(path, name)
            module.env.names["__name__"] = name
            module.env.names["__file__"] = UNKNOWN
        return module

    def visit(self, path: str) -> None:
        """Import a module for its effects: one that is not ``eager`` has none but its own imports."""
        module = self.open(path)
        if module.state != "new":
            return
        if path in self.eager:
            self.module(path)
            return
        module.state = "visiting"
        facts = self.sources.facts(path)
        if facts is not None:
            for item in facts.imports:
                if item.kind == "import" and not item.in_function:
                    imports.visit(self, path, item)
        if module.state == "visiting":
            module.state = "visited"

    def run_scripts(self) -> None:
        """What stands below ``if __name__ == "__main__"``."""
        while self._deferred:
            body, env = self._deferred.pop(0)
            self.frames.append(Frame(env.owner.path if isinstance(env.owner, Module) else ""))
            try:
                self.block(body, env)
            except (Left, Returned, RecursionError):
                pass
            finally:
                self.frames.pop()

    @property
    def path(self) -> str:
        return self.frames[-1].path

    def place(self, at: At, path: str = "") -> Place:
        return self.sources.place(path or self.path, at)

    # --- statements ---------------------------------------------------------------------------------------------

    def block(self, body: Iterable[Stmt], env: Environment) -> None:
        for stmt in body:
            self.steps += 1
            if self.steps > self.limit:
                raise Left("steps")
            handler = _STATEMENTS.get(type(stmt))
            if handler is not None:
                handler(self, stmt, env)

    def eval(self, expr: Expr, env: Environment) -> Value:
        self.steps += 1
        if self.steps > self.limit:
            raise Left("steps")
        return expressions.evaluate(self, expr, env)

    def maybe(self, body: list[Stmt], env: Environment) -> str:
        """Execute a block that may not run; how it was left, "" where it ran to its end."""
        self.unsure += 1
        try:
            self.block(body, env)
        except Returned as result:
            self.frames[-1].maybe.append(result.value)
            return "return"
        except Left as left:
            if left.kind == "steps":
                raise
            return left.kind
        finally:
            self.unsure -= 1
        return ""

    def assign(self, target: Expr, value: Value, env: Environment) -> None:
        if isinstance(target, Name):
            holder = env.outer.get(target.id, env)
            holder.names[target.id] = value
            holder.doubtful.discard(target.id)
        elif isinstance(target, Member):
            members.set_attribute(self, self.eval(target.object, env), target.name, value)
        elif isinstance(target, Index):
            members.set_item(self, self.eval(target.object, env), self.eval(target.index, env), value)
        elif isinstance(target, Sequence):
            self._unpack(target, value, env)

    def _unpack(self, target: Sequence, value: Value, env: Environment) -> None:
        items = list(value) if isinstance(value, (list, tuple)) else None
        stars = [i for i, item in enumerate(target.items) if isinstance(item, Spread)]
        for i, item in enumerate(target.items):
            if isinstance(item, Spread):
                after = len(target.items) - i - 1
                rest = items[i : len(items) - after] if items is not None else UNKNOWN
                self.assign(item.value, rest, env)
                continue
            at = i - len(target.items) if stars and i > stars[0] else i
            known = items is not None and -len(items) <= at < len(items)
            self.assign(item, items[at] if known and items is not None else UNKNOWN, env)


def _parents(path: str, files: frozenset[str]) -> list[str]:
    """The ``__init__`` files that are executed before a module, outermost first."""
    found: list[str] = []
    directory = path.rpartition("/")[0]
    while directory and f"{directory}/__init__.py" in files:
        found.append(f"{directory}/__init__.py")
        directory = directory.rpartition("/")[0]
    return found[::-1]


# --- handlers ---------------------------------------------------------------------------------------------------


def _assign(machine: Machine, stmt: Assign, env: Environment) -> None:
    if stmt.keyword == "type" or stmt.value is None:
        if stmt.annotation is not None and env.kind == "class" and isinstance(env.owner, ClassValue):
            env.owner.attrs.setdefault("__annotations__", {})[getattr(stmt.targets[0], "id", "")] = stmt
        return
    doubts = machine.doubts
    if stmt.op:
        _augment(machine, stmt, env)
        return
    value = machine.eval(stmt.value, env)
    for target in stmt.targets:
        machine.assign(target, value, env)
        if machine.doubts > doubts and isinstance(target, Name):
            env.outer.get(target.id, env).doubtful.add(target.id)


def _augment(machine: Machine, stmt: Assign, env: Environment) -> None:
    assert stmt.value is not None
    for target in stmt.targets:
        old = machine.eval(target, env)
        new = machine.eval(stmt.value, env)
        if stmt.op == "+=" and isinstance(old, list):
            # in place: whoever holds the list sees it
            old.extend(new if isinstance(new, (list, tuple)) else [new])
            machine.assign(target, old, env)
        else:
            machine.assign(target, expressions.binary(machine, stmt.op[:-1], old, new), env)


def _expr(machine: Machine, stmt: ExprStmt, env: Environment) -> None:
    machine.eval(stmt.value, env)


def _return(machine: Machine, stmt: Return, env: Environment) -> None:
    raise Returned(machine.eval(stmt.value, env) if stmt.value is not None else None)


def _raise(machine: Machine, stmt: Raise, env: Environment) -> None:
    raise Left("raise")


def _jump(machine: Machine, stmt: Jump, env: Environment) -> None:
    if stmt.kind in ("break", "continue"):
        raise Left(stmt.kind)


def _if(machine: Machine, stmt: If, env: Environment) -> None:
    if _is_main(stmt.test):
        machine._deferred.append((stmt.body, env))
        return
    if _is_type_checking(stmt.test):
        machine.block(stmt.orelse, env)
        return
    doubts = machine.doubts
    test = machine.eval(stmt.test, env)
    sure = expressions.truth(test)
    if sure is not None and machine.doubts == doubts:
        machine.block(stmt.body if sure else stmt.orelse, env)
        return
    before = dict(env.names)
    left = machine.maybe(stmt.body, env)
    then = env.names
    env.names = before
    other = machine.maybe(stmt.orelse, env)
    if left and not other:
        return
    if other and not left:
        env.names = then
        return
    prefer_else = sure is False
    env.names = _merged(env.names, then) if prefer_else else _merged(then, env.names)
    if left and other:
        raise Returned(UNKNOWN) if "return" in (left, other) else Left(left)


def _merged(first: dict[str, Value], second: dict[str, Value]) -> dict[str, Value]:
    """The names after two ways through the code: what is known of each, the first way before the second."""
    found = dict(second)
    for name, value in first.items():
        other = second.get(name, UNKNOWN)
        if name not in second or other is None or isinstance(other, (Blank, Opaque)):
            found[name] = value
        elif value is None or isinstance(value, (Blank, Opaque)):
            found[name] = other
        elif isinstance(value, list) and isinstance(other, list):
            found[name] = value if len(value) >= len(other) else other
        else:
            found[name] = value
    return found


def _is_main(test: Expr) -> bool:
    if not isinstance(test, Binary) or test.op != "==":
        return False
    sides = (test.left, test.right)
    return any(isinstance(side, Name) and side.id == "__name__" for side in sides) and any(
        isinstance(side, Text) for side in sides
    )


def _is_type_checking(test: Expr) -> bool:
    return (isinstance(test, Name) and test.id == "TYPE_CHECKING") or (
        isinstance(test, Member) and test.name == "TYPE_CHECKING"
    )


def _loop(machine: Machine, stmt: Loop, env: Environment) -> None:
    if stmt.kind != "for" or stmt.iterable is None or stmt.target is None:
        machine.maybe(stmt.body, env)
        return
    items = expressions.items(machine, machine.eval(stmt.iterable, env))
    if items is None:
        machine.assign(stmt.target, UNKNOWN, env)
        machine.maybe(stmt.body, env)
        return
    for item in items[:MAX_ITEMS]:
        machine.assign(stmt.target, item, env)
        try:
            machine.block(stmt.body, env)
        except Left as left:
            if left.kind == "continue":
                continue
            if left.kind == "break":
                return
            raise
    machine.block(stmt.orelse, env)


def _with(machine: Machine, stmt: With, env: Environment) -> None:
    for item in stmt.items:
        value = machine.eval(item.value, env)
        if item.target is not None:
            machine.assign(item.target, value if not isinstance(value, list) else UNKNOWN, env)
    machine.block(stmt.body, env)


def _try(machine: Machine, stmt: Try, env: Environment) -> None:
    before = dict(env.names)
    result: Exception | None = None
    try:
        machine.block(stmt.body, env)
        machine.block(stmt.orelse, env)
    except (Returned, Left) as error:
        if isinstance(error, Left) and error.kind == "steps":
            raise
        result = error
    after = env.names
    if not (isinstance(result, Returned)):
        for handler in stmt.handlers:
            env.names = dict(before)
            if handler.name is not None:
                machine.assign(handler.name, UNKNOWN, env)
            if not machine.maybe(handler.body, env):
                after = _merged(after, env.names)
    env.names = after
    machine.block(stmt.final, env)
    if result is not None and not (isinstance(result, Left) and result.kind == "raise" and stmt.handlers):
        raise result


def _switch(machine: Machine, stmt: Switch, env: Environment) -> None:
    machine.eval(stmt.subject, env)
    before = dict(env.names)
    after: dict[str, Value] = {}
    for case in stmt.cases:
        env.names = dict(before)
        machine.maybe(case.body, env)
        after = _merged(after, env.names) if after else env.names
    env.names = after or before


def _define(machine: Machine, stmt: Define, env: Environment) -> None:
    function = make_function(machine, stmt.function, env)
    value = decorators.apply(machine, stmt.function.decorators, function, env)
    env.outer.get(stmt.function.name, env).names[stmt.function.name] = value


def make_function(machine: Machine, node: Function, env: Environment) -> FunctionValue:
    function = FunctionValue(node, machine.path, _closure(env))
    if env.kind == "class":
        function.owner = env.owner if isinstance(env.owner, ClassValue) else None
        if node.static or node.name == "__new__":
            function.kind = "static"
    for param in node.params:
        if param.default is not None:
            function.defaults[param.name] = machine.eval(param.default, env)
    return function


def _closure(env: Environment) -> Environment:
    found = env
    while found.kind == "class" and found.parent is not None:
        found = found.parent
    return found


def _define_class(machine: Machine, stmt: DefineClass, env: Environment) -> None:
    node = stmt.cls
    found: list[Value] = []
    for base in node.bases:
        if not base.name and not base.spread:
            found.append(decorators.as_base(machine.eval(base.value, env)))
    cls = ClassValue(node, machine.path, env, found)
    for base in node.bases:
        if base.name:
            cls.keywords[base.name] = machine.eval(base.value, env)
    inner = Environment("class", env, cls)
    try:
        machine.block(node.body, inner)
    except Left as left:
        if left.kind == "steps":
            raise
    cls.attrs.update(inner.names)
    value = decorators.apply(machine, node.decorators, cls, env)
    env.outer.get(node.name, env).names[node.name] = value


def _import(machine: Machine, stmt: ImportStmt, env: Environment) -> None:
    imports.execute(machine, stmt.index, env)


def _scope(machine: Machine, stmt: Scope, env: Environment) -> None:
    for name in stmt.names:
        if stmt.kind == "global":
            env.outer[name] = env.module
        else:
            holder = env.parent
            while holder is not None and name not in holder.names:
                holder = holder.parent
            if holder is not None:
                env.outer[name] = holder


def _block(machine: Machine, stmt: Block, env: Environment) -> None:
    machine.block(stmt.body, env)


_STATEMENTS: dict[type, Callable[[Machine, Any, Environment], None]] = {
    Assign: _assign,
    ExprStmt: _expr,
    Return: _return,
    Raise: _raise,
    Jump: _jump,
    If: _if,
    Loop: _loop,
    With: _with,
    Try: _try,
    Switch: _switch,
    Define: _define,
    DefineClass: _define_class,
    ImportStmt: _import,
    Scope: _scope,
    Block: _block,
}
