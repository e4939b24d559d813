"""The value of each kind of expression while registering code is carried out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from constraintlint.facts.code import (
    AssignExpr,
    Await,
    Binary,
    Call,
    ClassExpr,
    Conditional,
    Constant,
    Expr,
    Hole,
    Index,
    Lambda,
    Mapping,
    Member,
    Name,
    Sequence,
    Spread,
    Text,
    Unary,
)
from constraintlint.facts.code import Unknown as Opaque
from constraintlint.project.routes.registration import calls, injection, responses
from constraintlint.project.routes.registration.instances import Instance
from constraintlint.project.routes.registration.values import (
    UNDEFINED,
    Array,
    Choice,
    ClassValue,
    Closure,
    Environment,
    FilePath,
    Library,
    Made,
    Module,
    Object,
    Partial,
    Pattern,
    Undefined,
    Unknown,
    choice,
    options,
    truth,
)

if TYPE_CHECKING:
    from constraintlint.project.routes.registration.machine import Machine
    from constraintlint.project.routes.registration.values import Value


def evaluate(machine: Machine, expr: Expr, environment: Environment) -> Value:
    handler = _HANDLERS.get(type(expr))
    return (
        handler(machine, expr, environment) if handler is not None else Unknown("an expression of this kind")
    )


# --- names, members, literals -----------------------------------------------------------------------------------


def _name(machine: Machine, expr: Name, environment: Environment) -> Value:
    if expr.id == "this":
        return environment.receiver()
    if expr.id == "__dirname":
        return FilePath(environment.path.rpartition("/")[0])
    if expr.id == "__filename":
        return FilePath(environment.path)
    return machine.lookup(expr.id, environment)


def _member(machine: Machine, expr: Member, environment: Environment) -> Value:
    if isinstance(expr.object, Name) and expr.object.id == "super":
        cls = environment.method_class()
        base = cls.base if cls is not None else None
        if isinstance(base, ClassValue):
            return method(machine, base, environment.receiver(), expr.name) or Unknown("", expr.name)
        return Unknown("a method of a class that is not of the project", expr.name)
    owner = machine.eval(expr.object, environment)
    if isinstance(owner, Library) and owner.name in ("import.meta", "import#meta", "meta"):
        if expr.name == "dirname":
            return FilePath(environment.path.rpartition("/")[0])
        if expr.name in ("url", "filename"):
            return FilePath(environment.path)
    return member(machine, owner, expr.name)


def _index(machine: Machine, expr: Index, environment: Environment) -> Value:
    owner = machine.eval(expr.object, environment)
    position = machine.eval(expr.index, environment)
    if isinstance(position, int) and not isinstance(position, bool):
        return item(machine, owner, position)
    found: list[Value] = []
    for option in options(position):
        name = key(option)
        if name is not None:
            found.append(member(machine, owner, name))
        elif isinstance(owner, Object):
            found += owner.properties.values()
        else:
            found.append(Unknown("the key is not known"))
    return choice(found)


def _text(machine: Machine, expr: Text, environment: Environment) -> Value:
    if expr.prefix == "regex":
        return Pattern("".join([piece.value for piece in expr.pieces if not isinstance(piece, Hole)]))
    if expr.tag is not None:
        return Unknown("a tagged template")
    value: Value = ""
    for piece in expr.pieces:
        value = joined(
            value, machine.eval(piece.value, environment) if isinstance(piece, Hole) else piece.value
        )
    return value


def _constant(machine: Machine, expr: Constant, environment: Environment) -> Value:
    return UNDEFINED if expr.kind == "undefined" else expr.value


def _sequence(machine: Machine, expr: Sequence, environment: Environment) -> Value:
    made = Array([])
    for entry in expr.items:
        if isinstance(entry, Spread):
            value = machine.eval(entry.value, environment)
            for element, sure in items_of(value):
                if sure:
                    made.items.append(element)
            made.open = made.open or not isinstance(value, Array) or value.open
        else:
            made.items.append(machine.eval(entry, environment))
    return made


def _mapping(machine: Machine, expr: Mapping, environment: Environment) -> Value:
    made = Object({})
    for entry in expr.entries:
        if entry.key is None:
            value = machine.eval(entry.value, environment)
            if isinstance(value, Object):
                made.properties.update(value.properties)
                made.open = made.open or value.open
            elif truth(value) is not False:
                made.open = True
            continue
        name = key(machine.eval(entry.key, environment))
        if name is None:
            made.open = True
            continue
        value = machine.eval(entry.value, environment)
        if isinstance(value, Closure):
            value.name = value.name or name
            if entry.method:
                value.this = made
                if value.function.kind == "getter":
                    value = machine.call_function(value, [], made)
        made.properties[name] = value
    return made


def _lambda(machine: Machine, expr: Lambda, environment: Environment) -> Value:
    return Closure(expr.function, environment, name=expr.function.name)


def _class(machine: Machine, expr: ClassExpr, environment: Environment) -> Value:
    return machine.class_value(expr.cls, environment)


def _opaque(machine: Machine, expr: Opaque, environment: Environment) -> Value:
    value: Value = Unknown("an expression of this kind")
    for child in expr.children:
        last = machine.eval(child, environment)
        if expr.kind == "comma":
            value = last
    return value


# --- operators --------------------------------------------------------------------------------------------------


def _binary(machine: Machine, expr: Binary, environment: Environment) -> Value:
    left = machine.eval(expr.left, environment)
    if expr.op in ("&&", "||", "??"):
        return _either(machine, expr, left, environment)
    right = machine.eval(expr.right, environment)
    if expr.op == "+":
        if isinstance(left, (int, float)) and isinstance(right, (int, float)):
            return left + right
        return joined(left, right)
    return _compared(expr.op, left, right)


def _either(machine: Machine, expr: Binary, left: Value, environment: Environment) -> Value:
    known = truth(left)
    if expr.op == "??":
        known = None if known is None else not (left is None or isinstance(left, Undefined))
    if known is not None:
        return left if known is not (expr.op == "&&") else machine.eval(expr.right, environment)
    if expr.op != "&&" and isinstance(left, Unknown) and left.setting:
        return machine.eval(expr.right, environment)  # the setting is not set
    machine.branches += 1
    right = machine.eval(expr.right, environment)
    machine.branches -= 1
    return right if expr.op == "&&" else choice([left, right])


def _compared(op: str, left: Value, right: Value) -> Value:
    plain = (str, bool, int, float, type(None), Undefined)
    if not isinstance(left, plain) or not isinstance(right, plain):
        if (
            op in ("===", "!==")
            and isinstance(left, (Closure, Instance, Object, Array))
            and isinstance(right, plain)
        ):
            return op == "!=="
        return Unknown("a comparison")
    if op in ("===", "=="):
        return left == right
    if op in ("!==", "!="):
        return left != right
    if isinstance(left, (int, float)) and isinstance(right, (int, float)) and op in _NUMBERS:
        return _NUMBERS[op](left, right)
    return Unknown("a comparison")


_NUMBERS: dict[str, Callable[[float, float], Value]] = {
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "%": lambda a, b: a % b if b else Unknown("a division by zero"),
}


def _unary(machine: Machine, expr: Unary, environment: Environment) -> Value:
    value = machine.eval(expr.operand, environment)
    if expr.op == "!":
        known = truth(value)
        return Unknown("a test") if known is None else not known
    if expr.op == "typeof":
        return _kind_name(value)
    if expr.op == "void":
        return UNDEFINED
    if expr.op in ("++", "--", "post++", "post--") and isinstance(expr.operand, Name):
        step = 1 if "+" in expr.op else -1
        counted: Value = Unknown("a counter")
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            counted = value + step
        machine.assign(expr.operand.id, counted, environment)
        return value
    if expr.op == "-" and isinstance(value, (int, float)):
        return -value
    return Unknown("an operation")


def _kind_name(value: Value) -> Value:
    if isinstance(value, str):
        return "string"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "number"
    if isinstance(value, Undefined):
        return "undefined"
    if isinstance(value, (Closure, ClassValue)) or (isinstance(value, Instance) and value.kind == "express"):
        return "function"
    if isinstance(value, (Object, Array, Instance)) or value is None:
        return "object"
    return Unknown("a type")


def _conditional(machine: Machine, expr: Conditional, environment: Environment) -> Value:
    known = truth(machine.eval(expr.test, environment))
    if known is not None:
        return machine.eval(expr.then if known else expr.other, environment)
    machine.branches += 1
    found = [machine.eval(expr.then, environment), machine.eval(expr.other, environment)]
    machine.branches -= 1
    return choice(found)


def _await(machine: Machine, expr: Await, environment: Environment) -> Value:
    value = machine.eval(expr.value, environment)
    if isinstance(value, Instance):
        responses.settle(machine, value)
    return value


def _assign_expr(machine: Machine, expr: AssignExpr, environment: Environment) -> Value:
    if expr.op == "=":
        value = machine.eval(expr.value, environment)
        machine.bind(expr.target, value, environment)
        return value
    return update(machine, expr.target, expr.op, expr.value, environment)


def update(machine: Machine, target: Expr, op: str, given: Expr | None, environment: Environment) -> Value:
    """``target op= given``"""
    old = machine.eval(target, environment)
    new: Value = UNDEFINED if given is None else machine.eval(given, environment)
    value: Value
    if op == "+=" and isinstance(old, (int, float)) and isinstance(new, (int, float)):
        value = old + new
    elif op == "+=":
        value = joined(old, new)
    elif op in ("??=", "||="):
        known = truth(old)
        value = old if known else new if known is False else choice([old, new])
    else:
        value = Unknown("an operation")
    machine.bind(target, value, environment)
    return value


def _spread(machine: Machine, expr: Spread, environment: Environment) -> Value:
    return machine.eval(expr.value, environment)


_HANDLERS: dict[type, Callable[..., Value]] = {
    AssignExpr: _assign_expr,
    Await: _await,
    Binary: _binary,
    Call: calls.call,
    ClassExpr: _class,
    Conditional: _conditional,
    Constant: _constant,
    Index: _index,
    Lambda: _lambda,
    Mapping: _mapping,
    Member: _member,
    Name: _name,
    Opaque: _opaque,
    Sequence: _sequence,
    Spread: _spread,
    Text: _text,
    Unary: _unary,
}


# --- parts ------------------------------------------------------------------------------------------------------


def joined(left: Value, right: Value) -> Value:
    """Two strings one behind the other."""
    if isinstance(left, Choice) or isinstance(right, Choice):
        return choice([joined(one, other) for one in options(left) for other in options(right)])
    if isinstance(left, FilePath) and isinstance(right, str):
        return FilePath(left.path + right)
    if isinstance(left, Partial):
        return left
    if isinstance(left, str):
        if isinstance(right, str):
            return left + right
        if isinstance(right, (int, float)) and not isinstance(right, bool):
            return left + str(right)
        return Partial(left + right.start) if isinstance(right, Partial) else Partial(left)
    if isinstance(left, (int, float)) and isinstance(right, str):
        return str(left) + right
    return Partial("")


def key(value: Value) -> str | None:
    """The name of a property; None where it is not known."""
    if isinstance(value, str):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    if (
        isinstance(value, Made)
        and value.name == "Symbol.for"
        and value.args
        and isinstance(value.args[0], str)
    ):
        return f"@@{value.args[0]}"
    return None


def items_of(value: Value) -> list[tuple[Value, bool]]:
    """What iterating gives, each with whether it surely comes; one unknown item where nothing is known."""
    if isinstance(value, Choice):
        return [(element, False) for option in value.options for element, _ in items_of(option)]
    if isinstance(value, Array):
        found: list[tuple[Value, bool]] = [(element, True) for element in value.items]
        return [*found, (Unknown("an item of a list that is not known"), False)] if value.open else found
    if isinstance(value, Undefined) or value is None:
        return []
    return [(Unknown("an item of a list that is not known"), False)]


def keys_of(value: Value) -> list[tuple[Value, bool]]:
    if isinstance(value, Object):
        found: list[tuple[Value, bool]] = [(name, True) for name in value.properties]
        return [*found, (Unknown("a key that is not known"), False)] if value.open else found
    if isinstance(value, Array):
        return [(str(position), True) for position in range(len(value.items))]
    return [(Unknown("a key that is not known"), False)]


def item(machine: Machine, value: Value, position: int) -> Value:
    """``value[position]``"""
    found: list[Value] = []
    for option in options(value):
        if isinstance(option, Array) and 0 <= position < len(option.items):
            found.append(option.items[position])
        elif isinstance(option, Array) and not option.open:
            found.append(UNDEFINED)
        else:
            found.append(Unknown("an item of a list that is not known"))
    return choice(found)


def member(machine: Machine, value: Value, name: str) -> Value:
    """``value.name``"""
    if isinstance(value, Choice):
        return choice([member(machine, option, name) for option in value.options])
    if isinstance(value, Object):
        return _object_member(machine, value, name)
    if isinstance(value, Instance):
        found = value.property(name)
        return found if found is not None else Library(f"{value.kind}.{name}", value)
    if isinstance(value, ClassValue):
        return _static(machine, value, name)
    if isinstance(value, Module):
        return machine.modules.exported(value.path, name)
    if isinstance(value, Closure):
        return value.properties.get(name, Library(f"Function.{name}", value))
    if isinstance(value, Library):
        return _library_member(value, name)
    if isinstance(value, Made):
        resolved = injection.injected(machine, value)
        if resolved is not None:
            return member(machine, resolved, name)
        return Library(f"{value.name}.{name}", value)
    if isinstance(value, (Array, str)):
        if name == "length" and not (isinstance(value, Array) and value.open):
            return len(value.items if isinstance(value, Array) else value)
        return item(machine, value, int(name)) if name.isdigit() else Unknown("a method", name)
    if isinstance(value, Unknown):
        return Unknown(value.why, name, value.setting, value.inert)
    return Unknown("nothing is known of what it belongs to", name)


def _library_member(value: Library, name: str) -> Value:
    if value.name in ("process.env", "Bun.env", "import.meta.env", "Deno.env"):
        return Unknown("a setting", name, setting=True)
    if value.name == "process" and name in ("argv", "platform", "version"):
        return Unknown("of the process", name)
    if "#" in value.name or "." in value.name or value.name in _GLOBALS or "()" in value.name:
        return Library(f"{value.name}.{name}", value.owner)
    if name == "default":
        return value
    return Library(f"{value.name}#{name}")


_GLOBALS = frozenset(
    ("Object", "Array", "Promise", "process", "console", "Symbol", "String", "JSON", "Number", "Math", "Date",
     "Reflect", "globalThis", "import", "meta", "Bun", "Deno", "Buffer", "URL", "require", "module", "exports")
)  # fmt: skip


def _object_member(machine: Machine, value: Object, name: str) -> Value:
    if name in value.properties:
        return injection.resolved(machine, value, name)
    if value.cls is not None:
        found = method(machine, value.cls, value, name)
        if found is not None:
            return found
        if _derives_from_unknown(value.cls):
            return Unknown("a member of a class that is not of the project", name)
    return Unknown("a property that is not known", name) if value.open or value.cls is not None else UNDEFINED


def _derives_from_unknown(cls: ClassValue, depth: int = 0) -> bool:
    if isinstance(cls.base, ClassValue) and depth < 8:
        return _derives_from_unknown(cls.base, depth + 1)
    return cls.base is not None


def method(machine: Machine, cls: ClassValue, receiver: Value, name: str, depth: int = 0) -> Value | None:
    """A method of a class or what it derives from, bound to ``receiver``; a getter's value."""
    function = cls.methods.get(name)
    if function is not None:
        bound = Closure(function, cls.environment, receiver, cls, f"{cls.cls.name}.{name}")
        return machine.call_function(bound, [], receiver) if function.kind == "getter" else bound
    if isinstance(cls.base, ClassValue) and depth < 8:
        return method(machine, cls.base, receiver, name, depth + 1)
    return None


def _static(machine: Machine, cls: ClassValue, name: str) -> Value:
    found: Value | None = cls
    for _ in range(8):
        if not isinstance(found, ClassValue):
            break
        if name in found.statics:
            return found.statics[name]
        function = found.methods.get(name)
        if function is not None and function.static and function.kind == "getter":
            return machine.call_function(Closure(function, found.environment, found, found), [], found)
        found = found.base
    return Unknown("a static member that is not known", name) if name != "name" else cls.cls.name
