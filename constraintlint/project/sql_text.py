"""What an SQL argument can be: text, as it is or wrapped by a library (``text()``, tagged templates), or a construct."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

import msgspec

from constraintlint.facts.code import Expr, Hole, Node, Text
from constraintlint.libraries import Argument, Signature
from constraintlint.project.flow import alternatives, library_calls
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.flow.texts import BuiltText, TextHole, TextPiece, brace_parts, concat
from constraintlint.project.flow.values import Branch, Value

if TYPE_CHECKING:
    from constraintlint.project.flow.evaluate import Evaluator

MAX_DEPTH = 4

_TEXT_ROLES = frozenset(("sql", "statement", "fragment", "statement-or-fragment"))
_COMPOSED = frozenset(("psycopg.sql.SQL", "psycopg.sql.Composed"))
_FIRST_WORD = re.compile(r"(?:\s++|--[^\n]*+(?:\n|$)|/\*.*?\*/|\()*+([A-Za-z]+)", re.S)
_STATEMENTS = frozenset(
    [
        "select",
        "insert",
        "update",
        "delete",
        "with",
        "create",
        "alter",
        "drop",
        "truncate",
        "merge",
        "replace",
        "pragma",
        "explain",
        "vacuum",
        "analyze",
        "begin",
        "commit",
        "rollback",
        "start",
        "set",
        "reset",
        "show",
        "listen",
        "unlisten",
        "notify",
        "lock",
        "grant",
        "revoke",
        "call",
        "exec",
        "execute",
        "do",
        "copy",
        "refresh",
        "reindex",
        "attach",
        "detach",
        "savepoint",
        "release",
        "use",
        "comment",
        "values",
        "declare",
        "fetch",
        "close",
        "discard",
        "cluster",
        "checkpoint",
        "optimize",
        "describe",
        "desc",
        "load",
        "import",
        "upsert",
    ]
)
#: words that begin a statement and are also common as the first word of a part of one
_BOTH = {"replace": re.compile(r"\s+into\b", re.I), "values": re.compile(r"(?!)"), "do": re.compile(r"\s")}


class Content(msgspec.Struct, frozen=True, gc=False, eq=False):
    """One thing an SQL argument can be.

    ``kind``: ``text`` (``text`` is set), ``construct`` (an expression of the library: ``name`` is what made it) or ``unknown``.
    ``wrapper`` is the function or tag the text went through (``sqlalchemy.text``, ``drizzle-orm#sql` ``), "" for a bare
    string; ``sources`` are the calls and templates passed, outermost first.
    """

    kind: Literal["text", "construct", "unknown"]
    text: BuiltText | None = None
    wrapper: str = ""
    name: str = ""
    branches: tuple[Branch, ...] = ()
    default_of: str = ""
    sources: tuple[Node, ...] = ()


def first_word(text: BuiltText) -> str:
    """The first SQL word in lower case, behind white space, comments and brackets; "" where a hole comes first."""
    match = _FIRST_WORD.match(text.start)
    return match[1].lower() if match is not None else ""


def is_statement(text: BuiltText) -> bool:
    """Whether the text begins as a whole SQL statement, not as a part of one."""
    start = text.start
    match = _FIRST_WORD.match(start)
    if match is None or "(" in start[: match.start(1)].rsplit("*/", 1)[-1].rsplit("\n", 1)[-1]:
        return False
    word = match[1].lower()
    if word in _BOTH:
        return _BOTH[word].match(start, match.end()) is not None
    return word in _STATEMENTS and (match.end() == len(start) or not start[match.end()].isalnum())


def contents(ev: Evaluator, expr: Expr, scope: Scope, argument: Argument, depth: int = 0) -> list[Content]:
    """Everything the argument ``expr`` can be; constants that are no text (None) are left out."""
    found: list[Content] = []
    for value in ev.eval(expr, scope):
        found += of_value(ev, value, argument, depth)
    return found or [Content("unknown")]


def of_value(ev: Evaluator, value: Value, argument: Argument, depth: int = 0) -> list[Content]:
    """What one value of an SQL argument is."""
    if value.text is not None:
        return [Content("text", value.text, "", "", value.branches, value.default_of)]
    if value.kind == "constant":
        return []
    if value.kind == "mapping" and argument.keys:
        entries = ev.entries(value)
        for key in argument.keys:
            if key in entries:
                plain = Argument(argument.role, argument.position)
                return [item for inner in entries[key] for item in of_value(ev, inner, plain, depth)]
        return [Content("unknown", branches=value.branches)]
    if value.kind == "handle" and value.name in _COMPOSED:
        composed = _composed(ev, value, depth)
        if composed is not None:
            return composed
    if value.kind in ("result", "handle"):
        wrapped = _wrapped(ev, value, depth)
        if wrapped is not None:
            return wrapped
    if value.kind in ("result", "handle", "library", "object", "class"):
        return [Content("construct", None, "", value.name, value.branches, value.default_of)]
    return [Content("unknown", branches=value.branches, default_of=value.default_of)]


def _wrapped(ev: Evaluator, value: Value, depth: int) -> list[Content] | None:
    """The text behind a wrapper such as ``text("...").bindparams(...)`` or a tagged template."""
    current: Value | None = value
    for _ in range(8):
        if current is None or depth > MAX_DEPTH:
            return None
        if isinstance(current.node, Text) and current.kind == "result":
            return _template(ev, current, value)
        if current.kind == "result" and current.call is not None and current.caller is not None:
            signature = _signature(ev, current)
            argument = text_argument(signature) if signature is not None else None
            if signature is not None and argument is not None:
                expr = library_calls.argument_of(current.call, argument)
                if expr is None:
                    return [Content("unknown", branches=value.branches)]
                found = contents(ev, expr, current.caller, argument, depth + 1)
                return [_through(item, signature.name, current.call, value.branches) for item in found]
        current = current.base
    return None


def _through(item: Content, wrapper: str, node: Node, branches: tuple[Branch, ...]) -> Content:
    return Content(
        item.kind,
        item.text,
        wrapper,
        item.name,
        (*branches, *item.branches),
        item.default_of,
        (node, *item.sources),
    )


def _signature(ev: Evaluator, value: Value) -> Signature | None:
    """The signature of the function whose call gave a result."""
    library = ev.library_for(value.path)
    name = library.canonical(value.name.removesuffix("()"))
    found = library.functions.get(name)
    if found is not None:
        return found
    if value.base is not None and value.base.kind == "handle":
        return library.method(value.base.name, name.rpartition(".")[2])
    return None


def text_argument(signature: Signature) -> Argument | None:
    """The argument of a function that holds SQL."""
    for argument in signature.arguments:
        if argument.role in _TEXT_ROLES or argument.keys:
            return argument
    return None


def _template(ev: Evaluator, current: Value, value: Value) -> list[Content]:
    """A tagged template: its characters with its holes; templates of the same kind inside holes are put in."""
    node, scope = current.node, current.scope
    if not isinstance(node, Text) or scope is None:
        return [Content("unknown")]
    return [
        Content("text", text, current.name, "", (*value.branches, *branches), "", (node, *inner))
        for text, branches, inner in template_texts(ev, node, scope)
    ]


def template_texts(
    ev: Evaluator, node: Text, scope: Scope, depth: int = 0
) -> list[tuple[BuiltText, tuple[Branch, ...], tuple[Node, ...]]]:
    """The statements of a tagged template: a hole is a value that is bound, unless it is itself a template."""
    parts: list[list[alternatives.Alternative]] = []
    inner: list[Node] = []
    path = scope.path
    for piece in node.pieces:
        if not isinstance(piece, Hole):
            parts.append([alternatives.Alternative(BuiltText((TextPiece(piece.value, path, piece.at),)))])
            continue
        options: list[alternatives.Alternative] = []
        for value in ev.eval(piece.value, scope):
            if (
                value.kind == "result"
                and isinstance(value.node, Text)
                and value.node is not node
                and value.scope is not None
                and depth < MAX_DEPTH
            ):
                inner.append(value.node)
                for text, branches, more in template_texts(ev, value.node, value.scope, depth + 1):
                    options.append(alternatives.Alternative(text, (*value.branches, *branches)))
                    inner += more
        if not options:
            plain = BuiltText((TextHole(path, piece.at, piece.value, "bound"),))
            options = [alternatives.Alternative(plain, (), "", False)]
        parts.append(options)
    return [(item.text, item.branches, tuple(inner)) for item in alternatives.product(parts)]


def _composed(ev: Evaluator, value: Value, depth: int) -> list[Content] | None:
    """``psycopg.sql.SQL("... {} ...").format(...)``: the text with a hole for every field."""
    root: Value | None = value
    while root is not None and root.name != "psycopg.sql.SQL":
        root = root.base
    if root is None or root.call is None or root.caller is None or not root.call.args or depth > MAX_DEPTH:
        return None
    found: list[Content] = []
    for item in ev.eval(root.call.args[0].value, root.caller):
        if item.text is None:
            continue
        text = item.text
        if value.name == "psycopg.sql.Composed":
            place = value.call or root.call
            parts = [
                part
                if isinstance(part, BuiltText)
                else BuiltText((TextHole(value.path, place.at, None, "composed"),))
                for part in brace_parts(text)
            ]
            text = concat(parts)
        found.append(Content("text", text, "psycopg.sql.SQL", "", item.branches, "", (root.call,)))
    return found or None
