"""GitHub Actions: workflow commands that annotate the changed lines, then the same findings as lines of the log."""

from __future__ import annotations

from hashlib import blake2b

from constraintlint.findings import Finding, Report
from constraintlint.reports import common, concise
from constraintlint.reports.escape import encodable, lines_of, one_line, visible
from constraintlint.reports.options import RenderOptions

#: annotations of one level that GitHub shows of one step
_SHOWN = 10
_COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}


def render(report: Report, options: RenderOptions) -> str:
    """Annotations as long as GitHub shows them, the most severe first; every finding as a line of the log.

    The log lines quote code, which may hold workflow commands of its own: commands are switched off around such lines,
    with a token that is a hash of them, so that they cannot hold the token.
    """
    findings = common.most_severe_first(report.findings)
    annotated: dict[str, int] = {}
    lines = []
    for item in findings:
        severity = common.severity_of(item)
        if annotated.get(severity, 0) < _SHOWN:
            annotated[severity] = annotated.get(severity, 0) + 1
            lines.append(_annotation(item, options.path_prefix))
    log = [concise.line(item) for item in findings]
    left_out = len(findings) - sum(annotated.values())
    if left_out:
        log.append(
            f"not annotated: {common.plural(left_out, 'finding')} (GitHub shows {_SHOWN} a level and step)"
        )
    log.append(common.verdict_line(report))
    body = encodable("\n".join(log))
    if "::" in body or "##[" in body:
        token = blake2b(body.encode(), digest_size=16).hexdigest()
        body = f"::stop-commands::{token}\n{body}\n::{token}::"
    return encodable("\n".join([*lines, body, ""]))


def _annotation(item: Finding, prefix: str) -> str:
    line = max(item.line, 1)
    end_line = max(item.end_line, line)
    properties = {
        "file": visible(_joined(prefix, item.path)),
        "line": str(line),
        "endLine": str(end_line),
    }
    if end_line == line:  # GitHub takes columns of single lines only
        properties["col"] = str(max(item.column, 1))
        properties["endColumn"] = str(max(item.end_column, item.column, 1))
    properties["title"] = one_line(item.rule)
    text = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    message = "\n".join(lines_of(item.message) + [f"help: {line}" for line in [one_line(item.help)] if line])
    return f"::{_COMMANDS[common.severity_of(item)]} {text}::{_data(message)}"


def _joined(prefix: str, path: str) -> str:
    return f"{prefix.rstrip('/')}/{path}" if prefix else path


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
