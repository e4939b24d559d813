"""Whole backends under ``fixtures/backends``, and what ``check`` has to say of each.

About half of them keep everything they declare, though much in them looks as if they did not; the others break one or
two constraints by a defect that is easy to overlook. ``fixtures/backends/README.md`` says what each of them is.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import constraintlint.reports
from constraintlint import cli
from constraintlint.analysis import Options, analyse, open_projects, open_workspace
from constraintlint.config import config_for
from constraintlint.findings import Report
from constraintlint.reports import RenderOptions, render

BACKENDS = Path(__file__).parent.parent / "fixtures" / "backends"
SCHEMA: dict[str, Any] = json.loads(
    (Path(constraintlint.reports.__file__).parent / "report.schema.json").read_text("utf-8")
)
CONSTRAINTS = ("framework", "architecture", "database", "orm")

Roles = dict[str, str]
Place = tuple[str, str, int]
"""rule (or kind of diagnostic), path, line"""


@dataclass(frozen=True)
class Expected:
    """``fails`` are the constraints that are broken: every other one passes. ``contract`` is the status of the API contract."""

    frameworks: Roles
    databases: Roles
    orms: Roles
    layers: dict[str, int]
    fails: frozenset[str] = frozenset()
    findings: list[Place] = field(default_factory=list)
    diagnostics: list[Place] = field(default_factory=list)
    contract: str = "not-declared"


def runtime(*names: str, **others: str) -> Roles:
    """``runtime("postgresql", sqlite="test")``: what the program runs with, and what plays another role."""
    return {**dict.fromkeys(names, "runtime"), **others}


def clean(routes: int, services: int, repositories: int, models: int, *, unassigned: int) -> dict[str, int]:
    return {
        "routes": routes, "services": services, "repositories": repositories, "models": models, "unassigned": unassigned,
    }  # fmt: skip


KEPT = {
    "library-loans": Expected(
        runtime("flask"), runtime("postgresql", sqlite="test"), runtime("sqlalchemy"),
        clean(4, 3, 3, 4, unassigned=4), contract="pass",
    ),
    "ticketing": Expected(
        runtime("fastapi"), runtime("postgresql", sqlite="test"), runtime("sqlalchemy"),
        clean(2, 2, 2, 2, unassigned=8),
    ),
    "seed-bank": Expected(
        # production is what runs; a laptop and the tests have an engine of their own
        runtime("django"), runtime("postgresql", sqlite="development"), runtime("django"),
        clean(2, 2, 2, 2, unassigned=17),
    ),
    "parking-permits": Expected(
        runtime("aiohttp"), runtime("postgresql", sqlite="development"), {},
        clean(4, 3, 2, 2, unassigned=3),
    ),
    "transit": Expected(
        runtime("fastapi", "flask"), runtime("postgresql", "sqlite"), runtime("sqlalchemy"),
        clean(2, 2, 2, 2, unassigned=6),
    ),
    "transit/services/fares": Expected(
        runtime("fastapi"), runtime("postgresql"), runtime("sqlalchemy"),
        clean(1, 1, 1, 1, unassigned=3),
    ),
    "transit/services/timetable": Expected(
        runtime("flask"), runtime("sqlite"), {},
        clean(1, 1, 1, 1, unassigned=3),
    ),
    "weather-desk": Expected(
        # the environment chooses, and there is no default
        runtime("flask"), {"postgresql": "optional", "sqlite": "optional"}, runtime("sqlalchemy"),
        {"presentation": 2, "business": 1, "data": 4, "unassigned": 2},
    ),
    "parcel-lockers": Expected(
        runtime("express"), runtime("postgresql", sqlite="test"), runtime("sequelize"),
        clean(4, 2, 3, 3, unassigned=2),
        diagnostics=[("dynamic-import", "src/models/index.js", 22)],
    ),
    "court-booking": Expected(
        runtime("fastify"), runtime("postgresql"), runtime("prisma"),
        clean(2, 2, 3, 3, unassigned=2),
    ),
    "tide-gauge": Expected(
        runtime("hono"), runtime("sqlite"), runtime("drizzle"),
        {"web": 2, "almanac": 2, "storage": 3, "unassigned": 2},
    ),
    "choir-library": Expected(
        runtime("koa"), runtime("postgresql", sqlite="development"), runtime("knex"),
        clean(3, 3, 3, 1, unassigned=3),
    ),
    "makerspace": Expected(
        runtime("express"), runtime("postgresql"), runtime("kysely"),
        clean(2, 1, 2, 3, unassigned=4),
    ),
}  # fmt: skip

BROKEN = {
    "storefront": Expected(
        runtime("fastapi"), runtime("sqlite", postgresql="optional"), runtime("sqlalchemy"),
        clean(4, 4, 4, 3, unassigned=5),
        fails=frozenset({"architecture", "database", "orm"}),
        findings=[
            ("engine-forbidden", "shop/config.py", 3),
            ("layer-direction", "shop/repositories/orders.py", 3),
            ("raw-sql-bypasses-orm", "shop/repositories/reports.py", 15),
            ("layer-skipped", "shop/routers/products.py", 6),
        ],
    ),
    "clinic-slots": Expected(
        runtime("fastapi"), runtime("postgresql", sqlite="test"), runtime("sqlmodel"),
        clean(1, 1, 1, 2, unassigned=3),
        fails=frozenset({"database"}),
        findings=[
            ("engine-missing", "constraintlint.toml", 3),
            ("engine-forbidden", "src/clinic_slots/config.py", 5),
        ],
    ),
    "ferry-tickets": Expected(
        runtime("fastapi", "flask"), runtime("mysql", sqlite="test"), runtime("peewee"),
        clean(3, 1, 1, 1, unassigned=3),
        fails=frozenset({"framework"}),
        findings=[("framework-forbidden", "ferry/backoffice/app.py", 1)],
        diagnostics=[("route-gap", "ferry/main.py", 13)],
    ),
    "fishery-quota": Expected(
        runtime("aiohttp"), runtime("postgresql"), {},
        clean(1, 1, 2, 1, unassigned=4),
        fails=frozenset({"orm"}),
        findings=[
            ("required-orm-not-used", "constraintlint.toml", 4),
            ("raw-sql-bypasses-orm", "fishery/persistence/landings.py", 12),
            ("raw-sql-bypasses-orm", "fishery/persistence/landings.py", 16),
            ("raw-sql-bypasses-orm", "fishery/persistence/vessels.py", 11),
        ],
    ),
    "night-shift": Expected(
        runtime("django"), runtime("postgresql", sqlite="test"), runtime("django"),
        {"views": 4, "services": 2, "models": 1, "unassigned": 8},
        fails=frozenset({"orm"}),
        findings=[("raw-sql-bypasses-orm", "rota/services.py", 27)],
    ),
    "blood-drive": Expected(
        runtime("express"), runtime("sqlite", postgresql="optional"), runtime("sequelize"),
        clean(1, 1, 1, 1, unassigned=3),
        fails=frozenset({"database"}),
        findings=[("engine-forbidden", "src/config/index.js", 6)],
    ),
    "feed-mill": Expected(
        runtime("fastify"), runtime("mysql"), runtime("drizzle"),
        clean(0, 1, 1, 0, unassigned=4),
        fails=frozenset({"architecture"}),
        findings=[("architecture-layer-missing", "constraintlint.toml", 2)],
    ),
    "kennel": Expected(
        runtime("express"), runtime("mongodb"), runtime("mongoose"),
        clean(1, 2, 1, 1, unassigned=2),
        fails=frozenset({"architecture"}),
        findings=[("layer-direction", "src/models/stay.model.ts", 15)],
    ),
    "apiary": Expected(
        runtime("nestjs"), runtime("postgresql", sqlite="test"), runtime("typeorm"),
        clean(2, 2, 2, 2, unassigned=2),
        fails=frozenset({"orm"}),
        findings=[("raw-sql-bypasses-orm", "src/harvests/harvests.repository.ts", 24)],
    ),
}  # fmt: skip

EXPECTED = KEPT | BROKEN
ALONE = sorted({name.partition("/")[0] for name in EXPECTED})


@cache
def report_of(name: str) -> Report:
    return analyse(Options(root=BACKENDS / name, cache=False))


def findings_of(report: Report) -> list[Place]:
    return [(item.rule, item.path, item.line) for item in report.findings]


def diagnostics_of(report: Report) -> list[Place]:
    return [(item.kind, item.path, item.line) for item in report.diagnostics]


def roles(entries: object, key: str = "name") -> Roles:
    """Name -> role, of one list of the stack as it is reported."""
    assert isinstance(entries, list)
    return {entry[key]: entry["role"] for entry in entries}


def test_every_backend_is_in_the_table() -> None:
    there = sorted(path.name for path in BACKENDS.iterdir() if path.is_dir() and path.name[0] != ".")
    described = (BACKENDS / "README.md").read_text("utf-8")
    assert there == ALONE
    assert [name for name in there if f"`{name}`" not in described] == []


@pytest.mark.parametrize("name", EXPECTED)
class TestAlone:
    """Each backend as the checked root."""

    def test_findings(self, name: str) -> None:
        assert findings_of(report_of(name)) == sorted(EXPECTED[name].findings, key=lambda place: place[1:])

    def test_verdicts(self, name: str) -> None:
        expected = {
            constraint: "fail" if constraint in EXPECTED[name].fails else "pass" for constraint in CONSTRAINTS
        }
        verdicts = report_of(name).verdicts
        found = {constraint: verdict.status for constraint, verdict in verdicts.items()}
        assert found == {**expected, "contract": EXPECTED[name].contract}, {
            constraint: verdict.reason for constraint, verdict in verdicts.items()
        }

    def test_a_verdict_rests_on_evidence(self, name: str) -> None:
        report = report_of(name)
        for constraint, verdict in report.verdicts.items():
            assert verdict.reason
            if constraint in EXPECTED[name].fails and constraint != "architecture":
                assert verdict.evidence

    def test_stack(self, name: str) -> None:
        stack = report_of(name).stack
        assert roles(stack["frameworks"]) == EXPECTED[name].frameworks
        assert roles(stack["databases"], "engine") == EXPECTED[name].databases
        assert roles(stack["orms"]) == EXPECTED[name].orms

    def test_layers(self, name: str) -> None:
        assert report_of(name).stack["layers"] == EXPECTED[name].layers

    def test_nothing_is_left_unread(self, name: str) -> None:
        assert diagnostics_of(report_of(name)) == EXPECTED[name].diagnostics

    def test_json(self, name: str) -> None:
        report = report_of(name)
        document = json.loads(render(report, "json", RenderOptions()))
        jsonschema.Draft202012Validator(SCHEMA).validate(document)
        assert [(item["rule"], item["path"], item["line"]) for item in document["findings"]] == findings_of(
            report
        )
        assert document["summary"]["errors"] == sum(item.severity == "error" for item in report.findings)


@pytest.mark.parametrize(("name", "code"), [("storefront", 1), ("library-loans", 0)])
def test_the_command_line_says_the_same(name: str, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["check", str(BACKENDS / name), "--format", "json", "--no-cache"])
    document = json.loads(capsys.readouterr().out)
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    expected = json.loads(render(report_of(name), "json", RenderOptions()))
    document["summary"]["duration_ms"] = expected["summary"]["duration_ms"]
    assert document == expected
    assert caught.value.code == code


# --- all of them below one root -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def together() -> Report:
    return analyse(Options(root=BACKENDS, cache=False))


def within(places: list[Place], name: str) -> list[Place]:
    """The places below one backend, as that backend sees them."""
    return [
        (rule, path.removeprefix(f"{name}/"), line)
        for rule, path, line in places
        if path.startswith(f"{name}/")
    ]


@pytest.mark.parametrize("name", ALONE)
def test_the_parent_directory_finds_the_same(together: Report, name: str) -> None:
    assert within(findings_of(together), name) == findings_of(report_of(name))
    assert within(diagnostics_of(together), name) == diagnostics_of(report_of(name))


def test_the_parent_directory_finds_nothing_else(together: Report) -> None:
    assert len(together.findings) == sum(len(report_of(name).findings) for name in ALONE)
    assert len(together.diagnostics) == sum(len(report_of(name).diagnostics) for name in ALONE)
    assert together.summary.files == sum(report_of(name).summary.files for name in ALONE)


def test_below_the_parent_directory_each_keeps_its_own_stack() -> None:
    workspace = open_workspace(Options(root=BACKENDS, cache=False))
    projects = {project.config.directory: project for project in open_projects(workspace) if project.paths}
    assert sorted(projects) == sorted(name for name in EXPECTED if name != "transit")
    for name, project in projects.items():
        stack, expected = project.stack.to_json(), EXPECTED[name]
        assert roles(stack["frameworks"]) == expected.frameworks, name
        assert roles(stack["databases"], "engine") == expected.databases, name
        assert roles(stack["orms"]) == expected.orms, name
        assert {**project.layers.counts, "unassigned": len(project.layers.unassigned)} == expected.layers


def test_paths_restrict_the_report_to_one_backend(together: Report) -> None:
    some = analyse(Options(root=BACKENDS, paths=["storefront"], cache=False))
    assert within(findings_of(some), "storefront") == findings_of(report_of("storefront"))
    assert len(some.findings) < len(together.findings)


# --- two services with one package name ----------------------------------------------------------------------------


def edges(root: str) -> Iterator[tuple[str, str, str]]:
    """(directory of the importing project, importing file, imported file)"""
    workspace = open_workspace(Options(root=BACKENDS / root, cache=False))
    for path, resolution in workspace.resolve().items():
        for edge in resolution.edges:
            yield config_for(workspace.configs, path).directory, path, edge.target


def test_no_import_leaves_its_service() -> None:
    found = list(edges("transit"))
    assert [edge for edge in found if not edge[2].startswith(f"{edge[0]}/")] == []
    assert {directory for directory, _, _ in found} == {"services/fares", "services/timetable"}


def test_workspace_packages_are_followed_to_their_source() -> None:
    found = {(path, target) for _, path, target in edges("makerspace")}
    assert ("apps/api/src/main.ts", "packages/core/src/index.ts") in found
    assert ("apps/api/src/main.ts", "apps/api/src/routes/machines.ts") in found
    assert ("packages/core/src/services/reservations.ts", "packages/db/src/models/index.ts") in found
