"""Every rule whose page says what happens at run time has a proof, and one for each framework the page names.

A module of proofs says what it shows in ``PROVES``: rule -> the names from the page's ``applies-to`` it is shown for (none where the page
names none). Where the programs of a module come from a table by rule, ``PROVES`` is made of that table. Nothing runs here.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

from constraintlint.rulebook import RulePage, all_rules

PAGES = list(all_rules().values())
#: rules that hold the code against what its team has declared, or against itself: nothing about them could be seen at run time
NO_CLAIM = {
    "architecture-layer-missing": "a declared layer without a file",
    "dependent-siblings": "a team's own contract",
    "driver-outside-repositories": "a matter of layers",
    "forbidden-import": "a team's own contract",
    "framework-outside-routes": "a matter of layers",
    "import-cycle": "a matter of structure; most cycles load",
    "layer-direction": "a matter of layers",
    "layer-skipped": "a matter of layers",
    "protected-import": "a team's own contract",
    "engine-forbidden": "the stack against the declared one",
    "engine-missing": "the stack against the declared one",
    "framework-forbidden": "the stack against the declared one",
    "framework-missing": "the stack against the declared one",
    "raw-sql-bypasses-orm": "the stack against the declared one",
    "required-orm-not-used": "the stack against the declared one",
    "suppression-without-reason": "about comments for this program",
    "unknown-rule-in-suppression": "about comments for this program",
    "unused-suppression": "about comments for this program",
}


@cache
def proved() -> Mapping[str, frozenset[str]]:
    """rule -> everything it is proved for."""
    found: dict[str, frozenset[str]] = {}
    for file in sorted(Path(__file__).parent.glob("test_*.py")):
        module = importlib.import_module(f"tests.proofs.{file.stem}")
        for rule, frameworks in getattr(module, "PROVES", {}).items():
            found[rule] = found.get(rule, frozenset()) | frozenset(frameworks)
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_rule_is_proved(page: RulePage) -> None:
    if page.name in NO_CLAIM:
        assert page.name not in proved(), "it has a proof, so it claims something"
        return
    assert page.name in proved(), "no module of tests/proofs names this rule in PROVES"
    missing = set(page.applies_to) - proved()[page.name]
    assert not missing, (
        f"the page says it applies to {', '.join(sorted(missing))}, and no proof shows it there"
    )


def test_proofs_name_rules_and_frameworks_that_exist() -> None:
    rules = all_rules()
    assert set(proved()) | set(NO_CLAIM) <= set(rules), "a rule that has no page"
    for rule, frameworks in proved().items():
        assert frameworks <= set(rules[rule].applies_to), (
            f"{rule}: its page does not name {frameworks - set(rules[rule].applies_to)}"
        )


@pytest.mark.parametrize("name", ["test_driver_rules", "test_sa_model_rules"])
def test_each_bad_example_has_its_error(name: str) -> None:
    """These modules run the examples of pages: a bad one that is new needs the words it ends with."""
    module = importlib.import_module(f"tests.proofs.{name}")
    lacking = [
        (rule, example.title)
        for rule, position, example in module.CASES
        if example.bad and position >= len(module.ERRORS[rule])
    ]
    assert not lacking, f"add what it ends with to ERRORS in {name}.py"


def test_each_example_of_a_driver_has_a_program() -> None:
    module = importlib.import_module("tests.proofs.test_driver_rules")
    lacking = [
        (rule, example.title)
        for rule, _, example in [*module.CASES, *module.SERVED]
        if not any(file.startswith(("main.", "app.")) for file in example.files)
    ]
    assert not lacking, "write what uses it into MAINS in test_driver_rules.py"
