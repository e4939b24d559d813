"""Where SQL reaches a database library: every call or tagged template whose receiver is known to take SQL.

A receiver is known by what the value follower finds for it (``project.values``), never by the name of a method. A
function of the project that only hands its parameter on to such a call is followed to its callers: each of them is a
site of its own, with ``via`` naming the calls passed on the way.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

import msgspec

from constraintlint.facts.code import At, Call, Expr, Function, Member, Name, Param, Piece, Text, walk
from constraintlint.libraries import Argument, Signature
from constraintlint.project.flow import library_calls, members, names, parameters
from constraintlint.project.flow.reaching import reaching
from constraintlint.project.flow.scopes import Bind, FileScopes, Scope
from constraintlint.project.flow.texts import BuiltText, TextPiece
from constraintlint.project.flow.values import Value
from constraintlint.project.sink_names import Sinks, callable_makers, seen_packages, sinks, takes
from constraintlint.project.sql_text import Content, contents, is_statement, template_texts, text_argument

if TYPE_CHECKING:
    from constraintlint.project import Project
    from constraintlint.project.flow.evaluate import Evaluator

SiteKind = Literal[
    "raw",  # a statement in the database's own language is executed
    "tagged",  # the same, as a tagged template whose holes are bound values
    "expression",  # a construct of the library is executed, no SQL text
    "fragment",  # SQL text that becomes part of a construct
    "unknown",  # the argument may be a construct or SQL
]

#: functions of the project passed on the way from a caller to the library
MAX_HOPS = 3
#: functions whose result is the text they get, but for white space
_SAME = frozenset(("dedent", "cleandoc"))
MAX_CALLERS = 200


class SqlSite(msgspec.Struct, frozen=True, gc=False, eq=False):
    """One place where SQL (or a construct) is handed to a library.

    ``at`` is the call (or template) in ``path``, ``argument`` the expression that holds the SQL, evaluated in
    ``scope``. ``library`` is the table of ``rules/signatures/handles-*.toml``, ``sink`` the qualified name of the method,
    ``receivers`` the types it is called on (empty for a function). ``contents`` are what the argument can be: at least
    one. Whether the file is a test or a migration is not decided here (``constraintlint.roles``).
    """

    path: str
    at: At
    kind: SiteKind
    library: str
    sink: str
    receivers: tuple[str, ...]
    argument: Expr | None
    scope: Scope
    contents: tuple[Content, ...]
    node: Call | Text
    via: tuple[tuple[str, At], ...] = ()
    """calls between ``at`` and the library, the library's own last; empty where ``at`` calls the library"""
    others: tuple[str, ...] = ()
    """other libraries a function in between gives the same text to, in other branches; "" for one that is not known"""

    @property
    def function(self) -> Function | None:
        """The innermost function the site stands in."""
        scope: Scope | None = self.scope
        while scope is not None and scope.kind != "function":
            scope = scope.parent
        return scope.function if scope is not None else None


def find(project: Project) -> list[SqlSite]:
    """Every site of the deep files of the checked root, sorted by path and place."""
    ev = project.evaluator
    finder = _Finder(ev)
    sites = [site for file in ev.files() for site in finder.of_file(file)]
    passed = {id(node) for site in sites for content in site.contents for node in content.sources}
    unique = {(site.path, site.at, site.sink): site for site in sites if id(site.node) not in passed}
    return sorted(unique.values(), key=lambda site: (site.path, site.at, site.sink))


