"""Which definitions of a variable reach a place: a structured walk over the statements of the scope that owns it."""

from __future__ import annotations

from constraintlint.facts.code import (
    At,
    Block,
    Define,
    DefineClass,
    If,
    Jump,
    Loop,
    Raise,
    Return,
    Stmt,
    Switch,
    Try,
    With,
)
from constraintlint.project.flow.scopes import Bind, Scope, Variable, any_in, definition_starts

Live = tuple[Bind, ...]

#: nesting of statements that is followed
MAX_DEPTH = 100


def reaching(variable: Variable, use: Scope, offset: int) -> list[Bind]:
    """The definitions that can be current when the name is read at ``offset`` in scope ``use``, in source order.

    Inside the owning scope the flow of statements decides; in a function written as a value (a callback, a lambda)
    the place where it stands; in a named function the end of the owner. Assignments from other functions always
    count. Where nothing reaches (a loop, hoisting), every definition does.
    """
    binds = variable.binds
    if len(binds) == 1:
        return binds
    local = [bind for bind in binds if not bind.remote]
    remote = [bind for bind in binds if bind.remote]
    found: list[Bind] = []
    if len(local) == 1:
        found = local
    elif local:
        found = _local(variable, local, use, offset)
    if not any(bind.kind != "declare" for bind in found) and not remote:
        found = local
    return [*found, *remote]


def _local(variable: Variable, local: list[Bind], use: Scope, offset: int) -> list[Bind]:
    owner = variable.scope
    if owner.kind == "comprehension":
        return local
    flow = _Flow(local, variable)
    home = use
    while home.kind == "comprehension" and home.parent is not None and home is not owner:
        home = home.parent
    if home is not owner:
        inner = use
        written = True  # every function on the way is a value that stands where it is used
        while inner.parent is not None and inner is not owner:
            function = inner.function
            if inner.kind == "class" or (function is not None and function.kind not in ("arrow", "lambda")):
                written = written and inner.passed is not None
            child, inner = inner, inner.parent
        found = flow.at(owner.body, child.at[0]) if written else []
        if any(bind.kind != "declare" for bind in found):
            return found
        end = flow.at(owner.body, variable.visible[1] if variable.visible[1] < 1 << 59 else -1)
        return list(dict.fromkeys([*found, *end]))
    return flow.at(owner.body, offset)


def before(bind: Bind, variable: Variable) -> list[Bind]:
    """The definitions an augmented assignment adds to."""
    if bind.remote:
        return [other for other in variable.binds if other is not bind]
    local = [other for other in variable.binds if not other.remote]
    return [
        other for other in _Flow(local, variable).at(variable.scope.body, bind.at[0]) if other is not bind
    ]


