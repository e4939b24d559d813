"""The JSON form of expressions: literals, builder functions followed call by call, serialised objects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constraintlint.facts.code import (
    AssignExpr,
    Await,
    Binary,
    Call,
    Comprehension,
    Conditional,
    Constant,
    Expr,
    Function,
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
    Unknown,
)
from constraintlint.project.flow.names import concrete
from constraintlint.project.flow.reaching import reaching
from constraintlint.project.flow.scopes import Bind, Variable, key_of
from constraintlint.project.flow.values import Value
from constraintlint.project.handlers.changes import added, changed
from constraintlint.project.handlers.definitions import definition, member
from constraintlint.project.handlers.records import UNKNOWN, Form, Forms, Frame, Given, Part

if TYPE_CHECKING:
    from constraintlint.project import Project

MAX_DEPTH = 14
MAX_FORMS = 12
MAX_STEPS = 3000
_LOGIC = frozenset(("or", "||", "??"))
_LAST = frozenset(("and", "&&"))


class Reader:
    """Answers for one project. What it cannot follow is ``UNKNOWN``; what it cannot rule out is among the forms."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.ev = project.evaluator
        self._active: set[tuple[int, int]] = set()
        self._steps = 0
        self._changed: dict[int, frozenset[str]] = {}

    def start(self) -> None:
        """Begin with another handler: the limit on steps is one for each."""
        self._steps = 0

    # --- what checks ask ----------------------------------------------------------------------------------------------

    def of(self, expr: Expr, frame: Frame) -> Forms:
        key = (id(expr), id(frame))
        self._steps += 1
        if key in self._active or frame.depth > MAX_DEPTH or self._steps > MAX_STEPS:
            return (UNKNOWN,)
        self._active.add(key)
        try:
            found = self._of(expr, frame)
        finally:
            self._active.discard(key)
        return found[:MAX_FORMS] if 0 < len(found) <= MAX_FORMS else (UNKNOWN,)

    def resolved(self, given: Given) -> Forms:
        """The forms of a part; what iterating gives where it stands for that."""
        if isinstance(given, tuple):
            return given
        if given.annotation:
            from constraintlint.project.handlers.form_classes import annotated

            return annotated(self, given.expr, given.frame)
        found = self.of(given.expr, given.frame)
        return self.item_of(found) if given.item else found

    def key(self, form: Form, name: str) -> Forms:
        """The forms of one key of an object."""
        part = form.keys.get(name)
        return self.resolved(part) if part is not None else (UNKNOWN,)

    def item_of(self, forms: Forms) -> Forms:
        """What the elements of arrays look like."""
        found: list[Form] = []
        for form in forms:
            if form.kind != "array" or form.open:
                return (UNKNOWN,)
            for item in form.items:
                found += self.resolved(item)
        return tuple(found[:MAX_FORMS]) or (UNKNOWN,)

    # --- expressions --------------------------------------------------------------------------------------------------

    def _of(self, expr: Expr, frame: Frame) -> Forms:
        path = frame.scope.path
        if isinstance(expr, Await):
            return self.of(expr.value, frame)
        if isinstance(expr, Mapping):
            return (self._mapping(expr, frame),)
        if isinstance(expr, Sequence):
            return (self._sequence(expr, frame),)
        if isinstance(expr, Comprehension):
            return self._comprehension(expr, frame)
        if isinstance(expr, Constant):
            return (Form("value", path, expr.at, literal=True, constant=expr.value),)
        if isinstance(expr, Text):
            whole = not any(isinstance(piece, Hole) for piece in expr.pieces)
            return (Form("value", path, expr.at, literal=whole, constant=key_of(expr) if whole else None),)
        if isinstance(expr, Conditional):
            return self.of(expr.then, frame) + self.of(expr.other, frame)
        if isinstance(expr, Binary):
            return self._binary(expr, frame)
        if isinstance(expr, Unary) and expr.op in ("not", "!", "-", "+", "~", "typeof"):
            return (Form("value", path, expr.at),)
        if isinstance(expr, Name):
            return self._name(expr, frame)
        if isinstance(expr, (Member, Index)):
            return self._part(expr, frame)
        if isinstance(expr, Call):
            from constraintlint.project.handlers.form_calls import call

            return call(self, expr, frame)
        if isinstance(expr, Unknown) and expr.kind == "comma" and expr.children:
            return self.of(expr.children[-1], frame)
        if isinstance(expr, AssignExpr) and expr.op in ("=", ":="):
            return self.of(expr.value, frame)
        return (UNKNOWN,)

    def _binary(self, expr: Binary, frame: Frame) -> Forms:
        if expr.op in _LOGIC:
            return self.of(expr.left, frame) + self.of(expr.right, frame)
        if expr.op in _LAST:
            return (UNKNOWN,)
        if expr.op == "|" and frame.scope.path.endswith(".py"):
            return self.merged([self.of(expr.left, frame), self.of(expr.right, frame)], frame, expr)
        return (Form("value", frame.scope.path, expr.at),)

    def _mapping(self, expr: Mapping, frame: Frame) -> Form:
        keys: dict[str, Part | Forms] = {}
        is_open = False
        place = frame.scope.path, expr.at
        for entry in expr.entries:
            if entry.key is None:
                spread = self._spread(entry.value, frame)
                if spread is None or spread.open:
                    is_open = True
                    keys = dict.fromkeys(keys, (UNKNOWN,))  # what is spread later wins
                if spread is None:
                    continue
                keys.update(spread.keys)
                if len(spread.keys) > 2:
                    place = spread.path, spread.at  # most of it is made there
                continue
            name = self.text(entry.key, frame)
            if name is None:
                is_open = True
            elif entry.method and isinstance(entry.value, Lambda):
                keys[name] = (UNKNOWN,)
            else:
                keys[name] = Part(entry.value, frame)
        return Form("object", *place, keys=keys, open=is_open)

    def _spread(self, expr: Expr, frame: Frame) -> Form | None:
        """The one object that is spread; None where it is not known, or can be several."""
        while isinstance(expr, Spread):
            expr = expr.value
        forms = [form for form in self.of(expr, frame) if not (form.kind == "value" and form.literal)]
        if len(forms) != 1 or forms[0].kind != "object":
            return None
        return forms[0]

    def merged(self, parts: list[Forms], frame: Frame, expr: Expr) -> Forms:
        """Objects united, the later ones winning."""
        keys: dict[str, Part | Forms] = {}
        is_open = False
        for forms in parts:
            if len(forms) != 1 or forms[0].kind != "object":
                is_open = True
                continue
            is_open = is_open or forms[0].open
            keys.update(forms[0].keys)
        return (Form("object", frame.scope.path, expr.at, keys, is_open),)

    def text(self, expr: Expr, frame: Frame) -> str | None:
        """The constant text of a key, also one that is given by an argument."""
        if isinstance(expr, Text):
            return key_of(expr) if not any(isinstance(piece, Hole) for piece in expr.pieces) else None
        if isinstance(expr, Constant):
            return str(expr.value)
        forms = self.of(expr, frame)
        if len(forms) == 1 and forms[0].literal and isinstance(forms[0].constant, str):
            return forms[0].constant
        return None

    def _sequence(self, expr: Sequence, frame: Frame) -> Form:
        items: list[Part | Forms] = []
        for item in expr.items:
            items.append(Part(item.value, frame, True) if isinstance(item, Spread) else Part(item, frame))
        return Form("array", frame.scope.path, expr.at, items=tuple(items))

    def _comprehension(self, expr: Comprehension, frame: Frame) -> Forms:
        path = frame.scope.path
        if expr.kind == "dict":
            return (Form("object", path, expr.at, open=True),)
        file = self.ev.file(path)
        inner = file.at(expr.element.at[0]) if file is not None else frame.scope
        return (Form("array", path, expr.at, items=(Part(expr.element, frame.inside(inner)),)),)

    # --- names --------------------------------------------------------------------------------------------------------

    def _name(self, expr: Name, frame: Frame) -> Forms:
        variable = frame.scope.find(expr.id, expr.at[0])
        if variable is None:
            return self.from_values(expr, frame)
        binds = [bind for bind in reaching(variable, frame.scope, expr.at[0]) if bind.kind != "declare"]
        found: list[Form] = []
        for bind in binds:
            found += self._bind(bind, expr, frame)
        if any(form.kind in ("object", "array") for form in found) and self._is_changed(variable.binds):
            more = self._added(variable, expr.id)
            found = [_opened(form) if more is None else _with_keys(form, more) for form in found]
        return tuple(found) or self.from_values(expr, frame)

    def _added(self, variable: Variable, name: str) -> frozenset[str] | None:
        """The keys a variable's object is given after it is made, where that is all that happens to it."""
        binds = variable.binds
        if any(bind.kind not in ("assign", "declare") or bind.keys for bind in binds):
            return None
        if len({id(bind.scope) for bind in binds}) != 1 or binds[0].scope.function is None:
            return None
        return added(binds[0].scope.body, name, members=not binds[0].scope.path.endswith(".py"))

    def _bind(self, bind: Bind, expr: Name, frame: Frame) -> Forms:
        if bind.op or bind.remote:
            return (UNKNOWN,)
        home = frame.of(bind.scope) or Frame(bind.inner, depth=frame.depth + 1)
        if bind.kind == "param":
            given = home.given.get(bind.index)
            if given is None:
                return self.from_values(expr, frame)
            return self._keyed(self.resolved(given), bind)
        if bind.kind == "import" or (bind.kind == "assign" and bind.keys):
            there = definition(self.ev, bind)
            if there is not None and there is not bind:
                return self._elsewhere(there, frame) or self.from_values(expr, frame)
        if bind.kind in ("assign", "for", "with") and bind.value is not None:
            if home.scope is not bind.inner:
                home = home.inside(bind.inner)
            forms = self.of(bind.value, home)
            if bind.kind == "for":
                forms = self.item_of(forms)
            elif bind.kind == "with":
                return (UNKNOWN,)
            return self._keyed(forms, bind)
        return self.from_values(expr, frame)

    def _elsewhere(self, there: Bind, frame: Frame) -> Forms:
        """What a definition in another module gives; nothing where it is no plain value."""
        if there.kind != "assign" or there.value is None or there.keys:
            return ()
        forms = self.of(there.value, Frame(there.inner, depth=frame.depth + 1))
        return tuple(_opened(form) for form in forms) if self._is_changed([there]) else forms

    def _keyed(self, forms: Forms, bind: Bind) -> Forms:
        """The destructured part of a value."""
        for key in bind.keys:
            if isinstance(key, int):
                forms = self.item_of(forms)
                continue
            found: list[Form] = []
            for form in forms:
                if key == "*":
                    # what is left over; that some keys were taken away only means that fewer are reported as missing
                    found.append(form if form.kind == "object" else UNKNOWN)
                elif form.kind == "object" and key in form.keys:
                    found += self.key(form, key)
                else:
                    found.append(UNKNOWN)
            forms = tuple(found)
        if bind.default is not None and bind.keys:
            forms += (UNKNOWN,)
        return forms

    def _is_changed(self, binds: list[Bind]) -> bool:
        """Whether what a name holds may get or lose keys after it is made."""
        for bind in binds:
            if bind.kind == "assign" and not bind.keys:
                key = id(bind.scope)
                if key not in self._changed:
                    self._changed[key] = changed(bind.scope.body)
                if bind.name in self._changed[key]:
                    return True
        return False

    # --- members, values ----------------------------------------------------------------------------------------------

    def _part(self, expr: Member | Index, frame: Frame) -> Forms:
        name = expr.name if isinstance(expr, Member) else self.text(expr.index, frame)
        if isinstance(expr, Member):
            there = member(self.ev, expr.object, expr.name, frame.scope)
            if there is not None:
                return self._elsewhere(there, frame) or self.from_values(expr, frame)
        forms = self.of(expr.object, frame)
        if (
            isinstance(expr, Member)
            and name == "data"
            and forms
            and all(form.made_of == "serializer" for form in forms)
        ):
            return forms
        if name is not None and forms and all(form.kind == "object" for form in forms):
            named = [(form, form.names.get(name, name)) for form in forms]
            if all(key in form.keys for form, key in named):
                return tuple(item for form, key in named for item in self.key(form, key))
        if isinstance(expr, Index) and all(form.kind == "array" for form in forms):
            return self.item_of(forms)
        return self.from_values(expr, frame)

    def from_values(self, expr: Expr, frame: Frame) -> Forms:
        """What the evaluator knows of an expression, whoever calls the function it stands in."""
        found: list[Form] = []
        for value in self.ev.eval(expr, frame.scope):
            for item in concrete(self.ev, value):
                found += self.of_value(item, frame)
        return tuple(found) or (UNKNOWN,)

    def of_value(self, value: Value, frame: Frame) -> Forms:
        if value.kind == "mapping" and isinstance(value.node, Mapping) and value.scope is not None:
            return self.of(value.node, Frame(value.scope, depth=frame.depth + 1))
        if value.kind == "sequence" and isinstance(value.node, Sequence) and value.scope is not None:
            if self.ev.grows(value, value.scope):
                return (UNKNOWN,)
            return self.of(value.node, Frame(value.scope, depth=frame.depth + 1))
        if value.text is not None:
            constant = value.text.constant
            return (Form("value", value.path, value.at, literal=constant is not None, constant=constant),)
        if value.kind == "constant":
            return (Form("value", value.path, value.at, literal=True, constant=value.constant),)
        if value.kind == "object":
            from constraintlint.project.handlers.form_classes import instance

            return (instance(self, value, frame),)
        return (UNKNOWN,)

    # --- functions ----------------------------------------------------------------------------------------------------

    def functions(self, callee: Expr, frame: Frame) -> list[Value]:
        """The functions of the project a callee can be; empty where anything else is possible."""
        if isinstance(callee, Name):
            variable = frame.scope.find(callee.id, callee.at[0])
            bind = variable.binds[0] if variable is not None and len(variable.binds) == 1 else None
            if bind is not None and bind.kind == "param" and not bind.keys:
                home = frame.of(bind.scope)
                given = home.given.get(bind.index) if home is not None else None
                if isinstance(given, Part):
                    return self.functions(given.expr, given.frame)
        found = [item for value in self.ev.eval(callee, frame.scope) for item in concrete(self.ev, value)]
        known = [item for item in found if item.kind == "function" and isinstance(item.node, Function)]
        return known if known and len(known) == len(found) else []

    def entered(self, value: Value, given: dict[int, Given], frame: Frame) -> Frame | None:
        """The frame of a function of the project called with these arguments; None where its body is not known."""
        function = value.node
        if not isinstance(function, Function) or function.body is None or value.scope is None:
            return None
        outer = frame.of(value.scope.parent) if value.scope.parent is not None else None
        return Frame(value.scope, given, outer, frame.depth + 1)

    def returned(self, value: Value, given: dict[int, Given], frame: Frame) -> Forms:
        """What a function gives back when it is called like this."""
        inner = self.entered(value, given, frame)
        function = value.node
        if inner is None or not isinstance(function, Function) or inner.scope.yields or function.is_generator:
            return (UNKNOWN,)
        if any(not _keeps(item) for item in function.decorators):
            return (UNKNOWN,)
        return self.returns_of(inner)

    def returns_of(self, frame: Frame) -> Forms:
        found: list[Form] = []
        for stmt in frame.scope.returns:
            found += self.of(stmt.value, frame) if stmt.value is not None else (Form("value", literal=True),)
        return tuple(found) or (Form("value", literal=True),)


def _with_keys(form: Form, names: frozenset[str]) -> Form:
    """An object that may have been given some keys: they are there, and what they hold is not followed."""
    if form.kind != "object" or form.made_of:
        return _opened(form)
    keys = {**form.keys, **dict.fromkeys(sorted(names), (UNKNOWN,))}
    return Form(form.kind, form.path, form.at, keys, form.open, form.items, names=form.names)


def _opened(form: Form) -> Form:
    return Form(
        form.kind, form.path, form.at, form.keys, True, form.items, made_of=form.made_of, names=form.names
    )


_KEEPING = frozenset(
    ("staticmethod", "classmethod", "property", "cached_property", "cache", "lru_cache", "override", "final", "abstractmethod", "no_type_check")
)  # fmt: skip


def _keeps(decorator: Expr) -> bool:
    """Whether a decorator leaves what the function returns as it is."""
    if isinstance(decorator, Call):
        decorator = decorator.callee
    name = (
        decorator.id
        if isinstance(decorator, Name)
        else decorator.name
        if isinstance(decorator, Member)
        else ""
    )
    return name in _KEEPING
