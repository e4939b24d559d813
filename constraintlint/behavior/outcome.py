"""What a run of ``verify`` found: plain records that every report is a pure function of."""

from __future__ import annotations

from typing import Literal

import msgspec

from constraintlint.findings import Report

Status = Literal["pass", "fail"]


class Assertion(msgspec.Struct, kw_only=True):
    """One thing that had to hold. ``executed`` is False where the run never came to it: then it has failed."""

    name: str
    passed: bool
    executed: bool = True
    detail: str = ""


class Exchange(msgspec.Struct, kw_only=True):
    """A request as sent and what came back; bodies are cut where they are long."""

    method: str
    url: str
    request_headers: list[tuple[str, str]] = []
    request_body: str = ""
    status: int = 0
    response_headers: list[tuple[str, str]] = []
    response_body: str = ""
    error: str = ""
    milliseconds: int = 0


class RequestResult(msgspec.Struct, kw_only=True):
    """One request of the suite with its assertions. ``passed`` also needs an answer."""

    group: str
    name: str
    operation: str
    assertions: list[Assertion]
    exchange: Exchange | None = None

    @property
    def passed(self) -> bool:
        answered = self.exchange is not None and not self.exchange.error
        return answered and all(item.passed for item in self.assertions)

    @property
    def failed(self) -> list[Assertion]:
        return [item for item in self.assertions if not item.passed]


class SuiteResult(msgspec.Struct, kw_only=True):
    """All requests of a suite, in order; the number of assertions does not depend on what happened."""

    name: str
    runner: str
    requests: list[RequestResult]
    seconds: float = 0.0

    @property
    def total(self) -> int:
        return sum(len(item.assertions) for item in self.requests)

    @property
    def passed(self) -> int:
        return sum(assertion.passed for item in self.requests for assertion in item.assertions)

    @property
    def not_executed(self) -> int:
        return sum(not assertion.executed for item in self.requests for assertion in item.assertions)


class Times(msgspec.Struct, kw_only=True):
    """Seconds each part took."""

    check: float = 0.0
    copy: float = 0.0
    database: float = 0.0
    setup: float = 0.0
    start: float = 0.0
    suite: float = 0.0
    stop: float = 0.0
    total: float = 0.0


class Run(msgspec.Struct, kw_only=True):
    """One start of the backend on a fresh database."""

    number: int
    suite: SuiteResult
    problem: str = ""
    """why the backend did not start, or ended before the suite did"""
    notes: list[str] = []
    server_log: str = ""
    database: str = ""
    port: int = 0
    times: Times = msgspec.field(default_factory=Times)


class Judgement(msgspec.Struct, kw_only=True):
    """Both signals joined. Percentages are means over the runs; ``pass_at`` maps k to the estimate of pass@k."""

    status: Status
    assertions_percent: float
    strict_percent: float
    verdicts: Status
    behavior: Status
    failed_verdicts: list[str]
    pass_at: dict[int, float]
    runs_passed: int


class Outcome(msgspec.Struct, kw_only=True):
    """The whole result of one ``verify``."""

    name: str
    """of the project: its directory"""
    check: Report
    runs: list[Run]
    judgement: Judgement
