from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from report_samples import FILES, clean_report, full_report, options, pages

from constraintlint.findings import Diagnostic, Finding, Report, Severity, Step
from constraintlint.reports import RenderOptions, render, sarif
from constraintlint.reports.linehash import line_hashes

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    schema = json.loads((HERE / "sarif-2.1.0.json").read_text("utf-8"))
    return jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())


def run_of(report: Report, **changes: object) -> dict[str, Any]:
    log: dict[str, Any] = json.loads(render(report, "sarif", options(**changes)))
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    assert isinstance(run, dict)
    return run


def result_of(item: Finding, excerpt: str = "") -> dict[str, Any]:
    report = clean_report()
    report.findings = [item]
    report.excerpts = {(item.path, item.line): excerpt} if excerpt else {}
    (result,) = run_of(report)["results"]
    assert isinstance(result, dict)
    return result


def made(**changes: Any) -> Finding:
    values: dict[str, Any] = {
        "rule": "layer-direction", "path": "a.py", "line": 1, "column": 1, "end_line": 1, "end_column": 2, "message": "m",
    }  # fmt: skip
    return Finding(**{**values, **changes})


@pytest.mark.parametrize("make", [full_report, clean_report])
def test_official_schema(make: Any, validator: jsonschema.Draft202012Validator) -> None:
    validator.validate(json.loads(render(make(), "sarif", options())))


def test_official_schema_with_the_rules_of_the_package(validator: jsonschema.Draft202012Validator) -> None:
    log = json.loads(render(full_report(), "sarif", RenderOptions(sarif_category="backend")))
    validator.validate(log)
    assert log["runs"][0]["automationDetails"] == {"id": "backend/"}
    names = {result["ruleId"] for result in log["runs"][0]["results"]}
    rules = log["runs"][0]["tool"]["driver"]["rules"]
    assert names <= {rule["id"] for rule in rules}, "a rule without a page has a descriptor too"


def test_all_rules_have_all_texts() -> None:
    run = run_of(full_report())
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == list(pages())
    for rule in rules:
        for key in ("shortDescription", "fullDescription"):
            assert 0 < len(rule[key]["text"]) <= 1024
        assert rule["help"]["text"] and rule["help"]["markdown"]
        assert rule["defaultConfiguration"]["level"] in ("error", "warning", "note")
        tags = rule["properties"]["tags"]
        assert len(tags) == len(set(tags)) <= 10
        assert rule["properties"]["precision"] in ("very-high", "high", "medium", "low")
        assert rule["properties"]["problem.severity"] in ("error", "warning", "recommendation")
    by_id = {rule["id"]: rule for rule in rules}
    assert [name for name, rule in by_id.items() if "security-severity" in rule["properties"]] == [
        "sql-injection"
    ]
    assert "external/cwe/cwe-089" in by_id["sql-injection"]["properties"]["tags"]
    assert by_id["strict-extra"]["defaultConfiguration"] == {"level": "warning", "enabled": False}
    assert by_id["layer-direction"]["name"] == "LayerDirection"


def test_help_is_the_page_without_its_marks() -> None:
    rule = run_of(clean_report())["tool"]["driver"]["rules"][0]
    markdown, text = rule["help"]["markdown"], rule["help"]["text"]
    assert rule["fullDescription"]["text"] == "A layer imports a layer above it. It goes on in a second line."
    assert "expect" not in markdown and "expect" not in text
    assert "# layer-direction" not in markdown
    assert "`app/models/user.py`:\n\n```python\nfrom app.services import x\n```" in markdown
    assert "\n## Good\n" in markdown and "\nGood\n" in text
    assert "  app/models/user.py:\n    from app.services import x\n" in text
    # an inner fence is content of the longer one around it
    assert "````markdown\n```python\nfrom app.services import x\n```\n````" in markdown


