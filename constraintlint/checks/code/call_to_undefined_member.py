"""A method is called that the project's class, or a function that its module, does not define."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches

from constraintlint.checks.code._python_stars import star_names
from constraintlint.facts.code import Call, Class, Expr, Index, Member, Name
from constraintlint.facts.source import FileFacts
from constraintlint.findings import Finding, Step, finding
from constraintlint.project import Project
from constraintlint.project.flow import classes, names, type_hints
from constraintlint.project.flow.choices import is_python
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.flow.values import Value
from constraintlint.roles import is_test

RULE = "call-to-undefined-member"

#: what makes members that are written nowhere
_DYNAMIC = re.compile(
    rb"__getattr__|__getattribute__|\bsetattr\(|\bsettattr|new Proxy\(|__dict__|Object\.(?:assign|definePropert)|\.prototype\b|__slots__ ="
    rb"|\bmixin|__class_getitem__|Reflect\.|\btype\([^()\n]+,|__set_name__|create_autospec|applyMixins"
)
#: an object is given another class
_RECLASSED = re.compile(rb"\.__class__\s*=(?!=)|\bsetPrototypeOf\(|\.__proto__\s*=(?!=)")
_HARMLESS_BASES = frozenset(
    (
        "builtins.object",
        "object",
        "abc.ABC",
        "ABC",
        "typing.Generic",
        "Generic",
        "typing.Protocol",
        "Protocol",
    )
)
_HARMLESS_DECORATORS = frozenset(
    ("dataclass", "Injectable", "Service", "injectable", "singleton", "total_ordering", "final")
)
#: members every object, class or function has
_OBJECT = frozenset(
    ("toString", "valueOf", "hasOwnProperty", "toLocaleString", "isPrototypeOf", "propertyIsEnumerable", "constructor",
     "call", "apply", "bind", "mro", "name", "length", "prototype", "default", "then")
)  # fmt: skip


#: what an object may take to be followed; one that takes more is one of many things, or computed
_STEPS = 200


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


def _is_own(owner: Expr) -> bool:
    return isinstance(owner, Name) and owner.id in ("self", "this")


def _is_followed(owner: Expr) -> bool:
    """A name, or a chain of members of one."""
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
        self._families: dict[int, list[Value] | None] = {}
        self._importers: dict[str, list[str]] | None = None
        self._dynamic: dict[str, bool] = {}
        self._names: dict[str, set[str]] = {}

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
        values = ev.eval_within(callee.object, scope, _STEPS)
        if not values:
            return None
        found = [item for value in values for item in names.concrete(ev, value)]
        kinds = {value.kind for value in found}
        if len(kinds) != 1 or any(value.branches for value in found):
            return None
        kind = kinds.pop()
        if kind == "module":
            paths = {value.name for value in found}
            return self._module(call, callee, scope, paths.pop()) if len(paths) == 1 else None
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
        family = self._family(value)
        if family is None or not isinstance(node, Class) or value.scope is None:
            return None
        ev = self.project.evaluator
        if classes.member(ev, value, callee.name):
            return None
        files = sorted({item.scope.path for item in family if item.scope is not None})
        if any(self._says(path, callee.name) for path in files):
            return None
        if any(
            self._assigns(other, callee.name)
            for path in files
            for other in (*self._importing(path), scope.path)
        ):
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

    def _family(self, value: Value) -> list[Value] | None:
        """The class and all its bases, None where one of them is not known or makes members at run time."""
        key = id(value.node)
        if key not in self._families:
            self._families[key] = self._read_family(value)
        return self._families[key]

    def _read_family(self, value: Value) -> list[Value] | None:
        ev = self.project.evaluator
        found: list[Value] = []
        queue = [value]
        while queue:
            item = queue.pop()
            node, scope = item.node, item.scope
            if (
                not isinstance(node, Class)
                or scope is None
                or scope.parent is None
                or node.kind != "class"
                or len(found) > 20
            ):
                return None
            if any(_last(expr) not in _HARMLESS_DECORATORS for expr in node.decorators):
                return None
            if self._is_dynamic(scope.path):
                return None
            found.append(item)
            for base in node.bases:
                if base.name == "implements":
                    continue
                if base.name or base.spread:
                    return None
                inner = base.value.object if isinstance(base.value, Index) else base.value
                given = [known for one in ev.eval(inner, scope.parent) for known in names.concrete(ev, one)]
                if not given:
                    return None
                for known in given:
                    if known.kind == "library" and known.name in _HARMLESS_BASES:
                        continue
                    if known.kind != "class":
                        return None
                    queue.append(known)
        return found

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
        if self._says(path, name) or self._is_dynamic(path):
            return None
        if is_python(path):
            directory = path.rpartition("/")[0]
            beside = {item.partition(".")[0] for item in self.project.tree.names(directory)}
            stars = star_names(self.project, path)
            if stars is None or name in stars or (path.endswith("__init__.py") and name in beside):
                return None
        elif not facts.exports or any(item.name in ("*", "default", "export=") for item in facts.exports):
            return None
        if any(self._assigns(other, name) for other in self._importing(path)):
            return None
        known = sorted(self._given(path, facts))
        error = "AttributeError" if is_python(path) else "TypeError"
        message = f"the module {path} has no {name!r}: {error} when this line runs"
        return self._finding(
            call, callee, scope, message, known, Step(path, 1, 1, "the module"), f"{path}:{name}"
        )

    # --- texts ------------------------------------------------------------------------------------------------------

    def _text(self, path: str) -> bytes | None:
        self.project.facts(path)  # what is read becomes part of what the result depends on
        return self.project.tree.read(path)

    def _is_dynamic(self, path: str) -> bool:
        """Whether members may come into being at run time, as far as the text of a file tells."""
        known = self._dynamic.get(path)
        if known is None:
            data = self._text(path)
            known = self._dynamic[path] = data is None or _DYNAMIC.search(data) is not None
        return known

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

    def _says(self, path: str, name: str) -> bool:
        """Whether the text of a file has the name in it otherwise than as a member that is read."""
        data = self._text(path)
        raw = name.encode()
        if data is None or raw not in data:
            return data is None
        word = re.escape(raw)
        pattern = rb"(?<![.\w$])%b\b|['\"]%b['\"]|[.]%b\s*(?::[^=\n]+)?=(?!=)|(?:self|this|exports)\s*\.\s*%b\b\s*[^(\w\s]" % (
            word, word, word, word,
        )  # fmt: skip
        return re.search(pattern, data) is not None

    def _assigns(self, path: str, name: str) -> bool:
        """Whether a file may put the member on the object from outside."""
        data = self._text(path)
        if data is None or b"setattr(" in data or _RECLASSED.search(data):
            return True
        raw = name.encode()
        word = re.escape(raw)
        return raw in data and re.search(rb"[.]%b\s*=(?!=)|['\"]%b['\"]" % (word, word), data) is not None

    def _importing(self, path: str) -> list[str]:
        if self._importers is None:
            self._importers = {}
            for source in sorted(self.project.resolutions):
                for edge in self.project.resolutions[source].edges:
                    for target in {edge.target, edge.origin} - {""}:
                        self._importers.setdefault(target, []).append(source)
        return self._importers.get(path, [])

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


def _last(expr: Expr) -> str:
    if isinstance(expr, Call):
        expr = expr.callee
    return expr.name if isinstance(expr, Member) else expr.id if isinstance(expr, Name) else ""
