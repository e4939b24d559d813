"""Values kept on objects of a framework: ``app.state.db``, ``g.db``, ``request.app["pool"]``, ``fastify.decorate("db", pool)``.

A value is found only where the project assigns that key to an object of the same role.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from constraintlint.facts.code import Call, Expr, Index, Member, Name
from constraintlint.project.flow.choices import Values, is_python
from constraintlint.project.flow.scopes import FileScopes, Scope, key_of
from constraintlint.project.flow.values import Value

if TYPE_CHECKING:
    from constraintlint.project.flow.evaluate import Evaluator

MAX_STORES = 12
_OWN = frozenset(("self", "cls"))

_ROLES = {
    "application": "app", "server": "app", "fastify": "app", "instance": "app", "current_app": "app", "_app": "app",
    "api": "app", "router": "app", "koa": "app", "web_app": "app",
    "req": "request", "ctx": "request", "c": "request", "context": "request", "event": "request",
    "globalthis": "global", "global": "global", "window": "global", "globalforprisma": "global",
    "var": "request",
}  # fmt: skip
#: calls that keep a value under a name: method -> position of the value
_SETTERS = {"decorate": 1, "decorateRequest": 1, "set": 1, "provide": 1, "setdefault": 1}
_GETTERS = frozenset(("get", "pop", "getDecorator"))


def role(owner: Expr) -> str:
    """What kind of object an expression is, by its last name."""
    while isinstance(owner, Call):
        owner = owner.callee
    if isinstance(owner, Member):
        name = owner.name
    elif isinstance(owner, Name):
        name = owner.id
    elif isinstance(owner, Index):
        return role(owner.object) + "[]"
    else:
        return ""
    name = name.lower()
    return _ROLES.get(name, name)


def _assigned(file: FileScopes, wanted: str = "") -> Iterator[tuple[str, str, Expr, Scope]]:
    """What a file assigns to members and keys (to one of them): the name, the owner, the value."""
    for name in (wanted,) if wanted else file.stores:
        for store in file.stores.get(name, ()):
            yield name, role(store.owner), store.value, store.scope
    for setter, position in _SETTERS.items():
        for call, scope in file.calls.get(setter, ()):
            if len(call.args) > position and isinstance(call.callee, Member):
                name = key_of(call.args[0].value)
                if name and (name == wanted or not wanted):
                    yield name, role(call.callee.object), call.args[position].value, scope


class Stores:
    """Look-up over the assignments of the whole project."""

    def __init__(self, ev: Evaluator) -> None:
        self.ev = ev
        self._kept: dict[str, dict[str, list[tuple[Expr, Scope]]]] = {}
        """name -> owner -> what is assigned"""
        self._is_whole = False
        """whether ``_kept`` has every name there is"""

    def _named(self, name: str) -> dict[str, list[tuple[Expr, Scope]]]:
        """Everything the project assigns to a member or key of this name, by owner.

        Only files that have the name are read; once all are read for another reason, every name is looked up at once.
        """
        kept = self._kept.get(name)
        if kept is not None:
            return kept
        everything = self.ev.all_files()
        if everything is None:
            kept = self._kept[name] = {}
            for file in self.ev.files((name,)):
                for _, owner, value, scope in _assigned(file, name):
                    kept.setdefault(owner, []).append((value, scope))
            return kept
        if not self._is_whole:
            self._is_whole = True
            found: dict[str, dict[str, list[tuple[Expr, Scope]]]] = {}
            for file in everything:
                for key, owner, value, scope in _assigned(file):
                    found.setdefault(key, {}).setdefault(owner, []).append((value, scope))
            self._kept = {**found, **self._kept}
        return self._kept.get(name) or {}

    def _values(self, owner: str, name: str) -> Values:
        if not owner or not name:
            return ()
        assigned = self._named(name).get(owner, ())[:MAX_STORES]
        # one question, however many expressions ask it: ``request.shop = self.request.shop`` leads back here
        return self.ev.once((f"{owner}.", name), lambda: self._read(assigned)) if assigned else ()

    def _read(self, assigned: Iterable[tuple[Expr, Scope]]) -> Iterator[Value]:
        for value, scope in assigned:
            yield from (item for item in self.ev.eval(value, scope) if item.kind != "unknown")

    def member(self, owner: Expr, name: str, scope: Scope) -> Values:
        """``owner.name`` where the project assigns it; what a class of Python keeps on itself is its own."""
        kind = role(owner)
        if kind in _OWN and is_python(scope.path):
            return ()
        return self._values(kind, name)

    def item(self, node: Index, scope: Scope) -> Values:
        """``owner[key]`` where the project assigns it."""
        return self._values(role(node.object), key_of(node.index))

    def called(self, callee: Member, call: Call, scope: Scope) -> Values:
        """``owner.get("key")`` where the project sets the key."""
        if callee.name not in _GETTERS or not call.args:
            return ()
        return self._values(role(callee.object), key_of(call.args[0].value))

    def keyed(self, value: Value, name: str) -> Values:
        """A key taken out of an object by destructuring: ``const { db } = req.app.locals``."""
        if value.kind == "unknown" and isinstance(value.node, (Member, Name)):
            return self._values(role(value.node), name)
        return ()
