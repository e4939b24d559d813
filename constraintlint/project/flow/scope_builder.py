"""Builds the scopes of one file from its neutral code in one pass."""

from __future__ import annotations

from collections.abc import Callable

from constraintlint.facts.code import (
    Assign,
    At,
    Await,
    Block,
    Code,
    Define,
    DefineClass,
    Expr,
    ExprStmt,
    Hole,
    If,
    ImportStmt,
    Jump,
    Lambda,
    Loop,
    Member,
    Name,
    Raise,
    Return,
    Sequence,
    Spread,
    Stmt,
    Switch,
    Text,
    Try,
    With,
)
from constraintlint.facts.code import Scope as ScopeStmt
from constraintlint.facts.source import FileFacts
from constraintlint.project.flow.scope_binding import label
from constraintlint.project.flow.scope_expressions import MAX_DEPTH, ScopeExpressions
from constraintlint.project.flow.scopes import (
    EVERYWHERE,
    Bind,
    FileScopes,
)
from constraintlint.project.flow.values import Branch


def build(path: str, facts: FileFacts, code: Code) -> FileScopes:
    """The scopes of ``code``, the neutral code of ``path``."""
    builder = _Builder(path, facts, code)
    builder.block(code.body, EVERYWHERE)
    builder.attach()
    return builder.result


