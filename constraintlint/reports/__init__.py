"""Report formats: each a pure function of a Report, in a module of its own that is imported when it is asked for.

A report knows findings and no rule. The text of every format is UTF-8 encodable, ends in a newline, names no absolute
path and is the same, byte for byte, for the same Report; ``summary.duration_ms`` of json is the one thing that may
differ between two runs.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from constraintlint.reports.options import RenderOptions
from constraintlint.reports.terminal import agent_variable, default_format, hyperlink_template, use_color

if TYPE_CHECKING:
    from constraintlint.findings import Report

__all__ = [
    "FORMATS",
    "RenderOptions",
    "agent_variable",
    "default_format",
    "hyperlink_template",
    "render",
    "use_color",
]

FORMATS: tuple[str, ...] = (
    "text", "concise", "json", "sarif", "github", "gitlab", "junit", "markdown", "agent",
)  # fmt: skip


def render(report: Report, format: str, options: RenderOptions | None = None) -> str:
    """The whole output of one format. Raises ValueError for a format that is not in FORMATS."""
    if format not in FORMATS:
        raise ValueError(f"unknown format {format!r}; formats are {', '.join(FORMATS)}")
    module = import_module(f"constraintlint.reports.{format}")
    text: str = module.render(report, options or RenderOptions())
    return text
