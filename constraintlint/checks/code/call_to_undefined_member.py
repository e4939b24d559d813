"""A method is called that the project's class, or a function that its module, does not define."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from constraintlint.checks._calls import literal_entries
from constraintlint.checks._tested import is_tested
from constraintlint.checks.code._member_families import STEPS, Families
from constraintlint.checks.code._python_stars import star_names
from constraintlint.checks.code._written_members import WrittenMembers
from constraintlint.facts.code import Call, Class, Expr, Function, Mapping, Member, Name
from constraintlint.facts.source import FileFacts
from constraintlint.findings import Finding, Step, finding
from constraintlint.project import Project
from constraintlint.project.flow import classes, names, type_hints
from constraintlint.project.flow.choices import is_python
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.flow.values import Value
from constraintlint.roles import is_test

RULE = "call-to-undefined-member"

#: members every object, class or function has, and what a proxy of Werkzeug has besides those of the object behind it
_OBJECT = frozenset(
    ("toString", "valueOf", "hasOwnProperty", "toLocaleString", "isPrototypeOf", "propertyIsEnumerable", "constructor",
     "call", "apply", "bind", "mro", "name", "length", "prototype", "default", "then",
     "_get_current_object")
)  # fmt: skip


#: functions that are given a view: ``path("visitors", views.register)``
_ROUTING = (
    "path",
    "re_path",
    "add_url_rule",
    "add_get",
    "add_post",
    "add_put",
    "add_patch",
    "add_delete",
    "add_view",
)


def check(project: Project) -> Iterator[Finding]:
    if not any(project.is_deep(path) for path in project.paths):
        return
    reader = _Reader(project)
    for path in project.paths:
        file = project.evaluator.file(path) if not is_test(path) else None  # tests replace members
        if file is None:
            continue
        for name in sorted(file.calls):
            if name in _OBJECT or (name.startswith("__") and name.endswith("__")):
                continue
            for call, scope in file.calls[name]:
                if isinstance(call.callee, Member) and not call.new and _is_followed(call.callee.object):
                    found = reader.judge(call, call.callee, scope)
                    if found is not None:
                        yield found
        for name in _ROUTING if file.python else ():
            for call, scope in file.calls.get(name, ()):
                yield from reader.views(call, scope)


def _is_own(owner: Expr) -> bool:
    return isinstance(owner, Name) and owner.id in ("self", "this")


def _is_followed(owner: Expr) -> bool:
    """A name, a chain of members of one, or a call of a name."""
    if isinstance(owner, Call):
        return isinstance(owner.callee, Name) and not owner.new
    while isinstance(owner, Member):
        owner = owner.object
    return isinstance(owner, Name) and owner.id not in (
        "super",
        "cls",
        "console",
        "Math",
        "JSON",
        "Object",
        "process",
    )


class _Reader:
    """What is asked of one project, remembered."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._written = WrittenMembers(project)
        self._families = Families(project, self._written)
        self._names: dict[str, set[str]] = {}

    def _says_what_it_gives(self, call: Call, scope: Scope) -> bool:
        """Whether a function of Python that is called has a type for what it returns."""
        name = call.callee
        variable = (
            scope.find(name.id, name.at[0]) if isinstance(name, Name) and is_python(scope.path) else None
        )
        if variable is None or any(bind.kind not in ("function", "import") for bind in variable.binds):
            return False
        found = self.project.evaluator.eval_within(call.callee, scope, STEPS)
        return bool(found) and all(
            isinstance(value.node, Function) and value.kind == "function" and value.node.returns is not None
            for value in found
        )

    def views(self, call: Call, scope: Scope) -> Iterator[Finding]:
        """The views a route is given that their module does not have."""
        for arg in call.args:
            if isinstance(arg.value, Member) and isinstance(arg.value.object, Name):
                values = self.project.evaluator.eval_within(arg.value.object, scope, STEPS)
                if len(values) == 1 and values[0].kind == "module" and not values[0].branches:
                    found = self._module(call, arg.value, scope, values[0].name)
                    if found is not None:
                        yield found

    def judge(self, call: Call, callee: Member, scope: Scope) -> Finding | None:
        ev = self.project.evaluator
        if _is_own(callee.object):
            own = scope.enclosing_class()
            if (
                own is None
                or not isinstance(own.node, Class)
                or callee.name in own.names
                or callee.name in own.fields
            ):
                return None
            if not ev.calls(own.node.name) or ev.subclasses(own.node.name):
                return None  # a mixin or a base: those that derive from it may define the member
        if isinstance(callee.object, Call) and not self._says_what_it_gives(callee.object, scope):
            return None
        values = ev.eval_within(callee.object, scope, STEPS)
        if not values:
            return None
        made = self._judge(call, callee, scope, values)
        if made is not None and is_tested(self.project, scope.path, callee.object, call.at):
            return None
        return made

    def _judge(self, call: Call, callee: Member, scope: Scope, values: tuple[Value, ...]) -> Finding | None:
        ev = self.project.evaluator
        found = [item for value in values for item in names.concrete(ev, value)]
        kinds = {value.kind for value in found}
        if len(kinds) != 1 or any(value.branches for value in found):
            return None
        kind = kinds.pop()
        if kind == "module":
            paths = {value.name for value in found}
            return self._module(call, callee, scope, paths.pop()) if len(paths) == 1 else None
        if kind == "mapping" and not is_python(scope.path):
            return self._mapping(call, callee, scope, found)
        if kind not in ("object", "class") or len({id(value.node) for value in found}) != 1:
            return None
        if self._is_annotated_otherwise(callee.object, scope, found[0]):
            return None
        return self._class(call, callee, scope, found[0])

    def _is_annotated_otherwise(self, owner: Expr, scope: Scope, value: Value) -> bool:
        """Whether a parameter is said to be something else than what one of the calls gives."""
        variable = scope.find(owner.id, owner.at[0]) if isinstance(owner, Name) else None
        for bind in variable.binds if variable is not None else ():
            if bind.kind == "param" and bind.annotation is not None and bind.value is None:
                known = type_hints.instances(self.project.evaluator, bind.annotation, bind.scope)
                if not any(item.node is value.node for item in known):
                    return True
        return False

    # --- classes ------------------------------------------------------------------------------------------------

    def _class(self, call: Call, callee: Member, scope: Scope, value: Value) -> Finding | None:
        node = value.node
        family = self._families.family(value)
        if family is None or not isinstance(node, Class) or value.scope is None:
            return None
        ev = self.project.evaluator
        if classes.member(ev, value, callee.name):
            return None
        files = sorted({item.scope.path for item in family if item.scope is not None})
        if any(self._written.says(path, callee.name) for path in files):
            return None
        if any(
            self._written.assigns(other, callee.name)
            for path in files
            for other in (*self._written.importing(path), scope.path)
        ):
            return None
        if self._families.is_handed_over(value) or self._families.subclass_has(node.name, callee.name):
            return None
        own = value.scope.path
        known = sorted(
            {name for item in family if item.scope for name in (*item.scope.names, *item.scope.fields)}
        )
        step = Step(
            own,
            *self.project.span(own, (node.at[0], node.at[0] + 1))[:2],
            f"class {node.name} is defined here",
        )
        error = "AttributeError" if is_python(scope.path) else "TypeError"
        message = f"{node.name} has no member {callee.name!r}: {error} when this line runs"
        return self._finding(call, callee, scope, message, known, step, f"{node.name}.{callee.name}")

    # --- objects ------------------------------------------------------------------------------------------------

    def _mapping(self, call: Call, callee: Member, scope: Scope, found: list[Value]) -> Finding | None:
        """An object literal that holds functions: what a module exports, or a factory returns."""
        if len({id(value.node) for value in found}) != 1:
            return None
        value, name = found[0], callee.name
        path = value.path
        entries = literal_entries(value.node) if isinstance(value.node, Mapping) else None
        if not entries or name in entries or is_python(path):
            return None
        if (
            self._written.sets_computed(path)
            or self._written.is_dynamic(path)
            or self._written.says(path, name)
        ):
            return None
        if any(
            self._written.assigns(other, name) for other in {*self._written.importing(path), path, scope.path}
        ):
            return None
        ev = self.project.evaluator
        given = ev.entries(value)
        if given.keys() != entries.keys() or not any(
            item.kind in ("function", "object", "class") for items in given.values() for item in items
        ):
            return None
        line, column = self.project.span(path, (value.at[0], value.at[0] + 1))[:2]
        step = Step(path, line, column, "the object is made here")
        message = f"the object has no member {name!r}: TypeError when this line runs"
        return self._finding(call, callee, scope, message, sorted(entries), step, f"{path}:{name}")

    # --- modules --------------------------------------------------------------------------------------------------

    def _module(self, call: Call, callee: Member, scope: Scope, path: str) -> Finding | None:
        name = callee.name
        facts = self.project.facts_for_name(path, name)
        if facts is None or name in self._given(path, facts):
            return None
        self.project.facts(path)  # more is asked of it from here on
        if facts.dynamic_names or facts.problems or path == scope.path:
            return None
        if is_python(path) != is_python(scope.path) or path.endswith(".pyi") or ".d." in path:
            return None
        if self._written.says(path, name) or self._written.is_dynamic(path):
            return None
        if is_python(path):
            directory = path.rpartition("/")[0]
            beside = {item.partition(".")[0] for item in self.project.tree.names(directory)}
            stars = star_names(self.project, path)
            if stars is None or name in stars or (path.endswith("__init__.py") and name in beside):
                return None
        elif not facts.exports or any(item.name in ("*", "default", "export=") for item in facts.exports):
            return None
        if any(self._written.assigns(other, name) for other in self._written.importing(path)):
            return None
        known = sorted(self._given(path, facts))
        error = "AttributeError" if is_python(path) else "TypeError"
        message = f"the module {path} has no {name!r}: {error} when this line runs"
        return self._finding(
            call, callee, scope, message, known, Step(path, 1, 1, "the module"), f"{path}:{name}"
        )

    def _given(self, path: str, facts: FileFacts) -> set[str]:
        """The names a module binds (Python) or exports."""
        known = self._names.get(path)
        if known is None:
            items = facts.bindings if is_python(path) else facts.exports
            known = self._names[path] = {item.name for item in items}
            if is_python(path):
                for imported in facts.imports:
                    if not imported.in_function:
                        known.update(
                            name for name in (imported.local, *(x.local for x in imported.names)) if name
                        )
        return known

    def _finding(
        self,
        call: Call,
        callee: Member,
        scope: Scope,
        message: str,
        known: list[str],
        step: Step,
        subject: str,
    ) -> Finding:
        close = get_close_matches(callee.name, known, 1, 0.7)
        advice = (
            f"did you mean {close[0]}?"
            if close
            else f"define {callee.name} there, or call a member that exists"
        )
        span = self.project.span(scope.path, (call.at[0], callee.at[1]))
        return finding(RULE, scope.path, span, message, help=advice, trace=[step], subject=subject)
