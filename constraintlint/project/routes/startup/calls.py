"""Calls of start-up code: functions and classes of the project, library functions a reader carries out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constraintlint.facts.code import Call, Expr, Member, Name, Spread
from constraintlint.project.routes.startup import functions, members
from constraintlint.project.routes.startup.values import (
    MISSING,
    UNKNOWN,
    Arguments,
    Blank,
    Builtin,
    ClassValue,
    Decorated,
    Environment,
    FunctionValue,
    Instance,
    Library,
    Method,
    Native,
    Opaque,
    Super,
    Value,
    innermost,
)

if TYPE_CHECKING:
    from constraintlint.project.routes.startup.machine import Machine


def dotted(expr: Expr) -> str:
    """``a.b`` as written; the callee of a call."""
    if isinstance(expr, Call):
        return dotted(expr.callee)
    if isinstance(expr, Name):
        return expr.id
    if isinstance(expr, Member):
        head = dotted(expr.object)
        return f"{head}.{expr.name}" if head else expr.name
    return ""


def arguments(machine: Machine, expr: Call, env: Environment) -> Arguments:
    from constraintlint.project.routes.startup.expressions import items

    found = Arguments(machine.path, expr.at, node=expr, env=env)
    for arg in expr.args:
        value = machine.eval(arg.value.value if isinstance(arg.value, Spread) else arg.value, env)
        if arg.spread == "**":
            if isinstance(value, dict):
                found.kwargs.update({key: item for key, item in value.items() if isinstance(key, str)})
            else:
                found.open = True
        elif arg.spread:
            inner = items(machine, value)
            if inner is None:
                found.open = True
            else:
                found.args += inner
        elif arg.name:
            found.kwargs[arg.name] = value
            found.exprs[arg.name] = arg.value
        else:
            found.exprs[len(found.args)] = arg.value
            found.args.append(value)
    return found


def call_expression(machine: Machine, expr: Call, env: Environment) -> Value:
    if isinstance(expr.callee, Name) and expr.callee.id == "super" and not expr.args:
        return _super(machine, env)
    callee = machine.eval(expr.callee, env)
    args = arguments(machine, expr, env)
    result = call(machine, callee, args)
    if isinstance(callee, FunctionValue) and isinstance(result, FunctionValue):
        return _decorated_by_hand(machine, callee, args, result)
    return result


def _decorated_by_hand(
    machine: Machine, callee: FunctionValue, args: Arguments, result: FunctionValue
) -> Value:
    """``guarded(view)``: the project's own decorator, called instead of written above the view."""
    from constraintlint.project.routes.startup import decorators

    target = args.args[0] if len(args.args) == 1 and not args.kwargs else None
    if args.node is None or result is target or not isinstance(target, (FunctionValue, Method, Decorated)):
        return result
    own = decorators.guard(machine, "decorator", callee, args.node)
    return Decorated(
        target if isinstance(target, Method) else innermost(target),
        result,
        (own, *decorators.guards_of(target)),
    )


def _super(machine: Machine, env: Environment) -> Value:
    """``super()`` in a method: the environment of the call knows the function and its first argument."""
    found: Environment | None = env
    while found is not None:
        owner = found.owner
        if found.kind == "call" and isinstance(owner, FunctionValue) and owner.owner is not None:
            first = next(iter(owner.node.params), None)
            receiver = found.names.get(first.name) if first is not None else None
            return Super(owner.owner, receiver)
        found = found.parent
    return UNKNOWN


def call(machine: Machine, callee: Value, args: Arguments) -> Value:
    """What calling a value gives, with everything it does."""
    if isinstance(callee, Builtin):
        return callee.run(machine, args)
    if isinstance(callee, Method):
        inner = callee.function.value if isinstance(callee.function, Decorated) else callee.function
        bound = Arguments(args.path, args.at, [callee.receiver, *args.args], args.kwargs, args.node, args.env)
        bound.open = args.open
        bound.exprs = {key + 1 if isinstance(key, int) else key: expr for key, expr in args.exprs.items()}
        return call(machine, inner, bound)
    if isinstance(callee, FunctionValue):
        return run(machine, callee, args)
    if isinstance(callee, ClassValue):
        return instantiate(machine, callee, args)
    if isinstance(callee, Library):
        return _library(machine, callee, args)
    if isinstance(callee, Opaque):
        return _wrapped(machine, callee, args) or Opaque(f"{callee.name}()", args)
    if isinstance(callee, Decorated):
        if isinstance(callee.value, (Blank, Opaque)):
            # what a decorator of a library made: most hand the call on
            return call(machine, callee.original, args)
        return call(machine, callee.value, args)
    if isinstance(callee, Native):
        return callee.call(machine, args)
    if isinstance(callee, Instance):
        method = members.lookup(machine, callee, "__call__")
        if method is not MISSING and not isinstance(method, Blank):
            return call(machine, method, args)
        return callee.native.call(machine, args) if callee.native is not None else UNKNOWN
    if isinstance(callee, Blank) and _may_register(args):
        for value in (*args.args, *args.kwargs.values()):
            native = value.native if isinstance(value, Instance) else value
            if isinstance(native, Native):
                native.handed_over(machine, args)
    return UNKNOWN


