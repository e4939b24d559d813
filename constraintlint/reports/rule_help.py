"""Rule pages as help texts: Markdown for those who render it, plain text for the rest."""

from __future__ import annotations

import re

from constraintlint.rulebook import RulePage

_EXPECTATION = re.compile(r"\s*(?:#|//|--)\s*expect(?:\[[^\]]*\])?\s*$")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})\s*(.*)$")


def markdown(page: RulePage) -> str:
    """The page without its title and the marks of expected lines; the file of a block stands above it, where it shows."""
    lines: list[str] = []
    for line, in_code in _lines(page):
        fence = _FENCE.match(line)
        if in_code:
            lines.append(_EXPECTATION.sub("", line))
        elif fence and fence[2].strip():
            language, _, name = fence[2].strip().partition(" ")
            lines += [f"`{name.strip()}`:", ""] if name.strip() else []
            lines.append(fence[1] + language)
        else:
            lines.append(line)
    return "\n".join(lines).strip() or page.summary


def plain(page: RulePage) -> str:
    """The same as plain text: headings without marks, code indented below the name of its file."""
    lines: list[str] = []
    for line, in_code in _lines(page):
        fence = _FENCE.match(line)
        if in_code:
            lines.append(f"    {_EXPECTATION.sub('', line)}".rstrip())
        elif fence:
            name = fence[2].partition(" ")[2].strip()
            if name:
                lines += ["", f"  {name}:"] if lines and lines[-1] else [f"  {name}:"]
        else:
            lines.append(line.lstrip("#").strip() if line.startswith("#") else line)
    return "\n".join(lines).strip() or page.summary


def first_paragraph(page: RulePage) -> str:
    """What the rule reports, on one line: the prose up to its first empty line."""
    paragraph: list[str] = []
    for line, in_code in _lines(page):
        if in_code or line.startswith("#") or _FENCE.match(line):
            break
        if line.strip():
            paragraph.append(line.strip())
        elif paragraph:
            break
    return " ".join(paragraph) or page.summary


def _lines(page: RulePage) -> list[tuple[str, bool]]:
    """The lines of the page below its title, each with whether it is inside a fenced block."""
    result: list[tuple[str, bool]] = []
    closing = ""
    titled = False
    for line in page.text().splitlines():
        fence = _FENCE.match(line)
        if closing:
            ends = fence is not None and fence[1].startswith(closing) and not fence[2]
            result.append((line, not ends))
            closing = "" if ends else closing
            continue
        if fence:
            closing = fence[1]
        elif not titled and line.startswith("# "):
            titled = True
            continue
        result.append((line, False))
    return result
