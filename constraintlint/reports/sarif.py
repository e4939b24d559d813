"""SARIF 2.1.0 for GitHub code scanning and other viewers.

One run; relative, percent-encoded URIs; columns in UTF-16 code units; every result anchored to a line. Suppressed
findings are left out, because code scanning shows suppressed results as open alerts. Nothing in it depends on the
machine or the time. Specification: OASIS SARIF 2.1.0 (errata 01).
"""

from __future__ import annotations

from constraintlint.findings import Diagnostic, Finding, Report, Step
from constraintlint.reports import common, sarif_rules
from constraintlint.reports.escape import lines_of, one_line, percent_encoded, visible
from constraintlint.reports.json import dumps
from constraintlint.reports.linehash import line_hashes
from constraintlint.reports.options import RenderOptions
from constraintlint.rulebook import all_rules

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_BASE = "%SRCROOT%"
#: GitHub rejects a run with more results; of these it keeps the 5,000 most severe
_MAX_RESULTS = 25_000
#: GitHub: steps of a code flow and related locations it keeps of one result
_MAX_STEPS = 1_000
_MAX_RELATED = 100
#: steps linked from a message; the code flow has them all
_MAX_LINKS = 10
_TRUNCATED = "results-truncated"
#: where a finding without a file is anchored
_ANCHOR = "constraintlint.toml"


def render(report: Report, options: RenderOptions) -> str:
    return dumps(log(report, options))


def log(report: Report, options: RenderOptions) -> dict[str, object]:
    """The SARIF log as plain dictionaries and lists."""
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [_Run(report, options).run()]}


class _Run:
    def __init__(self, report: Report, options: RenderOptions) -> None:
        self.report = report
        self.options = options
        ordered = common.most_severe_first(report.findings)
        self.findings = ordered[:_MAX_RESULTS]
        self.diagnostics = sorted(report.diagnostics)
        if len(ordered) > _MAX_RESULTS:
            left = f"{len(ordered) - _MAX_RESULTS} of {len(ordered)} findings are left out, the least severe ones"
            self.diagnostics.append(Diagnostic("", 1, _TRUNCATED, left))
        self.kinds = {kind: index for index, kind in enumerate(sorted({d.kind for d in self.diagnostics}))}
        self.rules = options.rules if options.rules is not None else all_rules()
        self.unknown = sorted({item.rule for item in self.findings} - set(self.rules))
        self.indices = {name: index for index, name in enumerate([*self.rules, *self.unknown])}
        self.texts: dict[str, str | None] = {}
        self.split: dict[str, list[str]] = {}
        self.hashes = self._line_hashes()

    def run(self) -> dict[str, object]:
        run: dict[str, object] = {
            "tool": {"driver": sarif_rules.driver(self.rules, self.unknown, self.kinds)},
            "columnKind": "utf16CodeUnits",
            "invocations": [self.invocation()],
            "results": [self.result(item) for item in self.findings],
        }
        if self.options.sarif_category:
            run["automationDetails"] = {"id": f"{self.options.sarif_category.rstrip('/')}/"}
        verdicts = {
            name: {"status": verdict.status, "declared": verdict.declared, "reason": verdict.reason}
            for name, verdict in common.ordered_verdicts(self.report)
        }
        if verdicts:
            run["properties"] = {"verdicts": verdicts}
        return run

    def invocation(self) -> dict[str, object]:
        invocation: dict[str, object] = {"executionSuccessful": True}
        if self.diagnostics:
            invocation["toolExecutionNotifications"] = [self.notification(item) for item in self.diagnostics]
        return invocation

    def notification(self, item: Diagnostic) -> dict[str, object]:
        notification: dict[str, object] = {
            "descriptor": {"id": item.kind, "index": self.kinds[item.kind]},
            "level": "warning",
            "message": {"text": _sentence(_literal(one_line(item.message) or item.kind))},
        }
        if item.path:
            location = self.location(item.path, item.line, item.column, 0, 0)
            notification["locations"] = [{"physicalLocation": location}]
        return notification

    def result(self, item: Finding) -> dict[str, object]:
        path, line, column, end_line, end_column = _anchor(item)
        result: dict[str, object] = {
            "ruleId": item.rule,
            "ruleIndex": self.indices[item.rule],
            "level": common.severity_of(item),
            "message": {"text": _message(item)},
            "locations": [{"physicalLocation": self.location(path, line, column, end_line, end_column)}],
        }
        if item.trace:
            result["relatedLocations"] = [
                {"id": number, **self.step(step)} for number, step in enumerate(item.trace[:_MAX_RELATED], 1)
            ]
        flow = _flow(item)
        if flow:
            steps = [{"location": self.step(step)} for step in flow[:_MAX_STEPS]]
            result["codeFlows"] = [{"threadFlows": [{"locations": steps}]}]
        fingerprints = {}
        line_hash = self.hashes.get((path, line))
        if line_hash:
            fingerprints["primaryLocationLineHash"] = line_hash
        if item.fingerprint:
            fingerprints["constraintlint/v1"] = item.fingerprint
        if fingerprints:
            result["partialFingerprints"] = fingerprints
        return result

    def step(self, step: Step) -> dict[str, object]:
        message = one_line(step.message) or common.place(step.path, step.line)
        return {
            "physicalLocation": self.location(
                step.path, step.line, step.column, step.end_line, step.end_column
            ),
            "message": {"text": _literal(message)},
        }

    def location(
        self, path: str, line: int, column: int, end_line: int, end_column: int
    ) -> dict[str, object]:
        """A physicalLocation; the end is left out where the span is empty or unknown."""
        line, column = max(line, 1), max(column, 1)
        region = {"startLine": line, "startColumn": self.utf16(path, line, column)}
        if (end_line, end_column) > (line, column) and end_column >= 1:
            region["endLine"] = end_line
            region["endColumn"] = self.utf16(path, end_line, end_column)
        return {
            "artifactLocation": {"uri": self.uri(path), "uriBaseId": _BASE},
            "region": region,
        }

    def uri(self, path: str) -> str:
        prefix = self.options.path_prefix.rstrip("/")
        return percent_encoded(f"{prefix}/{path}" if prefix else path)

    def utf16(self, path: str, line: int, column: int) -> int:
        """The column in UTF-16 code units: one more for each character before it outside the basic plane."""
        source = self.report.excerpts.get((path, line))
        if source is None:
            lines = self.lines(path)
            source = lines[line - 1] if line <= len(lines) else ""
        if source.isascii():
            return column
        return column + sum(character > "\uffff" for character in source[: column - 1])

    def lines(self, path: str) -> list[str]:
        if path not in self.split:
            self.split[path] = (self.text(path) or "").removeprefix("\ufeff").split("\n")
        return self.split[path]

    def text(self, path: str) -> str | None:
        if path not in self.texts:
            self.texts[path] = self.options.read_text(path) if self.options.read_text else None
        return self.texts[path]

    def _line_hashes(self) -> dict[tuple[str, int], str]:
        """GitHub's fingerprint of every line with a result, where the file can be read."""
        wanted: dict[str, set[int]] = {}
        for item in self.findings:
            path, line, *_ = _anchor(item)
            wanted.setdefault(path, set()).add(line)
        found: dict[tuple[str, int], str] = {}
        for path, numbers in wanted.items():
            text = self.text(path)
            if text is not None:
                found.update(((path, line), value) for line, value in line_hashes(text, numbers).items())
        return found


