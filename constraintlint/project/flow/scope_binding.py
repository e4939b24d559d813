"""Names bound in scopes: which variable a definition belongs to, destructuring, attributes that are assigned."""

from __future__ import annotations

from abc import ABC, abstractmethod

from constraintlint.facts.code import (
    AssignExpr,
    At,
    Code,
    Constant,
    Expr,
    Hole,
    Index,
    Mapping,
    Member,
    Name,
    Node,
    Sequence,
    Spread,
    Text,
)
from constraintlint.facts.source import FileFacts
from constraintlint.project.flow.scopes import (
    EVERYWHERE,
    Bind,
    FileScopes,
    Region,
    Scope,
    Store,
    Variable,
    key_of,
)

_BLOCK_SCOPED = frozenset(("let", "const", "using"))


class Binding(ABC):
    """The part of the scope builder that knows names; the statements are walked by the class derived from it."""

    @abstractmethod
    def expr(self, root: Expr) -> None:
        """Visit an expression inside a target."""

    def __init__(self, path: str, facts: FileFacts, code: Code) -> None:
        self.path = path
        self.facts = facts
        self.python = facts.language == "python"
        module = Scope("module", path, EVERYWHERE, None, code.body)
        self.result = FileScopes(path, module, code, self.python, {}, [], {}, {})
        self.scope = module
        self.regions: tuple[Region, ...] = ()
        self.visible = EVERYWHERE
        self.depth = 0
        #: assignments whose variable is known only when all declarations are
        self.loose: list[tuple[Bind, At]] = []
        #: names a scope takes from further out: name -> "global" or "nonlocal"
        self.outer: dict[int, dict[str, str]] = {}

    def bind(self, bind: Bind, keyword: str = "") -> None:
        """Add a definition to the variable it belongs to."""
        if not bind.name:
            return
        scope = self.scope
        while scope.kind == "comprehension" and bind.kind != "for" and scope.parent is not None:
            scope = scope.parent  # := binds in the function around
        if self.python:
            how = self.outer.get(id(scope), {}).get(bind.name)
            if how is not None:
                self.loose.append((bind, bind.at))
                return
            self.declare(scope, bind, EVERYWHERE)
        elif keyword in _BLOCK_SCOPED:
            self.declare(scope, bind, self.visible)
        elif keyword in ("var", "param", "import", "import=", "default", "export=") or bind.kind in (
            "param",
            "import",
        ):
            self.declare(scope, bind, EVERYWHERE)
        else:
            self.loose.append((bind, bind.at))

    def declare(self, scope: Scope, bind: Bind, visible: At) -> None:
        bind.scope = scope
        variables = scope.names.setdefault(bind.name, [])
        for variable in variables:
            if variable.visible == visible:
                variable.binds.append(bind)
                return
        variables.append(Variable(bind.name, scope, visible, [bind]))

    def attach(self) -> None:
        """Give every assignment without a declaration of its own to the variable it changes."""
        for bind, at in self.loose:
            home = bind.inner
            start: Scope | None = home
            how = self.outer.get(id(home), {}).get(bind.name) if self.python else None
            if how == "global":
                start = self.result.module
            elif how == "nonlocal":
                start = home.parent
            variable = start.find(bind.name, at[0]) if start is not None else None
            if variable is None:
                bind.remote = home is not self.result.module
                self.declare(self.result.module, bind, EVERYWHERE)
                continue
            bind.scope = variable.scope
            bind.remote = home is not variable.scope
            variable.binds.append(bind)
        for scope in _every(self.result.module):
            for variables in scope.names.values():
                for variable in variables:
                    if len(variable.binds) > 1:
                        variable.binds.sort(key=lambda bind: bind.at)

    def target(
        self,
        target: Expr,
        value: Expr | None,
        op: str = "",
        annotation: Expr | None = None,
        *,
        kind: str = "assign",
        keyword: str = "",
        keys: tuple[str | int, ...] = (),
        default: Expr | None = None,
        node: Node | None = None,
        index: int = -1,
        end: int = 0,
    ) -> None:
        """Bind the names of a target; ``keys`` lead from ``value`` to it."""
        if isinstance(target, Name):
            bound = kind if value is not None or kind in ("param", "catch") else "declare"
            at = (target.at[0], max(end, target.at[1]))
            self.bind(
                Bind(
                    bound,
                    target.id,
                    at,
                    self.scope,
                    self.scope,
                    value,
                    node,
                    keys,
                    op,
                    annotation,
                    default,
                    self.regions,
                    index,
                ),
                keyword,
            )
            return
        more = {"kind": kind, "keyword": keyword, "node": node, "index": index, "end": end}
        if isinstance(target, (Member, Index)):
            self.store(target, value, annotation, op)
        elif isinstance(target, Sequence):
            for position, item in enumerate(target.items):
                if isinstance(item, Spread):
                    self.target(item.value, value, op, keys=(*keys, "*"), **more)  # type: ignore[arg-type]
                else:
                    self.target(item, value, op, keys=(*keys, position), **more)  # type: ignore[arg-type]
        elif isinstance(target, Mapping):
            for entry in target.entries:
                key = "*" if entry.key is None else label(entry.key)
                self.target(entry.value, value, op, keys=(*keys, key), **more)  # type: ignore[arg-type]
        elif isinstance(target, AssignExpr):
            self.expr(target.value)
            self.target(target.target, value, op, keys=keys, default=target.value, **more)  # type: ignore[arg-type]
        elif isinstance(target, Spread):
            self.target(target.value, value, op, keys=(*keys, "*"), **more)  # type: ignore[arg-type]
        else:
            self.expr(target)

    def store(self, target: Member | Index, value: Expr | None, annotation: Expr | None, op: str) -> None:
        """An assignment to an attribute or an item."""
        self.expr(target.object)
        if isinstance(target, Index):
            self.expr(target.index)
            name = key_of(target.index)
        else:
            name = target.name
        if not name or (value is None and annotation is None):
            return
        owner = target.object
        if isinstance(target, Member) and isinstance(owner, Name):
            cls = self.owner_class(owner.id)
            if cls is not None:
                bind = Bind(
                    "assign" if value is not None else "declare",
                    name,
                    target.at,
                    cls,
                    self.scope,
                    value,
                    annotation=annotation,
                    op=op,
                    regions=self.regions,
                )
                cls.fields.setdefault(name, []).append(bind)
                return
        if value is not None:
            self.result.stores.setdefault(name, []).append(
                Store(owner, name, value, self.scope, target.at, self.regions, self.path)
            )

    def owner_class(self, name: str) -> Scope | None:
        """The scope of the class whose instance ``name`` is here (``self``, ``cls``, ``this``)."""
        scope: Scope | None = self.scope
        if not self.python:
            if name != "this":
                return None
            while scope is not None and scope.kind != "class":
                function = scope.function
                if function is not None and function.kind == "function":
                    return None
                scope = scope.parent
            return scope
        while scope is not None:
            parent = scope.parent
            function = scope.function
            if function is not None and parent is not None and parent.kind == "class":
                params = function.params
                return parent if params and params[0].name == name and not function.static else None
            if name in scope.names:
                return None
            scope = parent
        return None


def _every(scope: Scope) -> list[Scope]:
    found = [scope]
    for item in found:
        found.extend(item.children)
    return found


def label(expr: Expr | None) -> str:
    """The text of a constant key, "" where it is not constant."""
    if isinstance(expr, Text) and expr.tag is None:
        return "".join([p.value for p in expr.pieces if not isinstance(p, Hole)]) if _plain(expr) else ""
    if isinstance(expr, Constant) and expr.value is not None:
        return str(expr.value)
    return ""


def _plain(text: Text) -> bool:
    return not any(isinstance(piece, Hole) for piece in text.pieces)