class _Finder:
    def __init__(self, ev: Evaluator) -> None:
        self.ev = ev
        self.seen = seen_packages(ev.project)
        self._shared: dict[tuple[int, int], tuple[str, ...]] = {}

    def of_file(self, file: FileScopes) -> Iterator[SqlSite]:
        wanted = sinks("python" if file.python else "javascript", self.seen)
        for name, calls in file.calls.items():
            arguments = wanted.get(name)
            for call, scope in calls:
                if (
                    (arguments is not None and takes(arguments, call))
                    or _begins_statement(call)
                    or _may_be_alias(call, scope, wanted)
                ):
                    yield from self.of_call(call, scope)
        for text, scope in file.tagged:
            yield from self.of_template(text, scope, file)

    # --- calls --------------------------------------------------------------------------------------------------

    def of_call(self, call: Call, scope: Scope) -> Iterator[SqlSite]:
        found: dict[str, tuple[Signature, list[str]]] = {}
        for value in self.callees(call, scope):
            signature = library_calls.signature_of(self.ev, value)
            if signature is None or text_argument(signature) is None:
                continue
            _, receivers = found.setdefault(signature.name, (signature, []))
            base = value if value.kind == "handle" else value.base
            if base is not None and base.kind == "handle" and base.name not in receivers:
                receivers.append(base.name)
        if not found:
            return
        signature, receivers = next(iter(found.values()))
        for _, more in found.values():
            receivers = list(dict.fromkeys([*receivers, *more]))
        argument = text_argument(signature)
        assert argument is not None
        expr = library_calls.argument_of(call, argument)
        if expr is None:
            return
        site = self.site(call, expr, scope, signature, argument, tuple(receivers))
        yield from self.of_callers(site, argument, 0) or [site]

    def callees(self, call: Call, scope: Scope) -> list[Value]:
        """The library functions and handles a call can run."""
        callee = call.callee
        if isinstance(callee, Member):
            found = [
                value
                for owner in self.ev.eval(callee.object, scope)
                if owner.text is None
                for value in members.member(self.ev, owner, callee.name, callee.at, scope)
            ]
            if not any(value.kind in ("library", "handle") for value in found):
                found += self.ev.eval(callee, scope)
        else:
            found = list(self.ev.eval(callee, scope))
        return [
            value
            for item in found
            for value in names.concrete(self.ev, item)
            if value.kind in ("library", "handle")
        ]

    def site(
        self,
        node: Call | Text,
        expr: Expr,
        scope: Scope,
        signature: Signature,
        argument: Argument,
        receivers: tuple[str, ...],
    ) -> SqlSite:
        found = tuple(contents(self.ev, expr, scope, argument))
        kind = _kind(argument.role, found, _is_argument(node, scope))
        return SqlSite(
            scope.path,
            node.at,
            kind,
            signature.library,
            signature.name,
            receivers,
            expr,
            scope,
            found,
            node,
        )

    def of_callers(self, site: SqlSite, argument: Argument, hops: int) -> list[SqlSite]:
        """The callers that give the SQL where the argument is a bare parameter; empty where none is found."""
        given = self.parameter(site)
        if given is None or hops >= MAX_HOPS or site.kind == "fragment":
            return []
        bind, function, made = given
        others = (
            tuple(library for library in self.takers(site, bind) if library != site.library) or site.others
        )
        found: list[SqlSite] = []
        for call, caller, _ in parameters.call_sites(self.ev, bind.scope, function, MAX_CALLERS):
            assert isinstance(bind.node, Param)
            expr = parameters.argument_of(call, bind.scope, bind.index, bind.node)
            if expr is None or caller is bind.scope:
                continue
            if made is not None and not self.is_text(expr, caller):
                expr = substituted(made, bind.name, expr)
                self.ev.keep(expr)
            items = tuple(contents(self.ev, expr, caller, argument))
            kind = _kind(argument.role, items, False)
            via = ((site.path, site.at), *site.via)
            outer = SqlSite(
                caller.path,
                call.at,
                kind,
                site.library,
                site.sink,
                site.receivers,
                expr,
                caller,
                items,
                call,
                via,
                others,
            )
            found += self.of_callers(outer, argument, hops + 1) or [outer]
        return found

    def takers(self, site: SqlSite, bind: Bind) -> tuple[str, ...]:
        """The libraries a function hands its parameter on to: more than one where it serves several databases."""
        key = (id(bind.scope), bind.index)
        found = self._shared.get(key)
        if found is None:
            function = bind.scope.function
            assert function is not None
            libraries: set[str] = set()
            wanted = sinks("python" if site.path.endswith((".py", ".pyi")) else "javascript", self.seen)
            file = self.ev.file(bind.scope.path)
            for name, arguments in wanted.items() if file is not None else ():
                for call, scope in file.calls.get(name, ()) if file is not None else ():
                    if (
                        function.at[0] <= call.at[0] < function.at[1]
                        and takes(arguments, call)
                        and any(self.is_parameter(arg.value, scope, bind) for arg in call.args)
                    ):
                        libraries.update(self.libraries(call, scope) or {""})
            found = self._shared[key] = tuple(sorted(libraries))
        return found

    def is_parameter(self, expr: Expr, scope: Scope, bind: Bind) -> bool:
        if not isinstance(expr, Name) or expr.id != bind.name:
            return False
        variable = scope.find(expr.id, expr.at[0])
        return variable is not None and any(item is bind for item in variable.binds)

    def libraries(self, call: Call, scope: Scope) -> set[str]:
        signatures = [library_calls.signature_of(self.ev, value) for value in self.callees(call, scope)]
        return {item.library for item in signatures if item is not None}

    def is_text(self, expr: Expr, scope: Scope) -> bool:
        return any(value.text is not None for value in self.ev.eval(expr, scope))

    def parameter(self, site: SqlSite) -> tuple[Bind, Function, Expr | None] | None:
        """The parameter that a site's argument is, as it came in or as the text that is made of it (``" ".join(sql)``)."""
        expr = site.argument
        if not isinstance(expr, Name):
            return None
        variable = site.scope.find(expr.id, expr.at[0])
        if variable is None:
            return None
        binds = reaching(variable, site.scope, expr.at[0])
        function = variable.scope.function
        bind = next((item for item in variable.binds if item.kind == "param"), None)
        if bind is None or bind.keys or function is None or not binds:
            return None
        made = [item for item in binds if item is not bind]
        if len(made) > 1 or not all(_is_made_of(item, bind.name) for item in made):
            return None
        param = bind.node
        if not isinstance(param, Param) or param.kind in ("rest", "kwrest"):
            return None
        text = made[0].value if made else None
        same = isinstance(text, Call) and _last(text.callee) in _SAME
        return bind, function, None if same else text

    # --- templates ----------------------------------------------------------------------------------------------

    def of_template(self, node: Text, scope: Scope, file: FileScopes) -> Iterator[SqlSite]:
        for value in self.ev.eval(node, scope):
            base = value.base
            if value.kind != "result" or value.node is not node or base is None:
                continue
            signature = self.template_signature(base)
            if signature is None or not signature.tag:
                continue
            found = tuple(
                Content("text", text, value.name, "", branches, "", inner)
                for text, branches, inner in template_texts(self.ev, node, scope)
            )
            receiver = base if base.kind == "handle" else base.base
            kind = _kind(signature.tag, found, _is_argument(node, scope) or _inside(node, file))
            yield SqlSite(
                scope.path,
                node.at,
                "tagged" if kind == "raw" else kind,
                signature.library,
                signature.name,
                (receiver.name,) if receiver is not None and receiver.kind == "handle" else (),
                node,
                scope,
                found,
                node,
            )
            return

    def template_signature(self, tag: Value) -> Signature | None:
        library = self.ev.library_for(tag.path)
        if tag.kind == "handle":
            return library.method(tag.name, "`")
        name = library.canonical(tag.name)
        known = library.functions.get(f"{name}`")
        if known is not None:
            return known
        owner, _, method = name.rpartition(".")
        if tag.base is not None and tag.base.kind == "handle":
            return library.method(tag.base.name, f"{method}`")
        return library.method(owner, f"{method}`") if owner in library.types else None


