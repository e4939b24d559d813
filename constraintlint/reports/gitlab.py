"""GitLab Code Quality: the subset of the Code Climate issue that its merge request widget reads.

Source: GitLab documentation, "Code Quality report format": description, check_name, fingerprint, severity,
location.path and location.lines.begin; issues of one fingerprint are shown once.
"""

from __future__ import annotations

from constraintlint.findings import Finding, Report
from constraintlint.reports import common
from constraintlint.reports.escape import one_line
from constraintlint.reports.json import dumps
from constraintlint.reports.options import RenderOptions

_SEVERITIES = {"error": "major", "warning": "minor", "note": "info"}


def render(report: Report, options: RenderOptions) -> str:
    prefix = f"{options.path_prefix.rstrip('/')}/" if options.path_prefix else ""
    return dumps([_issue(item, prefix) for item in common.in_order(report.findings)])


def _issue(item: Finding, prefix: str) -> dict[str, object]:
    begin = max(item.line, 1)
    message, help = one_line(item.message), one_line(item.help)
    return {
        "type": "issue",
        "check_name": item.rule,
        "description": f"{message} ({help})" if help else message or item.rule,
        "severity": _SEVERITIES[common.severity_of(item)],
        "fingerprint": item.fingerprint,
        "location": {
            "path": prefix + item.path,
            "lines": {"begin": begin, "end": max(item.end_line, begin)},
        },
    }
