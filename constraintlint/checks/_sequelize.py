"""What rules about Sequelize share: which receivers are models or rows, their attributes, and where options go."""

from __future__ import annotations

import re
from weakref import WeakKeyDictionary

from constraintlint.checks._calls import argument, literal_entries, owners, uses
from constraintlint.facts.code import Assign, Call, Class, Expr, Mapping, Member, Name
from constraintlint.project import Project
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.flow.values import Value
from constraintlint.project.installed import installed_for
from constraintlint.project.models.sequelize.follow_models import has_static
from constraintlint.project.models.sequelize.index import index_of

PACKAGES = frozenset(("sequelize", "sequelize-typescript"))
MODEL = "sequelize#Model"
TRANSACTION = "sequelize#Transaction"

#: position of the options, by method (Sequelize 6)
STATIC_OPTIONS = {
    "findAll": 0,
    "findOne": 0,
    "findAndCountAll": 0,
    "count": 0,
    "findOrCreate": 0,
    "findOrBuild": 0,
    "findCreateFind": 0,
    "destroy": 0,
    "restore": 0,
    "truncate": 0,
    "findByPk": 1,
    "create": 1,
    "bulkCreate": 1,
    "upsert": 1,
    "update": 1,
    "max": 1,
    "min": 1,
    "sum": 1,
    "increment": 1,
    "decrement": 1,
    "aggregate": 2,
}
ROW_OPTIONS = {
    "save": 0,
    "destroy": 0,
    "reload": 0,
    "restore": 0,
    "update": 1,
    "increment": 1,
    "decrement": 1,
}
#: keys that are options of a query (``validQueryKeywords`` of lib/model.js, and those of single methods)
OPTION_KEYS = frozenset(
    [
        "where",
        "attributes",
        "paranoid",
        "include",
        "order",
        "limit",
        "offset",
        "transaction",
        "lock",
        "raw",
        "logging",
        "benchmark",
        "having",
        "searchPath",
        "rejectOnEmpty",
        "plain",
        "scope",
        "group",
        "through",
        "defaults",
        "distinct",
        "primary",
        "exception",
        "type",
        "hooks",
        "force",
        "name",
        "subQuery",
        "col",
        "individualHooks",
        "truncate",
        "cascade",
        "restartIdentity",
        "returning",
        "fields",
        "validate",
        "silent",
        "sideEffects",
        "ignoreDuplicates",
        "updateOnDuplicate",
        "conflictFields",
        "conflictWhere",
        "by",
        "skipLocked",
        "nest",
        "mapToModel",
        "model",
        "instance",
        "bind",
        "replacements",
        "useMaster",
        "indexHints",
        "tableHint",
        "retry",
        "dataType",
        "isNewRecord",
        "omitNull",
        "context",
    ]
)
_ROWS = re.compile(r"sequelize#Model\.(?:findOne|findByPk|create|build|findCreateFind)\(\)")


def in_use(project: Project) -> bool:
    return uses(project, PACKAGES)


def is_old(project: Project, path: str) -> bool:
    """Whether the manifests keep Sequelize below 4: methods took other arguments there, and gave emitters of events."""
    allowed = installed_for(project, path).range_of("sequelize")
    return allowed is not None and not allowed.reaches((4,))


def models(project: Project, call: Call, scope: Scope) -> list[Value]:
    """The models a static method is called on; empty where the receiver can be anything else."""
    callee = call.callee
    if not isinstance(callee, Member) or is_old(project, scope.path):
        return []
    found = [value for value in owners(project, call, scope) if not _nothing(value)]
    if not found or not all(is_model(project, value) for value in found):
        return _indexed(project, callee, scope)
    if any(value.kind in ("function", "mapping", "text") for value in project.evaluator.eval(callee, scope)):
        return []  # the class defines the method itself
    return found


def _indexed(project: Project, callee: Member, scope: Scope) -> list[Value]:
    """The models the index of models finds where the values alone do not tell: in what a loader has put together."""
    ev = project.evaluator
    found = index_of(project).follower.models(callee.object, scope)
    if any(has_static(ev, item, callee.name) for item in found):
        return []
    values: list[Value] = []
    for item in found:
        if item.cls is not None:
            values.append(Value("class", item.path, item.at, node=item.cls, scope=item.cls_scope))
        elif item.call is not None:
            values.append(Value("library", item.path, item.at, MODEL, call=item.call, caller=item.scope))
        else:
            return []
    return values


def is_model(project: Project, value: Value) -> bool:
    if value.kind == "library":
        return value.name == MODEL
    return (
        value.kind == "class"
        and isinstance(value.node, Class)
        and MODEL in project.evaluator.class_names(value)
    )