def _anchor(item: Finding) -> tuple[str, int, int, int, int]:
    """Where a result stands: one without a place would make GitHub reject the whole file."""
    if item.path not in ("", "."):
        return item.path, max(item.line, 1), max(item.column, 1), item.end_line, item.end_column
    for step in item.trace:
        if step.path not in ("", "."):
            return step.path, max(step.line, 1), max(step.column, 1), step.end_line, step.end_column
    return _ANCHOR, 1, 1, 0, 0


def _flow(item: Finding) -> list[Step]:
    """The chain of a finding with several steps, from the finding's own place on."""
    if len(item.trace) < 2:
        return []
    if any((step.path, step.line) == (item.path, item.line) for step in item.trace):
        return item.trace
    path, line, column, end_line, end_column = _anchor(item)
    return [Step(path, line, column, item.message, end_line, end_column), *item.trace]


def _message(item: Finding) -> str:
    """The message, links to the steps of the evidence (by the id of their related location), and what to do."""
    parts = [_sentence(_literal(" ".join(lines_of(item.message)).strip() or item.rule))]
    if item.trace:
        shown = item.trace[:_MAX_LINKS]
        links = [f"[{_bracketed(_step_text(step))}]({number})" for number, step in enumerate(shown, 1)]
        left = len(item.trace) - len(shown)
        parts.append(f"Evidence: {', '.join(links)}{f' and {left} more' if left else ''}.")
    if item.help:
        parts.append(_sentence(_literal("Help: " + " ".join(lines_of(item.help)).strip())))
    return " ".join(parts)


def _step_text(step: Step) -> str:
    return f"{visible(step.path)}:{max(step.line, 1)} {one_line(step.message)}".rstrip()


def _literal(text: str) -> str:
    """``text`` without links of its own: what looks like one is escaped (SARIF 3.11.6)."""
    return _bracketed(text) if "](" in text else text


def _bracketed(text: str) -> str:
    return text.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."
