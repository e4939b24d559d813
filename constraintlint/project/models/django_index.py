"""The Django models of a project with the relations between them: targets resolved, reverse accessors, user model."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

from constraintlint.facts.code import Call, Class, Member
from constraintlint.project.django_apps import Apps
from constraintlint.project.django_settings import DjangoSettings
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.models.django_classes import Reader, is_parent_link
from constraintlint.project.models.django_contrib import APPS, by_dotted, contrib_models
from constraintlint.project.models.django_fields import FUNCTIONS, OF_POSTGRES
from constraintlint.project.models.django_records import DjangoModel, Field, Reverse

if TYPE_CHECKING:
    from constraintlint.project import Project
    from constraintlint.project.models.django_types import Types


#: the target of a relation that surely leads to no model that is known here
_ELSEWHERE = "?"


class DjangoModels:
    """``all`` are the models of the project, abstract ones included; ``by_label`` the concrete ones and Django's own installed ones."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.in_use = any(
            item.package == "django" for found in project.resolutions.values() for item in found.external
        )
        self.settings = DjangoSettings(project)
        self.apps = Apps(project, self.settings)
        self.all: list[DjangoModel] = []
        self.by_label: dict[str, DjangoModel] = {}
        self.by_key: dict[str, DjangoModel] = {}
        self.clashes: list[tuple[Reverse, Reverse | Field, DjangoModel]] = []
        self._by_node: dict[int, DjangoModel] = {}
        self._contrib: dict[str, DjangoModel] = {}
        if self.in_use:
            self._build()

    # --- look-ups -----------------------------------------------------------------------------------------------

    def of_class(self, node: object) -> DjangoModel | None:
        return self._by_node.get(id(node))

    def of_dotted(self, dotted: str) -> DjangoModel | None:
        """A model of Django's own by where it is imported from."""
        known = by_dotted(dotted)
        return self._contrib.get(known.label) if known is not None and not known.abstract else None

    def target(self, field: Field) -> DjangoModel | None:
        return self.by_label.get(field.target.lower()) if field.target else None

    def source(self, reverse: Reverse) -> DjangoModel | None:
        return self.by_label.get(reverse.source.lower())

    @cached_property
    def user_label(self) -> str:
        """The label of the user model; ``""`` where it is not known."""
        known = self.settings.constants("AUTH_USER_MODEL", "auth.User")
        if known is None:
            written = [value.constant for value in self.settings.values("AUTH_USER_MODEL")]
            if not self.settings.files and not written:
                return self._guessed_user()
            return ""
        if len(known) != 1:
            return ""
        label = next(iter(known))
        return label if isinstance(label, str) else ""

    def _guessed_user(self) -> str:
        """Without any settings: Django's own, unless a class of the project derives from its bases."""
        return ""

    @property
    def user(self) -> DjangoModel | None:
        return self.by_label.get(self.user_label.lower()) if self.user_label else None

    # --- building -----------------------------------------------------------------------------------------------

    def _build(self) -> None:
        reader = Reader(self.project, self.apps)
        auto = self.settings.values("DEFAULT_AUTO_FIELD")
        texts = {value.constant for value in auto if isinstance(value.constant, str)}
        if len(texts) == 1:
            reader.default_auto_field = str(next(iter(texts)))
        self.all = reader.all()
        self._contrib = {model.label: _copy(model) for model in contrib_models() if not model.abstract}
        for model in self._contrib.values():
            self.by_label.setdefault(model.label.lower(), model)
        clashing: set[str] = set()
        for model in self.all:
            if model.node is not None:
                self._by_node[id(model.node)] = model
            self.by_key[model.key] = model
            if model.abstract:
                continue
            label = model.label.lower()
            other = self.by_label.get(label)
            if other is not None and other.node is not None:
                clashing.add(label)
            self.by_label[label] = model
        for label in clashing:
            # two classes of one label: which one runs is not known
            del self.by_label[label]
        for model in [*self._contrib.values(), *self.all]:
            for field in model.fields.values():
                if field.is_relation or field.cls == "GenericRelation":
                    field.target = self._resolve(model, field)
        self._added_from_outside()
        for call, scope in reader.strangers():
            self._leads_to(call, scope)
        self._reverse()

    def _resolve(self, model: DjangoModel, field: Field) -> str:
        written = field.target_written
        if written.startswith("class:"):
            found = self._by_node.get(int(written[6:]))
            if found is None:
                return _ELSEWHERE  # it derives from a model of a package
            field.target_written = found.label
            return "" if found.abstract else found.label
        if written.startswith("dotted:"):
            known = by_dotted(written[7:])
            return _ELSEWHERE if known is None or known.abstract else known.label
        if written == "AUTH_USER_MODEL" or (model.node is None and written == "auth.User"):
            return self.user_label
        if written == "self":
            return model.label
        if not written or written == "?":
            return ""
        label = written if "." in written else f"{model.app}.{written}"
        found = self.by_label.get(label.lower())
        if found is not None:
            return found.label
        return label if "." in written else ""

    def _added_from_outside(self) -> None:
        """``Model.add_to_class(...)``: the class has more than its body says."""
        ev = self.project.evaluator
        for name in ("add_to_class", "contribute_to_class"):
            for call, scope in ev.calls(name):
                if not isinstance(call.callee, Member) or (
                    scope.enclosing_class() is not None and name == "contribute_to_class"
                ):
                    continue
                target = (
                    call.callee.object
                    if name == "add_to_class"
                    else (call.args[0].value if call.args else None)
                )
                values = ev.eval(target, scope) if target is not None else ()
                named = [
                    self._by_node.get(id(value.node)) for value in values if isinstance(value.node, Class)
                ]
                for model in named:
                    if model is not None:
                        model.complete = model.reverse_complete = False

    def _leads_to(self, call: Call, scope: Scope) -> None:
        """A relation of a class that may be a model: what it gives the other end is not known."""
        plain = [arg.value for arg in call.args if not arg.name and not arg.spread]
        given = next((arg.value for arg in call.args if arg.name == "to"), plain[0] if plain else None)
        values = self.project.evaluator.eval(given, scope) if given is not None else ()
        for value in values:
            label = value.constant if isinstance(value.constant, str) else ""
            for model in self.all:
                named = label and model.label.lower().rpartition(".")[2] == label.lower().rpartition(".")[2]
                if named or (value.node is not None and model.node is value.node):
                    model.reverse_complete = False

    def _reverse(self) -> None:
        sources = [model for model in (*self._contrib.values(), *self.all) if self._is_loaded(model)]
        if not self.apps.installed_known or self.apps.foreign:
            # a package that is not known may point at the user model, and at content types
            for label in (
                self.user_label,
                "contenttypes.ContentType",
                "auth.Group",
                "auth.Permission",
                "sites.Site",
            ):
                found = self.by_label.get(label.lower()) if label else None
                if found is not None:
                    found.reverse_complete = False
        for model in sources:
            for field in list(model.fields.values()):
                if not field.is_relation or (not field.own and model.node is not None):
                    continue
                target = self.target(field)
                if target is None:
                    if not field.target:
                        self._unknown_target(field)
                    continue
                self._add_reverse(model, field, target)
        self._inherit_reverse()

    def _unknown_target(self, field: Field) -> None:
        for model in self.all:
            model.reverse_complete = False

    def _is_loaded(self, model: DjangoModel) -> bool:
        if model.abstract or model.label.lower() not in self.by_label:
            return False
        if model.node is None:
            if model.label == "auth.User" and self.user_label != "auth.User":
                return False  # swapped out
            return model.app in self.apps.contrib or model.app in ("auth", "contenttypes")
        return True

    def _add_reverse(self, model: DjangoModel, field: Field, target: DjangoModel) -> None:
        names = reverse_names(model, field, target)
        while target.proxy and target.parents:
            parent = target.parents[0]
            target = self._contrib.get(parent.label, parent) if parent.node is None else parent
        if names is None:
            target.reverse_complete = False
            return
        accessor, query = names
        found = Reverse(accessor, query, model.label, field, field.cls != "OneToOneField")
        if accessor:
            other = target.reverse.get(accessor)
            if other is not None and other.field is not field:
                self.clashes.append((other, found, target))
            target.reverse[accessor] = found
        if query:
            target.reverse_query[query] = found

    def _inherit_reverse(self) -> None:
        """A child model and a proxy have the reverse relations of what they derive from."""
        for model in self.all:
            queue, seen = list(model.parents), set()
            while queue:
                parent = queue.pop(0)
                if parent.key in seen:
                    continue
                seen.add(parent.key)
                parent = self._contrib.get(parent.label, parent) if parent.node is None else parent
                model.reverse_complete = model.reverse_complete and parent.reverse_complete
                model.complete = model.complete and parent.complete
                for name, item in parent.reverse.items():
                    if is_parent_link(item.field):
                        model.members.add(name)  # an attribute, but no relation of the child
                    else:
                        model.reverse.setdefault(name, item)
                for name, item in parent.reverse_query.items():
                    if not is_parent_link(item.field):
                        model.reverse_query.setdefault(name, item)
                queue += parent.parents

    @cached_property
    def types(self) -> Types:
        """What expressions are to Django."""
        from constraintlint.project.models.django_types import Types

        return Types(self.project, self)

    @cached_property
    def _registers(self) -> bool:
        project = self.project
        return any(
            path.endswith(".py") and project.mentions(path, ("register_lookup",))
            for path in sorted(project.resolutions)
        )

    def may_be_registered(self, lookup: str) -> bool:
        """Whether a lookup or transform may exist because something registers it."""
        if self._registers or not self.apps.installed_known:
            return True
        if lookup in OF_POSTGRES:
            return "postgres" in self.apps.contrib or bool(self.apps.foreign)
        return bool(self.apps.foreign) and lookup in FUNCTIONS

    @cached_property
    def _imported(self) -> set[str]:
        return {
            path
            for found in self.project.resolutions.values()
            for edge in found.edges
            if edge.kind not in ("implicit", "type-only")
            for path in (edge.target, edge.origin)
        }

    def is_imported(self, model: DjangoModel) -> bool:
        """Whether something loads the module of a model: the app's ``models``, or an import."""
        app = self.apps.of(model.path)
        base = f"{app.directory}/" if app is not None and app.directory else ""
        return (
            model.node is None
            or model.path in (f"{base}models.py", f"{base}models/__init__.py")
            or model.path in self._imported
        )

    def app_is_installed(self, model: DjangoModel) -> bool | None:
        """Whether the app of a model is in INSTALLED_APPS; None where that is not known."""
        if not self.apps.installed_known:
            return None
        if model.node is None:
            return model.app in self.apps.contrib
        app = self.apps.of(model.path)
        return app is not None and app.entry is not None


