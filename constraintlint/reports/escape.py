"""Making any string safe to print: file names and code may hold control characters, lone surrogates, direction marks."""

from __future__ import annotations

_NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
#: joiners belong to words of several scripts and to emoji; they change nothing else on the line
_JOINERS = "\u200c\u200d"
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


def visible(text: str) -> str:
    """``text`` on one line, with every character that would act on the terminal or the reader's eye spelled out."""
    if text.isprintable():
        return text
    return "".join(map(visible_character, text))


def visible_character(character: str) -> str:
    """A control, format, separator or surrogate character as its escape, any other as it is."""
    if character.isprintable() or character in _JOINERS:
        return character
    if character in _NAMED:
        return _NAMED[character]
    from unicodedata import category

    kind = category(character)
    code = ord(character)
    if kind in ("Zs", "Co") or (kind == "Cn" and not _is_noncharacter(code)):
        return character
    if 0xDC80 <= code <= 0xDCFF:  # an undecodable byte of a file name (surrogateescape)
        return f"\\x{code - 0xDC00:02x}"
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def one_line(text: str) -> str:
    """``text`` with its lines joined by spaces, then made visible."""
    if text.isprintable():
        return text.strip()
    return visible(" ".join(stripped for line in text.splitlines() if (stripped := line.strip())))


def lines_of(text: str) -> list[str]:
    """The lines of ``text``, each made visible; tabs become spaces."""
    return [visible(line.replace("\t", "    ").rstrip()) for line in text.splitlines()]


def encodable(text: str) -> str:
    """``text`` with lone surrogates spelled out, so that it can be encoded; JSON escapes the rest itself."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return "".join(visible_character(c) if "\ud800" <= c <= "\udfff" else c for c in text)
    return text


def percent_encoded(path: str) -> str:
    """A path as the path part of a URI: undecodable bytes come out as they are on disk."""
    try:
        data = path.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        data = path.encode("utf-8", "surrogatepass")
    return "".join(chr(byte) if byte in _UNRESERVED or byte == 0x2F else f"%{byte:02X}" for byte in data)


def _is_noncharacter(code: int) -> bool:
    return 0xFDD0 <= code <= 0xFDEF or code & 0xFFFE == 0xFFFE
