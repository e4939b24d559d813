"""Every format, byte for byte, against ``golden/`` (``pytest tests/reports --update-golden`` writes it anew)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from report_samples import ROOT, clean_report, full_report, options

from constraintlint import __version__
from constraintlint.reports import FORMATS, RenderOptions, render

GOLDEN = Path(__file__).parent / "golden"
SAMPLES = {"report": full_report, "clean": clean_report}
HIDDEN = "never to be seen in any report"


def compare(name: str, text: str, update: bool) -> None:
    file = GOLDEN / name
    text = text.replace(f'"{__version__}"', '"VERSION"')
    if update:
        file.write_bytes(text.encode())
    assert text == file.read_bytes().decode(), (
        f"{file.name} differs: review it, then run with --update-golden"
    )


@pytest.mark.parametrize("sample", SAMPLES)
@pytest.mark.parametrize("format", FORMATS)
def test_golden(format: str, sample: str, update_golden: bool) -> None:
    text = render(SAMPLES[sample](), format, options())
    assert text.endswith("\n") and not text.endswith("\n\n")
    compare(f"{sample}.{format}", text, update_golden)


def test_golden_with_colour_and_links(update_golden: bool) -> None:
    text = render(full_report(), "text", options(color=True, hyperlink="file://host{path}#{line}"))
    compare("report.text-color", text, update_golden)


@pytest.mark.parametrize("format", FORMATS)
def test_reports_nothing_of_the_machine_the_clock_or_what_is_suppressed(format: str) -> None:
    report = full_report()
    assert HIDDEN in report.suppressed[0].message
    text = render(report, format, options())
    assert ROOT not in text
    assert HIDDEN not in text
    report.summary.duration_ms = 99_887_766
    assert ("99887766" in render(report, format, options())) == (format == "json")


@pytest.mark.parametrize("format", FORMATS)
def test_order_of_the_input_does_not_matter(format: str) -> None:
    report, shuffled = full_report(), full_report()
    shuffled.findings.reverse()
    shuffled.diagnostics.reverse()
    shuffled.verdicts = dict(reversed(shuffled.verdicts.items()))
    shuffled.excerpts = dict(reversed(shuffled.excerpts.items()))
    assert render(shuffled, format, options()) == render(report, format, options())


def test_unknown_format() -> None:
    with pytest.raises(ValueError, match="unknown format 'xml'; formats are text, concise"):
        render(clean_report(), "xml", RenderOptions())


def test_one_format_is_imported_at_a_time() -> None:
    code = (
        "import sys, constraintlint.findings; before = set(sys.modules);"
        "import constraintlint.reports as r;"
        "loaded = set(sys.modules) - before;"
        "own = {'constraintlint.reports', 'constraintlint.reports.options', 'constraintlint.reports.terminal'};"
        "assert loaded == own, loaded - own;"
        "from constraintlint.findings import Report, Summary;"
        "report = Report(root='/', stack={}, verdicts={}, findings=[], summary=Summary(files=1, rules=1));"
        "r.render(report, 'concise');"
        "formats = {m for m in sys.modules if m.removeprefix('constraintlint.reports.') in r.FORMATS};"
        "assert formats == {'constraintlint.reports.concise'}, formats"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