def _may_register(args: Arguments) -> bool:
    """Whether a call of something unknown is one that registers routes: no constructor, no ``init_app`` of an extension."""
    name = dotted(args.node).rpartition(".")[2] if args.node is not None else ""
    return name[:1].islower() and name != "init_app"


def _library(machine: Machine, callee: Library, args: Arguments) -> Value:
    known = machine.functions.get(callee.name) or functions.LIBRARY.get(callee.name)
    if known is not None:
        return known(machine, args)
    owner, _, last = callee.name.rpartition(".")
    shared = machine.class_methods.get(last)
    if shared is not None:
        whole = Arguments(args.path, args.at, [Library(owner), *args.args], args.kwargs, args.node, args.env)
        return shared(machine, whole)
    return _wrapped(machine, callee, args) or Opaque(f"{callee.name}()", args)


def _wrapped(machine: Machine, callee: Library | Opaque, args: Arguments) -> Value:
    """``login_required(view)``: a library's function applied to a view, as a decorator is."""
    from constraintlint.project.routes.startup import decorators

    if len(args.args) != 1 or args.kwargs or args.open or args.node is None:
        return None
    target = args.args[0]
    if isinstance(target, (FunctionValue, Method, Decorated)) or getattr(target, "decoratable", False):
        found = decorators.guard(machine, "decorator", callee, args.node)
        return Decorated(
            target if not isinstance(target, Decorated) else target.original,
            Opaque(f"{callee.name}()", args),
            (found, *decorators.guards_of(target)),
        )
    return None


def instantiate(machine: Machine, cls: ClassValue, args: Arguments) -> Value:
    if cls.is_a("enum.Enum", "enum.StrEnum", "enum.IntEnum"):
        return UNKNOWN
    made = Instance(cls, args)
    own = next(
        (b.attrs["__init__"] for b in cls.order() if isinstance(b, ClassValue) and "__init__" in b.attrs),
        None,
    )
    if own is not None:
        call(machine, Method(own, made), args)
        return made
    for base in cls.order():
        if isinstance(base, Library) and base.name in machine.functions:
            members.make_native(machine, made, base, args)
            break
    if made.native is None:
        made.attrs.update(args.kwargs)
        _fields(cls, made, args)
    return made


def _fields(cls: ClassValue, made: Instance, args: Arguments) -> None:
    """The positional arguments of a dataclass."""
    names: list[str] = []
    for base in reversed(cls.order()):
        if isinstance(base, ClassValue):
            names += [name for name in base.attrs.get("__annotations__", ()) if name not in names]
    for name, value in zip(names, args.args, strict=False):
        made.attrs[name] = value


def run(machine: Machine, function: FunctionValue, args: Arguments) -> Value:
    """Call a function of the project."""
    from constraintlint.project.routes.startup.machine import MAX_CALL_STEPS, MAX_CALLS, Frame, Left, Returned

    machine.entered.add(id(function.node))
    if len(machine.frames) > MAX_CALLS or sum(1 for f in machine.frames if f.node is function.node) > 2:
        return UNKNOWN
    node = machine.sources.body(function.path, function.node)
    if node is None or node.body is None:
        return UNKNOWN
    env = Environment("call", function.env, function)
    _bind(function, args, env)
    frame = Frame(function.path)
    frame.node = function.node
    machine.frames.append(frame)
    result: Value = None
    ended = False
    limit = machine.limit
    if not machine.calls:
        machine.limit = min(limit, machine.steps + MAX_CALL_STEPS)
    machine.calls += 1
    try:
        machine.block(node.body, env)
    except Returned as returned:
        result, ended = returned.value, True
    except Left as left:
        if left.kind == "steps":
            if machine.calls > 1 or machine.steps > limit:
                raise
            machine.abandoned = True
            return UNKNOWN
    except RecursionError:
        return UNKNOWN
    finally:
        machine.calls -= 1
        machine.limit = limit
        machine.frames.pop()
    if node.is_generator:
        return frame.yielded
    if frame.maybe:
        return _likeliest([*frame.maybe, result] if ended or result is not None else [*frame.maybe, None])
    return result


def _likeliest(results: list[Value]) -> Value:
    """One of several possible results: what is known most of."""
    known = [value for value in results if value is not None and not isinstance(value, (Blank, Opaque))]
    if not known:
        return UNKNOWN
    if all(isinstance(value, str) for value in known) and len(set(known)) > 1:
        return UNKNOWN
    lists = [value for value in known if isinstance(value, list)]
    if lists:
        return max(lists, key=len)
    return known[-1]


def _bind(function: FunctionValue, args: Arguments, env: Environment) -> None:
    names = env.names
    positional = list(args.args)
    keywords = dict(args.kwargs)
    for param in function.node.params:
        if param.kind == "rest":
            names[param.name] = tuple(positional) if not args.open else UNKNOWN
            positional = []
        elif param.kind == "kwrest":
            names[param.name] = keywords if not args.open else UNKNOWN
            keywords = {}
        elif param.name in keywords:
            names[param.name] = keywords.pop(param.name)
        elif positional and param.kind == "normal":
            names[param.name] = positional.pop(0)
        elif param.name in function.defaults and not args.open:
            names[param.name] = function.defaults[param.name]
        else:
            names[param.name] = UNKNOWN