class _Builder(ScopeExpressions):
    # --- statements ---------------------------------------------------------------------------------------------

    def block(self, body: list[Stmt], visible: At | None = None) -> None:
        if self.depth > MAX_DEPTH or not body:
            return
        outer = self.visible
        self.visible = visible or (body[0].at[0], body[-1].at[1])
        self.depth += 1
        statements = _STATEMENTS
        for stmt in body:
            statements[type(stmt)](self, stmt)
        self.depth -= 1
        self.visible = outer

    def branch(self, body: list[Stmt], branch: Branch, at: At | None = None) -> None:
        """A body that runs only where ``branch`` is taken."""
        if not body:
            return
        regions = self.regions
        start, end = at or (body[0].at[0], body[-1].at[1])
        self.regions = (*regions, (branch, start, end))
        self.block(body)
        self.regions = regions

    def if_(self, stmt: If) -> None:
        self.expr(stmt.test)
        self.branch(stmt.body, Branch("if", self.path, stmt.test))
        self.branch(stmt.orelse, Branch("if", self.path, stmt.test, False))

    def loop(self, stmt: Loop) -> None:
        if stmt.iterable is not None:
            self.expr(stmt.iterable)
        if stmt.target is not None:
            outer = self.visible
            if not self.python:
                self.visible = stmt.at
            kind = "for" if stmt.kind == "for" else "declare"
            self.target(stmt.target, stmt.iterable, kind=kind, keyword="let")
            self.visible = outer
        self.branch(stmt.body, Branch("loop", self.path, stmt.iterable))
        self.block(stmt.orelse)

    def with_(self, stmt: With) -> None:
        for item in stmt.items:
            self.expr(item.value)
            if item.target is not None:
                self.target(item.target, item.value, kind="with")
        self.block(stmt.body)

    def try_(self, stmt: Try) -> None:
        self.block(stmt.body)
        for handler in stmt.handlers:
            if handler.types is not None:
                self.expr(handler.types)
            if handler.name is not None and handler.body:
                outer = self.visible
                if not self.python:
                    self.visible = handler.at
                self.target(handler.name, None, kind="catch", keyword="let")
                self.visible = outer
            self.branch(handler.body, Branch("except", self.path, handler.types))
        self.block(stmt.orelse)
        self.block(stmt.final)

    def switch(self, stmt: Switch) -> None:
        self.expr(stmt.subject)
        outer = self.visible
        self.visible = stmt.at
        for case in stmt.cases:
            if case.pattern is not None:
                if self.python:
                    self.capture(case.pattern, stmt.subject)
                else:
                    self.expr(case.pattern)
            if case.guard is not None:
                self.expr(case.guard)
            if case.body:
                start, end = case.body[0].at[0], case.body[-1].at[1]
                regions = self.regions
                self.regions = (
                    *regions,
                    (Branch("case", self.path, case.pattern, label=label(case.pattern)), start, end),
                )
                self.block(case.body, stmt.at)
                self.regions = regions
        self.visible = outer

    def capture(self, pattern: Expr, subject: Expr) -> None:
        """The names a Python pattern binds: what they hold is not followed."""
        if isinstance(pattern, Name) and pattern.id != "_":
            self.bind(Bind("declare", pattern.id, pattern.at, self.scope, self.scope, regions=self.regions))
        elif isinstance(pattern, Sequence):
            for item in pattern.items:
                self.capture(item, subject)
        elif isinstance(pattern, (Spread, Await)):
            self.capture(pattern.value, subject)

    def assign(self, stmt: Assign) -> None:
        value = stmt.value
        if value is not None:
            self.expr(value)
        for expr in stmt.decorators:
            self.expr(expr)
        if stmt.annotation is not None:
            self.expr(stmt.annotation)
        for target in stmt.targets:
            if isinstance(target, (Name, Member)) and isinstance(value, Lambda):
                name = target.id if isinstance(target, Name) else target.name
                self.result.by_node[id(value.function)].alias = name
            if self.scope.kind == "class" and not self.python:
                self.field(target, stmt)
                continue
            self.target(target, value, stmt.op, stmt.annotation, keyword=stmt.keyword, end=stmt.at[1])

    def field(self, target: Expr, stmt: Assign) -> None:
        """A class field of JavaScript or TypeScript."""
        if isinstance(target, Name):
            name = target.id
        elif isinstance(target, Text) and not target.tag:
            name = "".join([p.value for p in target.pieces if not isinstance(p, Hole)])
        else:
            self.expr(target)
            return
        bind = Bind(
            "assign", name, target.at, self.scope, self.scope, stmt.value, stmt, annotation=stmt.annotation
        )
        self.scope.fields.setdefault(name, []).append(bind)

    def define(self, stmt: Define) -> None:
        function = stmt.function
        self.bind(
            Bind(
                "function",
                function.name,
                stmt.at,
                self.scope,
                self.scope,
                node=function,
                regions=self.regions,
            ),
            keyword="" if self.python else "let",
        )
        self.function(function)

    def define_class(self, stmt: DefineClass) -> None:
        cls = stmt.cls
        self.bind(
            Bind("class", cls.name, stmt.at, self.scope, self.scope, node=cls, regions=self.regions),
            keyword="" if self.python else "let",
        )
        self.class_(cls)

    def import_(self, stmt: ImportStmt) -> None:
        imports = self.facts.imports
        if not 0 <= stmt.index < len(imports):
            return
        imported = imports[stmt.index]
        scope = self.scope
        if imported.local:
            self.bind(
                Bind("import", imported.local, stmt.at, scope, scope, index=stmt.index, regions=self.regions),
                keyword="import",
            )
        for name in imported.names:
            if name.name == "*" and not name.local:
                if imported.kind != "re-export":
                    scope.stars = [*scope.stars, stmt.index]
            elif name.local and (self.python or imported.kind != "re-export"):
                self.bind(
                    Bind(
                        "import",
                        name.local,
                        stmt.at,
                        scope,
                        scope,
                        index=stmt.index,
                        imported=name,
                        regions=self.regions,
                    ),
                    keyword="import",
                )

    def return_(self, stmt: Return) -> None:
        if stmt.value is not None:
            self.expr(stmt.value)
        self.scope.returns.append(stmt)

    def raise_(self, stmt: Raise) -> None:
        if stmt.value is not None:
            self.expr(stmt.value)
        if stmt.cause is not None:
            self.expr(stmt.cause)

    def expr_stmt(self, stmt: ExprStmt) -> None:
        self.expr(stmt.value)

    def scope_names(self, stmt: ScopeStmt) -> None:
        self.outer.setdefault(id(self.scope), {}).update(dict.fromkeys(stmt.names, stmt.kind))

    def group(self, stmt: Block) -> None:
        self.block(stmt.body)

    def jump(self, stmt: Jump) -> None:
        """Nothing is bound."""


_STATEMENTS: dict[type, Callable[..., None]] = {
    Assign: _Builder.assign,
    ExprStmt: _Builder.expr_stmt,
    Return: _Builder.return_,
    Raise: _Builder.raise_,
    If: _Builder.if_,
    Loop: _Builder.loop,
    With: _Builder.with_,
    Try: _Builder.try_,
    Switch: _Builder.switch,
    Define: _Builder.define,
    DefineClass: _Builder.define_class,
    ImportStmt: _Builder.import_,
    ScopeStmt: _Builder.scope_names,
    Jump: _Builder.jump,
    Block: _Builder.group,
}
