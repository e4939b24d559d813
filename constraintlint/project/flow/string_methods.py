"""Methods and functions of strings whose result is still readable."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from constraintlint.facts.code import Call
from constraintlint.project.flow import alternatives
from constraintlint.project.flow.choices import is_python
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.flow.texts import BuiltText, TextPiece, dedented, replaced, stripped
from constraintlint.project.flow.values import Value

if TYPE_CHECKING:
    from constraintlint.project.flow.evaluate import Evaluator


def _argument(ev: Evaluator, call: Call, position: int, scope: Scope) -> list[Value]:
    plain = [arg for arg in call.args if not arg.name]
    if position < len(plain) and not plain[position].spread:
        return list(ev.eval(plain[position].value, scope))
    return []


def _constant(values: list[Value]) -> str | None:
    return values[0].text.constant if len(values) == 1 and values[0].text is not None else None


def method(ev: Evaluator, text: Value, name: str, call: Call, scope: Scope) -> list[Value] | None:
    """The result of a string method, None where it is not a string whose characters are known."""
    assert text.text is not None
    content = text.text
    if name == "format":
        return alternatives.formatted(ev, text, call, scope)
    if name == "join" and len(call.args) == 1:
        return alternatives.joined(ev, [text], call.args[0].value, call, scope)
    simple = _SIMPLE.get(name)
    if simple is not None:
        return [_with(text, simple(content))]
    if name in ("replace", "replaceAll") and len(call.args) >= 2:
        old = _constant(_argument(ev, call, 0, scope))
        new = _argument(ev, call, 1, scope)
        if old is not None and len(new) == 1:
            given = alternatives.of_value(new[0], call.args[1].value, scope.path, call.args[1].value.at).text
            once = name == "replace" and not is_python(text.path)
            return [_with(text, replaced(content, old, given, 1 if once or len(call.args) > 2 else -1))]
    if name == "concat":
        parts = [[alternatives.Alternative(content, text.branches, text.default_of)]]
        parts += [alternatives.of_expr(ev, arg.value, scope) for arg in call.args]
        return alternatives.values(alternatives.product(parts), scope.path, call.at)
    if name in ("removeprefix", "removesuffix"):
        part = _constant(_argument(ev, call, 0, scope))
        whole = content.constant
        if part and whole is not None:
            if name == "removeprefix" and whole.startswith(part):
                return [_with(text, content.slice(len(part), len(whole)))]
            if name == "removesuffix" and whole.endswith(part):
                return [_with(text, content.slice(0, len(whole) - len(part)))]
        return [text] if part and whole is not None else None
    if name in ("lower", "upper", "toLowerCase", "toUpperCase"):
        change = str.lower if "ower" in name else str.upper
        pieces = tuple(
            TextPiece(change(piece.text), piece.path, piece.at) if isinstance(piece, TextPiece) else piece
            for piece in content.pieces
        )
        return [_with(text, BuiltText(pieces, content.kind))]
    return None


def _with(value: Value, text: BuiltText) -> Value:
    return Value(
        "text", value.path, value.at, text=text, branches=value.branches, default_of=value.default_of
    )


def _left(text: BuiltText) -> BuiltText:
    return stripped(text, right=False)


def _right(text: BuiltText) -> BuiltText:
    return stripped(text, left=False)


def _same(text: BuiltText) -> BuiltText:
    return text


_SIMPLE: dict[str, Callable[[BuiltText], BuiltText]] = {
    "strip": stripped, "trim": stripped, "lstrip": _left, "trimStart": _left, "rstrip": _right, "trimEnd": _right,
    "toString": _same, "valueOf": _same, "encode": _same, "decode": _same, "normalize": _same,
    "stripMargin": _same,
}  # fmt: skip

#: library functions from string to string, by qualified name
FUNCTIONS: dict[str, Callable[[BuiltText], BuiltText]] = {
    "textwrap.dedent": dedented,
    "inspect.cleandoc": lambda text: stripped(dedented(text)),
    "builtins.str": _same,
    "sqlalchemy.make_url": _same,
    "pathlib.Path": _same,
    "os.fspath": _same,
    "String": _same,
    "dedent": dedented,
    "ts-dedent": dedented,
    "ts-dedent#dedent": dedented,
    "outdent": dedented,
    "common-tags#stripIndent": dedented,
    "common-tags#oneLine": _same,
}
