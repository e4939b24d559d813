"""What is done with the result of a call: whether it is used as a value, or dropped, without being awaited."""

from __future__ import annotations

from collections.abc import Callable

from constraintlint.checks._parents import Parents
from constraintlint.facts.code import (
    Arg,
    Assign,
    Binary,
    Call,
    Clause,
    Conditional,
    Constant,
    Expr,
    ExprStmt,
    Hole,
    If,
    Index,
    Loop,
    Mapping,
    Member,
    Name,
    Node,
    Sequence,
    Spread,
    Unary,
    walk,
)
from constraintlint.project.flow.scopes import Scope, Variable

#: attributes a coroutine and a promise have
COROUTINE = frozenset(
    ("close", "send", "throw", "cr_await", "cr_frame", "cr_running", "cr_code", "__await__")
)
PROMISE = frozenset(("then", "catch", "finally"))
DROPPED = "dropped"
#: what asks whether a value has to be awaited
_QUESTIONS = frozenset(("isawaitable", "iscoroutine", "isfuture", "isinstance", "hasattr"))
_COMPARISONS = frozenset(("==", "===", "!=", "!==", "<", "<=", ">", ">=", "+", "-", "in", "not in"))

#: what a coroutine and a promise cannot be asked at all
_ORDERING = frozenset(("<", "<=", ">", ">=", "-", "*", "/", "//", "%"))


#: how the function that an argument is given to uses it; "" where that is not certain
Follow = Callable[[Arg, frozenset[str]], str]


def use_of(
    parents: Parents,
    call: Call,
    scope: Scope,
    own: frozenset[str],
    *,
    tests: bool = False,
    follow: Follow | None = None,
) -> str:
    """How the awaitable that ``call`` gives is used as if it were the result: ``asked for .x``, ``indexed``, ``iterated
    over``, ``tested``, ``compared``, ``put into a text``, ``spread``, ``taken apart``; DROPPED; "" where it may be
    awaited later. ``own`` are the attributes the awaitable itself has. ``follow`` is asked about functions it is given to. ``tests``: a name that only decides which way is taken is
    a use as well, as the result of a query is asked for so."""
    parent = parents.of(scope.path, call)
    if isinstance(parent, ExprStmt):
        return DROPPED
    if isinstance(parent, Member) and parent.object is call:
        return "" if parent.name in own else f"asked for .{parent.name}"
    if isinstance(parent, Index) and parent.object is call:
        return "indexed"
    if isinstance(parent, Loop) and parent.iterable is call and not parent.is_async:
        return "iterated over" if parent.target is not None else "tested"
    if isinstance(parent, If) and parent.test is call:
        return "tested"
    if isinstance(parent, Unary) and parent.op in ("!", "not"):
        return "tested"
    if isinstance(parent, Clause) and parent.iterable is call and not parent.is_async:
        return "iterated over"
    if isinstance(parent, Binary) and (
        parent.op in _COMPARISONS or (own is COROUTINE and _with_none(parent))
    ):
        return "compared"
    if isinstance(parent, Hole):
        return "put into a text"
    if isinstance(parent, Spread):
        return "spread"
    if isinstance(parent, Arg) and parent.value is call:
        return follow(parent, own) if follow is not None else ""
    if isinstance(parent, Assign) and parent.value is call and not parent.op and len(parent.targets) == 1:
        target = parent.targets[0]
        if isinstance(target, (Mapping, Sequence)):
            return "taken apart"
        if isinstance(target, Name):
            return _use_of_name(parents, target, scope, own, tests, follow)
    return ""


def _use_of_name(
    parents: Parents, target: Name, scope: Scope, own: frozenset[str], tests: bool, follow: Follow | None
) -> str:
    variable = scope.find(target.id, target.at[0])
    if variable is None or len(variable.binds) != 1 or variable.scope.kind == "module":
        return ""
    return uses_of(parents, variable, scope.path, target, own, follow, tests=tests)


def uses_of(
    parents: Parents,
    variable: Variable,
    path: str,
    target: Name | None,
    own: frozenset[str],
    follow: Follow | None,
    *,
    tests: bool = False,
) -> str:
    """How the name an awaitable is kept under is used, where every use is one of a result.

    A promise may have been given attributes, so that one use of another kind speaks for all; a coroutine has none, and
    asking it for one fails whatever else is done with it.
    """
    problem = tested = ""
    sure = own is COROUTINE
    other = False
    for stmt in variable.scope.body:
        for node in walk(stmt):
            if not isinstance(node, Name) or node.id != variable.name or node is target:
                continue
            if _is_shadowed(variable.scope, node):
                continue
            parent = parents.of(path, node)
            if isinstance(parent, Index) and parent.object is node:
                problem = problem or "indexed"
            elif isinstance(parent, Member) and parent.object is node and parent.name not in own:
                problem = problem or f"asked for .{parent.name}"
            elif (
                sure
                and isinstance(parent, (Clause, Loop))
                and parent.iterable is node
                and not parent.is_async
            ):
                if not (isinstance(parent, Loop) and parent.target is None):
                    problem = problem or "iterated over"
            elif sure and isinstance(parent, Binary) and parent.op in _ORDERING:
                problem = problem or "compared"
            elif isinstance(parent, Arg) and follow is not None and (given := follow(parent, own)):
                problem = problem or given
            elif _is_tested(parent, node, tests):
                tested = "tested"  # alone it proves nothing, and speaks not against it
            elif not sure or _is_asked_about(parents.of(path, parent) if isinstance(parent, Arg) else parent):
                return ""
            else:
                other = True
    if tests and not other:
        return problem or tested
    return "" if other and not problem.startswith("asked") else problem


def _with_none(binary: Binary) -> bool:
    """``find(x) is not None``: whether there is a coroutine says nothing."""
    return binary.op in ("is", "is not") and any(
        isinstance(side, Constant) and side.kind == "none" for side in (binary.left, binary.right)
    )


def _is_tested(parent: Node | None, node: Name, choices: bool) -> bool:
    """Whether a name only decides which way is taken; ``choices``: also inside an expression."""
    if isinstance(parent, Unary):
        return parent.op in ("!", "not")
    if isinstance(parent, If) or (choices and isinstance(parent, Conditional)):
        return parent.test is node
    return choices and isinstance(parent, Binary) and parent.op in ("&&", "||") and parent.left is node


def _is_asked_about(call: Node | None) -> bool:
    return isinstance(call, Call) and _last(call.callee) in _QUESTIONS


def _is_shadowed(scope: Scope, node: Name) -> bool:
    """Whether a function or comprehension inside has a variable of this name of its own."""
    for inner in scope.children:
        if inner.at[0] <= node.at[0] < inner.at[1]:
            return node.id in inner.names or _is_shadowed(inner, node)
    return False


def _last(expr: Expr) -> str:
    return expr.name if isinstance(expr, Member) else expr.id if isinstance(expr, Name) else ""
