"""The neutral form of a Python file made from the standard library's own syntax tree.

An independent second opinion for the lowering of tree-sitter trees: both must give the same dump. Places are left
out (all are ``(0, 0)``), and a Hole's format part is reduced to what the standard tree still knows of it.
"""

from __future__ import annotations

import ast
import unicodedata
from typing import Any

from constraintlint.facts import code as c

AT = (0, 0)
_BINARY = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.MatMult: "@",
    ast.Div: "/",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.LShift: "<<",
    ast.RShift: ">>",
    ast.BitOr: "|",
    ast.BitXor: "^",
    ast.BitAnd: "&",
    ast.FloorDiv: "//",
    ast.And: "and",
    ast.Or: "or",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "in",
    ast.NotIn: "not in",
}
_UNARY = {ast.Invert: "~", ast.Not: "not", ast.UAdd: "+", ast.USub: "-"}


def form(source: bytes) -> list[c.Stmt]:
    """The statements of a module; raises SyntaxError where the running Python cannot parse it."""
    return _Form().block(ast.parse(source).body, False)


def comparable(body: list[c.Stmt]) -> list[c.Stmt]:
    """The statements with what the two trees cannot both know taken out (changed in place).

    The standard tree has no raw prefixes, no text of format specifiers, and one kind of sequence pattern.
    """
    for node in c.walk(body):
        if isinstance(node, c.Hole):
            conversion = node.format[:2] if node.format.startswith("!") else ""
            node.format = conversion + (":" if node.format[len(conversion) + 1 :] else "")
        elif isinstance(node, c.Text) and node.prefix == "r":
            node.prefix = ""
        elif isinstance(node, c.Case) and node.pattern is not None:
            for part in c.walk(node.pattern):
                if isinstance(part, c.Sequence):
                    part.kind = "sequence"
    return body


