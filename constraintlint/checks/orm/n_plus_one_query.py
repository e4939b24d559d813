"""A query for each object of a collection: a lazy relationship read in a loop, or a query that depends on the loop's object."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks._calls import uses
from constraintlint.checks._parents import Parents
from constraintlint.checks._sa_models import function_name, is_snapshot, models, step
from constraintlint.checks._sa_object_reads import Read, reads, relation_names
from constraintlint.checks._sa_sessions import assigned, function_scope, method_calls
from constraintlint.facts.code import Call, Comprehension, Expr, Loop, Member, Name, Node, walk
from constraintlint.findings import Finding, finding
from constraintlint.project import Project
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.models.sqlalchemy.loading import is_lazy, loads
from constraintlint.project.models.sqlalchemy.queries import Taken
from constraintlint.project.models.sqlalchemy.queries import step as query_step
from constraintlint.project.schema.records import Place
from constraintlint.roles import is_development, is_test

RULE = "n-plus-one-query"

_SEQUELIZE = frozenset(("sequelize", "sequelize-typescript", "@sequelize/core"))

_DRIVERS = frozenset(("sqlite3", "aiosqlite", "asyncpg", "psycopg"))
_NODE_DRIVERS = frozenset(("pg", "pg-pool", "mysql2"))

_TAKES = (
    "all",
    "first",
    "one",
    "one_or_none",
    "scalar",
    "scalar_one",
    "scalar_one_or_none",
    "get",
    "count",
    "get_or_404",
    "first_or_404",
)


def check(project: Project) -> Iterator[Finding]:
    if models(project):
        yield from _sqlalchemy(project)
    if uses(project, frozenset(("django",))):
        yield from _django(project)
    if uses(project, _SEQUELIZE):
        yield from _sequelize(project)
    if uses(project, _DRIVERS):
        yield from _drivers(project)
    if uses(project, _NODE_DRIVERS):
        yield from _drivers(project, node=True)


def _django(project: Project) -> Iterator[Finding]:
    from constraintlint.checks.orm import _n_plus_one_django

    for item in _n_plus_one_django.find(project):
        span = project.span(item.path, item.at)
        trace = [step(Place(item.path, project.span(item.path, item.loop)), "the loop")]
        if item.declared is not None:
            trace.append(step(item.declared, "the relation is declared here"))
        yield finding(RULE, item.path, span, item.message, help=item.help, trace=trace, subject=item.message)


def _drivers(project: Project, *, node: bool = False) -> Iterator[Finding]:
    from constraintlint.checks.orm import _n_plus_one_drivers, _n_plus_one_javascript

    for item in (_n_plus_one_javascript if node else _n_plus_one_drivers).find(project):
        yield finding(
            RULE,
            item.path,
            project.span(item.path, item.at),
            "a query is run for each row of another one",
            help="join the tables in the first query, or ask for all at once: WHERE ... IN (...)",
            trace=[step(Place(item.path, project.span(item.path, item.loop)), "the loop over the rows")],
            subject=f"a query for each row in {item.function}",
        )


def _sequelize(project: Project) -> Iterator[Finding]:
    from constraintlint.checks.orm import _n_plus_one_sequelize

    for item in _n_plus_one_sequelize.find(project):
        span = project.span(item.path, item.at)
        trace = [step(Place(item.path, project.span(item.path, item.loop)), "the loop")]
        yield finding(RULE, item.path, span, item.message, help=item.help, trace=trace, subject=item.text)


def _sqlalchemy(project: Project) -> Iterator[Finding]:
    parents = Parents(project)
    seen: set[tuple[str, str, str]] = set()
    for read in reads(project, parents, relation_names(project)):
        if is_test(read.scope.path) or is_snapshot(read.scope.path) or is_development(read.scope.path):
            continue
        loop = _loop_of(read)
        if loop is None or not _is_lazy(project, read):
            continue
        key = (read.scope.path, str(loop), f"{read.held.model.name}.{read.node.name}")
        if key not in seen:
            seen.add(key)
            yield _relation_finding(project, read)
    yield from _queries(project, parents)


# --- relationships ----------------------------------------------------------------------------------------------


def _loop_of(read: Read) -> int | None:
    """The place of the loop or comprehension whose variable the attribute is read from."""
    variable = read.scope.find(read.name, read.node.at[0])
    if variable is None or len(variable.binds) != 1 or variable.binds[0].kind != "for":
        return None
    return variable.binds[0].at[0] if isinstance(read.node.object, Name) else None


def _is_lazy(project: Project, read: Read) -> bool:
    held = read.held
    relation = held.model.relations.get(read.node.name)
    root = held.root
    if relation is None or not is_lazy(relation) or root.origin != "query" or root.query is None:
        return False
    if root.query.mode == "async" or loads(project, root.query, relation.name):
        return False
    for home in (function_scope(read.scope), *root.via):
        if home is not None and (
            _loads_otherwise(home, relation.name) or assigned(home, read.name, relation.name)
        ):
            return False
    return True


def _loads_otherwise(home: Scope, name: str) -> bool:
    """Whether a function names the relationship in an option of some query: it may be the same one."""
    return any(
        isinstance(node, Member) and node.name == name
        for call in method_calls(home, "options", "with_parent", "set_committed_value")
        for node in walk(call)
    )


def _relation_finding(project: Project, read: Read) -> Finding:
    model = read.held.model
    relation = model.relations[read.node.name]
    return finding(
        RULE,
        read.scope.path,
        project.span(read.scope.path, read.node.at),
        f"{model.name}.{relation.name} is loaded by a query of its own for each {model.name} of the loop",
        help=f"load it with the objects: options(selectinload({model.name}.{relation.name}))",
        trace=[step(relation.place, f"{relation.name} is declared here, loaded on access")],
        subject=f"{model.name}.{relation.name} in {function_name(read.scope)}",
    )


# --- queries ----------------------------------------------------------------------------------------------------


def _queries(project: Project, parents: Parents) -> Iterator[Finding]:
    """A query in the body of a loop over mapped objects that depends on the object."""
    for path in project.paths:
        if not path.endswith(".py") or is_test(path) or is_snapshot(path) or is_development(path):
            continue
        file = project.evaluator.file(path) if project.mentions(path, ("query", "select", "get")) else None
        for node in file.of_kinds(Loop, Comprehension) if file is not None else ():
            if (
                isinstance(node, Loop)
                and node.kind == "for"
                and isinstance(node.target, Name)
                and node.iterable is not None
            ):
                assert file is not None
                bodies: list[Node] = list(node.body)
                yield from _in_loop(project, file.at(node.at[0]), node.target.id, node.iterable, bodies)
            elif isinstance(node, Comprehension) and isinstance(node.clauses[0].target, Name):
                assert file is not None
                inner: list[Node] = [node.element, *([node.value] if node.value is not None else [])]
                scope = file.at(node.element.at[0])
                yield from _in_loop(
                    project, scope, node.clauses[0].target.id, node.clauses[0].iterable, inner
                )


def _in_loop(
    project: Project, scope: Scope, name: str, iterable: Expr, bodies: list[Node]
) -> Iterator[Finding]:
    candidates = [
        node
        for body in bodies
        for node in _outside_functions(body)
        if isinstance(node, Call)
        and isinstance(node.callee, Member)
        and node.callee.name in _TAKES
        and any(isinstance(item, Name) and item.id == name for item in walk(node))
    ]
    if not candidates:
        return
    outer = scope.parent if scope.kind == "comprehension" and scope.parent is not None else scope
    held = project.objects.elements(iterable, outer)
    if not held.held or any(
        item.model.orm != "sqlalchemy" or item.origin not in ("query", "relation") for item in held.held
    ):
        return
    for call in candidates:
        taken = query_step(project.objects, call, scope)
        if isinstance(taken, Taken) and taken.query.model is not None and _is_executed(taken):
            span = project.span(scope.path, call.at)
            model = held.held[0].model
            yield finding(
                RULE,
                scope.path,
                span,
                f"a query for {taken.query.model.name} runs for each {model.name} of the loop",
                help="ask once before the loop, with in_() over all of them, or load a relationship with the objects",
                trace=[
                    step(
                        Place(scope.path, project.span(scope.path, iterable.at)),
                        f"the loop is over {model.name} objects",
                    )
                ],
                subject=f"{taken.query.model.name} for {model.name} in {function_name(scope)}",
            )
            return


def _outside_functions(node: Node) -> Iterator[Node]:
    from constraintlint.facts.code import Define, Lambda, children

    stack = [node]
    while stack:
        current = stack.pop()
        if isinstance(current, (Define, Lambda)):
            continue
        yield current
        stack.extend(reversed(children(current)))


def _is_executed(taken: Taken) -> bool:
    return taken.query.mode != "" or taken.query.session is not None
