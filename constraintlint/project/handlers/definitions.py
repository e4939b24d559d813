"""Where a name that a module imports is defined."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constraintlint.facts.code import Call, Expr, Name
from constraintlint.project.flow.scopes import Bind, Scope

if TYPE_CHECKING:
    from constraintlint.project.flow.evaluate import Evaluator

_MAX_HOPS = 6


def definition(ev: Evaluator, bind: Bind) -> Bind | None:
    """The one definition behind an imported name, through modules that pass it on; None where there is not exactly one."""
    for _ in range(_MAX_HOPS):
        if bind.kind == "assign" and len(bind.keys) == 1 and isinstance(bind.value, Call):
            found = _required(ev, bind, bind.value)
            if found is None:
                return bind
            bind = found
            continue
        if bind.kind != "import" or bind.imported is None or bind.index < 0:
            return bind
        path = bind.inner.path
        facts = ev.project.facts(path)
        if facts is None or bind.index >= len(facts.imports):
            return None
        targets = {
            getattr(target, "origin", "") or getattr(target, "target", "")
            for target in ev.index.targets(path, facts.imports[bind.index], bind.imported)
        }
        targets.discard("")
        if len(targets) != 1:
            return None
        found = exported(ev, targets.pop(), bind.imported.name)
        if found is None:
            return None
        bind = found
    return None


def _required(ev: Evaluator, bind: Bind, call: Call) -> Bind | None:
    """``const { name } = require("./module")``."""
    if not isinstance(call.callee, Name) or call.callee.id != "require":
        return None
    values = ev.eval(call, bind.inner)
    if len(values) != 1 or values[0].kind != "module" or not isinstance(bind.keys[0], str):
        return None
    return exported(ev, values[0].name, bind.keys[0])


def member(ev: Evaluator, owner: Expr, name: str, scope: Scope) -> Bind | None:
    """The definition of ``owner.name`` where ``owner`` is a module of the project."""
    values = ev.eval(owner, scope) if isinstance(owner, Name) else ()
    if len(values) != 1 or values[0].kind != "module":
        return None
    found = exported(ev, values[0].name, name)
    return definition(ev, found) if found is not None else None


def exported(ev: Evaluator, path: str, name: str) -> Bind | None:
    """The one definition of a name that a module gives to others."""
    file, facts = ev.file(path), ev.project.facts(path)
    if file is None or facts is None:
        return None
    local = next((item.local for item in facts.exports if item.name == name and item.local), name)
    binds = [
        bind
        for variable in file.module.names.get(local, ())
        for bind in variable.binds
        if bind.kind != "declare"
    ]
    return binds[0] if len(binds) == 1 else None