def reverse_names(model: DjangoModel, field: Field, target: DjangoModel) -> tuple[str, str] | None:
    """(accessor, query name) of the other side of a relation, ``""`` where there is none; None where not known.

    See ``ForeignObjectRel.get_accessor_name`` and ``RelatedField.related_query_name`` (Django 5.2).
    """
    if "?" in (field.related_name, field.related_query_name):
        return None
    values = {"class": model.name.lower(), "model_name": model.name.lower(), "app_label": model.app.lower()}

    def filled(text: str) -> str:
        return re.sub(r"%\((class|model_name|app_label)\)s", lambda match: values[match[1]], text)

    name, query = filled(field.related_name), filled(field.related_query_name)
    query = query or name or model.model_name
    symmetrical = field.cls == "ManyToManyField" and target is model and not _asymmetrical(field)
    if symmetrical and not field.related_name:
        return "", ""
    if name.endswith("+"):
        return "", "" if query.endswith("+") else query
    accessor = name or (model.model_name if field.cls == "OneToOneField" else f"{model.model_name}_set")
    return accessor, "" if query.endswith("+") else query


def _asymmetrical(field: Field) -> bool:
    if field.call is None:
        return False
    return any(arg.name == "symmetrical" for arg in field.call.args) or any(
        arg.spread for arg in field.call.args
    )


def _copy(model: DjangoModel) -> DjangoModel:
    fields = {name: msgspec.structs.replace(field) for name, field in model.fields.items()}
    return msgspec.structs.replace(
        model, fields=fields, members=set(model.members), managers=dict(model.managers), reverse={}, reverse_query={},
        parents=[], bases=[],
    )  # fmt: skip


__all__ = ["APPS", "DjangoModels", "reverse_names"]
