"""The samples in ``docs/reports.md`` are what the formats print."""

from __future__ import annotations

from pathlib import Path

import pytest
from report_samples import options, small_report

from constraintlint.reports import FORMATS, render

PAGE = Path(__file__).parents[2] / "docs" / "reports.md"


def sample(format: str) -> str:
    """The first fenced block of the section ``## format``."""
    section = PAGE.read_text("utf-8").partition(f"\n## {format}\n")[2].partition("\n## ")[0]
    opening = next(line for line in section.splitlines() if line.startswith("```"))
    fence = opening[: len(opening) - len(opening.lstrip("`"))]
    return section.partition(f"{opening}\n")[2].partition(f"\n{fence}")[0]


@pytest.mark.parametrize("format", [name for name in FORMATS if name not in ("json", "sarif", "markdown")])
def test_sample(format: str) -> None:
    assert sample(format) + "\n" == render(small_report(), format, options())


def test_markdown_sample() -> None:
    """Its own headings would end the section, so it is looked for as a whole."""
    text = render(small_report(), "markdown", options())
    assert f"````markdown\n{text}````\n" in PAGE.read_text("utf-8")


@pytest.mark.parametrize("format", ["json", "sarif"])
def test_excerpt_of_a_sample(format: str) -> None:
    """A part of the output, shifted to the left."""
    lines = [line.strip() for line in render(small_report(), format, options()).splitlines()]
    part = [line.strip() for line in sample(format).splitlines()]
    assert len(part) > 5
    assert any(lines[at : at + len(part)] == part for at in range(len(lines)))
