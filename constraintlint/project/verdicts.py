"""The verdict on each declared constraint: pass or fail, with its reason and evidence."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from constraintlint.findings import Diagnostic, Evidence, Finding, Step, Verdict
from constraintlint.project.architecture import architecture_verdict
from constraintlint.project.evidence.claims import Entry
from constraintlint.project.signatures import canonical_name, engines, frameworks, implied, orms, same_family

if TYPE_CHECKING:
    from constraintlint.project import Project

_MAX_EVIDENCE = 5
_IN_USE = ("runtime", "optional")


def verdicts(project: Project, findings: list[Finding]) -> dict[str, Verdict]:
    """Verdicts by constraint: framework, database, orm, architecture, contract.

    ``findings`` are those of the project that stand: neither suppressed nor switched off. A constraint fails where a
    finding of severity error breaks it; one that is not declared is not judged, and its reason says what was found.
    """
    return {
        "framework": _framework(project, _of(findings, "framework-missing", "framework-forbidden")),
        "database": _database(project, _of(findings, "engine-missing", "engine-forbidden")),
        "orm": _orm(project, _of(findings, "required-orm-not-used", "raw-sql-bypasses-orm")),
        "architecture": architecture_verdict(project, findings),
        "contract": _contract(project, _of(findings, *CONTRACT_RULES)),
    }


def _of(findings: Iterable[Finding], *rules: str) -> list[Finding]:
    return [item for item in findings if item.rule in rules and item.severity == "error"]


def _failed(declared: str | list[str], findings: list[Finding]) -> Verdict:
    first = next((item for item in findings if item.rule.endswith(("-missing", "-not-used"))), findings[0])
    more = f" (and {len(findings) - 1} more)" if len(findings) > 1 and first is findings[0] else ""
    places: dict[tuple[str, int, int], Evidence] = {}
    steps = [step for item in findings for step in item.trace]
    for place in (*(Evidence(f.path, f.line, f.column, f.message) for f in findings), *map(_evidence, steps)):
        places.setdefault((place.path, place.line, place.column), place)
    return Verdict(
        status="fail",
        declared=declared,
        reason=first.message + more,
        evidence=list(places.values())[:_MAX_EVIDENCE],
    )


def _evidence(step: Step) -> Evidence:
    return Evidence(step.path, step.line, step.column, step.message)


def _undeclared(what: str, found: Iterable[str]) -> Verdict:
    names = ", ".join(found)
    reason = (
        f"no {what} is declared; in use: {names}" if names else f"no {what} is declared, and none was found"
    )
    return Verdict(status="not-declared", declared=None, reason=reason)


def _passed(declared: str | list[str], reason: str, entry: Entry | None) -> Verdict:
    return Verdict(
        status="pass",
        declared=declared,
        reason=reason,
        evidence=entry.evidence[:_MAX_EVIDENCE] if entry is not None else [],
    )


def _names(entries: Iterable[Entry]) -> list[str]:
    return [entry.name if entry.role == "runtime" else f"{entry.name} ({entry.role})" for entry in entries]


def _framework(project: Project, findings: list[Finding]) -> Verdict:
    stack, config = project.stack, project.config
    if not config.framework:
        return _undeclared("framework", _names(stack.frameworks))
    declared: str | list[str] = config.framework if len(config.framework) > 1 else config.framework[0]
    if findings:
        return _failed(declared, findings)
    names = [canonical_name(frameworks(), name) for name in config.framework]
    entry = next(
        (
            item
            for item in stack.frameworks
            for name in names
            if name == item.name or name in implied(frameworks(), item.name)
        ),
        None,
    )
    if entry is None:
        return _passed(declared, "no finding stands against it, but no use of it was found", None)
    return _passed(declared, f"{frameworks()[entry.name].title} is the framework in use", entry)


def _database(project: Project, findings: list[Finding]) -> Verdict:
    stack, declared = project.stack, project.config.database
    if declared is None:
        return _undeclared("database", _names(stack.databases))
    if findings:
        return _failed(declared, findings)
    entry = stack.database(declared)
    title = engines()[declared].title if declared in engines() else declared
    if entry is None or entry.role not in _IN_USE:
        if stack.undecided:
            reason = f"nothing speaks against {title}, but the engine could not be told: {stack.undecided[0].message}"
            return Verdict(
                status="pass", declared=declared, reason=reason, evidence=stack.undecided[:_MAX_EVIDENCE]
            )
        return _passed(
            declared, f"no finding stands against it, but no connection to {title} was found", None
        )
    others = [item for item in stack.databases if not same_family(item.name, declared)]
    beside = f"; beside it: {', '.join(_names(others))}" if others else ""
    if entry.role == "optional":
        return _passed(declared, f"the environment chooses the engine, {title} among them{beside}", entry)
    return _passed(declared, f"the running code connects to {title}{beside}", entry)


def _orm(project: Project, findings: list[Finding]) -> Verdict:
    stack, declared = project.stack, project.config.orm
    if declared is None:
        return _undeclared("ORM", _names(stack.orms))
    if findings:
        return _failed(declared, findings)
    if declared == "none":
        return _passed(declared, "the running code uses no ORM", None)
    name = canonical_name(orms(), declared)
    entry = next(
        (item for item in stack.orms if name == item.name or name in implied(orms(), item.name)), None
    )
    title = orms()[name].title if name in orms() else declared
    if entry is None:
        return _passed(declared, f"no finding stands against it, but no use of {title} was found", None)
    return _passed(declared, f"the running code uses {orms()[entry.name].title}", entry)


CONTRACT_RULES = (
    "spec-endpoint-missing", "http-method-not-wired", "request-envelope-mismatch", "response-envelope-missing", "response-field-missing",
    "auth-required-on-public-route", "auth-scheme-mismatch",
)  # fmt: skip


def _contract(project: Project, findings: list[Finding]) -> Verdict:
    declared = project.config.openapi
    if declared is None:
        return Verdict(status="not-declared", declared=None, reason="no API contract is declared")
    contract, matches = project.contract, project.contract_matches
    assert contract is not None and matches is not None
    for mistake in contract.mistakes:
        place = mistake.place
        project.diagnostics.append(
            Diagnostic(place.path, place.line, "contract-incomplete", mistake.message, place.column)
        )
    if findings:
        return _failed(declared, findings)
    places = [
        Evidence(item.place.path, item.place.line, item.place.column, item.message)
        for item in contract.mistakes
    ]
    if not contract.operations:
        reason = contract.mistakes[0].message if contract.mistakes else "the description has no operations"
        return Verdict(status="fail", declared=declared, reason=reason, evidence=places[:_MAX_EVIDENCE])
    found, unknown = matches.count("found"), matches.count("unknown")
    reason = f"{found} of {len(matches.matches)} operations have a route"
    if unknown:
        reason += f"; {unknown} unknown, for part of the route table could not be resolved"
    return Verdict(status="pass", declared=declared, reason=reason, evidence=places[:_MAX_EVIDENCE])
