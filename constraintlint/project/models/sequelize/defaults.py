"""The ``define`` options of the Sequelize constructor, which every model starts from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constraintlint.facts.code import Call, Constant, Mapping
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.models.sequelize.definitions import SEQUELIZE
from constraintlint.project.models.sequelize.literals import NONE, Options, nothing, read

if TYPE_CHECKING:
    from constraintlint.project.flow.evaluate import Evaluator


def constructions(ev: Evaluator) -> list[tuple[Call, Scope]]:
    """Every ``new Sequelize(...)``, under whatever name it is imported."""
    found: list[tuple[Call, Scope]] = []
    for file in ev.files(("equelize",)):
        if file.python:
            continue
        for name, calls in file.calls.items():
            if "equelize" not in name and name not in ("default", "DB", "ORM"):
                continue
            for call, scope in calls:
                if call.new and any(
                    value.kind == "library" and ev.library_for(value.path).canonical(value.name) == SEQUELIZE
                    for value in ev.eval(call.callee, scope)
                ):
                    found.append((call, scope))
    return found


def of_project(ev: Evaluator) -> Options:
    """The ``define`` options all connections share; not complete where one cannot be read or they differ."""
    found: list[Options] = []
    for call, scope in constructions(ev):
        found += _of_call(ev, call, scope)
    if not found:
        return Options({}, True)
    first = found[0]
    keys = {frozenset(item.entries) for item in found}
    same = len(found) == 1 or (len(keys) == 1 and not first.entries)
    if same:
        return Options(first.entries, all(item.complete for item in found))
    shapes = {tuple(sorted((key, _shown(site.expr)) for key, site in item.entries.items())) for item in found}
    agree = len(shapes) == 1 and "" not in {shown for shape in shapes for _, shown in shape}
    entries = first.entries if agree else {}
    return Options(entries, agree and all(item.complete for item in found))


def _shown(expr: object) -> str:
    return repr(expr.value) if isinstance(expr, Constant) else ""


def _of_call(ev: Evaluator, call: Call, scope: Scope) -> list[Options]:
    """The ``define`` of each way the options of one constructor can come out."""
    if any(arg.spread for arg in call.args):
        return [Options({}, False)]
    if not call.args:
        return [NONE]
    last = call.args[-1].value
    found: list[Options] = []
    for value in ev.eval(last, scope):
        if nothing(value) or value.text is not None or value.kind == "env":
            found.append(Options({}, True))
        elif value.kind == "mapping" and isinstance(value.node, Mapping) and value.scope is not None:
            options = read(ev, value.node, value.scope)
            define = options.get("define")
            if define is not None:
                inner = read(ev, define.expr, define.scope)
                found.append(Options(inner.entries, inner.complete and options.is_sure("define")))
            else:
                found.append(Options({}, options.complete))
        else:
            found.append(Options({}, False))
    return found or [Options({}, False)]
