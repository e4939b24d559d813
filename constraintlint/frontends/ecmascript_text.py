"""Lowering of JavaScript/TypeScript names and literals: identifiers, strings, templates, numbers, regular expressions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from constraintlint.facts.code import Constant, Expr, Hole, Name, Piece, Text, Unknown
from constraintlint.frontends.ecmascript_lowering import EXPRESSIONS, MAX_DEPTH, Context, parts, too_deep

if TYPE_CHECKING:
    from tree_sitter import Node as Syntax

_SIMPLE_ESCAPES = {
    "n": "\n",
    "t": "\t",
    "r": "\r",
    "b": "\b",
    "f": "\f",
    "v": "\v",
    "\n": "",
    "\r": "",
    "\r\n": "",
    "\u2028": "",
    "\u2029": "",
}
_NAME_ESCAPE = re.compile(r"\\u(?:\{([0-9a-fA-F]+)\}|([0-9a-fA-F]{4}))")
_REPLACEMENT = "\ufffd"
#: longest number literal that is still read exactly
_LONGEST_NUMBER = 300
_LARGEST_INT = 2**63 - 1


def name_of(ctx: Context, node: Syntax) -> str:
    """The identifier as the language sees it (unicode escapes resolved)."""
    text = ctx.text[node.start_byte : node.end_byte]
    return text if ctx.plain else _name(text)


def _name(text: str) -> str:
    if not text.isascii():
        text = text.encode("latin-1").decode("utf-8", "replace")
    if "\\" in text:
        text = _NAME_ESCAPE.sub(lambda m: _character(int(m[1] or m[2], 16)), text)
    return text


def name(ctx: Context, node: Syntax, depth: int) -> Expr:
    at = node.byte_range
    text = ctx.text[at[0] : at[1]]
    return Name(at, text if ctx.plain else _name(text))


def label(ctx: Context, node: Syntax) -> Text:
    """A plain property key."""
    at = node.byte_range
    text = ctx.text[at[0] : at[1]]
    return Text(at, [Piece(at, text if ctx.plain else _name(text))])


def undefined(ctx: Context, node: Syntax, depth: int) -> Expr:
    return Constant(node.byte_range, "undefined")


def null(ctx: Context, node: Syntax, depth: int) -> Expr:
    return Constant(node.byte_range, "none")


def true(ctx: Context, node: Syntax, depth: int) -> Expr:
    return Constant(node.byte_range, "bool", True)


def false(ctx: Context, node: Syntax, depth: int) -> Expr:
    return Constant(node.byte_range, "bool", False)


def number(ctx: Context, node: Syntax, depth: int) -> Expr:
    at = node.byte_range
    value = number_value(ctx.text[at[0] : at[1]])
    return Constant(at, "int" if isinstance(value, int) else "float", value)


def number_value(text: str) -> int | float | None:
    """The value of a numeric literal; an integer beyond 64 bits is a float, as it is in JavaScript."""
    digits = text.replace("_", "").lower()
    value: int | float
    try:
        if digits.isdecimal() and len(digits) < 19:
            value = _decimal(digits)
        elif len(digits) > _LONGEST_NUMBER:
            return None
        elif digits[:2] in ("0x", "0o", "0b"):
            value = int(digits.rstrip("n"), 0)
        elif digits.endswith("n"):
            value = int(digits[:-1])
        elif digits.isdecimal():
            value = _decimal(digits)
        else:
            value = float(digits)
    except ValueError:
        return None
    if isinstance(value, int) and value > _LARGEST_INT:
        return float(value)
    return value


def _decimal(digits: str) -> int:
    """``017`` is octal unless a digit says otherwise."""
    if digits[0] == "0" and len(digits) > 1 and digits.strip("01234567") == "":
        return int(digits, 8)
    return int(digits)


# --- strings ----------------------------------------------------------------------------------------------------


def string(ctx: Context, node: Syntax, depth: int) -> Expr:
    at = node.byte_range
    start, end = at
    text = ctx.text
    value = text[start + 1 : end - 1]
    quote = text[start : start + 1]
    if "\\" in value or text[end - 1 : end] != quote or end - start < 2:
        return Text(at, _pieces(ctx, node, depth))
    if not value:
        return Text(at, [])
    if not value.isascii():
        value = value.encode("latin-1").decode("utf-8", "replace")
    return Text(at, [Piece((start + 1, end - 1), value)])


def template(ctx: Context, node: Syntax, depth: int) -> Expr:
    if depth > MAX_DEPTH:
        return too_deep(node)
    return Text(node.byte_range, _pieces(ctx, node, depth + 1))


def regex(ctx: Context, node: Syntax, depth: int) -> Expr:
    pieces: list[Piece | Hole] = [
        Piece(child.byte_range, ctx.slice(child.start_byte, child.end_byte))
        for child in node.children
        if child.type == "regex_pattern"
    ]
    return Text(node.byte_range, pieces, "regex")


def _pieces(ctx: Context, node: Syntax, depth: int) -> list[Piece | Hole]:
    found: list[Piece | Hole] = []
    for child in node.children:
        kind = child.type
        if kind == "string_fragment":
            at = child.byte_range
            found.append(Piece(at, ctx.slice(*at)))
        elif kind == "template_substitution" or kind == "template_type":
            found.append(Hole(child.byte_range, _hole(ctx, child, depth)))
        elif kind == "escape_sequence":
            _add_escape(ctx, child, found)
        elif child.is_named:
            found.append(Hole(child.byte_range, EXPRESSIONS[kind](ctx, child, depth)))
    return found


def _hole(ctx: Context, node: Syntax, depth: int) -> Expr:
    inner = parts(ctx, node, depth)
    if len(inner) < 2 or not inner[1].is_named:
        return Unknown((node.end_byte, node.end_byte), "error", [])
    return EXPRESSIONS[inner[1].type](ctx, inner[1], depth)


def _add_escape(ctx: Context, node: Syntax, found: list[Piece | Hole]) -> None:
    at = node.byte_range
    code = _escape(ctx.slice(at[0] + 1, at[1]))
    if isinstance(code, int):
        last = found[-1] if found else None
        # Two escaped surrogates are one character: UTF-8 has no place for a lone half.
        if 0xDC00 <= code <= 0xDFFF and isinstance(last, Piece) and last.at[1] == at[0]:
            escaped = ctx.text[last.at[0]] == "\\"
            high = _escape(ctx.slice(last.at[0] + 1, last.at[1])) if escaped else 0
            if isinstance(high, int) and 0xD800 <= high <= 0xDBFF:
                joined = chr(0x10000 + ((high - 0xD800) << 10) + (code - 0xDC00))
                found[-1] = Piece((last.at[0], at[1]), joined)
                return
        found.append(Piece(at, _character(code)))
    else:
        found.append(Piece(at, code))


def _escape(body: str) -> str | int:
    """What follows the backslash: a code point where it is numeric, else the text it stands for."""
    simple = _SIMPLE_ESCAPES.get(body)
    if simple is not None:
        return simple
    first = body[:1]
    try:
        if first in ("x", "u"):
            return int(body[1:].strip("{}"), 16)
        if first and first in "01234567":
            return int(body, 8)
    except ValueError:
        return body
    return body


def _character(code: int) -> str:
    if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        return _REPLACEMENT
    return chr(code)


EXPRESSIONS.update(
    {
        "identifier": name,
        "property_identifier": name,
        "private_property_identifier": name,
        "shorthand_property_identifier": name,
        "shorthand_property_identifier_pattern": name,
        "type_identifier": name,
        "predefined_type": name,
        "this_type": name,
        "statement_identifier": name,
        "this": name,
        "super": name,
        "import": name,
        "existential_type": name,
        "undefined": undefined,
        "null": null,
        "true": true,
        "false": false,
        "number": number,
        "string": string,
        "template_string": template,
        "template_literal_type": template,
        "regex": regex,
    }
)
