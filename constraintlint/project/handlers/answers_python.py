"""Answers of Python handlers: what they return, by framework."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constraintlint.facts.code import (
    Assign,
    Await,
    Call,
    Conditional,
    Constant,
    Expr,
    Function,
    Member,
    Name,
    Sequence,
    Text,
)
from constraintlint.project.flow.reaching import reaching
from constraintlint.project.handlers.answers import named, status_of
from constraintlint.project.handlers.form_calls import arguments
from constraintlint.project.handlers.form_classes import annotated
from constraintlint.project.handlers.records import Answer, Form, Forms, Frame, Part

if TYPE_CHECKING:
    from constraintlint.project.handlers.forms import Reader
    from constraintlint.project.routes.records import Route

#: responses whose body is written as JSON: (name of the body, its position), (name of the status, its position)
_JSON = {
    "JsonResponse": (("data", 0), ("status", -1)),
    "json_response": (("data", 0), ("status", -1)),
    "JSONResponse": (("content", 0), ("status_code", 1)),
    "ORJSONResponse": (("content", 0), ("status_code", 1)),
    "UJSONResponse": (("content", 0), ("status_code", 1)),
}
#: responses whose body is text: JSON where it is made by ``dumps``
_TEXT = {
    "flask": (("response", 0), ("status", 1)),
    "django": (("content", 0), ("status", -1)),
    "aiohttp": (("body", -1), ("status", -1)),
    "fastapi": (("content", 0), ("status_code", 1)),
    "starlette": (("content", 0), ("status_code", 1)),
}
_RESPONSES = frozenset(
    ("Response", "HttpResponse", "PlainTextResponse", "HTMLResponse", "RedirectResponse", "FileResponse", "StreamingResponse", "HttpResponseRedirect")
)  # fmt: skip
_ERRORS = {
    "HttpResponseNotFound": 404,
    "HttpResponseBadRequest": 400,
    "HttpResponseForbidden": 403,
    "HttpResponseNotAllowed": 405,
}
_NO_MODEL = ("response_model_include", "response_model_exclude", "response_model_by_alias")
_MAX_DEPTH = 8


class Python:
    def __init__(self, reader: Reader, route: Route) -> None:
        self.reader = reader
        self.route = route
        self.answers: list[Answer] = []
        self.complete = True
        self.default = 200

    def handler(self, function: Function, frame: Frame) -> None:
        if self.route.framework in ("fastapi", "starlette"):
            extras = dict(self.route.extras)
            outside = Frame(frame.scope.parent or frame.scope)
            if "status_code" in extras:
                status = status_of(self.reader, extras["status_code"], outside)
                if status is None:
                    self.complete = False
                    return
                self.default = status
            if self._declared(function, extras, frame, outside):
                return
        if function.is_generator or frame.scope.yields:
            self.complete = False
            return
        for stmt in frame.scope.returns:
            if stmt.value is not None:
                self.returned(stmt.value, frame)

    def _declared(self, function: Function, extras: dict[str, Expr], frame: Frame, outside: Frame) -> bool:
        """FastAPI writes what the declared model has, whatever is returned."""
        model = extras.get("response_model", function.returns)
        if model is None or isinstance(model, Constant):
            return False
        home = outside
        forms = annotated(self.reader, model, home)
        if any(form.kind == "unknown" or form.open for form in forms) or any(
            name in extras for name in _NO_MODEL
        ):
            if self._is_response(model, home):
                return False
            if "response_model" in extras or any(form.kind == "unknown" for form in forms):
                self.complete = False
                # the model is not known: neither is what is written
                return "response_model" in extras or not self._is_plain(model)
            return False
        self.answers.append(Answer(self.default, forms, frame.scope.path, model.at))
        return True

    def _is_response(self, model: Expr, home: Frame) -> bool:
        name = model.name if isinstance(model, Member) else model.id if isinstance(model, Name) else ""
        return name in _RESPONSES or name in _JSON

    @staticmethod
    def _is_plain(model: Expr) -> bool:
        """``dict``, ``Any``: says nothing."""
        from constraintlint.facts.code import Index

        owner = model.object if isinstance(model, Index) else model
        name = owner.id if isinstance(owner, Name) else owner.name if isinstance(owner, Member) else ""
        return name in ("dict", "Dict", "Any", "object", "Mapping")

    # --- what is returned ---------------------------------------------------------------------------------------------

    def returned(self, expr: Expr, frame: Frame, status: int | None = -1) -> None:
        """One returned expression; ``status`` is what stands beside it in a tuple (-1: nothing does)."""
        if frame.depth > _MAX_DEPTH:
            self.complete = False
            return
        if isinstance(expr, Await):
            self.returned(expr.value, frame, status)
        elif isinstance(expr, Conditional):
            self.returned(expr.then, frame, status)
            self.returned(expr.other, frame, status)
        elif (
            isinstance(expr, Sequence)
            and expr.kind == "tuple"
            and self.route.framework == "flask"
            and expr.items
        ):
            beside = status_of(self.reader, expr.items[1], frame) if len(expr.items) > 1 else self.default
            self.returned(expr.items[0], frame, beside)
        elif isinstance(expr, Name):
            self._name(expr, frame, status)
        elif isinstance(expr, Call):
            self._call(expr, frame, status)
        else:
            self._body(expr, frame, status)

    def _body(self, expr: Expr, frame: Frame, status: int | None) -> None:
        """A value that the framework itself turns into an answer."""
        if self.route.framework in ("flask", "fastapi") and not isinstance(expr, (Text, Constant)):
            forms = self.reader.of(expr, frame)
            if self.route.framework == "flask" and all(form.kind == "value" for form in forms):
                forms = ()
            self._add(self._status(status), forms, expr, frame)
        elif isinstance(expr, (Text, Constant)) and self.route.framework in ("flask", "fastapi"):
            self._add(self._status(status), (), expr, frame)
        else:
            self.complete = False

    def _status(self, status: int | None) -> int | None:
        return self.default if status == -1 else status

    def _name(self, expr: Name, frame: Frame, status: int | None) -> None:
        variable = frame.scope.find(expr.id, expr.at[0])
        binds = reaching(variable, frame.scope, expr.at[0]) if variable is not None else []
        if self._is_adjusted(expr.id, frame):
            status = None
        calls = [
            bind
            for bind in binds
            if bind.kind == "assign" and not bind.keys and isinstance(bind.value, (Call, Await))
        ]
        if (
            calls
            and len(calls) == len([bind for bind in binds if bind.kind != "declare"])
            and frame.of(binds[0].scope)
        ):
            for bind in calls:
                assert bind.value is not None
                if self._makes_response(bind.value, frame):
                    self.returned(bind.value, frame.of(bind.scope) or frame, status)
                else:
                    self._body(expr, frame, status)
            return
        self._body(expr, frame, status)

    def _makes_response(self, expr: Expr, frame: Frame) -> bool:
        inner = expr.value if isinstance(expr, Await) else expr
        if not isinstance(inner, Call):
            return False
        name = named(inner)
        return name in _JSON or name in _RESPONSES or name in ("jsonify", "make_response")

    @staticmethod
    def _is_adjusted(name: str, frame: Frame) -> bool:
        """``response.status_code = ...``."""
        return any(
            isinstance(target, Member)
            and isinstance(target.object, Name)
            and target.object.id == name
            and target.name in ("status_code", "status", "data", "content")
            for stmt in frame.scope.body
            if isinstance(stmt, Assign)
            for target in stmt.targets
        )

    def _call(self, call: Call, frame: Frame, status: int | None) -> None:
        name = named(call)
        functions = self.reader.functions(call.callee, frame)
        if functions:
            self._followed(call, frame, status)
            return
        if name == "jsonify":
            self._add(self._status(status), self._jsonified(call, frame), call, frame)
        elif name == "make_response" and call.args:
            beside = status_of(self.reader, call.args[1].value, frame) if len(call.args) > 1 else status
            self.returned(call.args[0].value, frame, beside)
        elif name in _JSON or (name == "Response" and self._is_rest(call, frame)):
            body, told = _JSON.get(name, (("data", 0), ("status", 1)))
            content = argument(call, *body)
            given = argument(call, *told)
            result = status_of(self.reader, given, frame) if given is not None else self._status(status)
            self._add(result, self.reader.of(content, frame) if content is not None else (), call, frame)
        elif name in _ERRORS:
            self._add(_ERRORS[name], (), call, frame)
        elif name in _RESPONSES:
            self._text(call, frame, status)
        elif name == "render" or name == "redirect":
            self._add(None, (), call, frame)
        else:
            self._body(call, frame, status)

    def _is_rest(self, call: Call, frame: Frame) -> bool:
        return any(
            value.name.startswith("rest_framework.")
            for value in self.reader.ev.eval(call.callee, frame.scope)
        )

    def _jsonified(self, call: Call, frame: Frame) -> Forms:
        if any(arg.spread for arg in call.args):
            return self.reader.merged([()], frame, call)
        keywords = {arg.name: Part(arg.value, frame) for arg in call.args if arg.name}
        if keywords:
            return (Form("object", frame.scope.path, call.at, dict(keywords)),)
        if len(call.args) == 1:
            return self.reader.of(call.args[0].value, frame)
        return ()

    def _text(self, call: Call, frame: Frame, status: int | None) -> None:
        """A response with a text: JSON where that comes from ``dumps`` or ``encode``."""
        body, told = _TEXT[self.route.framework]
        given = argument(call, *told)
        result = status_of(self.reader, given, frame) if given is not None else self._status(status)
        content = argument(call, *body)
        if content is None:
            content = argument(call, "text", -1)
        forms: Forms = ()
        if isinstance(content, Call) and named(content) in ("dumps", "encode") and content.args:
            inner = content.args[0].value
            if (
                named(content) == "encode"
                and isinstance(content.callee, Member)
                and isinstance(content.callee.object, Call)
            ):
                dumping = content.callee.object  # json.dumps(x).encode()
                inner = dumping.args[0].value if named(dumping) == "dumps" and dumping.args else inner
            forms = self.reader.of(inner, frame)
        self._add(result, forms, call, frame)

    def _followed(self, call: Call, frame: Frame, status: int | None) -> None:
        """A function of the project that makes the answer."""
        for value in self.reader.functions(call.callee, frame):
            given = arguments(self.reader, value, call, frame)
            inner = self.reader.entered(value, given, frame) if given is not None else None
            function = value.node
            if (
                inner is None
                or not isinstance(function, Function)
                or function.decorators
                or inner.scope.yields
            ):
                plain = isinstance(function, Function) and all(
                    isinstance(item, Name) and item.id in ("staticmethod", "classmethod")
                    for item in function.decorators
                )
                if inner is None or not plain:
                    self._body(call, frame, status)
                    continue
            if not inner.scope.returns:
                self.complete = False
            for stmt in inner.scope.returns:
                if stmt.value is not None:
                    self.returned(stmt.value, inner, status)

    def _add(self, status: int | None, forms: Forms, expr: Expr, frame: Frame) -> None:
        self.answers.append(Answer(status, forms, frame.scope.path, expr.at))


def argument(call: Call, name: str, position: int) -> Expr | None:
    """An argument by keyword, or by position (-1: by keyword only)."""
    positional = 0
    for arg in call.args:
        if arg.spread:
            return None
        if arg.name == name:
            return arg.value
        if not arg.name:
            if positional == position:
                return arg.value
            positional += 1
    return None
