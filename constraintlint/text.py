"""Source bytes to text, as the language decodes them."""

from __future__ import annotations

import codecs
import re

_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


def decode_source(path: str, data: bytes) -> str:
    """The text of a source file: by its byte order mark, a Python coding cookie (PEP 263), else UTF-8.

    Never fails: bytes that are not valid become U+FFFD.
    """
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return data[len(bom) :].decode(encoding, "replace")
    encoding = "utf-8"
    if path.endswith((".py", ".pyi")):
        for line in data.split(b"\n", 2)[:2]:
            match = _COOKIE.match(line)
            if match:
                encoding = match[1].decode("ascii")
                break
    try:
        return data.decode(encoding, "replace")
    except LookupError:
        return data.decode("utf-8", "replace")
