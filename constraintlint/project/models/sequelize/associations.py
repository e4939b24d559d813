"""Associations between models: calls of ``hasMany`` and its kin wherever they stand, and decorators; what they generate.

Names and keys follow ``lib/associations`` of Sequelize 6.37: an alias is ``as`` or the name of the target, a foreign key is
the alias (or the source) and its primary key in camel case.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from constraintlint.facts.code import Assign, Call, Class, Constant, Expr, Lambda, Mapping, Member, Name
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.models.sequelize import inflection
from constraintlint.project.models.sequelize.definitions import calls_of
from constraintlint.project.models.sequelize.fields import TIMESTAMPS, column_of, settle
from constraintlint.project.models.sequelize.follow import Follower
from constraintlint.project.models.sequelize.literals import (
    NONE,
    Options,
    Site,
    is_undefined,
    lambda_result,
    last_name,
    positional,
    read,
    spelled,
    string,
)
from constraintlint.project.models.sequelize.records import (
    KINDS,
    Association,
    AssociationKind,
    Definition,
    Field,
)
from constraintlint.project.schema.records import Reference

if TYPE_CHECKING:
    from constraintlint.project.flow.evaluate import Evaluator

_DECORATORS: dict[str, AssociationKind] = {
    "BelongsTo": "belongsTo",
    "HasOne": "hasOne",
    "HasMany": "hasMany",
    "BelongsToMany": "belongsToMany",
}
#: options of the source that the model made for a string ``through`` does not take over
_NOT_OF_JOIN = frozenset(
    [
        "timestamps",
        "scopes",
        "defaultScope",
        "hooks",
        "tableName",
        "name",
        "modelName",
        "indexes",
        "paranoid",
        "validate",
        "sequelize",
    ]
)


class Linker:
    """Finds the associations of a set of definitions and adds what they generate to the models.

    ``loose`` are attributes that a model that is not known gets; ``open_`` says that any model may have more associations.
    """

    def __init__(
        self, ev: Evaluator, definitions: list[Definition], follower: Follower, defaults: Options
    ) -> None:
        self.ev = ev
        self.defaults = defaults
        self.definitions = definitions
        self.follower = follower
        self.loose: set[str] = set()
        self.open = False
        self.joins: dict[str, Definition] = {}
        """models made for a ``through`` that is a string"""
        self.found: list[Association] = []

    def link(self) -> None:
        for kind in KINDS:
            for call, scope in calls_of(self.ev, kind):
                if isinstance(call.callee, Member):
                    self._call(kind, call, scope)
        for definition in self.definitions:
            if definition.ts and definition.cls is not None and definition.cls_scope is not None:
                self._class(definition, definition.cls, definition.cls_scope)
        self.found.sort(key=lambda item: (item.path, item.at))
        for association in self.found:
            self._names(association)
        for association in self.found:
            self._through(association)
        for association in self.found:
            self._keys(association)
        self._pair()
        for association in self.found:
            self._generate(association)

    # --- finding ------------------------------------------------------------------------------------------------

    def _call(self, kind: AssociationKind, call: Call, scope: Scope) -> None:
        assert isinstance(call.callee, Member)
        sources = self.follower.models(call.callee.object, scope)
        target = positional(call, 0)
        targets = self.follower.models(target, scope) if target is not None else ()
        options = read(self.ev, positional(call, 1), scope)
        if not sources:
            if not targets and not self._is_association(call.callee.object, options, scope):
                return
            self.open = True
            self._loosen(kind, options)
        for source in sources:
            for one in targets or (None,):
                made = Association(kind, source, scope.path, call.at, scope)
                made.call, made.node, made.options, made.target = call, call, options, one
                made.target_written = spelled(target) if target is not None else ""
                self._keep(made)

    def _is_association(self, owner: Expr, options: Options, scope: Scope) -> bool:
        """Whether a call on something unknown may be an association of Sequelize."""
        values = self.ev.eval(owner, scope)
        return not any(value.kind in ("object", "function", "mapping", "text") for value in values)

    def _loosen(self, kind: AssociationKind, options: Options) -> None:
        """A model that is not known is given foreign keys."""
        for key in ("foreignKey", "otherKey"):
            name = self._key_name(options, key)
            if name:
                self.loose.add(name)
        if not options.complete or not self._key_name(options, "foreignKey"):
            for definition in self.definitions:
                definition.complete = False

    def _keep(self, made: Association) -> None:
        self.found.append(made)
        made.source.associations.append(made)
        if made.target is None and made.kind in ("hasMany", "hasOne", "belongsToMany"):
            self._loosen(made.kind, made.options)

    def _class(self, definition: Definition, node: Class, scope: Scope) -> None:
        for stmt in node.body:
            if not isinstance(stmt, Assign) or not stmt.decorators or not isinstance(stmt.targets[0], Name):
                continue
            for decorator in stmt.decorators:
                kind = _DECORATORS.get(last_name(decorator))
                if kind is not None and isinstance(decorator, Call):
                    self._decorator(definition, kind, decorator, stmt.targets[0].id, stmt, scope)

    def _decorator(
        self, definition: Definition, kind: AssociationKind, call: Call, name: str, stmt: Assign, scope: Scope
    ) -> None:
        made = Association(kind, definition, scope.path, stmt.at, scope)
        made.call, made.node = call, call
        target = positional(call, 0)
        given = lambda_result(target) if target is not None else None
        made.target_written = spelled(given) if given is not None else ""
        found = self._lambda_models(target, scope)
        made.target = found[0] if len(found) == 1 else None
        options: list[Expr] = [arg.value for arg in call.args[1:] if not arg.spread]
        if kind == "belongsToMany" and options and isinstance(options[0], Mapping):
            made.options = read(self.ev, options[0], scope)
            made.foreign_key = self._key_name(made.options, "foreignKey")
            made.other_key = self._key_name(made.options, "otherKey")
            site = made.options.get("through")
            through = self._lambda_models(site.expr, site.scope) if site is not None else ()
            made.through = through[0] if len(through) == 1 else None
            made.through_written = string(self.ev, site) or ""
        elif kind == "belongsToMany" and options:
            through = self._lambda_models(options[0], scope)
            made.through = through[0] if len(through) == 1 else None
            made.through_written = string(self.ev, Site(options[0], scope)) or ""
            keys = [string(self.ev, Site(item, scope)) for item in options[1:]]
            made.foreign_key = keys[0] if keys else None
            made.other_key = keys[1] if len(keys) > 1 else None
        elif options:
            made.foreign_key = string(self.ev, Site(options[0], scope))
            if made.foreign_key is None:
                made.options = read(self.ev, options[0], scope)
                made.foreign_key = self._key_name(made.options, "foreignKey")
        if kind == "belongsToMany" and made.through is not None and made.target is not None:
            made.foreign_key = made.foreign_key or self._declared_key(made.through, definition)
            made.other_key = made.other_key or self._declared_key(made.through, made.target)
        elif made.foreign_key is None and kind != "belongsToMany" and made.target is not None:
            owner, other = (definition, made.target) if kind == "belongsTo" else (made.target, definition)
            made.foreign_key = self._declared_key(owner, other)
        made.name, made.aliased = name, True
        made.singular, made.plural = inflection.singularize(name), name
        if not made.many:
            made.singular = name
        self._keep(made)

    def _declared_key(self, owner: Definition, other: Definition) -> str | None:
        """The attribute of a class marked ``@ForeignKey(() => Other)``."""
        found: list[str] = []
        if owner.cls is None or owner.cls_scope is None:
            return None
        for stmt in owner.cls.body:
            if not isinstance(stmt, Assign) or not isinstance(stmt.targets[0], Name):
                continue
            for decorator in stmt.decorators:
                if last_name(decorator) == "ForeignKey" and isinstance(decorator, Call):
                    models = self._lambda_models(positional(decorator, 0), owner.cls_scope)
                    if other in models:
                        found.append(stmt.targets[0].id)
        return found[0] if found else None

    def _lambda_models(self, expr: Expr | None, scope: Scope) -> tuple[Definition, ...]:
        result = lambda_result(expr) if expr is not None else None
        if result is None or not isinstance(expr, Lambda):
            return self.follower.models(expr, scope) if expr is not None else ()
        inner = self.ev.scope_of(scope.path, expr.function) or scope
        return self.follower.models(result, inner)

    # --- names and keys -----------------------------------------------------------------------------------------

    def _names(self, made: Association) -> None:
        if made.name is not None:
            return
        options = made.options
        alias = options.get("as")
        if not is_undefined(alias) and alias is not None:
            made.aliased = True
            text = string(self.ev, alias)
            if text is not None:
                made.name = text
                made.plural = text
                made.singular = inflection.singularize(text) if made.many else text
                return
            parts = read(self.ev, alias.expr, alias.scope)
            if made.many and "plural" in parts and "singular" in parts:
                made.plural, made.singular = (
                    string(self.ev, parts.get("plural")),
                    string(self.ev, parts.get("singular")),
                )
                made.name = made.plural
        elif (
            options.complete and made.target is not None and made.target.name and made.target.options.complete
        ):
            made.singular, made.plural = made.target.names
            made.name = made.plural if made.many else made.singular
        if made.name is None:
            made.source.relations_complete = False

    def _through(self, made: Association) -> None:
        if made.kind != "belongsToMany" or made.through is not None:
            return
        site = made.options.get("through")
        if site is not None:
            inner = read(self.ev, site.expr, site.scope)
            if "model" in inner:
                site = inner.get("model")
        text = made.through_written or string(self.ev, site)
        if text:
            made.through_written = text
            made.through = self.follower.named(text) or self._join(text, made)
        elif site is not None:
            found = self.follower.models(site.expr, site.scope)
            made.through_written = spelled(site.expr)
            made.through = found[0] if len(found) == 1 else None

    def _join(self, name: str, made: Association) -> Definition:
        """The model Sequelize makes for ``through: "name"``."""
        known = self.joins.get(name)
        if known is None:
            known = self.joins[name] = Definition(name, made.path, made.at, made.scope)
            known.method = "through"
            known.key = f"{made.path}:{name}"
            source = made.source.options
            kept = {key: site for key, site in source.entries.items() if key not in _NOT_OF_JOIN}
            own = {
                key: site
                for key, site in made.options.entries.items()
                if key not in ("as", "name", "through")
            }
            known.options = Options({**own, **kept}, source.complete and made.options.complete)
            settle(self.ev, known, self.defaults)
            known.table_name = name
            for standard in TIMESTAMPS[2:]:
                known.attributes.pop(standard, None)
        return known

    def _key_name(self, options: Options, key: str) -> str | None:
        """``foreignKey: "x"`` or ``{ name: "x" }``; None where it is not given, ``""`` where it is not known."""
        site = options.get(key)
        if is_undefined(site) or site is None:
            return None
        text = string(self.ev, site)
        if text is not None:
            return text
        if isinstance(site.expr, Constant):
            return None
        inner = read(self.ev, site.expr, site.scope)
        for name in ("name", "fieldName"):
            if name in inner:
                return string(self.ev, inner.get(name)) or ""
        return None if inner.complete and inner.given else ""

    def _keys(self, made: Association) -> None:
        given = self._key_name(made.options, "foreignKey")
        if made.foreign_key is None:
            if given is None and not made.options.complete:
                made.foreign_key = None
            else:
                made.foreign_key = given if given is not None else self._default_key(made)
        made.foreign_key = made.foreign_key or None
        if made.kind == "belongsToMany" and made.other_key is None:
            other = self._key_name(made.options, "otherKey")
            if other is not None:
                made.other_key = other or None
            elif made.options.complete and made.target is not None and made.target.primary_key:
                own = made.target is made.source
                stem = inflection.singularize(made.name or "") if own else made.target.names.singular
                made.other_key = inflection.camelize(f"{stem}_{made.target.primary_key}")

    def _default_key(self, made: Association) -> str:
        if (
            made.ts_named and made.kind != "belongsToMany"
        ):  # sequelize-typescript throws where none is declared
            return ""
        if made.kind == "belongsTo":
            own = made.target.primary_key if made.target is not None else None
            return inflection.camelize(f"{made.name}_{own}") if made.name and own else ""
        key = made.source.primary_key
        if not key:
            return ""
        if made.kind == "hasOne":
            stem = inflection.singularize(made.name if made.aliased and made.name else made.source.name)
            return inflection.camelize(f"{stem}_{key}")
        if made.kind == "belongsToMany":
            key = self._option_text(made, "sourceKey") or key
        return inflection.camelize(f"{made.source.names.singular}_{key}")

    def _option_text(self, made: Association, key: str) -> str | None:
        return string(self.ev, made.options.get(key))

    def _pair(self) -> None:
        """Two ``belongsToMany`` through one model share their keys where one side does not name its other key."""
        many = [item for item in self.found if item.kind == "belongsToMany" and item.through is not None]
        for position, one in enumerate(many):
            for other in many[position + 1 :]:
                if one.target is other.source and other.target is one.source and one.through is other.through:
                    if one.source is one.target:
                        continue
                    if "otherKey" not in one.options and other.foreign_key:
                        one.other_key = other.foreign_key
                    if "otherKey" not in other.options and one.foreign_key:
                        other.other_key = one.foreign_key

    # --- what is generated --------------------------------------------------------------------------------------

    def _generate(self, made: Association) -> None:
        if made.kind == "belongsTo":
            self._key(made.source, made.foreign_key, made, made.target)
        elif made.kind in ("hasOne", "hasMany"):
            self._key(made.target, made.foreign_key, made, made.source)
        elif made.through is not None:
            through = made.through
            automatic = through.attributes.get("id")
            if automatic is not None and automatic.made == "id":
                del through.attributes["id"]
            lone = through.primary_key is None
            for name, to in ((made.foreign_key, made.source), (made.other_key, made.target)):
                field = self._key(through, name, made, to)
                if field is not None and lone:
                    field.primary_key, field.nullable = True, False
        elif made.through_written:
            self._loosen(made.kind, made.options)

    def _key(
        self, owner: Definition | None, name: str | None, made: Association, to: Definition | None
    ) -> Field | None:
        """Add a foreign key to a model that does not declare it."""
        if owner is None:
            return None
        if name is None:
            owner.complete = False
            return None
        field = owner.attributes.get(name)
        if field is None:
            field = Field(name, made.path, made.at, made="association")
            field.nullable = True
            field.scope = made.scope
            site = made.options.get("foreignKey")
            if site is not None:
                inner = read(self.ev, site.expr, site.scope)
                allowed = inner.get("allowNull")
                if isinstance(getattr(allowed, "expr", None), Constant) and allowed is not None:
                    field.nullable = getattr(allowed.expr, "value", None) is not False
                field.options = inner if inner.given else NONE
            named = string(self.ev, field.options.get("field"))
            field.column = named or column_of(owner, name)
            if "field" in field.options and named is None:
                field.column = ""
            owner.attributes[name] = field
        if to is not None and to.primary_key is not None:
            key = to.attributes[to.primary_key]
            if field.family == "unknown" and field.made == "association":
                field.type, field.family = key.type, key.family
            if field.references is None and to.table_name and self._constrained(made):
                field.references = Reference(
                    to.table_name, (key.column,) if key.column else (), to.table_schema
                )
        return field

    def _constrained(self, made: Association) -> bool:
        site = made.options.get("constraints")
        return site is None or getattr(site.expr, "value", None) is not False
