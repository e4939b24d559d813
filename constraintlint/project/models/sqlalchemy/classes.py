"""Classes that may be mapped: their bases of the project and of libraries, and what each class body declares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from constraintlint.facts.code import (
    Assign,
    Block,
    Call,
    Class,
    Define,
    DefineClass,
    Expr,
    Function,
    If,
    Member,
    Name,
    Node,
    Stmt,
    Try,
    With,
)
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.flow.values import Value
from constraintlint.project.models.sqlalchemy.reading import Made, last_name, made, made_of, returned

if TYPE_CHECKING:
    from constraintlint.project.flow.evaluate import Evaluator

Flavor = Literal["declarative", "flask", "sqlmodel"]

_DECLARATIVE = frozenset(("DeclarativeBase", "DeclarativeBaseNoMeta"))
_FACTORIES = frozenset(("declarative_base", "generate_base", "dynamic_declarative_base"))
_AS_BASE = frozenset(("as_declarative", "as_declarative_base"))
_MAPPING_DECORATORS = frozenset(("mapped", "mapped_as_dataclass", "unmapped_dataclass"))
_PLAIN_DECORATORS = frozenset(
    ("dataclass", "total_ordering", "final", "runtime_checkable", "declarative_mixin", "as_declarative", "python_2_unicode_compatible",
     "unique", "deprecated", "generic_repr", "mapped", "mapped_as_dataclass", "unmapped_dataclass", "as_declarative_base")
)  # fmt: skip
#: what pydantic (1 and 2) and SQLModel give a model
_PYDANTIC = (
    "construct", "copy", "dict", "from_orm", "json", "model_computed_fields", "model_config", "model_construct", "model_copy",
    "model_dump", "model_dump_json", "model_extra", "model_fields", "model_fields_set", "model_json_schema",
    "model_parametrized_name", "model_post_init", "model_rebuild", "model_validate", "model_validate_json",
    "model_validate_strings", "parse_file", "parse_obj", "parse_raw", "schema", "schema_json", "update_forward_refs", "validate",
    "sqlmodel_update", "__fields__", "__fields_set__", "__sqlmodel_relationships__", "__pydantic_extra__", "__pydantic_fields_set__",
)  # fmt: skip
#: library classes that add nothing but what is listed here to a mapped class
_PLAIN_BASES: dict[str, tuple[str, ...]] = {
    "builtins.object": (),
    "object": (),
    "abc.ABC": (),
    "typing.Generic": (),
    "typing.Protocol": (),
    "sqlalchemy.orm.DeclarativeBase": (),
    "sqlalchemy.orm.DeclarativeBaseNoMeta": (),
    "sqlalchemy.orm.MappedAsDataclass": (),
    "sqlalchemy.ext.declarative.AbstractConcreteBase": (),
    "sqlalchemy.ext.declarative.ConcreteBase": (),
    "sqlalchemy.ext.asyncio.AsyncAttrs": ("awaitable_attrs",),
    "flask_sqlalchemy.Model": ("query", "query_class", "__bind_key__"),
    "flask_login.UserMixin": ("is_active", "is_authenticated", "is_anonymous", "get_id"),
    "sqlmodel.SQLModel": _PYDANTIC,
    "sqlmodel.main.SQLModel": _PYDANTIC,
}
_DATACLASS = frozenset(("sqlalchemy.orm.MappedAsDataclass",))
#: what every mapped class has
BUILT_IN = (
    "metadata",
    "registry",
    "__table__",
    "__mapper__",
    "__tablename__",
    "__mapper_args__",
    "__table_args__",
    "__abstract__",
)
#: what every class has
OBJECT = frozenset(dir(type)) | frozenset(dir(object)) | {"__dict__", "__annotations__", "__module__"}


class Own(msgspec.Struct, eq=False):
    """One name a class body binds. ``item`` is the SQLAlchemy call behind it; ``function`` a method of that name."""

    name: str
    node: Node
    scope: Scope
    value: Expr | None = None
    item: Made | None = None
    annotation: Expr | None = None
    function: Function | None = None
    declared_attr: bool = False


class Draft(msgspec.Struct, eq=False):
    """One class of the project on the way to a model. ``known`` is False where a base could not be resolved, or something
    may add attributes out of sight."""

    value: Value
    node: Class
    scope: Scope
    bases: list[Draft] = []
    libraries: set[str] = set()
    own: dict[str, Own] = {}
    known: bool = True
    root: bool = False
    """a declarative base itself"""
    decorated: bool = False
    """mapped by a decorator"""
    dataclass: bool = False
    mro: list[Draft] = []

    @property
    def name(self) -> str:
        return self.node.name

    @property
    def path(self) -> str:
        return self.scope.path

    def find(self, name: str) -> Own | None:
        """The nearest definition of a name."""
        for item in self.mro:
            found = item.own.get(name)
            if found is not None:
                return found
        return None


class Drafts:
    """Makes each draft once."""

    def __init__(self, ev: Evaluator) -> None:
        self.ev = ev
        self._known: dict[int, Draft] = {}

    def of(self, value: Value) -> Draft | None:
        node, scope = value.node, value.scope
        if not isinstance(node, Class) or scope is None:
            return None
        found = self._known.get(id(node))
        if found is None:
            found = self._known[id(node)] = Draft(value, node, scope)
            self._fill(found)
        return found

    def _fill(self, draft: Draft) -> None:
        draft.bases, draft.libraries, draft.own = [], set(), {}
        for base in draft.node.bases:
            if base.name == "metaclass":
                draft.known = draft.known and last_name(base.value) in (
                    "ABCMeta", "DeclarativeMeta", "DefaultMeta", "DCTransformDeclarative"
                )  # fmt: skip
            elif not base.name and not base.spread:
                self._base(draft, base.value)
        self._decorators(draft)
        for stmt in draft.node.body:
            self._statement(draft, stmt, 0)
        for name, variables in draft.scope.names.items():
            if name not in draft.own and variables and variables[0].binds:
                bind = variables[0].binds[0]
                draft.own[name] = Own(name, bind.node or draft.node, draft.scope, bind.value)
        for name, binds in draft.scope.fields.items():
            if name not in draft.own and binds:
                draft.own[name] = Own(name, draft.node, draft.scope)
        if "__getattr__" in draft.own or "__getattribute__" in draft.own or "__versioned__" in draft.own:
            draft.known = False
        draft.mro = _linear(draft)

    def _base(self, draft: Draft, expr: Expr) -> None:
        scope = draft.scope.parent
        if (
            isinstance(expr, Name)
            and expr.id == "object"
            and scope
            and scope.find("object", expr.at[0]) is None
        ):
            return
        values = self.ev.eval(expr, scope) if scope is not None else ()
        if not values:
            draft.known = False
        for value in values:
            if value.kind == "class":
                inner = self.of(value)
                if inner is not None and inner is not draft:
                    draft.bases.append(inner)
                continue
            self._library_base(draft, value)

    def _library_base(self, draft: Draft, value: Value) -> None:
        ev = self.ev
        item = made(value) or _of_registry(value)
        if item is not None and item.name in _FACTORIES:
            draft.libraries.add("declarative_base()")
            self._classes_of(draft, item, "cls")
            if item.keyword("metaclass") is not None:
                draft.known = False
            return
        if value.kind not in ("library", "handle"):
            draft.known = False
            return
        name = ev.library_for(value.path).canonical(value.name)
        draft.libraries.add(name)
        if name == "flask_sqlalchemy.Model":
            if value.call is not None and value.caller is not None:
                item = Made("SQLAlchemy", value.call, value.caller)
                self._classes_of(draft, item, "model_class")
        elif name not in _PLAIN_BASES:
            draft.known = False
        if name in ("sqlalchemy.orm.DeclarativeBase", "sqlalchemy.orm.DeclarativeBaseNoMeta"):
            draft.root = True
        if name in _DATACLASS:
            draft.dataclass = True

    def _classes_of(self, draft: Draft, item: Made, keyword: str) -> None:
        """The project's class that a factory builds the base from."""
        given = item.keyword(keyword)
        for value in self.ev.eval(given, item.scope) if given is not None else ():
            inner = self.of(value)
            if inner is None:
                draft.known = False
            elif inner is not draft:
                draft.bases.append(inner)

    def _decorators(self, draft: Draft) -> None:
        for expr in draft.node.decorators:
            name = last_name(expr.callee if isinstance(expr, Call) else expr)
            if name in _AS_BASE:
                draft.root = True
                draft.libraries.add("declarative_base()")
            elif name in _MAPPING_DECORATORS:
                draft.decorated = True
                draft.dataclass = draft.dataclass or name == "mapped_as_dataclass"
            elif name not in _PLAIN_DECORATORS:
                draft.known = False

    # --- the body -----------------------------------------------------------------------------------------------

    def _statement(self, draft: Draft, stmt: Stmt, depth: int) -> None:
        if depth > 8:
            return
        if isinstance(stmt, Assign):
            for target in stmt.targets:
                if isinstance(target, Name):
                    self._assigned(draft, target, stmt)
        elif isinstance(stmt, Define):
            self._defined(draft, stmt.function)
        elif isinstance(stmt, DefineClass):
            draft.own[stmt.cls.name] = Own(stmt.cls.name, stmt.cls, draft.scope)
        elif isinstance(stmt, If):
            for inner in (*stmt.body, *stmt.orelse):
                self._statement(draft, inner, depth + 1)
        elif isinstance(stmt, (With, Block)):
            for inner in stmt.body:
                self._statement(draft, inner, depth + 1)
        elif isinstance(stmt, Try):
            for inner in (*stmt.body, *stmt.orelse, *stmt.final):
                self._statement(draft, inner, depth + 1)

    def _assigned(self, draft: Draft, target: Name, stmt: Assign) -> None:
        name, value = target.id, stmt.value
        item = made_of(self.ev, value, draft.scope) if value is not None else None
        if item is not None and item.name == "declared_attr":
            item = None
        if item is not None and item.name == "deferred":
            item = next((made_of(self.ev, expr, item.scope) for expr in item.positional), None)
        draft.own[name] = Own(name, target, draft.scope, value, item, stmt.annotation)

    def _defined(self, draft: Draft, function: Function) -> None:
        known = draft.own.get(function.name)
        own = Own(function.name, function, draft.scope, function=function)
        if known is not None and known.function is not None and _extends(function):
            return  # the setter or expression of the property above
        if any(_is_declared_attr(expr) for expr in function.decorators):
            own.declared_attr = True
            value = returned(function)
            inner = self.ev.scope_of(draft.path, function)
            if value is not None and inner is not None:
                own.value = value
                own.item = made_of(self.ev, value, inner)
                own.scope = inner
                if own.item is not None and own.item.name == "deferred":
                    own.item = next(
                        (made_of(self.ev, expr, own.item.scope) for expr in own.item.positional), None
                    )
            if own.annotation is None:
                own.annotation = function.returns
        draft.own[function.name] = own


