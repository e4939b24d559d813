"""What the rules about mapped classes of SQLAlchemy share: where classes and their attributes are read, options of relationships."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks._sqlalchemy import in_use
from constraintlint.facts.code import Call, Class, Expr, Member, Name, walk
from constraintlint.findings import Step
from constraintlint.project import Project
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.models.records import Model, Relation
from constraintlint.project.models.sqlalchemy.reading import Made
from constraintlint.project.models.sqlalchemy.relations import option
from constraintlint.project.schema.records import Place
from constraintlint.roles import is_migration


def models(project: Project) -> list[Model]:
    """The models of SQLAlchemy; none where the library is not used."""
    return project.models.of_orm("sqlalchemy") if in_use(project) else []


def served(project: Project) -> frozenset[str]:
    return frozenset(project.paths)


def own_relations(project: Project) -> Iterator[tuple[Model, Relation]]:
    """Each declared relationship once, with the first class that has it (not those derived from it).

    What an abstract class declares and every mapped one below it replaces is never made.
    """
    seen: set[Place] = set()
    mapped = {
        relation.place
        for model in models(project)
        if not model.abstract
        for relation in model.relations.values()
    }
    for model in sorted(models(project), key=lambda item: (len(item.bases), item.key)):
        for relation in model.relations.values():
            if (
                relation.kind == "relationship"
                and relation.place not in seen
                and (not model.abstract or relation.place in mapped)
                and not is_backref(model, relation)
            ):
                seen.add(relation.place)
                if relation.place.path in project.paths:
                    yield model, relation


def is_backref(model: Model, relation: Relation) -> bool:
    """Whether a relation was made by the ``backref`` of another one."""
    attribute = model.attributes.get(relation.name)
    if relation.reverse_declared != "backref" or attribute is None:
        return False
    made = made_of_relation(relation)
    given = option(made, "backref") if made is not None else None
    return given is not None and _names(given[0], relation.name)


def _names(expr: Expr, name: str) -> bool:
    return any(getattr(node, "value", None) == name for node in walk(expr))


def made_of_relation(relation: Relation) -> Made | None:
    """The ``relationship(...)`` call of a relation."""
    if isinstance(relation.node, Call) and relation.scope is not None:
        return Made("relationship", relation.node, relation.scope)
    return None


def has_option(relation: Relation, *names: str) -> bool:
    """Whether a relationship is given one of these arguments (or may be, by ``**``)."""
    made = made_of_relation(relation)
    if made is None:
        return True
    return made.spreads or any(option(made, name) is not None for name in names)


def class_reads(project: Project) -> Iterator[tuple[Member, Scope, Model]]:
    """Every ``Model.attribute`` in the served files where the owner surely is that class."""
    known = models(project)
    names = frozenset(model.name for model in known)
    if not names:
        return
    ev = project.evaluator
    for path in project.paths:
        if not path.endswith(".py") or not project.mentions(path, names):
            continue
        file = ev.file(path)
        if file is None:
            continue
        local = names | _aliases(project, path, names)
        for node in file.of_kind(Member):
            owner = node.object
            last = owner.id if isinstance(owner, Name) else owner.name if isinstance(owner, Member) else ""
            if last not in local:
                continue
            scope = file.at(node.at[0])
            model = class_of(project, owner, scope)
            if model is not None and model.orm == "sqlalchemy":
                yield node, scope, model


def _aliases(project: Project, path: str, names: frozenset[str]) -> set[str]:
    facts = project.facts(path)
    return {
        item.local
        for imported in (facts.imports if facts is not None else ())
        for item in imported.names
        if item.name in names and item.local
    }


def class_of(project: Project, expr: Expr, scope: Scope) -> Model | None:
    """The model an expression surely names."""
    found = project.evaluator.eval(expr, scope)
    if len(found) != 1 or found[0].kind != "class" or not isinstance(found[0].node, Class):
        return None
    return project.models.of_class(found[0].node)


def derived(project: Project, model: Model) -> list[Model]:
    """The models that derive from one, at any distance."""
    return [item for item in project.models.all if model.key in item.bases]


def is_snapshot(path: str) -> bool:
    """A migration or seed, also in folders that only have the word in their name (``db_migrations``, Alembic's ``versions``)."""
    directories = path.lower().split("/")[:-1]
    return is_migration(path) or any("migration" in part or part == "versions" for part in directories)


def function_name(scope: Scope) -> str:
    """The function a scope belongs to, for the identity of a finding."""
    current: Scope | None = scope
    while current is not None and current.kind != "function":
        current = current.parent
    return current.function.name if current is not None and current.function is not None else "the module"


def step(place: Place, message: str) -> Step:
    line, column, end_line, end_column = place.span
    return Step(place.path, line, column, message, end_line, end_column)


def listed(names: Iterator[str] | list[str], limit: int = 12) -> str:
    """Names for a message, the first ones where there are many."""
    found = sorted(name for name in names if not name.startswith("_"))
    return ", ".join(found[:limit]) + (", ..." if len(found) > limit else "")


def nearest(name: str, names: list[str]) -> str:
    """The most similar of some names, "" where none is similar."""
    from difflib import get_close_matches

    return next(iter(get_close_matches(name, sorted(names), 1, 0.7)), "")
