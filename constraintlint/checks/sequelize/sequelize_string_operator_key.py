"""``where: {age: {$gt: 1}}``: operators by string do nothing since Sequelize 5."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks._calls import calls, constant_key, literal_entries, positional_arguments
from constraintlint.checks._sequelize import STATIC_OPTIONS, definition, in_use, mapping_of, models
from constraintlint.checks._sequelize_growth import objects, stores
from constraintlint.checks._sequelize_queries import conditions, queries, where_sites
from constraintlint.facts.code import Entry, Expr, Mapping, Sequence
from constraintlint.findings import Finding, finding
from constraintlint.project import Project
from constraintlint.project.flow.scopes import Scope

RULE = "sequelize-string-operator-key"

_OPERATORS = frozenset(
    [
        "eq",
        "ne",
        "gte",
        "gt",
        "lte",
        "lt",
        "not",
        "is",
        "in",
        "notIn",
        "like",
        "notLike",
        "iLike",
        "notILike",
        "startsWith",
        "endsWith",
        "substring",
        "regexp",
        "notRegexp",
        "iRegexp",
        "notIRegexp",
        "between",
        "notBetween",
        "overlap",
        "contains",
        "contained",
        "adjacent",
        "strictLeft",
        "strictRight",
        "noExtendRight",
        "noExtendLeft",
        "and",
        "or",
        "any",
        "all",
        "values",
        "col",
    ]
)
_CLAUSES = ("having", "where")
#: columns whose value can be an object
_OBJECTS = frozenset(("json", "array", "other", "unknown"))


def check(project: Project) -> Iterator[Finding]:
    if not in_use(project) or _has_aliases(project):
        return
    for call, scope in calls(project, STATIC_OPTIONS, python=False):
        given = positional_arguments(call)
        if not given:
            continue
        found = models(project, call, scope)
        if not found:
            continue
        known = [definition(project, model) for model in found]
        json = {name for item in known if item is not None for name in item.json}
        for arg in given:
            options = mapping_of(project, arg.value, scope)
            if options is not None and options is arg.value:
                yield from _of_options(project, scope, options, json)
    yield from _elsewhere(project)
    yield from _bare(project)


def _bare(project: Project) -> Iterator[Finding]:
    """``{ startsAt: { gt: now } }``: an object under an attribute that holds none, its keys are words of operators."""
    seen: set[int] = set()
    for query in queries(project):
        for about, site in where_sites(project, query):
            for key in conditions(project, site):
                fields = [item.attributes.get(key.name) for item in about]
                if not fields or any(field is None or field.family in _OBJECTS for field in fields):
                    continue
                for entry in key.value.entries if isinstance(key.value, Mapping) else ():
                    if id(entry) not in seen and entry.key is not None and constant_key(entry) in _OPERATORS:
                        seen.add(id(entry))
                        yield _finding(project, key.scope, entry)


def _elsewhere(project: Project) -> Iterator[Finding]:
    """Conditions that are made before the call: ``const where = {}; where.age = { $gt: 1 }``."""
    seen: set[int] = set()
    for query in queries(project):
        for about, site in where_sites(project, query):
            json = {
                field.name for item in about for field in item.attributes.values() if field.family == "json"
            }
            for value in objects(project, site):
                if value.node is site.expr or value.scope is None or not isinstance(value.node, Mapping):
                    continue
                found = [(entry, value.scope) for entry in _operators(value.node, json)]
                for store in stores(project, value, site):
                    if store.name not in json:
                        found += [(entry, store.scope) for entry in _operators(store.value, json)]
                for entry, scope in found:
                    if id(entry) not in seen:
                        seen.add(id(entry))
                        yield _finding(project, scope, entry)


def _has_aliases(project: Project) -> bool:
    """Whether the operators are given names by ``operatorsAliases``."""
    for call, _ in project.evaluator.calls("Sequelize"):
        for arg in call.args:
            entries = literal_entries(arg.value)
            if entries is None and isinstance(arg.value, Mapping):
                # a spread may bring them: they are symbols, so they stand in some file of the program
                return any(project.mentions(path, ("operatorsAliases",)) for path in project.paths)
            value = (entries or {}).get("operatorsAliases")
            if value is not None and getattr(value.value, "value", None) is not False:
                return True
    return False


def _of_options(project: Project, scope: Scope, options: Mapping, json: set[str]) -> Iterator[Finding]:
    for entry in options.entries:
        key = constant_key(entry)
        if key in _CLAUSES:
            for wrong in _operators(entry.value, json):
                yield _finding(project, scope, wrong)
        elif key == "include":
            items = entry.value.items if isinstance(entry.value, Sequence) else [entry.value]
            for item in items:
                if isinstance(item, Mapping):
                    yield from _of_options(project, scope, item, set())


def _operators(expr: Expr, json: set[str]) -> Iterator[Entry]:
    """The entries of a condition whose key is an operator by string, objects of JSON columns left out."""
    if isinstance(expr, Sequence):
        for item in expr.items:
            yield from _operators(item, json)
    if not isinstance(expr, Mapping):
        return
    for entry in expr.entries:
        key = constant_key(entry) if entry.key is not None else None
        if key is not None and key.startswith("$") and key[1:] in _OPERATORS:
            yield entry
        if key is None or key not in json:
            yield from _operators(entry.value, json)


def _finding(project: Project, scope: Scope, entry: Entry) -> Finding:
    key = constant_key(entry) or ""
    at = entry.key.at if entry.key is not None else entry.at
    return finding(
        RULE,
        scope.path,
        project.span(scope.path, at),
        f"{key} is no operator: since Sequelize 5 the key is taken for a value or a column, so the query throws,"
        " fails or finds nothing",
        help=f"write [Op.{key.removeprefix('$')}], with Op from sequelize",
        subject=f"{key} in {_function(scope)}",
    )


def _function(scope: Scope) -> str:
    current: Scope | None = scope
    while current is not None and current.kind != "function":
        current = current.parent
    return current.function.name if current is not None and current.function is not None else "the module"
