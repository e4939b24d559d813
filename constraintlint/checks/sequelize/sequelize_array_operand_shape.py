"""``[Op.contains]: "x"`` on an ARRAY column: the operand has to be an array."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks._sequelize_queries import conditions, operands, queries, where_sites
from constraintlint.facts.code import Expr, Text
from constraintlint.findings import Finding, Step, finding
from constraintlint.project import Project
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.models.sequelize.records import Definition

RULE = "sequelize-array-operand-shape"

_OPERATORS = frozenset(("contains", "contained", "overlap"))


def check(project: Project) -> Iterator[Finding]:
    seen: set[int] = set()
    for query in queries(project):
        for models, site in where_sites(project, query):
            for key in conditions(project, site):
                arrays = [item for item in models if _is_array(item, key.name)]
                if not arrays or len(arrays) < len(models):
                    continue
                for name, _, value in operands(project, key):
                    if name in _OPERATORS and id(value) not in seen and _is_scalar(project, value, key.scope):
                        seen.add(id(value))
                        yield _finding(project, arrays[0], key.name, name, value, key.scope)


def _is_array(definition: Definition, name: str) -> bool:
    field = definition.attributes.get(name)
    return field is not None and field.family == "array"


def _is_scalar(project: Project, value: Expr, scope: Scope) -> bool:
    """Whether an operand is a string or a number, whatever else is known of it."""
    if isinstance(value, Text):
        return value.prefix == "" and value.tag is None
    found = project.evaluator.eval(value, scope)
    return bool(found) and all(
        item.text is not None or (item.kind == "constant" and isinstance(item.constant, (int, float)))
        for item in found
    )


def _finding(
    project: Project, definition: Definition, attribute: str, name: str, value: Expr, scope: Scope
) -> Finding:
    field = definition.attributes[attribute]
    line, column, end_line, end_column = project.span(field.path, field.at)
    return finding(
        RULE,
        scope.path,
        project.span(scope.path, value.at),
        f"Op.{name} on the ARRAY column {attribute} needs an array: a single value throws"
        ' ("values.map is not a function")',
        help="put it into brackets: [value]",
        trace=[Step(field.path, line, column, f"{attribute} is an ARRAY", end_line, end_column)],
        subject=f"{definition.name}.{attribute} Op.{name}",
    )