def test_results() -> None:
    report = full_report()
    run = run_of(report)
    results = run["results"]
    assert len(results) == len(report.findings)
    assert [result["level"] for result in results] == ["error", "error", "error", "warning", "note"]
    rules = run["tool"]["driver"]["rules"]
    for result in results:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        (location,) = result["locations"]
        artifact = location["physicalLocation"]["artifactLocation"]
        assert artifact["uriBaseId"] == "%SRCROOT%"
        assert re.fullmatch(r"[A-Za-z0-9/._~%-]+", artifact["uri"])
        assert location["physicalLocation"]["region"]["startLine"] >= 1
        assert "suppressions" not in result
    assert run["columnKind"] == "utf16CodeUnits"
    assert (
        results[3]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        == "static/app%20bundle%25.js"
    )


def test_chain() -> None:
    first = run_of(full_report())["results"][0]
    links = re.findall(r"(?<!\\)\[([^\]]*)\]\((\d+)\)", first["message"]["text"])
    assert [int(number) for _, number in links] == [1, 2, 3]
    assert [place["id"] for place in first["relatedLocations"]] == [1, 2, 3]
    (flow,) = first["codeFlows"]
    (thread,) = flow["threadFlows"]
    uris = [step["location"]["physicalLocation"]["artifactLocation"]["uri"] for step in thread["locations"]]
    assert uris == ["app/models/user.py", "app/services/gr%C3%B6%C3%9Fe.py", "app/routes/users.py"]


def test_one_piece_of_evidence_is_no_flow() -> None:
    second = run_of(full_report())["results"][1]
    assert second["ruleId"] == "sql-unknown-column"
    assert "codeFlows" not in second and len(second["relatedLocations"]) == 1


def test_flow_begins_at_the_finding() -> None:
    result = result_of(made(line=9, trace=[Step("b.py", 1, 1, "x"), Step("c.py", 2, 1, "y")]))
    steps = result["codeFlows"][0]["threadFlows"][0]["locations"]
    lines = [step["location"]["physicalLocation"]["region"]["startLine"] for step in steps]
    assert lines == [9, 1, 2]


@pytest.mark.parametrize(
    ("line", "columns", "expected"),
    [
        ("x = 1", (1, 2), (1, 2)),
        ("größe = 1", (9, 10), (9, 10)),
        ('"🙂" + x', (7, 8), (8, 9)),
        ("🙂🙂🙂", (2, 3), (3, 5)),
        ("\t報x", (3, 4), (3, 4)),
    ],
)
def test_columns_are_utf16(line: str, columns: tuple[int, int], expected: tuple[int, int]) -> None:
    result = result_of(made(column=columns[0], end_column=columns[1]), excerpt=line)
    region = result["locations"][0]["physicalLocation"]["region"]
    assert (region["startColumn"], region["endColumn"]) == expected
    units = line.encode("utf-16-le")
    marked = units[2 * (expected[0] - 1) : 2 * (expected[1] - 1)].decode("utf-16-le")
    assert marked == line[columns[0] - 1 : columns[1] - 1]


def test_columns_of_a_line_that_is_no_excerpt_come_from_the_file() -> None:
    report = full_report()
    report.excerpts = {}
    regions = [result["locations"][0]["physicalLocation"]["region"] for result in run_of(report)["results"]]
    assert regions == [
        result["locations"][0]["physicalLocation"]["region"] for result in run_of(full_report())["results"]
    ]
    assert regions[2]["startColumn"] == 19, "one more than the code point column, behind 🙂"