def is_row(project: Project, call: Call, scope: Scope) -> bool:
    """Whether a method is called on what ``findOne``, ``findByPk``, ``create`` or ``build`` of a model gave."""
    found = [value for value in owners(project, call, scope) if not _nothing(value)]
    if found and all(value.kind == "result" and _ROWS.fullmatch(value.name) for value in found):
        return True
    if not isinstance(call.callee, Member):
        return False
    rows = index_of(project).follower.rows(call.callee.object, scope)
    return rows is not None and rows.shape == "one" and not rows.plain


def _nothing(value: Value) -> bool:
    return value.kind == "constant" and value.constant is None


def is_transaction(project: Project, expr: Expr, scope: Scope) -> bool:
    """Whether an expression is a transaction (or nothing)."""
    found = [value for value in project.evaluator.eval(expr, scope) if not _nothing(value)]
    return bool(found) and all(value.kind == "handle" and value.name == TRANSACTION for value in found)


def options_position(project: Project, call: Call, scope: Scope) -> int | None:
    """Where the options of this call of Sequelize go; None where it is not one."""
    callee = call.callee
    if not isinstance(callee, Member):
        return None
    if callee.name in STATIC_OPTIONS and models(project, call, scope):
        return STATIC_OPTIONS[callee.name]
    if callee.name in ROW_OPTIONS and is_row(project, call, scope):
        return ROW_OPTIONS[callee.name]
    return None


def mapping_of(project: Project, expr: Expr | None, scope: Scope) -> Mapping | None:
    """The object literal an argument surely is."""
    if isinstance(expr, Mapping):
        return expr
    if not isinstance(expr, Name):
        return None
    found = project.evaluator.eval(expr, scope)
    node = found[0].node if len(found) == 1 and found[0].kind == "mapping" else None
    return node if isinstance(node, Mapping) else None


class Definition:
    """One model: its attributes (None where they are not all known) and the options it is defined with."""

    def __init__(self, attributes: Expr | None, options: Expr | None, fields: set[str] | None = None) -> None:
        self.options = options
        entries = literal_entries(attributes)
        self.json = {name for name, entry in (entries or {}).items() if _is_json(entry.value)}
        """attributes whose type is JSON or JSONB"""
        found = fields if fields is not None else (set(entries) if entries is not None else None)
        self.attributes = found | {"id", "createdAt", "updatedAt", "deletedAt"} if found is not None else None

    @property
    def has_default_scope(self) -> bool:
        """Whether a default scope may add conditions; true where the options are not known."""
        if self.options is None:
            return False
        entries = literal_entries(self.options)
        return entries is None or "defaultScope" in entries


_initialised: WeakKeyDictionary[Project, dict[int, Definition]] = WeakKeyDictionary()


def definition(project: Project, model: Value) -> Definition | None:
    """Where a model is defined: ``sequelize.define``, ``Model.init`` or decorated fields."""
    if model.kind == "library":
        file = project.evaluator.file(model.path)
        for call, _ in file.calls.get("define", ()) if file is not None else ():
            if call.at == model.at:
                return Definition(argument(call, 1), argument(call, 2))
        return None
    known = _initialised.get(project)
    if known is None:
        known = _initialised[project] = _inits(project)
    return known.get(id(model.node)) or _decorated(model)


def _inits(project: Project) -> dict[int, Definition]:
    """The models defined by ``Model.init``, by the identity of their class."""
    found: dict[int, Definition] = {}
    for call, scope in project.evaluator.calls("init"):
        for value in owners(project, call, scope):
            if value.kind == "class":
                found.setdefault(id(value.node), Definition(argument(call, 0), argument(call, 1)))
    return found


def _is_json(type_: Expr) -> bool:
    if isinstance(type_, Mapping):
        entries = literal_entries(type_) or {}
        return "type" in entries and _is_json(entries["type"].value)
    return _name(type_) in ("JSON", "JSONB", "HSTORE")


def _decorated(model: Value) -> Definition | None:
    node = model.node
    if not isinstance(node, Class):
        return None
    fields = {
        target.id
        for stmt in node.body
        if isinstance(stmt, Assign) and stmt.decorators
        for target in stmt.targets
        if isinstance(target, Name)
    }
    if not fields:
        return None
    scoped = any("Scope" in _name(decorator) for decorator in node.decorators)
    return Definition(None, Mapping(node.at, []) if not scoped else Name(node.at, "unknown"), fields)


def _name(expr: Expr) -> str:
    if isinstance(expr, Call):
        expr = expr.callee
    return expr.id if isinstance(expr, Name) else expr.name if isinstance(expr, Member) else ""
