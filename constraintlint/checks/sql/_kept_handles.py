"""Whether what a call makes is kept for as long as the program runs: in a module, on the application, in an object made once."""

from __future__ import annotations

from constraintlint.facts.code import Await, Call, Class, Expr, Index, Member, Name
from constraintlint.project import Project
from constraintlint.project.flow import parameters
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.flow.stores import role
from constraintlint.project.flow.values import Value

_MAX_DEPTH = 3


class Kept:
    """Whether what a call makes lives as long as the program."""

    def __init__(self, project: Project) -> None:
        self.ev = project.evaluator
        self._memo: dict[int, bool] = {}

    def is_made_once(self, value: Value) -> bool:
        call, caller = value.call, value.caller
        if call is None or caller is None or value.kind != "handle":
            return False
        if id(call) not in self._memo:
            self._memo[id(call)] = self._once(call, caller)
        return self._memo[id(call)]

    def _once(self, call: Call, caller: Scope) -> bool:
        if caller.kind in ("module", "class"):
            return True
        if caller.kind != "function" or caller.function is None:
            return False
        if caller.function.name == "__init__" and caller.parent is not None and caller.parent.kind == "class":
            return self._is_singleton(caller)
        return (
            self.is_global(call, caller)
            or self.is_on_application(call, caller)
            or self.is_on_singleton(call, caller)
        )

    def _is_singleton(self, constructor: Scope) -> bool:
        """Whether every object of the class of a constructor is made while a module is loaded."""
        assert constructor.function is not None
        makers = list(parameters.call_sites(self.ev, constructor, constructor.function))
        return bool(makers) and all(scope.kind == "module" for _, scope, _ in makers)

    def is_on_singleton(self, call: Call, caller: Scope) -> bool:
        """``self.conn = await asyncpg.connect()`` in a method of a class whose objects are made while modules are loaded."""
        owner = caller.parent
        if owner is None or owner.kind != "class" or not isinstance(owner.node, Class):
            return False
        kept = any(
            bind.inner is caller and made_by(bind.value) is call
            for binds in owner.fields.values()
            for bind in binds
        )
        if not kept or owner.node.bases:
            return False
        constructor = next(
            (child for child in owner.children if child.function and child.function.name == "__init__"), None
        )
        if constructor is not None:
            return self._is_singleton(constructor)
        made = [
            scope
            for found, scope in self.ev.calls(owner.node.name)
            if any(value.node is owner.node for value in self.ev.eval(found.callee, scope))
        ]
        return bool(made) and all(scope.kind == "module" for scope in made)

    def is_global(self, call: Call, caller: Scope) -> bool:
        """``global conn; conn = await asyncpg.connect()``."""
        module = caller
        while module.parent is not None:
            module = module.parent
        return any(
            bind.remote and made_by(bind.value) is call and bind.inner is caller
            for variables in module.names.values()
            for variable in variables
            for bind in variable.binds
        )

    def is_on_application(self, call: Call, caller: Scope) -> bool:
        """``app["db"] = await asyncpg.connect()``, ``app.state.db = ...``."""
        file = self.ev.file(caller.path)
        for stores in file.stores.values() if file is not None else ():
            for store in stores:
                if store.scope is not caller:
                    continue
                owner = store.owner
                while isinstance(owner, Index):
                    owner = owner.object
                base = owner.object if isinstance(owner, Member) and owner.name in ("state", "ctx") else owner
                if role(base) != "app":
                    continue
                if self._holds(store.value, call, caller, 0):
                    return True
        return False

    def _holds(self, expr: Expr | None, call: Call, caller: Scope, depth: int) -> bool:
        """Whether an expression is what a call makes, or an object of the project that is made with it."""
        if made_by(expr) is call:
            return True
        if isinstance(expr, Name):
            variable = caller.find(expr.id, expr.at[0])
            return variable is not None and any(
                self._holds(bind.value, call, caller, depth + 1)
                for bind in variable.binds
                if depth < _MAX_DEPTH and not bind.keys
            )
        if not isinstance(expr, Call) or depth >= _MAX_DEPTH:
            return False
        made = self.ev.eval(expr.callee, caller)
        return (
            bool(made)
            and all(value.kind == "class" and isinstance(value.node, Class) for value in made)
            and any(self._holds(arg.value, call, caller, depth + 1) for arg in expr.args)
        )


def made_by(expr: Expr | None) -> Call | None:
    """The call whose result an expression is, awaited or not."""
    if isinstance(expr, Await):
        expr = expr.value
    return expr if isinstance(expr, Call) else None
