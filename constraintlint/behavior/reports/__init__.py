"""Reports of ``verify``: each a pure function of an Outcome, in a module of its own."""

from __future__ import annotations

from importlib import import_module

from constraintlint.behavior.outcome import Outcome

FORMATS = ("text", "json", "junit", "markdown", "html")


def render(outcome: Outcome, format: str, *, color: bool = False) -> str:
    """The whole report, ending in a newline. Raises ValueError for a format that is not in FORMATS."""
    if format not in FORMATS:
        raise ValueError(f"unknown format {format!r}; formats are {', '.join(FORMATS)}")
    module = import_module(f"constraintlint.behavior.reports.{format}")
    text: str = module.render(outcome, color=color) if format == "text" else module.render(outcome)
    return text
