"""Carries out the code that registers routes, step by step, on values that may be unknown.

A module runs once, its functions when they are called, with the values they are given: so a factory that is called
twice makes two routers, and a loop over a literal list registers once an item. A test that cannot be decided runs
both of its branches. Nothing is carried out for real: what a library does is known only where it matters here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from constraintlint.facts.code import (
    Assign,
    AssignExpr,
    Block,
    Call,
    Class,
    Define,
    DefineClass,
    Expr,
    ExprStmt,
    Function,
    Hole,
    If,
    ImportStmt,
    Index,
    Jump,
    Loop,
    Mapping,
    Member,
    Name,
    Param,
    Raise,
    Return,
    Sequence,
    Spread,
    Stmt,
    Switch,
    Text,
    Try,
    With,
)
from constraintlint.project.routes.registration import expressions
from constraintlint.project.routes.registration.instances import Instance
from constraintlint.project.routes.registration.modules import Modules, Pending
from constraintlint.project.routes.registration.values import (
    UNDEFINED,
    Array,
    ClassValue,
    Closure,
    Environment,
    Library,
    Object,
    Site,
    Undefined,
    Unknown,
    choice,
    options,
    truth,
)

if TYPE_CHECKING:
    from constraintlint.project import Project
    from constraintlint.project.routes.registration.values import Value

#: steps of all modules together, calls inside calls, and a function inside itself
MAX_STEPS = 400_000
MAX_CALLS = 26
MAX_RECURSION = 3
MAX_ROUNDS = 200

Signal = str


class Stopped(Exception):
    """The code is too long to be carried out to its end."""


class Machine:
    def __init__(self, project: Project, reaching: frozenset[str]) -> None:
        self.project = project
        self.ev = project.evaluator
        self.modules = Modules(self, reaching)
        self.instances: list[Instance] = []
        self.executed: set[int] = set()
        """``id`` of every function that ran"""
        self.branches = 0
        self.steps = 0
        self.stopped = False
        self._calls: list[int] = []
        self._returned: list[list[Value]] = []

    # --- names --------------------------------------------------------------------------------------------------

    def lookup(self, name: str, environment: Environment) -> Value:
        owner = environment.owner(name)
        if owner is None:
            return UNDEFINED if name == "undefined" else Library(name)
        value = owner.names[name]
        if isinstance(value, Pending):
            pending: Pending = value
            owner.names[name] = Unknown("an import in a circle", name)
            value = self.modules.imported(owner.path, pending.imported, pending.name)
            owner.names[name] = value
        return value

    def assign(self, name: str, value: Value, environment: Environment, *, declare: bool = False) -> None:
        if isinstance(value, (Closure, Instance)) and not value.name:
            value.name = name
        owner = environment if declare else environment.owner(name)
        if owner is None:
            owner = environment
        old = owner.names.get(name, UNDEFINED)
        if self.branches > owner.depth and not declare and not isinstance(old, (Undefined, Pending)):
            value = choice([old, value])
        owner.names[name] = value

    def bind(self, target: Expr, value: Value, environment: Environment, *, declare: bool = False) -> None:
        """Puts a value into a name, a member, or the parts of a pattern."""
        if isinstance(target, Name):
            self.assign(target.id, value, environment, declare=declare)
        elif isinstance(target, Member):
            self.store(self.eval(target.object, environment), target.name, value)
        elif isinstance(target, Index):
            key = expressions.key(self.eval(target.index, environment))
            if key is not None:
                self.store(self.eval(target.object, environment), key, value)
        elif isinstance(target, AssignExpr):
            if isinstance(value, Undefined):
                value = self.eval(target.value, environment)
            self.bind(target.target, value, environment, declare=declare)
        elif isinstance(target, Mapping):
            self._bind_parts(target, value, environment, declare)
        elif isinstance(target, Sequence):
            for position, item in enumerate(target.items):
                if isinstance(item, Spread):
                    rest = value.items[position:] if isinstance(value, Array) else []
                    self.bind(
                        item.value,
                        Array(rest, open=not isinstance(value, Array)),
                        environment,
                        declare=declare,
                    )
                else:
                    self.bind(item, self.item(value, position), environment, declare=declare)

    def _bind_parts(self, target: Mapping, value: Value, environment: Environment, declare: bool) -> None:
        taken: set[str] = set()
        for entry in target.entries:
            if entry.key is None or isinstance(entry.value, Spread):
                inner = entry.value.value if isinstance(entry.value, Spread) else entry.value
                rest = Object({}, open=True)
                if isinstance(value, Object):
                    rest = Object(
                        {key: item for key, item in value.properties.items() if key not in taken},
                        open=value.open,
                    )
                self.bind(inner, rest, environment, declare=declare)
                continue
            key = expressions.key(self.eval(entry.key, environment))
            part: Value = Unknown("the key is not known")
            if key is not None:
                taken.add(key)
                part = self.member(value, key)
            self.bind(entry.value, part, environment, declare=declare)

    def store(self, owner: Value, name: str, value: Value) -> None:
        """``owner.name = value``"""
        for option in options(owner):
            if isinstance(option, (Object, Instance)):
                old = option.properties.get(name)
                merged = choice([old, value]) if self.branches and old is not None else value
                option.properties[name] = merged
            elif isinstance(option, Closure):
                option.properties = {**option.properties, name: value}
            elif isinstance(option, ClassValue):
                option.statics[name] = value
        if isinstance(value, Instance) and not value.name:
            value.name = name

    # --- statements ---------------------------------------------------------------------------------------------

    def run_body(self, body: list[Stmt], environment: Environment) -> Signal:
        """A block's statements; functions declared in it are known from its start."""
        for stmt in body:
            if isinstance(stmt, Define) and stmt.function.body is not None:
                function = stmt.function
                environment.names[function.name] = Closure(function, environment, name=function.name)
        for stmt in body:
            signal = self.run(stmt, environment)
            if signal:
                return signal
        return ""

    def run(self, stmt: Stmt, environment: Environment) -> Signal:
        self.steps += 1
        if self.steps > MAX_STEPS:
            self.stopped = True
            raise Stopped
        return _STATEMENTS[type(stmt)](self, stmt, environment)

    def inner(self, environment: Environment) -> Environment:
        return Environment({}, environment, environment.path, depth=self.branches)

    def _block(self, stmt: Block, environment: Environment) -> Signal:
        if stmt.name.endswith(":"):
            signal = self.run_body(stmt.body, environment)
            return signal if signal in ("return", "throw") else ""
        return self.run_body(stmt.body, self.inner(environment))

    def _expr(self, stmt: ExprStmt, environment: Environment) -> Signal:
        self.eval(stmt.value, environment)
        return ""

    def _assign(self, stmt: Assign, environment: Environment) -> Signal:
        if stmt.keyword in ("type", "declare"):
            return ""
        if stmt.op:
            expressions.update(self, stmt.targets[0], stmt.op, stmt.value, environment)
            return ""
        declared = stmt.keyword in ("const", "let", "var", "using", "default", "export=", "import=")
        value: Value = UNDEFINED if stmt.value is None else self.eval(stmt.value, environment)
        home = environment
        if stmt.keyword == "var":
            while home.parent is not None and not home.is_function:
                home = home.parent
            if stmt.value is None and any(isinstance(t, Name) and t.id in home.names for t in stmt.targets):
                return ""
        if stmt.keyword == "export=":
            module = self.lookup("module", environment)
            self.store(module, "exports", value)
        for target in stmt.targets:
            self.bind(target, value, home, declare=declared and not (stmt.keyword == "var" and self.branches))
        return ""

    def _if(self, stmt: If, environment: Environment) -> Signal:
        known = truth(self.eval(stmt.test, environment))
        if known is not None:
            return self.run_body(stmt.body if known else stmt.orelse, self.inner(environment))
        self.branches += 1
        then = self.run_body(stmt.body, self.inner(environment))
        other = self.run_body(stmt.orelse, self.inner(environment))
        self.branches -= 1
        return then if then and other else ""

    def _loop(self, stmt: Loop, environment: Environment) -> Signal:
        if stmt.kind in ("for", "for-in") and stmt.target is not None and stmt.iterable is not None:
            return self._each(stmt, self.eval(stmt.iterable, environment), environment)
        for _ in range(MAX_ROUNDS):
            known = True if stmt.iterable is None else truth(self.eval(stmt.iterable, environment))
            if known is False and stmt.kind != "do":
                return ""
            if known is None:
                self.branches += 1
                self.run_body(stmt.body, self.inner(environment))
                self.branches -= 1
                return ""
            signal = self.run_body(stmt.body, self.inner(environment))
            if signal in ("return", "throw", "break"):
                return "" if signal == "break" else signal
            if signal == "continue" and stmt.kind == "for-c" and stmt.body:
                self.run(stmt.body[-1], environment)
        return ""

    def _each(self, stmt: Loop, iterated: Value, environment: Environment) -> Signal:
        assert stmt.target is not None
        items = expressions.keys_of(iterated) if stmt.kind == "for-in" else expressions.items_of(iterated)
        for item, sure in items[:MAX_ROUNDS]:
            inner = self.inner(environment)
            self.branches += not sure
            self.bind(stmt.target, item, inner, declare=True)
            signal = self.run_body(stmt.body, inner)
            self.branches -= not sure
            if signal in ("return", "throw") and sure:
                return signal
            if signal == "break" and sure:
                break
        return ""

    def _try(self, stmt: Try, environment: Environment) -> Signal:
        signal = self.run_body(stmt.body, self.inner(environment))
        if stmt.orelse and not signal:
            signal = self.run_body(stmt.orelse, self.inner(environment))
        last = self.run_body(stmt.final, self.inner(environment))
        return last or ("" if signal == "throw" else signal)

    def _switch(self, stmt: Switch, environment: Environment) -> Signal:
        subject = self.eval(stmt.subject, environment)
        inner = self.inner(environment)
        literal = isinstance(subject, (str, bool, int, float))
        running = False
        for case in stmt.cases:
            if literal:
                if not running and case.pattern is not None:
                    pattern = self.eval(case.pattern, environment)
                    running = isinstance(pattern, (str, bool, int, float)) and pattern == subject
                if not running and case.pattern is None and case is stmt.cases[-1]:
                    running = True
                if not running:
                    continue
            self.branches += not literal
            signal = self.run_body(case.body, inner)
            self.branches -= not literal
            if literal and signal:
                return "" if signal == "break" else signal
        return ""

    def _with(self, stmt: With, environment: Environment) -> Signal:
        for item in stmt.items:
            self.eval(item.value, environment)
        return self.run_body(stmt.body, self.inner(environment))

    def _return(self, stmt: Return, environment: Environment) -> Signal:
        value: Value = UNDEFINED if stmt.value is None else self.eval(stmt.value, environment)
        if self._returned:
            self._returned[-1].append(value)
        return "return"

    def _raise(self, stmt: Raise, environment: Environment) -> Signal:
        return "throw"

    def _jump(self, stmt: Jump, environment: Environment) -> Signal:
        return stmt.kind if stmt.kind in ("break", "continue") else ""

    def _define(self, stmt: Define, environment: Environment) -> Signal:
        return ""

    def _define_class(self, stmt: DefineClass, environment: Environment) -> Signal:
        environment.names[stmt.cls.name] = self.class_value(stmt.cls, environment)
        return ""

    def _nothing(self, stmt: Stmt, environment: Environment) -> Signal:
        return ""

    # --- functions and classes ----------------------------------------------------------------------------------

    def call_function(self, closure: Closure, args: list[Value], this: Value | None = None) -> Value:
        """What a function of the project returns; its effects on applications and routers are kept."""
        function = closure.function
        key = id(function)
        if function.body is None:
            return Unknown("the function was not read in depth", function.name, inert=True)
        if len(self._calls) >= MAX_CALLS or self._calls.count(key) >= MAX_RECURSION:
            return Unknown("the calls go too deep", function.name)
        self.executed.add(key)
        environment = Environment(
            {}, closure.environment, closure.environment.path, is_function=True, depth=self.branches
        )
        if function.kind != "arrow":
            receiver = closure.this if closure.this is not None else this
            environment.this = UNDEFINED if receiver is None else receiver
            environment.home = closure.home
            environment.names["arguments"] = Array(args)
        self._calls.append(key)
        self._returned.append([])
        try:
            self._bind_parameters(function, args, environment)
            self.run_body(function.body, environment)
        except RecursionError:
            self._returned[-1].append(Unknown("the calls go too deep", function.name))
        finally:
            self._calls.pop()
            returned = self._returned.pop()
        result = choice(returned) if returned else UNDEFINED
        return self._wrapped(result, args, environment)

    def _wrapped(self, result: Value, args: list[Value], environment: Environment) -> Value:
        """A function made here around one that was given remembers it: ``wrap(handler)``."""
        given = next((arg for arg in args if isinstance(arg, Closure)), None)
        if (
            isinstance(result, Closure)
            and given is not None
            and result.inside is None
            and result is not given
        ):
            made: Environment | None = result.environment
            while made is not None and made is not environment:
                made = made.parent
            if made is environment:
                result.inside = given
        return result

    def _bind_parameters(self, function: Function, args: list[Value], environment: Environment) -> None:
        for position, param in enumerate(function.params):
            if param.kind == "rest":
                rest = Array(args[position:])
                self.bind(param.pattern or Name(param.at, param.name), rest, environment, declare=True)
                return
            value = args[position] if position < len(args) else UNDEFINED
            if isinstance(value, Undefined) and param.default is not None:
                value = self.eval(param.default, environment)
            elif isinstance(value, (Unknown, Undefined)) and param.annotation is not None:
                value = self._typed(param, environment) or value
            self.bind(param.pattern or Name(param.at, param.name), value, environment, declare=True)
            if param.property:
                self.store(environment.receiver(), param.name, value)

    def _typed(self, param: Param, environment: Environment) -> Value | None:
        """An object of the class a parameter is annotated with, where nothing else is known of it."""
        if param.annotation is None or len(self._calls) > MAX_CALLS // 2:
            return None
        annotation: Expr = param.annotation
        if not isinstance(annotation, Name):
            return None
        owner = environment.owner(annotation.id)
        if owner is None:
            return None
        found = self.lookup(annotation.id, environment)
        return self.construct(found, [], None) if isinstance(found, ClassValue) else None

    def class_value(self, cls: Class, environment: Environment) -> ClassValue:
        base: Value | None = None
        for arg in cls.bases:
            if not arg.name and base is None:
                base = self.eval(arg.value, environment)
        made = ClassValue(cls, environment, base)
        inner = Environment(
            {cls.name: made} if cls.name else {}, environment, environment.path, made, depth=self.branches
        )
        made.environment = inner
        for stmt in cls.body:
            if isinstance(stmt, Define):
                if stmt.function.static and stmt.function.kind != "getter":
                    made.statics[stmt.function.name] = Closure(
                        stmt.function, inner, made, made, f"{cls.name}.{stmt.function.name}"
                    )
                elif stmt.function.body is not None or stmt.function.name not in made.methods:
                    made.methods[stmt.function.name] = stmt.function
            elif isinstance(stmt, Assign) and stmt.keyword == "static":
                value = UNDEFINED if stmt.value is None else self.eval(stmt.value, inner)
                for target in stmt.targets:
                    if isinstance(target, Name):
                        made.statics[target.id] = value
            elif isinstance(stmt, Block):
                self.run_body(stmt.body, inner)
        return made

    def construct(self, cls: Value, args: list[Value], site: Site | None) -> Value:
        """``new cls(args)``"""
        if not isinstance(cls, ClassValue):
            return Unknown("it is made of something unknown")
        made = Object({}, cls)
        self.initialise(made, cls, args)
        return made

    def initialise(self, made: Object, cls: ClassValue, args: list[Value], depth: int = 0) -> None:
        """Runs the fields and the constructor of a class, and those of what it derives from."""
        constructor = cls.methods.get("constructor")
        base = cls.base if isinstance(cls.base, ClassValue) and depth < 8 else None
        if base is not None and constructor is None:
            self.initialise(made, base, args, depth + 1)
        elif isinstance(cls.base, Instance):
            made.open = True
        if base is None or constructor is None:
            self.run_fields(made, cls)
        if constructor is not None:
            closure = Closure(constructor, cls.environment, made, cls, f"{cls.cls.name}.constructor")
            self.call_function(closure, args, made)

    def run_fields(self, made: Object, cls: ClassValue) -> None:
        inner = Environment({}, cls.environment, cls.environment.path, made, True, self.branches, cls)
        for stmt in cls.cls.body:
            if isinstance(stmt, Assign) and stmt.keyword == "field" and stmt.value is not None:
                value = self.eval(stmt.value, inner)
                for target in stmt.targets:
                    if isinstance(target, (Name, Text)):
                        name = target.id if isinstance(target, Name) else _constant(target)
                        if isinstance(value, (Closure, Instance)) and not value.name:
                            value.name = name
                        made.properties[name] = value

    # --- expressions --------------------------------------------------------------------------------------------

    def eval(self, expr: Expr, environment: Environment) -> Value:
        self.steps += 1
        if self.steps > MAX_STEPS:
            self.stopped = True
            raise Stopped
        return expressions.evaluate(self, expr, environment)

    def member(self, value: Value, name: str) -> Value:
        return expressions.member(self, value, name)

    def item(self, value: Value, position: int) -> Value:
        return expressions.item(self, value, position)

    def json(self, path: str) -> Value:
        """The content of a JSON file."""
        code = self.ev.index.json(path)
        if code is None or not code.body or not isinstance(code.body[0], ExprStmt):
            return Unknown(f"{path} cannot be read")
        return self.eval(code.body[0].value, Environment({}, None, path))

    def site(self, call: Call, environment: Environment) -> Site:
        file = self.ev.file(environment.path)
        scope = file.at(call.at[0]) if file is not None else None
        return Site(environment.path, call, scope, self.branches > 0)


def _constant(text: Text) -> str:
    return "".join([piece.value for piece in text.pieces if not isinstance(piece, Hole)])


_STATEMENTS: dict[type, Callable[..., Signal]] = {
    Assign: Machine._assign,
    Block: Machine._block,
    Define: Machine._define,
    DefineClass: Machine._define_class,
    ExprStmt: Machine._expr,
    If: Machine._if,
    ImportStmt: Machine._nothing,
    Jump: Machine._jump,
    Loop: Machine._loop,
    Raise: Machine._raise,
    Return: Machine._return,
    Switch: Machine._switch,
    Try: Machine._try,
    With: Machine._with,
}
