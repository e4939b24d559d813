from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from report_samples import clean_report, full_report, options

import constraintlint.reports
from constraintlint.findings import Diagnostic, Finding, Report, Step
from constraintlint.reports import render

SCHEMA: dict[str, Any] = json.loads(
    (Path(constraintlint.reports.__file__).parent / "report.schema.json").read_text("utf-8")
)


def document(report: Report) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(render(report, "json", options()))
    return loaded


def test_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("make", [full_report, clean_report])
def test_output_fits_the_schema(make: Any) -> None:
    jsonschema.Draft202012Validator(SCHEMA).validate(document(make()))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("schema_version",), 2),
        (("verdicts", "database", "status"), "maybe"),
        (("stack", "databases", 0, "role"), "production"),
        (("findings", 0, "line"), 0),
        (("findings", 0, "severity"), "fatal"),
        (("findings", 0, "trace", 0, "column"), "1"),
        (("diagnostics", 0, "kind"), ""),
        (("summary", "errors"), -1),
        (("findings", 0, "extra"), 1),
    ],
)
def test_schema_refuses(path: tuple[Any, ...], value: Any) -> None:
    broken: Any = document(full_report())
    target = broken
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = value
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(SCHEMA).validate(broken)


def test_keys_come_in_the_order_of_the_contract() -> None:
    found = document(full_report())
    assert list(found) == [
        "schema_version",
        "tool",
        "stack",
        "verdicts",
        "findings",
        "diagnostics",
        "summary",
    ]
    assert list(found["tool"]) == ["name", "version"]
    assert list(found["stack"]) == ["frameworks", "databases", "orms", "layers"]
    assert list(found["verdicts"]) == ["architecture", "database", "orm", "framework", "contract"]
    assert list(found["verdicts"]["orm"]) == ["status", "declared", "reason", "evidence"]
    assert list(found["findings"][0]) == [
        "rule", "category", "severity", "confidence", "path", "line", "column", "end_line", "end_column",
        "message", "help", "trace", "fingerprint",
    ]  # fmt: skip
    assert list(found["findings"][0]["trace"][0]) == ["path", "line", "column", "message"]
    assert list(found["diagnostics"][0]) == ["kind", "path", "line", "message"]
    assert list(found["summary"]) == [
        "files", "rules", "errors", "warnings", "notes", "suppressed", "duration_ms",
    ]  # fmt: skip


def test_values_are_those_of_the_report() -> None:
    report = full_report()
    found = document(report)
    assert [item["message"] for item in found["findings"]] == [item.message for item in report.findings]
    assert found["findings"][0]["fingerprint"] == report.findings[0].fingerprint
    assert found["stack"]["databases"] == report.stack["databases"]
    assert found["verdicts"]["framework"]["declared"] == ["fastapi", "flask"]
    assert found["summary"]["duration_ms"] == 120
    assert len(found["diagnostics"]) == 12


def test_places_start_at_one_and_strings_stay_as_they_are() -> None:
    report = clean_report()
    report.findings = [
        Finding(
            rule="x", path="d\udcff/ü.py", line=0, column=0, end_line=0, end_column=0,
            message='a "b"\n\x00\u2028', trace=[Step("", 0, 0, "")],
        )
    ]  # fmt: skip
    report.diagnostics = [Diagnostic("", 0, "k", "m")]
    found = document(report)
    jsonschema.Draft202012Validator(SCHEMA).validate(found)
    item = found["findings"][0]
    assert (item["line"], item["column"], item["end_line"], item["end_column"]) == (1, 1, 1, 1)
    assert item["message"] == 'a "b"\n\x00\u2028'
    assert item["path"] == "d\\xff/ü.py"
    assert (item["severity"], item["confidence"]) == ("warning", "medium")


def test_an_empty_stack_has_its_keys() -> None:
    report = clean_report()
    report.stack = {}
    assert document(report)["stack"] == {"frameworks": [], "databases": [], "orms": [], "layers": {}}