@pytest.mark.parametrize(
    ("changes", "uri", "region"),
    [
        ({"line": 0, "column": 0, "end_line": 0, "end_column": 0}, "a.py", {"startLine": 1, "startColumn": 1}),
        ({"end_column": 1}, "a.py", {"startLine": 1, "startColumn": 1}),
        ({"path": ""}, "constraintlint.toml", {"startLine": 1, "startColumn": 1}),
        ({"path": ".", "trace": [Step("b.py", 3, 2, "")]}, "b.py", {"startLine": 3, "startColumn": 2}),
        ({"line": 4, "end_line": 6, "end_column": 3}, "a.py", {"startLine": 4, "startColumn": 1, "endLine": 6, "endColumn": 3}),
        ({"path": "a:b/c?d#e%.py"}, "a%3Ab/c%3Fd%23e%25.py", None),
        ({"path": "d\udcff.py"}, "d%FF.py", None),
        ({"path": "d\ud800.py"}, "d%ED%A0%80.py", None),
    ],
)  # fmt: skip
def test_every_result_is_anchored(changes: dict[str, Any], uri: str, region: dict[str, int] | None) -> None:
    location = result_of(made(**changes))["locations"][0]["physicalLocation"]
    assert location["artifactLocation"]["uri"] == uri
    assert region is None or location["region"] == region


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("m", "m."),
        ("ends.", "ends."),
        ("list[0] stays", "list[0] stays."),
        ("list[0](1) is no link", r"list\[0\](1) is no link."),
        ("two\nlines", "two lines."),
        ("bell\x07", r"bell\x07."),
        ("", "layer-direction."),
    ],
)
def test_message(message: str, text: str) -> None:
    assert result_of(made(message=message))["message"]["text"] == text


def test_fingerprints() -> None:
    report = full_report()
    results = run_of(report)["results"]
    assert {result["partialFingerprints"]["constraintlint/v1"] for result in results} == {
        item.fingerprint for item in report.findings
    }
    for result in results:
        uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        line = result["locations"][0]["physicalLocation"]["region"]["startLine"]
        path = {"app/services/gr%C3%B6%C3%9Fe.py": "app/services/größe.py"}.get(uri, uri)
        text = FILES[path.replace("%20", " ").replace("%25", "%")]
        assert result["partialFingerprints"]["primaryLocationLineHash"] == line_hashes(text, [line])[line]
    without = run_of(report, read_text=None)["results"][0]
    assert list(without["partialFingerprints"]) == ["constraintlint/v1"]
    unreadable = run_of(report, read_text=lambda path: None)["results"][0]
    assert list(unreadable["partialFingerprints"]) == ["constraintlint/v1"]


def test_each_file_is_read_once() -> None:
    asked: list[str] = []

    def read(path: str) -> str | None:
        asked.append(path)
        return FILES.get(path)

    run_of(full_report(), read_text=read)
    assert len(asked) == len(set(asked))


def test_paths_below_the_repository() -> None:
    result = run_of(full_report(), path_prefix="apps/my backend/")["results"][0]
    uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri == "apps/my%20backend/app/models/user.py"
    assert "primaryLocationLineHash" in result["partialFingerprints"]


def test_diagnostics_are_notifications() -> None:
    run = run_of(full_report())
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] is True
    notifications = invocation["toolExecutionNotifications"]
    descriptors = run["tool"]["driver"]["notifications"]
    assert len(notifications) == 12
    for item in notifications:
        assert descriptors[item["descriptor"]["index"]]["id"] == item["descriptor"]["id"]
    assert notifications[-1]["descriptor"]["id"] == "dynamic-import"
    assert notifications[-1]["locations"][0]["physicalLocation"]["region"] == {
        "startLine": 4,
        "startColumn": 5,
    }
    assert all(
        descriptor["help"]["text"] and descriptor["fullDescription"]["text"] for descriptor in descriptors
    )
    assert "toolExecutionNotifications" not in run_of(clean_report())["invocations"][0]


def test_a_diagnostic_without_a_file() -> None:
    report = clean_report()
    report.diagnostics = [Diagnostic("", 1, "cache-unusable", "the cache cannot be written")]
    (item,) = run_of(report)["invocations"][0]["toolExecutionNotifications"]
    assert "locations" not in item


