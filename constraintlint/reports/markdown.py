"""Markdown for pull request comments and job summaries: verdicts, then the findings, folded by rule."""

from __future__ import annotations

from constraintlint.findings import Finding, Report
from constraintlint.reports import common
from constraintlint.reports.escape import encodable, lines_of, one_line
from constraintlint.reports.options import RenderOptions

#: a GitHub comment holds 65,536 characters; the rest is for what follows the findings
_MAX_FINDINGS = 55_000
_MAX_CELL = 300
_STATUS = {"pass": "pass", "fail": "**fail**", "not-declared": "not declared"}
#: what begins markup inside a line; an escaped bracket disarms links and images
_PUNCTUATION = frozenset("\\`*_[]|~")
_ENTITIES = {"<": "&lt;", ">": "&gt;", "&": "&amp;", "$": "<span>$</span>"}
_MAX_EMOJI = 40


def render(report: Report, options: RenderOptions) -> str:
    outcome = "failed" if common.has_failed(report, options.fail_on) else "passed"
    blocks = [f"## constraintlint: {outcome}", *_verdicts(report), _facts(report)]
    groups = _groups(report)
    left_out = 0
    size = 0
    for group in groups:
        kept, missing = _group(group, _MAX_FINDINGS - size)
        left_out += missing
        if kept:
            size += len(kept) + 2
            blocks.append(kept)
    if left_out:
        blocks.append(
            f"{common.plural(left_out, 'more finding')} not shown here; the other formats list all."
        )
    blocks += _diagnostics(report, options.max_diagnostics)
    blocks.append(escaped(common.verdict_line(report)))
    return encodable("\n\n".join(blocks) + "\n")


def escaped(text: str) -> str:
    """``text`` as literal Markdown: no markup, no HTML, no formula, no mention of a user or an issue, no emoji name."""
    out: list[str] = []
    for position, character in enumerate(text):
        if character in _ENTITIES:
            out.append(_ENTITIES[character])
        elif character in "@#:" and _is_reference(text, position):
            # an empty comment parts what post-processing would join; a backslash does not
            out.append(f"{character}<!-- -->")
        elif character in _PUNCTUATION:
            out.append(f"\\{character}")
        else:
            out.append(character)
    return "".join(out)


def code(text: str) -> str:
    """``text`` as a code span, with a fence longer than any run of backticks in it (CommonMark 6.1)."""
    if not text.strip():
        return ""
    longest = run = 0
    for character in text:
        run = run + 1 if character == "`" else 0
        longest = max(longest, run)
    if not longest:
        return f"`{text}`"
    fence = "`" * (longest + 1)
    return f"{fence} {text} {fence}"


def _is_reference(text: str, position: int) -> bool:
    """Whether the mark at ``position`` begins a mention (@name), an issue (#1) or an emoji (:name:)."""
    following = text[position + 1 : position + 2]
    if text[position] == "@":
        return following.isalnum()
    if text[position] == "#":
        return following.isdigit()
    name, colon, _ = text[position + 1 : position + 2 + _MAX_EMOJI].partition(":")
    return bool(name and colon) and all(c.isalnum() or c in "_+-" for c in name)


def _verdicts(report: Report) -> list[str]:
    rows = []
    for name, verdict in common.shown_verdicts(report):
        declared = common.declared(verdict)
        cells = [escaped(one_line(name)), _STATUS[verdict.status], _cell_code(declared)]
        cells.append(escaped(_short(one_line(verdict.reason))))
        rows.append(f"| {' | '.join(cells)} |")
    if not rows:
        return []
    return ["\n".join(["| constraint | verdict | declared | reason |", "| --- | --- | --- | --- |", *rows])]


def _facts(report: Report) -> str:
    lines = [f"Coverage: {escaped(common.coverage_line(report))}"]
    stack = common.stack_line(report)
    if stack:
        lines.insert(0, f"Stack: {escaped(stack)}")
    return "<br>\n".join(lines)


def _groups(report: Report) -> list[list[Finding]]:
    """Findings by rule and severity, the most severe rules first."""
    groups: dict[tuple[int, str], list[Finding]] = {}
    for item in common.in_order(report.findings):
        groups.setdefault((common.RANK[common.severity_of(item)], item.rule), []).append(item)
    return [groups[key] for key in sorted(groups)]


def _group(group: list[Finding], room: int) -> tuple[str, int]:
    """The folded block of one rule as far as it fits ``room`` characters, and how many findings do not."""
    severity = common.severity_of(group[0])
    rule = _html(one_line(group[0].rule))
    opening = "<details open>" if severity == "error" else "<details>"
    title = f"{severity} <code>{rule}</code>: {common.plural(len(group), 'finding')}"
    entries: list[str] = []
    size = len(title) + 60
    for item in group:
        entry = _entry(item)
        if size + len(entry) > room:
            break
        size += len(entry) + 1
        entries.append(entry)
    if not entries:
        return "", len(group)
    text = "\n".join(entries)
    return f"{opening}\n<summary>{title}</summary>\n\n{text}\n\n</details>", len(group) - len(entries)


def _entry(item: Finding) -> str:
    message = " ".join(lines_of(item.message))
    lines = [f"- {code(common.place(item.path, item.line, item.column))} {escaped(message)}"]
    for step in item.trace:
        place = code(common.place(step.path, step.line, step.column))
        lines.append(f"  - {place} {escaped(one_line(step.message))}".rstrip())
    if item.help:
        lines.append(f"  - help: {escaped(' '.join(lines_of(item.help)))}")
    return "\n".join(lines)


def _diagnostics(report: Report, limit: int) -> list[str]:
    items = sorted(report.diagnostics)
    if not items:
        return []
    title = f"Not analysed: {len(items)} ({_html(common.diagnostic_counts(items))})"
    shown = items[: max(limit, 0)]
    lines = [
        f"- {code(common.place(item.path, item.line))} {escaped(_short(f'{one_line(item.kind)}: {one_line(item.message)}'))}"
        for item in shown
    ]
    if len(items) > len(shown):
        lines.append(f"- and {len(items) - len(shown)} more")
    text = "\n".join(lines)
    return [f"<details>\n<summary>{title}</summary>\n\n{text}\n\n</details>"]


def _cell_code(text: str) -> str:
    """A code span inside a table cell, where a pipe would end the cell even in code (GFM tables)."""
    return code(_short(text)).replace("|", "\\|")


def _short(text: str) -> str:
    return text if len(text) <= _MAX_CELL else f"{text[: _MAX_CELL - 3]}..."


def _html(text: str) -> str:
    return "".join(_ENTITIES.get(c, c) if c in "<>&" else c for c in text)
