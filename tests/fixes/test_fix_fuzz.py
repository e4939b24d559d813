"""Fixes on code of every shape: re-spaced, commented, nested, in other encodings and line ends, doubled, cut and broken.

Most inputs still carry their defect, so that most fixes are really made; how many is asserted. ``CONSTRAINTLINT_FUZZ`` sets
how many inputs are tried (150 by default; the release is tried with 20,000).
"""

from __future__ import annotations

import ast
import os
import random
import re
import shutil
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from constraintlint.analysis import Options, analyse
from constraintlint.fixes.apply import MAX_ROUNDS, Outcome, prepare, write
from constraintlint.fixes.syntax import parses
from tests.fixes.test_fixes import BAD, CASES
from tests.support.pages import Example
from tests.support.pages import write as write_example

INPUTS = int(os.environ.get("CONSTRAINTLINT_FUZZ", "0")) or 150
BATCHES = max(3, INPUTS // 500)
EXAMPLES = [*BAD, *((rule, Example("case", True, {name: f"{text}# expect\n" if name.endswith(".py") else f"{text}// expect\n"}))
                    for rule, name, text, _ in CASES)]  # fmt: skip
ROOT = Path(__file__).parent.parent.parent
WORDS = ("é", "€ 😀", "ß:x::y", "ｆｕｌｌ", "\u2028", "a'b", 'a"b')


def _sources() -> dict[bool, list[str]]:
    """Other people's code by language (Python or not), for what is put between."""
    found: dict[bool, list[str]] = {True: [], False: []}
    for file in sorted((ROOT / "fixtures").rglob("*")):
        if file.suffix in (".py", ".js", ".ts") and file.stat().st_size > 200:
            found[file.suffix == ".py"].append(file.read_text("utf-8"))
    return found


FOREIGN = _sources()

Change = Callable[[random.Random, str, bool], str]

# --- changes that keep the meaning, mostly ------------------------------------------------------------------------------


def _comments(rng: random.Random, text: str, python: bool) -> str:
    mark = "#" if python else "//"
    return "\n".join(
        f"{line}  {mark} {rng.choice(WORDS)}" if line.strip() and rng.random() < 0.3 and not line.endswith("\\") else line
        for line in text.split("\n")
    )  # fmt: skip


def _own_lines(rng: random.Random, text: str, python: bool) -> str:
    mark = "#" if python else "//"
    found: list[str] = []
    for line in text.split("\n"):
        if rng.random() < 0.2:
            indent = line[: len(line) - len(line.lstrip())]
            found.append(rng.choice(("", f"{indent}{mark} {rng.choice(WORDS)}", "\f", "  \t ")))
        found.append(line)
    return "\n".join(found)


def _tabs(rng: random.Random, text: str, python: bool) -> str:
    return re.sub(r"^(?:    |  )+", lambda match: "\t" * (len(match[0]) // 2), text, flags=re.M)


def _broken_calls(rng: random.Random, text: str, python: bool) -> str:
    """Line breaks and comments behind opening brackets and commas."""
    note = f"  {'#' if python else '//'} {rng.choice(WORDS)}\n\t  "

    def spread(match: re.Match[str]) -> str:
        return (
            match[0] + rng.choice((note, "\n        ", "\t", "\n\n\t")) if rng.random() < 0.15 else match[0]
        )

    return re.sub(r"\((?=\S)", spread, text)


def _brackets(rng: random.Random, text: str, python: bool) -> str:
    def nested(match: re.Match[str]) -> str:
        depth = rng.choice((1, 1, 2, 30))
        return f"{match[1]}{'(' * depth}{match[2]}{')' * depth}{match[3]}" if rng.random() < 0.4 else match[0]

    return re.sub(r"((?:return|=) )([^\n;{(\[]+\([^\n;{]*\))(;?)$", nested, text, flags=re.M)


def _renamed(rng: random.Random, text: str, python: bool) -> str:
    names = sorted(set(re.findall(r"\b(?:def|function|const|let|async def) (\w+)", text)))
    for name in names:
        if rng.random() < 0.5:
            text = re.sub(rf"\b{name}\b", name + rng.choice(("é", "_ﬁ", "变量", "1")), text)
    return text


def _nested(rng: random.Random, text: str, python: bool) -> str:
    inner = "\n".join(f"    {line}" if line.strip() else line for line in text.split("\n"))
    if python:
        return (
            rng.choice(("if True:\n", "try:\n    pass\nfinally:\n", "class Outer:\n", "while 1:\n"))
            + inner
            + "\n"
        )
    if re.search(r"^(?:import|export) ", text, re.M):
        return text
    return f"(function () {{\n{inner}\n}})();\n"


def _doubled(rng: random.Random, text: str, python: bool) -> str:
    return (
        f"{text}\n{text}"
        if python or not re.search(r"^(?:import|export|const|let|class)\b", text, re.M)
        else text
    )


def _foreign(rng: random.Random, text: str, python: bool) -> str:
    other = rng.choice(FOREIGN[python])
    lines = other.split("\n")
    start = rng.randrange(len(lines))
    piece = "\n".join(lines[start : start + rng.randint(1, 40)])
    return rng.choice((f"{text}\n{piece}", f"{text}\n{other}"))


def _one_line(rng: random.Random, text: str, python: bool) -> str:
    if python:
        return re.sub(r"\(\n\s+", "(", text)
    return re.sub(r"([;{,])\n\s*", r"\1 ", text)


# --- changes that break ---------------------------------------------------------------------------------------------------


def _cut(rng: random.Random, text: str, python: bool) -> str:
    lines = text.split("\n")
    return "\n".join(lines[: rng.randint(len(lines) // 2, len(lines))])


def _bytes_changed(rng: random.Random, text: str, python: bool) -> str:
    for _ in range(rng.randint(1, 3)):
        at, size = rng.randrange(len(text) + 1), rng.choice((0, 1, 3, 12))
        piece = rng.choice(
            (
                "",
                text[at : at + size] * 2,
                "(",
                ")",
                "'",
                '"',
                "`",
                "é",
                "\r",
                "\t",
                "await ",
                "{",
                "\\",
                "#",
                ";",
                "\0",
            )
        )
        text = text[:at] + piece + text[at + size :]
    return text


KEEPING: tuple[Change, ...] = (
    _comments, _own_lines, _tabs, _broken_calls, _brackets, _renamed, _nested, _doubled, _foreign, _one_line
)  # fmt: skip
BREAKING: tuple[Change, ...] = (_cut, _bytes_changed)


def _encoded(rng: random.Random, text: str) -> bytes:
    ending = rng.choice(("\n", "\n", "\r\n", "\r\n", "mixed"))
    if ending == "mixed":
        text = re.sub("\n", lambda match: rng.choice(("\n", "\r\n")), text)
    elif ending == "\r\n":
        text = text.replace("\n", "\r\n")
    if rng.random() < 0.2:
        text = text.rstrip()
    return (b"\xef\xbb\xbf" if rng.random() < 0.15 else b"") + text.encode("utf-8", "replace")


def _changed(rng: random.Random, root: Path, example: Example) -> None:
    """Rewrite every source file of an example."""
    broken = rng.random() < 0.25
    for name in example.files:
        file = root / name
        if file.suffix not in (".py", ".js", ".ts", ".mjs", ".cjs"):
            continue
        text, python = file.read_text("utf-8"), file.suffix == ".py"
        for change in rng.sample(KEEPING, rng.randint(0, 4)):
            text = change(rng, text, python)
        if broken:
            text = rng.choice(BREAKING)(rng, text, python)
        file.write_bytes(_encoded(rng, text))


# --- what must hold -------------------------------------------------------------------------------------------------------


def _compiles(path: str, data: bytes) -> bool:
    """Whether CPython itself reads a Python file; True for others."""
    if not path.endswith(".py"):
        return True
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ast.parse(data)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return False
    return True


def _round(root: Path, rule: str) -> Outcome:
    report = analyse(Options(root=root, select=[rule], cache=False, jobs=1))
    assert not [item for item in report.diagnostics if "internal error" in item.message]
    outcome = prepare(root, report.findings, unsafe=True)
    for path, after in outcome.after.items():
        before = outcome.before[path]
        assert parses(path, after.decode("utf-8-sig")), f"{path} was broken"
        assert _compiles(path, after) or not _compiles(path, before), f"CPython cannot read {path} any more"
        assert after[:3] == before[:3] or not before.startswith(b"\xef\xbb\xbf")
        if before.count(b"\n") == before.count(b"\r\n"):
            assert after.count(b"\n") == after.count(b"\r\n"), f"{path} got other line ends"
    return outcome


def mended(root: Path, rule: str) -> int:
    """Fix round by round as the command does; how many fixes were made."""
    made = 0
    for _ in range(MAX_ROUNDS):
        outcome = _round(root, rule)
        if not outcome.after:
            return made
        made += len(outcome.fixed)
        write(root, outcome)
    assert not _round(root, rule).after, "the fixes never come to an end"
    return made


@pytest.mark.parametrize("batch", range(BATCHES))
def test_fixes_on_code_of_every_shape(batch: int, tmp_path: Path) -> None:
    rng = random.Random(77_000 + batch)
    fixed: Counter[str] = Counter()
    inputs = INPUTS // BATCHES
    for number in range(inputs):
        rule, example = rng.choice(EXAMPLES)
        root = tmp_path / str(number)
        write_example(example, root, rule)
        _changed(rng, root, example)
        try:
            fixed[rule] += mended(root, rule) > 0
        except BaseException as error:
            error.add_note(f"batch {batch}, input {number}: {rule}, {example.title}, kept in {root}")
            raise
        shutil.rmtree(root)
    assert sum(fixed.values()) >= inputs // 3, fixed
