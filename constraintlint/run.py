"""Run the rules over the projects of a workspace and put the report together."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from copy import copy
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from constraintlint.checks import load as load_check
from constraintlint.config import Config
from constraintlint.discovery import language_of
from constraintlint.facts.source import PROBLEMS
from constraintlint.findings import (
    Diagnostic,
    Finding,
    Report,
    Step,
    Summary,
    Verdict,
    sort_key,
    with_fingerprints,
)
from constraintlint.globs import compile_globs
from constraintlint.parallel import beside
from constraintlint.project import Project
from constraintlint.project.architecture import architecture_verdict
from constraintlint.reuse import ValueResults, earlier, follows_values, key_of, take_questions
from constraintlint.rulebook import RulePage, all_rules
from constraintlint.suppression import apply as apply_suppressions

if TYPE_CHECKING:
    from constraintlint.workspace import Workspace

#: rules a verdict rests on: they run whenever their constraint is declared, whatever was selected for the report
VERDICT_RULES = frozenset(
    {
        "layer-direction", "architecture-layer-missing", "engine-missing", "engine-forbidden", "framework-missing",
        "framework-forbidden", "required-orm-not-used", "raw-sql-bypasses-orm",
    }
)  # fmt: skip
#: categories whose rules are worked out beside the others where there are two processes; they share little with them
_ASIDE = frozenset(("code", "framework", "auth", "contract", "startup", "suppression"))
CONSTRAINTS = ("architecture", "database", "orm", "framework", "contract")


def build_report(
    workspace: Workspace, projects: list[Project], paths: list[str], select: list[str], ignore: list[str]
) -> Report:
    """Run every rule that is on, apply suppressions and the restriction to ``paths``, and sum up."""
    rules = all_rules()
    chosen = select_rules(rules, select, ignore)
    outcomes = [_run_project(workspace, project, rules, chosen, len(projects) == 1) for project in projects]
    findings = sorted((f for o in outcomes for f in o.kept if f.rule in chosen), key=sort_key)
    suppressed = sorted((f for o in outcomes for f in o.hidden if f.rule in chosen), key=sort_key)
    with_fingerprints(findings)
    diagnostics = sorted(
        {*workspace.diagnostics, *_file_diagnostics(workspace), *_project_diagnostics(outcomes)}
    )
    if paths:
        concerns, within = _concerns(paths), _within(paths)
        findings = [item for item in findings if concerns(item)]
        suppressed = [item for item in suppressed if concerns(item)]
        diagnostics = sorted({*(d for d in diagnostics if within(d.path)), *_unchecked(workspace, paths)})
    summary = Summary(
        files=len(workspace.sources),
        rules=len({name for outcome in outcomes for name in outcome.ran}),
        errors=sum(item.severity == "error" for item in findings),
        warnings=sum(item.severity == "warning" for item in findings),
        notes=sum(item.severity == "note" for item in findings),
        suppressed=len(suppressed),
        diagnostics=len(diagnostics),
        unassigned=sum(len(project.layers.unassigned) for project in projects),
    )
    return Report(
        root="",
        stack=_join_stacks(outcomes),
        verdicts=_join_verdicts([(outcome.project, outcome.verdicts) for outcome in outcomes]),
        findings=findings,
        suppressed=suppressed,
        diagnostics=diagnostics,
        summary=summary,
        excerpts=_excerpts(workspace, findings),
    )


def select_rules(rules: dict[str, RulePage], select: Iterable[str], ignore: Iterable[str]) -> set[str]:
    """The names chosen by ``--select`` and ``--ignore``, which take names and categories; all where nothing is selected.

    Raises ValueError for a word that is neither.
    """
    categories = {page.category for page in rules.values()}

    def expand(words: Iterable[str]) -> set[str]:
        found: set[str] = set()
        for word in words:
            if word in rules:
                found.add(word)
            elif word in categories:
                found |= {name for name, page in rules.items() if page.category == word}
            else:
                raise ValueError(word)
        return found

    chosen = expand(select) if select else set(rules)
    return chosen - expand(ignore)


def wants_names(configs: Iterable[Config], select: Iterable[str], ignore: Iterable[str]) -> bool:
    """Whether a rule that may run for one of these configurations looks at loose names.

    Raises ValueError as ``select_rules`` does.
    """
    rules = all_rules()
    pages = [rules[name] for name in select_rules(rules, select, ignore) if "names" in rules[name].facts]
    known = list(configs) or [Config()]
    return any(_can_be_on(config, page) for config in known for page in pages)


def _on(project: Project, rules: dict[str, RulePage], chosen: set[str]) -> set[str]:
    """The rules that run for a project: chosen or needed for a verdict, for a language it has or where it has no source
    at all, with what they need declared, and not off."""
    config = project.config
    judging = _judging(config)
    languages = {language_of(path) for path in project.paths} or {"python", "javascript", "typescript"}
    return {
        name
        for name, page in rules.items()
        if page.category != "suppression"
        and (name in chosen or name in judging)
        and (not page.languages or not languages.isdisjoint(page.languages))
        and all(_declared(config, need) for need in page.needs)
        and _can_be_on(config, page)
    }


def _judging(config: Config) -> frozenset[str]:
    """The rules that the verdicts of a configuration rest on."""
    if config.openapi is None:
        return VERDICT_RULES
    from constraintlint.project.verdicts import CONTRACT_RULES

    return VERDICT_RULES.union(CONTRACT_RULES)


class _Outcome(NamedTuple):
    """What the rules say of one project."""

    project: Project
    kept: list[Finding]
    hidden: list[Finding]
    """suppressed"""
    ran: set[str]
    """names of the chosen rules that ran"""
    verdicts: dict[str, Verdict]
    values: ValueResults


def _run_project(
    workspace: Workspace, project: Project, rules: dict[str, RulePage], chosen: set[str], alone: bool
) -> _Outcome:
    """Run the rules of one project.

    Where it is ``alone`` in its root, what follows values is taken from the last run where it still holds, or worked
    out in a process beside this one: importing the checks alone takes longer than making one.
    """
    names = _on(project, rules, chosen)
    on_values = {name for name in names if follows_values(rules[name])}
    judging = _judging(project.config)

    results = earlier(workspace, project, on_values) if alone else None
    graph = names - on_values
    if results is not None:
        found = _findings(project, rules, graph)
    elif alone and workspace.jobs > 1 and workspace.has_deep():
        on_stack = on_values & judging
        aside = {name for name in on_values - on_stack if rules[name].category in _ASIDE}
        encoded = beside(lambda: _judge_aside(workspace, project, rules, on_stack, aside))
        workspace.save_facts()
        found = _findings(project, rules, graph)
        results = _follow_values(project, rules, on_values - on_stack - aside)
        results.add(msgspec.msgpack.decode(encoded(), type=ValueResults))
    else:
        found = _findings(project, rules, graph)
        results = _follow_values(project, rules, on_values - judging)
        results.add(_judge_stack(project, rules, on_values & judging))
    found += [item for item in results.findings if item.rule in on_values]
    rated = _rated(project.config, rules, found)
    kept, hidden, hygiene = apply_suppressions(rated, project.suppressions(), set(rules), names)
    kept += _rated(project.config, rules, hygiene)
    if alone:
        workspace.values[project.config.directory] = msgspec.msgpack.encode(results)
    hygienic = {name for name, page in rules.items() if page.category == "suppression"}
    judged = {**results.verdicts, "architecture": architecture_verdict(project, kept)}
    return _Outcome(project, kept, hidden, (names | hygienic) & chosen, judged, results)


def _follow_values(project: Project, rules: dict[str, RulePage], names: set[str]) -> ValueResults:
    """The findings of rules that follow values."""
    project.forget_questions()  # of rules that run every time
    found = _findings(project, rules, names)
    results = ValueResults(key_of(project), sorted(names), findings=found, diagnostics=project.diagnostics)
    take_questions(project, results)
    return results


def _judge_aside(
    workspace: Workspace,
    project: Project,
    rules: dict[str, RulePage],
    on_stack: set[str],
    others: set[str],
) -> bytes:
    """What a process beside this one works out: the stack with its verdicts, and some of the rules."""
    workspace.cache.own_connection()
    results = _judge_stack(project, rules, on_stack)
    results.add(_follow_values(project, rules, others))
    return msgspec.msgpack.encode(results)


def _judge_stack(project: Project, rules: dict[str, RulePage], names: set[str]) -> ValueResults:
    """The findings of the rules that verdicts rest on, the stack, and the verdicts."""
    from constraintlint.project.verdicts import verdicts

    results = _follow_values(project, rules, names)
    rated = _rated(project.config, rules, [copy(item) for item in results.findings])
    kept, _, _ = apply_suppressions(rated, project.suppressions(), set(rules), names)
    results.verdicts = verdicts(project, kept)
    results.stack = project.stack.to_json()
    take_questions(project, results)
    return results


def _findings(project: Project, rules: dict[str, RulePage], names: set[str]) -> list[Finding]:
    return [item for name in sorted(names) for item in load_check(rules[name])(project)]


def _rated(config: Config, rules: dict[str, RulePage], found: list[Finding]) -> list[Finding]:
    """Findings with category, confidence and severity; without those that are off."""
    severity_of = _severities(config)
    rated: list[Finding] = []
    for item in found:
        page = rules[item.rule]
        item.category = page.category
        item.confidence = item.confidence or page.confidence
        level = severity_of(page, item)
        if level != "off":
            item.severity = level  # type: ignore[assignment]
            rated.append(item)
    return rated


def _declared(config: Config, need: str) -> bool:
    if need == "architecture":
        return config.architecture not in (None, "none")
    if need == "framework":
        return bool(config.framework)
    if need == "contracts":
        return bool(config.contracts)
    return getattr(config, need.replace("-", "_"), None) is not None


def _can_be_on(config: Config, page: RulePage) -> bool:
    """Whether the rule is on for at least one path."""
    levels = [_configured(config.rules, page) or page.severity]
    levels += [level for override in config.overrides if (level := _configured(override.rules, page))]
    return any(level != "off" for level in levels)


def _configured(levels: dict[str, str], page: RulePage) -> str | None:
    return levels.get(page.name, levels.get(page.category))


def _severities(config: Config) -> Callable[[RulePage, Finding], str]:
    """The severity of a finding: the last override that matches its path, else ``[rules]``, else check, else page."""
    overrides = [(compile_globs(override.paths), override.rules) for override in config.overrides]

    def severity(page: RulePage, item: Finding) -> str:
        level = _configured(config.rules, page)
        for matches, levels in overrides:
            other = _configured(levels, page)
            if other is not None and matches(config.relative(item.path)):
                level = other
        return level or item.severity or page.severity

    return severity


def _join_verdicts(verdicts: list[tuple[Project, dict[str, Verdict]]]) -> dict[str, Verdict]:
    """One verdict a constraint: failed where one project fails it; reasons name the project where there are several."""
    joined: dict[str, Verdict] = {}
    for constraint in CONSTRAINTS:
        named = [(project.config.directory or ".", all_of[constraint]) for project, all_of in verdicts]
        judged = [(place, verdict) for place, verdict in named if verdict.status != "not-declared"]
        if not judged:
            joined[constraint] = named[0][1]
        elif len(judged) == 1:
            joined[constraint] = judged[0][1]
        else:
            failed = any(verdict.status == "fail" for _, verdict in judged)
            declared: list[str] = []
            for _, verdict in judged:
                words = verdict.declared if isinstance(verdict.declared, list) else [verdict.declared or ""]
                declared += [word for word in words if word not in declared]
            joined[constraint] = Verdict(
                status="fail" if failed else "pass",
                declared=declared if len(declared) > 1 else declared[0],
                reason="; ".join(f"{place}: {verdict.reason}" for place, verdict in judged),
                evidence=[item for _, verdict in judged for item in verdict.evidence],
            )
    return joined


def _join_stacks(outcomes: list[_Outcome]) -> dict[str, object]:
    """The stack of all projects: entries united, layers added up."""
    if len(outcomes) == 1:
        stack = dict(outcomes[0].values.stack)
    else:
        from constraintlint.project.stack import join

        stack = join([outcome.project.stack for outcome in outcomes]).to_json()
    layers: dict[str, int] = {}
    for outcome in outcomes:
        for layer, count in outcome.project.layers.counts.items():
            layers[layer] = layers.get(layer, 0) + count
    layers["unassigned"] = sum(len(outcome.project.layers.unassigned) for outcome in outcomes)
    stack["layers"] = layers
    return stack


def _file_diagnostics(workspace: Workspace) -> Iterable[Diagnostic]:
    for path in workspace.sources:
        facts = workspace.known(path) if workspace.traits(path) & PROBLEMS else None
        for problem in facts.problems if facts is not None else ():
            yield Diagnostic(path, problem.line, problem.kind, problem.message, problem.column)


def _project_diagnostics(outcomes: list[_Outcome]) -> Iterable[Diagnostic]:
    for outcome in outcomes:
        yield from outcome.values.diagnostics
        project = outcome.project
        for path in project.paths:
            for item in project.resolutions[path].unresolved:
                if not item.first_party and not item.optional:
                    yield Diagnostic(
                        path, item.line, "unresolved-import", f"{item.specifier}: {item.reason}", item.column
                    )


def _unchecked(workspace: Workspace, paths: list[str]) -> Iterable[Diagnostic]:
    """Paths asked for in which nothing was checked: that must not look like a clean bill."""
    for path in paths:
        if not any(source == path or source.startswith(f"{path}/") for source in workspace.sources):
            message = "no source file here is checked: excluded, ignored by git, or of another kind"
            yield Diagnostic(path, 1, "nothing-checked", message)


def _within(paths: list[str]) -> Callable[[str], bool]:
    """Whether a path is one of these, or below one."""
    files = set(paths)
    directories = tuple(f"{path}/" for path in paths)
    return lambda path: path in files or path.startswith(directories)


def _concerns(paths: list[str]) -> Callable[[Finding], bool]:
    """Whether a finding is in one of the paths, or has one of them in its chain."""
    within = _within(paths)
    return lambda item: within(item.path) or any(within(step.path) for step in item.trace)


def _excerpts(workspace: Workspace, findings: list[Finding]) -> dict[tuple[str, int], str]:
    """The source line of every place a finding or its trace names."""
    wanted: dict[str, set[int]] = {}
    for item in findings:
        places: list[Finding | Step] = [item, *item.trace]
        for place in places:
            wanted.setdefault(place.path, set()).add(place.line)
    excerpts: dict[tuple[str, int], str] = {}
    for path in sorted(wanted):
        lines = workspace.lines(path)
        for number in sorted(wanted[path]):
            if 0 < number <= len(lines):
                excerpts[path, number] = lines[number - 1]
    return excerpts
