"""The fingerprint GitHub code scanning tracks an alert by: a hash of what stands at and after a line.

The algorithm is the one of the code scanning upload action (``src/fingerprints.ts`` of github/codeql-action): for every
line a rolling hash of the next 100 UTF-16 code units that are no space or tab, line ends counted as one LF, the end of
the file as 65535 and zeros after it; then the number of times this hash has been seen so far.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from itertools import chain, repeat
from sys import byteorder

_BLOCK = 100
_FACTOR = 37
_MASK = (1 << 64) - 1
_FIRST = pow(_FACTOR, _BLOCK, 1 << 64)
_END = 65535
_LINE_FEED = 10


def line_hashes(text: str, lines: Iterable[int]) -> dict[int, str]:
    """``primaryLocationLineHash`` of the given 1-based lines of a file's text; lines it does not have are left out."""
    wanted = set(lines)
    last = max(wanted, default=0)
    found: dict[int, str] = {}
    seen: dict[int, int] = {}
    units = _units(text)
    ring = [0] * _BLOCK
    starting = [0] * _BLOCK  # the line that begins with this unit of the ring, 0 for none
    index = line = value = 0
    at_start = True
    for position, unit in enumerate(chain(units, (_END,), repeat(0, _BLOCK))):
        begun = starting[index]
        if begun:
            number = seen[value] = seen.get(value, 0) + 1
            if begun in wanted:
                found[begun] = f"{value:x}:{number}"
            if begun >= last:
                break
            starting[index] = 0
        if at_start and position <= len(units):
            line += 1
            starting[index] = line
            at_start = False
        if unit == _LINE_FEED:
            at_start = True
        value = (_FACTOR * value + unit - _FIRST * ring[index]) & _MASK
        ring[index] = unit
        index = (index + 1) % _BLOCK
    return found


def _units(text: str) -> array[int]:
    """UTF-16 code units without spaces and tabs, with every line end as LF.

    A carriage return swallows the line feed that follows it directly, not one behind spaces.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").translate({0x20: None, 0x09: None})
    units = array("H")
    units.frombytes(text.encode("utf-16-le" if byteorder == "little" else "utf-16-be", "surrogatepass"))
    return units
