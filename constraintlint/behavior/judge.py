"""Static verdicts and behaviour, joined into one.

A% is the share of the assertions that passed. Strict A% is 0 where a declared constraint is broken. A run passes when every
assertion passed, every request was answered, and no declared constraint is broken.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from constraintlint.behavior.outcome import Judgement, Run
from constraintlint.findings import Report


def judge(check: Report, runs: Sequence[Run]) -> Judgement:
    """The verdict over one run or several of the same backend."""
    broken = sorted(name for name, verdict in check.verdicts.items() if verdict.status == "fail")
    shares = [share(run) for run in runs]
    mean = sum(shares) / len(shares) if shares else 0.0
    behaved = [behaves(run) for run in runs]
    passed = sum(behaved) if not broken else 0
    return Judgement(
        status="pass" if runs and passed == len(runs) else "fail",
        assertions_percent=mean,
        strict_percent=0.0 if broken else mean,
        verdicts="fail" if broken else "pass",
        behavior="pass" if runs and all(behaved) else "fail",
        failed_verdicts=broken,
        pass_at={k: pass_at_k(len(runs), passed, k) for k in range(1, len(runs) + 1)},
        runs_passed=passed,
    )


def share(run: Run) -> float:
    """A% of one run: 0 to 100."""
    return 100.0 * run.suite.passed / run.suite.total if run.suite.total else 0.0


def behaves(run: Run) -> bool:
    """Whether the backend started, stayed, and did all that the suite asks."""
    return not run.problem and bool(run.suite.requests) and all(item.passed for item in run.suite.requests)


def pass_at_k(n: int, c: int, k: int) -> float:
    """The unbiased estimator of pass@k from ``c`` of ``n`` samples that passed: 1 - C(n-c, k) / C(n, k).

    Chen et al. 2021, "Evaluating Large Language Models Trained on Code", section 2.1, as the product that does not overflow.
    Raises ValueError unless 0 <= c <= n and 1 <= k <= n.
    """
    if not (0 <= c <= n and 1 <= k <= n):
        raise ValueError(f"pass@{k} of {c} in {n} has no meaning")
    if n - c < k:
        return 1.0
    return 1.0 - prod(1.0 - k / i for i in range(n - c + 1, n + 1))