def test_the_most_severe_results_survive_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sarif, "_MAX_RESULTS", 3)
    report = clean_report()
    severities: list[Severity] = ["note", "error", "warning", "error", "note"]
    report.findings = [made(path=f"{n}.py", severity=severity) for n, severity in enumerate(severities)]
    run = run_of(report)
    assert [result["level"] for result in run["results"]] == ["error", "error", "warning"]
    (notice,) = run["invocations"][0]["toolExecutionNotifications"]
    assert notice["message"]["text"] == "2 of 5 findings are left out, the least severe ones."


def test_a_long_chain_keeps_to_the_limits() -> None:
    trace = [Step(f"m{n}.py", n + 1, 1, "imports the next") for n in range(1_500)]
    result = result_of(made(path="m0.py", trace=trace))
    assert len(result["relatedLocations"]) == 100
    assert len(result["codeFlows"][0]["threadFlows"][0]["locations"]) == 1_000
    assert result["message"]["text"].endswith(" and 1490 more.")


# --- sarif-multitool ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def multitool() -> str:
    tool = os.environ.get("CONSTRAINTLINT_SARIF_MULTITOOL") or shutil.which("sarif-multitool")
    if not tool:
        pytest.skip("sarif-multitool is neither on PATH nor in CONSTRAINTLINT_SARIF_MULTITOOL")
    return tool


def run_tool(tool: str, *arguments: str) -> str:
    # without ICU libraries the tool only starts in this mode
    environment = {**os.environ, "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"}
    process = subprocess.run(
        [tool, *arguments], env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    return process.stdout + process.stderr


def problems(tool: str, file: Path) -> list[str]:
    """Lines of ``file(line,column): error|warning ID: ...``: the exit code is 0 whatever it finds."""
    output = run_tool(tool, "validate", str(file), "--rule-kind", "Sarif;Ghas", "--level", "Error;Warning")
    assert "Analysis completed successfully" in output, output
    return [line for line in output.splitlines() if re.search(r"\): (error|warning) \w+:", line)]


@pytest.mark.parametrize("sample", ["full", "clean", "package rules"])
def test_multitool_finds_nothing(multitool: str, sample: str, tmp_path: Path) -> None:
    report = clean_report() if sample == "clean" else full_report()
    file = tmp_path / "out.sarif"
    chosen = RenderOptions() if sample == "package rules" else options()
    file.write_text(render(report, "sarif", chosen), "utf-8")
    assert problems(multitool, file) == []


def test_multitool_would_find_something(multitool: str, tmp_path: Path) -> None:
    log = json.loads(render(full_report(), "sarif", options()))
    del log["runs"][0]["results"][0]["locations"]
    file = tmp_path / "broken.sarif"
    file.write_text(json.dumps(log), "utf-8")
    assert problems(multitool, file)


def test_multitool_computes_the_same_line_hashes(multitool: str, tmp_path: Path) -> None:
    """Except for a file with a byte order mark, which this tool drops and the upload action does not."""
    log = json.loads(render(full_report(), "sarif", options()))
    expected = []
    for path, text in FILES.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(text.encode())
    for result in log["runs"][0]["results"]:
        expected.append(result.pop("partialFingerprints")["primaryLocationLineHash"])
        artifact = result["locations"][0]["physicalLocation"]["artifactLocation"]
        del artifact["uriBaseId"]
        artifact["uri"] = f"{tmp_path.as_uri()}/{artifact['uri']}"
    source, target = tmp_path / "in.sarif", tmp_path / "out.sarif"
    source.write_text(json.dumps(log), "utf-8")
    run_tool(
        multitool, "rewrite", str(source), "-o", str(target), "--insert", "RollingHashPartialFingerprints"
    )
    found = [
        result["partialFingerprints"]["primaryLocationLineHash"]
        for result in json.loads(target.read_text("utf-8-sig"))["runs"][0]["results"]
    ]
    assert FILES["app/models/user.py"].startswith("\ufeff")
    assert found[1:] == expected[1:] and found[0] != expected[0]