class _Form:
    def __init__(self) -> None:
        self.yields = False

    def block(self, body: list[ast.stmt], in_class: bool) -> list[c.Stmt]:
        return [stmt for node in body for stmt in self.stmt(node, in_class)]

    def stmt(self, node: ast.stmt, in_class: bool) -> list[c.Stmt]:
        e, b = self.expr, lambda body: self.block(body, in_class)
        match node:
            case ast.Expr():
                return [c.ExprStmt(AT, e(node.value))]
            case ast.Assign():
                return [c.Assign(AT, [e(t) for t in node.targets], e(node.value))]
            case ast.AnnAssign():
                return [c.Assign(AT, [e(node.target)], self.opt(node.value), "", e(node.annotation))]
            case ast.AugAssign():
                return [c.Assign(AT, [e(node.target)], e(node.value), _BINARY[type(node.op)] + "=")]
            case ast.Return():
                return [c.Return(AT, self.opt(node.value))]
            case ast.Raise():
                return [c.Raise(AT, self.opt(node.exc), self.opt(node.cause))]
            case ast.Delete():
                return [c.ExprStmt(AT, c.Unary(AT, "delete", e(t))) for t in _flat(node.targets)]
            case ast.Assert():
                parts = [node.test] if node.msg is None else [node.test, node.msg]
                return [c.ExprStmt(AT, c.Unknown(AT, "assert", [e(p) for p in parts]))]
            case ast.Global() | ast.Nonlocal():
                return [c.Scope(AT, type(node).__name__.lower(), node.names)]
            case ast.Pass() | ast.Break() | ast.Continue():
                return [c.Jump(AT, type(node).__name__.lower())]
            case ast.Import() | ast.ImportFrom():
                return [c.ExprStmt(AT, c.Unknown(AT, "import", []))]
            case ast.If():
                return [c.If(AT, e(node.test), b(node.body), b(node.orelse))]
            case ast.For() | ast.AsyncFor():
                is_async = isinstance(node, ast.AsyncFor)
                target, iterable = e(node.target), e(node.iter)
                return [c.Loop(AT, "for", target, iterable, b(node.body), b(node.orelse), is_async)]
            case ast.While():
                return [c.Loop(AT, "while", None, e(node.test), b(node.body), b(node.orelse))]
            case ast.With() | ast.AsyncWith():
                items = [c.WithItem(AT, e(i.context_expr), self.opt(i.optional_vars)) for i in node.items]
                return [c.With(AT, items, b(node.body), isinstance(node, ast.AsyncWith))]
            case ast.Try() | ast.TryStar():
                body = b(node.body)
                handlers = [
                    c.Handler(AT, self.opt(h.type), c.Name(AT, h.name) if h.name else None, b(h.body))
                    for h in node.handlers
                ]
                return [c.Try(AT, body, handlers, b(node.orelse), b(node.finalbody))]
            case ast.Match():
                return [c.Switch(AT, e(node.subject), [self.case(k, in_class) for k in node.cases])]
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                return [c.Define(AT, self.function(node, in_class))]
            case ast.ClassDef():
                bases = self.args(node.bases, node.keywords)
                decorators = [e(d) for d in node.decorator_list]
                body = self.block(node.body, True)
                params = self.type_params(getattr(node, "type_params", []))
                return [
                    c.DefineClass(AT, c.Class(AT, node.name, bases, body, decorators, type_params=params))
                ]
        if type(node).__name__ == "TypeAlias":
            alias: Any = node
            params = self.type_params(alias.type_params)
            return [c.Assign(AT, [e(alias.name)], e(alias.value), keyword="type", type_params=params)]
        raise NotImplementedError(type(node).__name__)

    def function(self, node: ast.FunctionDef | ast.AsyncFunctionDef, in_class: bool) -> c.Function:
        decorators = [self.expr(d) for d in node.decorator_list]
        params = self.params(node.args)
        returns = self.opt(node.returns)
        type_params = self.type_params(getattr(node, "type_params", []))
        outer, self.yields = self.yields, False
        body = self.block(node.body, False)
        generator, self.yields = self.yields, outer
        kind, static = "function", False
        if in_class:
            kind = "constructor" if node.name == "__init__" else "method"
            for decorator in node.decorator_list:
                last = getattr(decorator, "attr", getattr(decorator, "id", ""))
                if last in ("property", "cached_property", "abstractproperty"):
                    kind = "getter"
                elif last in ("getter", "setter") and isinstance(decorator, ast.Attribute):
                    kind = last
                static = static or last in ("staticmethod", "abstractstaticmethod")
        is_async = isinstance(node, ast.AsyncFunctionDef)
        return c.Function(
            AT, node.name, params, body, kind, decorators, returns, is_async, generator, static, type_params
        )

    def type_params(self, nodes: list[Any]) -> list[c.Param]:
        kinds = {"TypeVar": "normal", "TypeVarTuple": "rest", "ParamSpec": "kwrest"}
        return [
            c.Param(
                AT,
                node.name,
                self.opt(getattr(node, "bound", None)),
                self.opt(getattr(node, "default_value", None)),
                kinds[type(node).__name__],
            )
            for node in nodes
        ]

    def params(self, node: ast.arguments) -> list[c.Param]:
        plain = [*node.posonlyargs, *node.args]
        defaults: list[ast.expr | None] = [*[None] * (len(plain) - len(node.defaults)), *node.defaults]
        result = [self.param(a, d, "normal") for a, d in zip(plain, defaults, strict=True)]
        if node.vararg:
            result.append(self.param(node.vararg, None, "rest"))
        result += [
            self.param(a, d, "keyword") for a, d in zip(node.kwonlyargs, node.kw_defaults, strict=True)
        ]
        if node.kwarg:
            result.append(self.param(node.kwarg, None, "kwrest"))
        return result

    def param(self, node: ast.arg, default: ast.expr | None, kind: str) -> c.Param:
        return c.Param(AT, node.arg, self.opt(node.annotation), self.opt(default), kind)

    def case(self, node: ast.match_case, in_class: bool) -> c.Case:
        pattern: c.Expr | None = self.pattern(node.pattern)
        if isinstance(pattern, c.Name) and pattern.id == "_":
            pattern = None
        return c.Case(AT, pattern, self.opt(node.guard), self.block(node.body, in_class))

    def pattern(self, node: ast.pattern) -> c.Expr:
        p = self.pattern
        match node:
            case ast.MatchValue():
                return self.expr(node.value)
            case ast.MatchSingleton():
                return self.constant(node.value)
            case ast.MatchSequence():
                return c.Sequence(AT, "sequence", [p(x) for x in node.patterns])
            case ast.MatchStar():
                return c.Spread(AT, c.Name(AT, node.name or "_"))
            case ast.MatchMapping():
                entries = [
                    c.Entry(AT, self.expr(k), p(v)) for k, v in zip(node.keys, node.patterns, strict=True)
                ]
                rest = [c.Entry(AT, None, c.Name(AT, node.rest))] if node.rest else []
                return c.Mapping(AT, [*entries, *rest])
            case ast.MatchClass():
                named = zip(node.kwd_attrs, node.kwd_patterns, strict=True)
                args = [*(c.Arg(AT, p(x)) for x in node.patterns), *(c.Arg(AT, p(v), k) for k, v in named)]
                return c.Call(AT, self.expr(node.cls), args)
            case ast.MatchAs():
                name = c.Name(AT, node.name or "_")
                return name if node.pattern is None else c.AssignExpr(AT, name, "as", p(node.pattern))
            case ast.MatchOr():
                result = p(node.patterns[0])
                for other in node.patterns[1:]:
                    result = c.Binary(AT, "|", result, p(other))
                return result
        raise NotImplementedError(type(node).__name__)

    def opt(self, node: ast.expr | None) -> c.Expr | None:
        return None if node is None else self.expr(node)

    def args(self, values: list[ast.expr], keywords: list[ast.keyword]) -> list[c.Arg]:
        """Positional and keyword arguments in the order they are written."""
        placed: list[tuple[tuple[int, int], c.Arg]] = []
        for value in values:
            if isinstance(value, ast.Starred):
                placed.append(((value.lineno, value.col_offset), c.Arg(AT, self.expr(value.value), "", "*")))
            else:
                placed.append(((value.lineno, value.col_offset), c.Arg(AT, self.expr(value))))
        for word in keywords:
            arg = c.Arg(AT, self.expr(word.value), word.arg or "", "" if word.arg else "**")
            placed.append(((word.lineno, word.col_offset), arg))
        return [arg for _, arg in sorted(placed, key=lambda pair: pair[0])]

    def constant(self, value: object) -> c.Expr:
        match value:
            case bool():
                return c.Constant(AT, "bool", value)
            case None:
                return c.Constant(AT, "none")
            case int():
                return c.Constant(AT, "int", value if value < 2**64 else None)
            case float():
                return c.Constant(AT, "float", value)
            case complex():
                return c.Unknown(AT, "complex", [])
            case str():
                return c.Text(AT, [c.Piece(AT, _storable(value))])
            case bytes():
                return c.Text(AT, [c.Piece(AT, value.decode("latin-1"))], "b")
        return c.Constant(AT, "ellipsis")

    def expr(self, node: ast.expr) -> c.Expr:
        e = self.expr
        match node:
            case ast.Constant():
                return self.constant(node.value)
            case ast.JoinedStr():
                return c.Text(AT, self.pieces(node))
            case ast.Name():
                return c.Name(AT, unicodedata.normalize("NFKC", node.id))
            case ast.Attribute():
                return c.Member(AT, e(node.value), node.attr)
            case ast.Subscript():
                return c.Index(AT, e(node.value), e(node.slice))
            case ast.Slice():
                return c.Slice(AT, self.opt(node.lower), self.opt(node.upper), self.opt(node.step))
            case ast.Call():
                return c.Call(AT, e(node.func), self.args(node.args, node.keywords))
            case ast.Starred():
                return c.Spread(AT, e(node.value))
            case ast.List() | ast.Tuple() | ast.Set():
                return c.Sequence(AT, type(node).__name__.lower(), [e(x) for x in node.elts])
            case ast.Dict():
                pairs = zip(node.keys, node.values, strict=True)
                return c.Mapping(AT, [c.Entry(AT, self.opt(k), e(v)) for k, v in pairs])
            case ast.BinOp():
                return c.Binary(AT, _BINARY[type(node.op)], e(node.left), e(node.right))
            case ast.BoolOp():
                return self.joined(_BINARY[type(node.op)], [e(v) for v in node.values])
            case ast.Compare():
                operands = [e(node.left), *(e(x) for x in node.comparators)]
                pairs = zip(operands, node.ops, operands[1:], strict=False)
                return self.joined("and", [c.Binary(AT, _BINARY[type(op)], a, b) for a, op, b in pairs])
            case ast.UnaryOp():
                return c.Unary(AT, _UNARY[type(node.op)], e(node.operand))
            case ast.IfExp():
                return c.Conditional(AT, e(node.test), e(node.body), e(node.orelse))
            case ast.Await():
                return c.Await(AT, e(node.value))
            case ast.Yield():
                self.yields = True
                return c.Yield(AT, self.opt(node.value))
            case ast.YieldFrom():
                self.yields = True
                return c.Yield(AT, e(node.value), True)
            case ast.NamedExpr():
                return c.AssignExpr(AT, e(node.target), ":=", e(node.value))
            case ast.Lambda():
                params = self.params(node.args)
                outer, self.yields = self.yields, False
                body: list[c.Stmt] = [c.Return(AT, e(node.body))]
                generator, self.yields = self.yields, outer
                return c.Lambda(AT, c.Function(AT, "", params, body, "lambda", is_generator=generator))
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp():
                kind = {"ListComp": "list", "SetComp": "set"}.get(type(node).__name__, "generator")
                return c.Comprehension(AT, kind, e(node.elt), self.clauses(node.generators))
            case ast.DictComp():
                return c.Comprehension(AT, "dict", e(node.key), self.clauses(node.generators), e(node.value))
        raise NotImplementedError(type(node).__name__)

    def clauses(self, nodes: list[ast.comprehension]) -> list[c.Clause]:
        return [
            c.Clause(
                AT, self.expr(n.target), self.expr(n.iter), [self.expr(i) for i in n.ifs], bool(n.is_async)
            )
            for n in nodes
        ]

    def joined(self, op: str, terms: list[c.Expr]) -> c.Expr:
        result = terms[0]
        for term in terms[1:]:
            result = c.Binary(AT, op, result, term)
        return result

    def pieces(self, node: ast.JoinedStr) -> list[c.Piece | c.Hole]:
        result: list[c.Piece | c.Hole] = []
        for value in node.values:
            if isinstance(value, ast.FormattedValue):
                conversion = "" if value.conversion < 0 else "!" + chr(value.conversion)
                spec = value.format_spec
                inner = self.pieces(spec) if isinstance(spec, ast.JoinedStr) else []
                nested = [part for part in inner if isinstance(part, c.Hole)]
                marks = conversion + (": " if inner else "")
                result.append(c.Hole(AT, self.expr(value.value), marks, nested))
            elif isinstance(value, ast.Constant):
                result.append(c.Piece(AT, _storable(str(value.value))))
        return result


def _flat(targets: list[ast.expr]) -> list[ast.expr]:
    flat: list[ast.expr] = []
    for target in targets:
        flat += _flat(target.elts) if isinstance(target, ast.Tuple | ast.List) else [target]
    return flat


def _storable(text: str) -> str:
    """A lone surrogate cannot be stored as UTF-8."""
    return "".join("\ufffd" if "\ud800" <= x <= "\udfff" else x for x in text)