def _of_registry(value: Value) -> Made | None:
    """``registry.generate_base()``: a method of a library object that the signatures do not know."""
    if value.kind == "result" and value.call is not None and value.caller is not None:
        package, _, last = value.name.removesuffix("()").rpartition(".")
        if package.endswith("registry()") and last in _FACTORIES:
            return Made(last, value.call, value.caller)
    return None


def _extends(function: Function) -> bool:
    """``@name.setter``, ``@name.expression``, ``@name.comparator``."""
    return any(
        isinstance(expr, Member)
        and expr.name in ("setter", "deleter", "expression", "comparator", "update_expression", "inplace")
        for expr in function.decorators
    )


def _is_declared_attr(expr: Expr) -> bool:
    if isinstance(expr, Call):
        expr = expr.callee
    if isinstance(expr, Member) and expr.name in ("directive", "cascading"):
        expr = expr.object
    return last_name(expr) == "declared_attr"


def _linear(draft: Draft) -> list[Draft]:
    """The order in which attributes are looked up: depth first, a class that several bases share after the last of them."""
    order: list[Draft] = []
    for base in draft.bases:
        order += base.mro or [base]
    last: dict[int, int] = {id(item): position for position, item in enumerate(order)}
    return [
        draft,
        *(item for position, item in enumerate(order) if last[id(item)] == position and item is not draft),
    ]


def is_known(draft: Draft) -> bool:
    """Whether every class it derives from is known."""
    return all(item.known for item in draft.mro)


def libraries(draft: Draft) -> set[str]:
    return {name for item in draft.mro for name in item.libraries}


def flavor(draft: Draft) -> Flavor | None:
    """What makes a class a mapped one; None where nothing does."""
    names = libraries(draft)
    if "flask_sqlalchemy.Model" in names:
        return "flask"
    if names & {"sqlmodel.SQLModel", "sqlmodel.main.SQLModel"}:
        return "sqlmodel"
    if "declarative_base()" in names or any(name.rpartition(".")[2] in _DECLARATIVE for name in names):
        return "declarative"
    return "declarative" if any(item.decorated for item in draft.mro) else None


def library_attributes(draft: Draft) -> set[str]:
    """Names that the library bases give."""
    return {extra for name in libraries(draft) for extra in _PLAIN_BASES.get(name, ())} | set(BUILT_IN)