def _is_made_of(bind: Bind, name: str) -> bool:
    """``sql = " ".join(sql)``: a new value made of the old one and of literals alone."""
    if bind.kind != "assign" or bind.keys or not isinstance(bind.value, Call):
        return False
    names = [node.id for node in walk(bind.value) if isinstance(node, Name)]
    if _last(bind.value.callee) in _SAME and len(bind.value.args) == 1:
        names = [node.id for node in walk(bind.value.args[0].value) if isinstance(node, Name)]
    return bind.name == name and names == [name]


def substituted(expr: Expr, name: str, by: Expr) -> Expr:
    """``expr`` with ``by`` in the place of a name."""
    if isinstance(expr, Name) and expr.id == name:
        return by
    if isinstance(expr, Member):
        return msgspec.structs.replace(expr, object=substituted(expr.object, name, by))
    if isinstance(expr, Call):
        args = [msgspec.structs.replace(arg, value=substituted(arg.value, name, by)) for arg in expr.args]
        return msgspec.structs.replace(expr, callee=substituted(expr.callee, name, by), args=args)
    return expr


def _kind(role: str, found: tuple[Content, ...], argument: bool) -> SiteKind:
    """What a site does, by the role of the argument and what it can be; ``argument``: it is handed on to another call."""
    texts = [content.text for content in found if content.text is not None]
    if role == "fragment":
        return "fragment"
    if role == "statement-or-fragment":
        return "raw" if not argument and any(is_statement(text) for text in texts) else "fragment"
    if role == "statement":
        if texts:
            return "raw"
        return "unknown" if any(content.kind == "unknown" for content in found) else "expression"
    return "fragment" if argument and not any(is_statement(text) for text in texts) and texts else "raw"


def _is_argument(node: Call | Text, scope: Scope) -> bool:
    return any(arg.value is node for call in scope.calls for arg in call.args)


def _inside(node: Text, file: FileScopes) -> bool:
    """Whether a template stands inside another tagged template."""
    return any(
        other is not node and other.at[0] < node.at[0] and node.at[1] < other.at[1]
        for other, _ in file.tagged
    )


def _may_be_alias(call: Call, scope: Scope, wanted: Sinks) -> bool:
    """A call of a plain name that was taken from a method, or of a callable handle with SQL as its first argument."""
    callee = call.callee
    if not isinstance(callee, Name):
        return False
    variable = scope.find(callee.id, callee.at[0])
    for bind in variable.binds if variable is not None else ():
        if bind.kind == "import" and bind.imported is not None and bind.imported.name in wanted:
            return True
        if bind.kind == "assign":
            value = bind.value
            while isinstance(value, Call) and value.args and isinstance(value.callee, Member):
                value = value.callee.object if value.callee.name == "bind" else value.args[0].value
            if isinstance(value, Member) and value.name in wanted:
                return True
            if bind.keys and bind.keys[-1] in wanted:
                return True
            if isinstance(value, Call) and _last(value.callee) in callable_makers():
                return True
    return False


def _begins_statement(call: Call) -> bool:
    """Whether the first argument is the text of a statement: whatever the callee is called, it may take SQL."""
    first = call.args[0].value if call.args else None
    start = first.pieces[0] if isinstance(first, Text) and first.pieces else None
    return isinstance(start, Piece) and is_statement(BuiltText((TextPiece(start.value, "", start.at),)))


def _last(expr: Expr) -> str:
    return expr.name if isinstance(expr, Member) else expr.id if isinstance(expr, Name) else ""


def sink_names(language: str) -> frozenset[str]:
    """The last names of every function and method that takes SQL."""
    return frozenset(sinks(language))
