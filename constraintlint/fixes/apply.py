"""Applies the fixes of findings to the files of a root: all that do not touch each other, checked before anything is written."""

from __future__ import annotations

import difflib
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

import msgspec

from constraintlint.findings import Finding, Fix
from constraintlint.fixes.document import Document, Refused
from constraintlint.fixes.edits import applied, changes
from constraintlint.fixes.syntax import parses

#: fixes wait for one another: what touches the same place is mended in the next round
MAX_ROUNDS = 10
#: actions that change lines at the top of the file
MOVING = frozenset(("import-from", "qualified-import"))


class Refusal(msgspec.Struct, frozen=True, order=True):
    """A fix that was not made, and why."""

    path: str
    line: int
    rule: str
    reason: str


class Outcome(msgspec.Struct):
    """``before`` and ``after`` are the contents of the files that change, by path; ``fixed`` the findings mended."""

    before: dict[str, bytes] = {}
    after: dict[str, bytes] = {}
    fixed: list[Finding] = []
    refused: list[Refusal] = []
    waiting: int = 0
    """fixes that touch one that was made, and may be made in the next round"""


def prepare(root: Path, findings: Iterable[Finding], *, unsafe: bool) -> Outcome:
    """Work out what the fixes of these findings make of their files; nothing is written."""
    outcome = Outcome()
    by_path: dict[str, list[Finding]] = {}
    for item in findings:
        if item.fix is not None and (item.fix.safe or unsafe):
            by_path.setdefault(_path_of(item, item.fix), []).append(item)
    for path in sorted(by_path):
        _prepare_file(root, path, by_path[path], outcome)
    return outcome


def _path_of(item: Finding, fix: Fix) -> str:
    return fix.edits[0].path if fix.edits else fix.path or item.path


def _prepare_file(root: Path, path: str, items: list[Finding], outcome: Outcome) -> None:
    file = root / path
    if file.is_symlink() or not file.resolve().is_relative_to(root.resolve()):
        outcome.refused += [
            Refusal(path, i.line, i.rule, "the file is a link, or outside the project") for i in items
        ]
        return
    try:
        data = file.read_bytes()
        document = Document.of(path, data)
    except (OSError, Refused) as error:
        reason = str(error) if isinstance(error, Refused) else (error.strerror or "cannot be read").lower()
        outcome.refused += [Refusal(path, item.line, item.rule, reason) for item in items]
        return
    text, fixed = _mended(document, items, outcome)
    if not fixed or text == document.text:
        return
    try:
        after = document.encoded(text)
    except Refused as error:
        outcome.refused += [Refusal(path, item.line, item.rule, str(error)) for item in fixed]
        return
    outcome.before[path], outcome.after[path] = data, after
    outcome.fixed += fixed


def _mended(document: Document, items: list[Finding], outcome: Outcome) -> tuple[str, list[Finding]]:
    """The text after all fixes that can be made at once: from the end of the file to its beginning, so that the places of
    those still to come stay what they are. One that changes imports moves everything, and is made alone."""
    current = document
    fixed: list[Finding] = []
    seen: set[Fix] = set()
    below = len(document.text) + 1
    alone = False
    for item in sorted(items, key=_turn):
        fix = item.fix
        assert fix is not None
        if fix in seen:
            fixed.append(item)
            continue
        try:
            start, end = _region(document, fix)
            if alone or end > below or (fix.action in MOVING and fixed):
                outcome.waiting += 1
                continue
            text = _made(current, fix)
            if not parses(document.path, text):
                raise Refused("the file would not parse any more")
        except Refused as error:
            outcome.refused.append(Refusal(document.path, item.line, item.rule, str(error)))
            continue
        current = current.with_text(text)
        below, alone = start, fix.action in MOVING
        fixed.append(item)
        seen.add(fix)
    return current.text, fixed


def _turn(item: Finding) -> tuple[bool, tuple[int, ...], str]:
    """What moves the whole file first, then by place from the end."""
    fix = item.fix
    assert fix is not None
    place = fix.span if fix.action else max(edit.span for edit in fix.edits)
    return fix.action not in MOVING, tuple(-number for number in place), item.rule


def _region(document: Document, fix: Fix) -> tuple[int, int]:
    """The offsets between which a fix changes something. Raises Refused."""
    if fix.action:
        return document.range(fix.span)
    if any(edit.path != document.path for edit in fix.edits):
        raise Refused("it spans several files")
    places = changes(document, fix.edits)
    return min(start for start, _, _ in places), max(end for _, end, _ in places)


def _made(document: Document, fix: Fix) -> str:
    if not fix.action:
        return applied(document.text, changes(document, fix.edits))
    from constraintlint.fixes.python import rewrite

    return rewrite(document.text, fix.action, fix.span, fix.arguments)


def write(root: Path, outcome: Outcome) -> None:
    """Write the changed files, each whole or not at all, with its mode. Raises OSError."""
    for path, data in outcome.after.items():
        file = root / path
        mode = file.stat().st_mode
        descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
        try:
            with os.fdopen(descriptor, "wb") as handle:
                handle.write(data)
            os.chmod(name, mode & 0o7777)
            os.replace(name, file)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


def unified(outcome: Outcome) -> str:
    """A patch of everything that would change (``a/`` and ``b/`` prefixes, three lines around)."""
    found: list[str] = []
    for path in sorted(outcome.after):
        old, new = (outcome.before[path], outcome.after[path])
        lines = difflib.unified_diff(_lines(old), _lines(new), f"a/{path}", f"b/{path}", lineterm="\n")
        for line in lines:
            found.append(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n")
    return "".join(found)


def _lines(data: bytes) -> list[str]:
    text = data.decode("utf-8", "surrogateescape")
    return (
        text.splitlines(keepends=True)
        if "\r" not in text
        else [f"{line}\n" for line in text.split("\n")[:-1]]
        + ([text.split("\n")[-1]] if text.split("\n")[-1] else [])
    )
