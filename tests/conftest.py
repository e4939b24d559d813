"""Settings of the whole suite."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

# The same examples in every run: what CI finds, everybody finds. CONSTRAINTLINT_FUZZ asks for new ones.
settings.register_profile("steady", derandomize=True, deadline=None)
settings.register_profile("searching", deadline=None)
settings.load_profile("searching" if os.environ.get("CONSTRAINTLINT_FUZZ") else "steady")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):  # type: ignore[no-untyped-def]
    """Where nothing may be skipped, a skip because a program is missing ("needs ...") is a failure."""
    outcome = yield
    report = outcome.get_result()
    if report.skipped and os.environ.get("CONSTRAINTLINT_MUST_NOT_SKIP") and "needs " in str(report.longrepr):
        report.outcome = "failed"
