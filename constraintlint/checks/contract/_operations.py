"""What the rules about the API contract share: operations with their handlers, and who changes messages on the way."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.facts.code import (
    Assign,
    At,
    Await,
    Call,
    Function,
    Handler,
    Lambda,
    Member,
    Name,
    Node,
    Return,
    children,
    walk,
)
from constraintlint.facts.contract import Operation, Shape
from constraintlint.facts.source import Span
from constraintlint.findings import Step
from constraintlint.project import Project
from constraintlint.project.handlers.anonymous import inner_functions
from constraintlint.project.handlers.records import Answer
from constraintlint.project.routes.records import Route
from constraintlint.roles import is_test

#: where answers are changed for all routes at once
_RENDERING = (
    "DEFAULT_RENDERER_CLASSES", "renderer_classes", "preSerialization", "onSend", "setReplySerializer", "setSerializerCompiler", "body_iterator",
    "default_response_class", "set_data", "json_provider_class", "camelize", "humps", "toReplySerializer", "CamelCaseJSONRenderer",
)  # fmt: skip


def answered(project: Project) -> Iterator[tuple[Operation, Route]]:
    """Every operation of the contract with each route of the served files that answers it."""
    matches = project.contract_matches
    served = set(project.paths)
    for item in matches.matches if matches is not None else ():
        for route in item.routes:
            handler = route.handler
            if handler is not None and route.place.path in served and not is_test(route.place.path):
                yield item.operation, route


def renders_itself(project: Project) -> bool:
    """Whether something of the project changes every answer on its way out."""
    return any(project.mentions(path, _RENDERING) for path in project.paths if not is_test(path))


def alters(route: Route) -> bool:
    """Whether a guard of the route changes what the handler reads or what it answers."""
    for guard in route.guards:
        function = guard.handler.function
        if function is None:
            if guard.how == "decorator" and _sounds_like_wrapping(guard.handler.name):
                return True
            continue
        python = guard.handler.place.path.endswith((".py", ".pyi"))
        if guard.how in ("Depends", "Security"):
            continue
        if python and _wraps(function, guard.how):
            return True
        if not python and _rewrites(function):
            return True
    return False


def _sounds_like_wrapping(name: str) -> bool:
    last = name.rsplit(".", 1)[-1].lower()
    words = (
        "marshal",
        "response",
        "output",
        "serializ",
        "envelope",
        "wrap",
        "render",
        "json",
        "dump",
        "schema",
        "arguments",
        "use_",
        "input",
    )
    return any(word in last for word in words)


def _rewrites(function: Function) -> bool:
    """``req.body = req.body.user``, ``res.json = wrapped``, ``ctx.body = { data: ctx.body }``; what follows an error does not count."""
    for node in _outside_handlers(function):
        if isinstance(node, Assign):
            for target in node.targets:
                if isinstance(target, Member) and target.name in ("body", "json", "send", "res"):
                    return True
    return False


def _outside_handlers(function: Function) -> Iterator[Node]:
    stack: list[Node] = list(function.body or ())
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, Handler):
            stack.extend(children(node))


def _wraps(function: Function, how: str) -> bool:
    """Whether a decorator or middleware returns anything else than what the view gave it."""
    if how == "decorator":
        views = {param.name for param in function.params[:1]}
        made = inner_functions(function)
        for inner in list(made):
            made += inner_functions(inner)
            views |= {param.name for param in inner.params[:1]} if inner_functions(inner) else set()
    elif how == "middleware":
        views = {param.name for param in function.params[-1:]}
        made = [function]
    else:
        return False
    return any(_changes(inner, views) for inner in made)


def _changes(function: Function, views: set[str]) -> bool:
    results: set[str] = set()
    for node in _outside_handlers(function):
        if isinstance(node, Assign) and node.value is not None and _calls(node.value, views):
            results |= {target.id for target in node.targets if isinstance(target, Name)}
    for node in _outside_handlers(function):
        if isinstance(node, Return) and node.value is not None:
            value = node.value.value if isinstance(node.value, Await) else node.value
            if isinstance(value, Call) and _calls(value, views):
                continue
            mentioned = {inner.id for inner in walk(value) if isinstance(inner, Name)}
            if not isinstance(value, (Name, Lambda)) and mentioned & (results | views):
                return True
        if isinstance(node, Assign):
            for target in node.targets:
                if (
                    isinstance(target, Member)
                    and isinstance(target.object, Name)
                    and target.object.id in results
                ) and target.name in ("data", "content", "body", "text", "response"):
                    return True
    return False


def _calls(expr: Node, views: set[str]) -> bool:
    inner = expr.value if isinstance(expr, Await) else expr
    return isinstance(inner, Call) and isinstance(inner.callee, Name) and inner.callee.id in views


# --- the contract's side ----------------------------------------------------------------------------------------------


def promised(operation: Operation, status: int) -> Shape | None:
    """The JSON that the contract promises for a status of success."""
    for response in operation.responses:
        if response.status == str(status):
            return response.body.json if response.body is not None else None
    for response in operation.responses:
        if response.status.upper() == f"{status // 100}XX":
            return response.body.json if response.body is not None else None
    success = operation.success()
    if len(success) == 1 and success[0].body is not None:
        return success[0].body.json
    return None


def successes(project: Project, route: Route) -> list[Answer]:
    """The answers of a handler that are a success for certain and have a JSON body."""
    return [
        answer
        for answer in project.handlers.facts(route).answers
        if answer.forms and answer.status is not None and 200 <= answer.status < 300
    ]


def steps(operation: Operation, route: Route, shape: Shape | None = None) -> list[Step]:
    """Where the contract says it, and where the route is registered."""
    place = shape.place if shape is not None else operation.place
    shown = f"{operation.method} {operation.path}"
    said = f"{shown} is described here" if shape is None else f"{shown}: this is what the contract says"
    found = [Step(place.path, place.line, place.column, said)]
    found.append(
        Step(route.place.path, *route.place.span[:2], f"{route.method} {route.path} is registered here")
    )
    return found


def first_line(project: Project, path: str, at: At) -> Span:
    """The span of a record, cut at the end of its first line."""
    span = project.evaluator.span(path, at)
    return span if span[0] == span[2] else (span[0], span[1], span[0], span[1] + 1)


def listed(names: list[str]) -> str:
    shown = [f'"{name}"' for name in names]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def plain(name: str) -> str:
    """A name without the differences between snake case and camel case."""
    return name.replace("_", "").replace("-", "").lower()
