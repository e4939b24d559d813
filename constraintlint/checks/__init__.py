"""One module a rule, in a folder a category, named like its page; each has ``check(project) -> iterator of findings``.

A check is a pure function of the Project. It yields findings without severity; the runner fills severity and
confidence from the rule's page and the configuration, and drops rules that are off.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module
from typing import TYPE_CHECKING

from constraintlint.findings import Finding
from constraintlint.rulebook import RulePage

if TYPE_CHECKING:
    from constraintlint.project import Project

Check = Callable[["Project"], Iterable[Finding]]


def load(page: RulePage) -> Check:
    """Import the check that belongs to a page."""
    module = import_module(f"constraintlint.checks.{page.category}.{page.name.replace('-', '_')}")
    check: Check = module.check
    return check