class _Flow:
    def __init__(self, binds: list[Bind], variable: Variable) -> None:
        self.binds = binds
        self.python = variable.scope.path.endswith((".py", ".pyi"))
        self.starts = definition_starts(binds)
        self.hoisted = tuple(
            bind
            for bind in binds
            if bind.kind == "param"
            or (bind.kind == "function" and variable.scope.kind == "function" and bind.value is None)
        )

    def at(self, body: list[Stmt], offset: int) -> list[Bind]:
        live, _ = self.block(body, self.hoisted, offset, 0)
        return list(live or ())

    def inside(self, at: At) -> Live:
        """Definitions made between two offsets."""
        return tuple(bind for bind in self.binds if at[0] <= bind.at[0] < at[1])

    def block(self, body: list[Stmt], live: Live | None, offset: int, depth: int) -> tuple[Live | None, bool]:
        """What is live after ``body``, or (live at the offset, True) where the offset lies in it.

        Live is None after a statement that leaves the block.
        """
        if depth > MAX_DEPTH:
            return tuple(self.binds), False
        for stmt in body:
            start, end = stmt.at
            here = start <= offset < end
            if not here and not any_in(self.starts, stmt.at):
                if isinstance(stmt, (Return, Raise)) or (isinstance(stmt, Jump) and stmt.kind != "pass"):
                    live = None if isinstance(stmt, (Return, Raise)) else live
                elif isinstance(stmt, If) and stmt.orelse and self.leaves(stmt.body, depth):
                    live = None if self.leaves(stmt.orelse, depth) else live
                continue
            kind = type(stmt)
            done = False
            if kind is If:
                live, done = self.if_(stmt, live, offset, depth)  # type: ignore[arg-type]
            elif kind is Loop:
                live, done = self.loop(stmt, live, offset, depth)  # type: ignore[arg-type]
            elif kind is With:
                live, done = self.with_(stmt, live, offset, depth)  # type: ignore[arg-type]
            elif kind is Try:
                live, done = self.try_(stmt, live, offset, depth)  # type: ignore[arg-type]
            elif kind is Switch:
                live, done = self.switch(stmt, live, offset, depth)  # type: ignore[arg-type]
            elif kind is Block:
                live, done = self.block(stmt.body, live, offset, depth + 1)  # type: ignore[union-attr]
                if not done and here:
                    return live, True
            elif here:
                return live, True
            elif kind is Define or kind is DefineClass:
                live = tuple(bind for bind in self.inside(stmt.at) if bind.at[0] == start) or live
            else:
                live = self.inside(stmt.at) or live
                if kind is Return or kind is Raise:
                    live = None
            if done:
                return live, True
        return live, False

    def leaves(self, body: list[Stmt], depth: int) -> bool:
        return bool(body) and self.block(body, (), -1, depth + 1)[0] is None

    def if_(self, stmt: If, live: Live | None, offset: int, depth: int) -> tuple[Live | None, bool]:
        tested = self.inside(stmt.test.at)
        if stmt.test.at[0] <= offset < stmt.test.at[1]:
            return live, True
        live = tested or live
        then, done = self.block(stmt.body, live, offset, depth + 1)
        if done:
            return then, True
        other, done = self.block(stmt.orelse, live, offset, depth + 1)
        if done:
            return other, True
        if stmt.at[0] <= offset < stmt.at[1]:
            return live, True
        return _merge(then, other), False

    def loop(self, stmt: Loop, live: Live | None, offset: int, depth: int) -> tuple[Live | None, bool]:
        head: Live = ()
        if stmt.target is not None:
            head = self.inside(stmt.target.at)
        if stmt.iterable is not None:
            if stmt.iterable.at[0] <= offset < stmt.iterable.at[1] and stmt.kind in ("for", "for-in"):
                return live, True
            head = (*head, *self.inside(stmt.iterable.at))
        after, _ = self.block(stmt.body, head or live, -1, depth + 1)
        again = head if stmt.target is not None and head else _merge(head or live, after)
        answer, done = self.block(stmt.body, again, offset, depth + 1)
        if done:
            return answer, True
        if stmt.kind in ("while", "do", "for-c") and stmt.at[0] <= offset < stmt.at[1]:
            return _merge(live, after), True
        out = _merge(_merge(live, head or None), after)
        if stmt.orelse:
            out, done = self.block(stmt.orelse, out, offset, depth + 1)
        return out, done

    def with_(self, stmt: With, live: Live | None, offset: int, depth: int) -> tuple[Live | None, bool]:
        for item in stmt.items:
            if item.value.at[0] <= offset < item.value.at[1]:
                return live, True
            if item.target is not None:
                live = self.inside(item.target.at) or live
        live, done = self.block(stmt.body, live, offset, depth + 1)
        return live, done or stmt.at[0] <= offset < stmt.at[1]

    def try_(self, stmt: Try, live: Live | None, offset: int, depth: int) -> tuple[Live | None, bool]:
        out, done = self.block(stmt.body, live, offset, depth + 1)
        if done:
            return out, True
        made: Live = ()
        if stmt.body:
            made = self.inside((stmt.body[0].at[0], stmt.body[-1].at[1]))
        raised = _merge(live, made or None)
        if stmt.orelse:
            out, done = self.block(stmt.orelse, out, offset, depth + 1)
            if done:
                return out, True
        for handler in stmt.handlers:
            entry = raised
            if handler.name is not None:
                entry = self.inside(handler.name.at) or entry
            caught, done = self.block(handler.body, entry, offset, depth + 1)
            if done:
                return caught, True
            out = _merge(out, caught)
        if stmt.final:
            final, done = self.block(stmt.final, _merge(out, raised), offset, depth + 1)
            if done:
                return final, True
            if any_in(self.starts, (stmt.final[0].at[0], stmt.final[-1].at[1])):
                out = final
        return out, stmt.at[0] <= offset < stmt.at[1]

    def switch(self, stmt: Switch, live: Live | None, offset: int, depth: int) -> tuple[Live | None, bool]:
        out: Live | None = None
        previous: Live | None = None
        default = False
        for case in stmt.cases:
            default = default or case.pattern is None
            if case.pattern is not None and case.pattern.at[0] <= offset < case.pattern.at[1]:
                return live, True
            ended = self.python or (case.body and isinstance(case.body[-1], Jump))
            previous, done = self.block(case.body, _merge(live, previous), offset, depth + 1)
            if done:
                return previous, True
            if ended or case is stmt.cases[-1]:
                out = _merge(out, previous)
                previous = None
        if not default:
            out = _merge(live, out)
        return out, stmt.at[0] <= offset < stmt.at[1]


def _merge(first: Live | None, second: Live | None) -> Live | None:
    if first is None:
        return second
    if second is None or first == second:
        return first
    return tuple(dict.fromkeys([*first, *second]))
