"""The classes an object may be of: a class with its bases and what derives from it, and who may put members on it."""

from __future__ import annotations

import re
from functools import cached_property

from constraintlint.checks.code._written_members import WrittenMembers
from constraintlint.facts.code import Call, Class, Expr, Index, Member, Name
from constraintlint.project import Project
from constraintlint.project.flow import names
from constraintlint.project.flow.choices import is_python
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.flow.values import Value

#: what functions that put members on a class are called
_ADDING = re.compile(
    r"(?i)promisif|inherit|mixin|extend|decorat|instrument|patch|wrap|(?:add|set)_?\w*(?:methods?|members?)|map_imperatively|mapper"
)
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
#: what an object may take to be followed; one that takes more is one of many things, or computed
STEPS = 200


class Families:
    """The families of the classes of one project, remembered."""

    def __init__(self, project: Project, written: WrittenMembers) -> None:
        self._project = project
        self._written = written
        self._families: dict[int, list[Value] | None] = {}
        self._handed: dict[int, bool] = {}

    def subclass_has(self, name: str, member: str) -> bool:
        """Whether a class that derives from this one defines the member: ``cls(...)`` of a base makes one of those."""
        queue = [name]
        seen = {name}
        while queue:
            for child in self._children.get(queue.pop(), ()):
                assert isinstance(child.node, Class)
                if member in child.names or member in child.fields:
                    return True
                if child.node.name not in seen:
                    seen.add(child.node.name)
                    queue.append(child.node.name)
        return self._says_a_subclass_has(seen, member)

    def _says_a_subclass_has(self, names: set[str], member: str) -> bool:
        """The same of the classes in files that were not read in depth, by their text."""
        bases = b"|".join(re.escape(name.encode()) for name in sorted(names))
        derives = re.compile(
            rb"\bclass\s+\w+\s*(?:\([^)\n]*\b(?:%b)\b|extends\s+(?:\w+\.)?(?:%b)\b)" % (bases, bases)
        )
        has = re.compile(rb"(?<![.\w$])%b\b" % re.escape(member.encode()))
        for path in sorted(self._project.resolutions):
            if not self._project.is_deep(path):
                self._project.known_facts(path)  # what is read becomes part of what the result depends on
                data = self._project.tree.read(path)
                if data is not None and has.search(data) and derives.search(data):
                    return True
        return False

    @cached_property
    def _children(self) -> dict[str, list[Scope]]:
        """The classes of the files read in depth, by the last name of each base (``Base[T]`` is ``Base``)."""
        found: dict[str, list[Scope]] = {}
        for file in self._project.evaluator.files():
            for scope in file.by_node.values():
                for base in scope.node.bases if isinstance(scope.node, Class) else ():
                    value = base.value.object if isinstance(base.value, Index) else base.value
                    found.setdefault(last_name(value), []).append(scope)
        return found

    def is_handed_over(self, value: Value) -> bool:
        """Whether the class itself is given to a function that may put members on it: ``add_log_methods(Connection)``."""
        node, scope = value.node, value.scope
        assert isinstance(node, Class) and scope is not None
        known = self._handed.get(id(node))
        if known is None:
            paths = sorted({scope.path, *self._written.importing(scope.path)})
            known = self._handed[id(node)] = any(self._hands_over(path, node) for path in paths)
        return known

    def _hands_over(self, path: str, node: Class) -> bool:
        data = self._written.text(path)
        if data is None or not re.search(rb"[(,]\s*%b\s*[,)]" % re.escape(node.name.encode()), data):
            return False
        ev = self._project.evaluator
        file = ev.file(path)
        for calls in file.calls.values() if file is not None else ():
            for call, scope in calls:
                for arg in call.args:
                    if (
                        isinstance(arg.value, Name)
                        and arg.value.id == node.name
                        and self._may_add(call, scope)
                    ):
                        return True
        return False

    def _may_add(self, call: Call, scope: Scope) -> bool:
        """Whether what is called may make members: a function in a file that does so, or one that is not known and says so."""
        found = self._project.evaluator.eval_within(call.callee, scope, STEPS)
        paths = {value.path for value in found if value.kind in ("function", "class")}
        if paths:
            return any(self._written.is_dynamic(path) for path in paths)
        return _ADDING.search(last_name(call.callee)) is not None or not (found or is_python(scope.path))

    def family(self, value: Value) -> list[Value] | None:
        """The class and all its bases, None where one of them is not known or makes members at run time."""
        key = id(value.node)
        if key not in self._families:
            self._families[key] = self._read_family(value)
        return self._families[key]

    def _read_family(self, value: Value) -> list[Value] | None:
        ev = self._project.evaluator
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
            if any(last_name(expr) not in _HARMLESS_DECORATORS for expr in node.decorators):
                return None
            if self._written.is_dynamic(scope.path):
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


def last_name(expr: Expr) -> str:
    """The name something ends in: ``c`` of ``a.b.c()``."""
    if isinstance(expr, Call):
        expr = expr.callee
    return expr.name if isinstance(expr, Member) else expr.id if isinstance(expr, Name) else ""
