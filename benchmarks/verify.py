"""Runs ``verify`` on the reference backends, with the built-in suite and on request with newman, and compares them by request.

    python benchmarks/verify.py [--newman COLLECTION] [--rounds N] [BACKEND ...]

A backend is a directory below ``fixtures/conduit`` or a path. ``overhead`` is what verify adds to set-up, start and suite: the
time of the whole command as a caller sees it, without those three. Exit code 1 where one does not pass or the two disagree.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

CONDUIT = Path(__file__).resolve().parent.parent / "fixtures" / "conduit"


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("backends", nargs="*", metavar="BACKEND")
    parser.add_argument("--newman", metavar="COLLECTION", help="also run this Postman collection")
    parser.add_argument("--rounds", type=int, default=1, help="how often each is run (default 1)")
    arguments = parser.parse_args()
    names = arguments.backends or sorted(path.parent.name for path in CONDUIT.glob("*/run.sh"))
    suites = ["conduit"] + ([f"newman:{Path(arguments.newman).resolve()}"] if arguments.newman else [])
    print(
        "| backend | suite | verdicts | assertions | requests | database | set-up | start | suite | total | overhead |"
    )
    print(f"|{'---|' * 11}")
    failed = False
    measured: list[dict[str, Any]] = []
    for name in names * max(1, arguments.rounds):
        directory = Path(name) if "/" in name else CONDUIT / name
        results = [verify(directory, suite) for suite in suites]
        failed |= any(code != 0 for code, _ in results)
        documents = [document for _, document in results if document is not None]
        if len(documents) == 2:
            failed |= bool(differences(*documents))
        measured += documents
    if measured:
        print(f"\n{summary(measured)}")
    return int(failed)


def summary(documents: list[dict[str, Any]]) -> str:
    """The two times that are ours to keep short."""
    overheads = [document["overhead"] for document in documents]
    runs = [document["runs"][0] for document in documents]
    clusters = [run["seconds"]["database"] for run in runs if run["database"].startswith("PostgreSQL")]
    return "; ".join(
        f"{title}: median {statistics.median(values):.2f} s, at most {max(values):.2f} s"
        for title, values in (("overhead", overheads), ("PostgreSQL ready", clusters))
        if values
    )


def verify(directory: Path, suite: str) -> tuple[int, dict[str, Any] | None]:
    """Exit code and JSON report of one run; prints its row."""
    began = time.monotonic()
    command = [
        sys.executable,
        "-m",
        "constraintlint",
        "verify",
        str(directory),
        "--suite",
        suite,
        "--format",
        "json",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    whole = time.monotonic() - began
    if not done.stdout:
        print(f"| {directory.name} | {suite.partition(':')[0]} | {' '.join(done.stderr.split())} |")
        return done.returncode, None
    document: dict[str, Any] = json.loads(done.stdout)
    run = document["runs"][0]
    seconds = run["seconds"]
    requests = run["suite"]["requests"]
    document["overhead"] = whole - sum(seconds[part] for part in ("setup", "start", "suite"))
    cells = [
        directory.name,
        run["suite"]["runner"],
        document["constraints"],
        f"{run['suite']['passed']}/{run['suite']['assertions']}",
        f"{sum(item['passed'] for item in requests)}/{len(requests)}",
        *(f"{seconds[part]:.1f} s" for part in ("database", "setup", "start", "suite")),
        f"{whole:.1f} s",
        f"{document['overhead']:.2f} s",
    ]
    print(f"| {' | '.join(cells)} |", flush=True)
    if run["problem"]:
        print(f"  {run['problem']}")
    return done.returncode, document


def differences(own: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """Requests that pass in one and fail in the other, by position."""
    ours, theirs = (document["runs"][0]["suite"]["requests"] for document in (own, other))
    if len(ours) != len(theirs):
        print(f"  the suites have {len(ours)} and {len(theirs)} requests: not comparable")
        return []
    found = [
        f"{a['name']}: built-in {a['passed']}, newman {b['passed']}"
        for a, b in zip(ours, theirs, strict=True)
        if a["passed"] != b["passed"]
    ]
    for line in found:
        print(f"  {line}")
    return found


if __name__ == "__main__":
    raise SystemExit(main())
