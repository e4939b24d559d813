"""Plants one defect at a time in the reference backends and shows what ``check`` says of it and what it costs at run time.

    python benchmarks/mutations.py [--check-only] [--newman COLLECTION] [--readme] [--jobs N] [PATCH ...]

A mutation is a patch in ``fixtures/mutations/<backend>/``, in the form ``git apply`` takes, below a head of ``key: value``
lines (see ``fixtures/mutations/README.md``). Each is applied to a fresh copy of ``fixtures/conduit/<backend>``. ``check`` must report the
expected rule and no other; the behavioural suite must lose assertions, or the backend must not start. With ``--newman`` the
same is run with a Postman collection and compared request by request. ``--readme`` writes the table to README.md.

Exit code 1 where a mutation does not apply or costs nothing, or where fewer than 90% are reported exactly.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
BACKENDS = ROOT / "fixtures" / "conduit"
MUTATIONS = ROOT / "fixtures" / "mutations"
LEAST_EXACT = 0.9
_BEGIN, _END = "<!-- mutations: begin -->", "<!-- mutations: end -->"
_HEAD = ("rule", "class", "what")
_LEFT_OUT = shutil.ignore_patterns(
    ".constraintlint_cache", "__pycache__", "node_modules", "*.sqlite*", "*.db"
)


class BadMutation(Exception):
    """A patch file that cannot be used; the message says why."""


@dataclass
class Mutation:
    """One patch: the rule it must be caught by, its class in the study's taxonomy, and what it does in a sentence."""

    path: Path
    rule: str
    kind: str
    what: str

    @property
    def backend(self) -> str:
        return self.path.parent.name

    @property
    def name(self) -> str:
        return f"{self.backend}/{self.path.stem}"


@dataclass
class Behaviour:
    """What one suite says of the mutated backend. ``problem`` is why it did not run to its end."""

    passed: int = 0
    assertions: int = 0
    problem: str = ""
    requests: list[tuple[str, bool]] = field(default_factory=list)

    @property
    def breaks(self) -> bool:
        return bool(self.problem) or self.passed < self.assertions

    @property
    def starts(self) -> bool:
        return not self.problem or self.passed > 0

    def __str__(self) -> str:
        if not self.starts:
            return "set-up fails" if self.problem.startswith("set-up:") else "does not start"
        return f"{self.assertions - self.passed} of {self.assertions} lost"


@dataclass
class Result:
    mutation: Mutation
    reported: list[str]
    own: Behaviour | None = None
    newman: Behaviour | None = None

    @property
    def exact(self) -> bool:
        return self.reported == [self.mutation.rule]

    def differences(self) -> list[str]:
        """Requests that pass with one suite and fail with the other, by position; a run that did not start failed all."""
        own, newman = self.own, self.newman
        if own is None or newman is None:
            return []
        if len(own.requests) != len(newman.requests):
            return [f"built-in has {len(own.requests)} requests, newman {len(newman.requests)}"]
        found = [
            f"{a[0]}: built-in {a[1]}, newman {b[1]}"
            for a, b in zip(own.requests, newman.requests, strict=True)
            if a[1] != b[1]
        ]
        if bool(own.problem) != bool(newman.problem):
            found.append(f"built-in: {own.problem or 'ran'}, newman: {newman.problem or 'ran'}")
        return found


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "patches", nargs="*", metavar="PATCH", help="files, directories, or backends; all by default"
    )
    parser.add_argument("--check-only", action="store_true", help="do not run the mutated backends")
    parser.add_argument("--newman", metavar="COLLECTION", help="also run this Postman collection")
    parser.add_argument("--readme", action="store_true", help="write the table to README.md")
    parser.add_argument("--jobs", type=int, default=1, help="mutations at a time (default 1)")
    arguments = parser.parse_args()
    try:
        mutations = [read(path) for path in _patches(arguments.patches)]
        run = partial(measure, runs=not arguments.check_only, newman=arguments.newman)
        with ThreadPoolExecutor(max(1, arguments.jobs)) as pool:
            results = []
            for result in pool.map(run, mutations):
                results.append(result)
                print(row(result), flush=True)
    except BadMutation as error:
        print(error, file=sys.stderr)
        return 1
    lines = summary(results)
    print("\n" + "\n".join(lines))
    if arguments.readme:
        write_readme(results, lines)
    return int(not _good(results))


def _patches(wanted: list[str]) -> list[Path]:
    if not wanted:
        return sorted(MUTATIONS.glob("*/*.patch"))
    found: list[Path] = []
    for word in wanted:
        path = Path(word) if Path(word).exists() else MUTATIONS / word
        found += sorted(path.rglob("*.patch")) if path.is_dir() else [path]
    return [path.resolve() for path in found]


def read(path: Path) -> Mutation:
    """One patch file. Raises BadMutation where its head is not complete."""
    head: dict[str, str] = {}
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise BadMutation(f"{path}: {error.strerror}") from None
    for line in text.splitlines():
        if line.startswith(("diff ", "---")):
            break
        key, colon, value = line.partition(":")
        if colon:
            head[key.strip()] = value.strip()
    missing = [key for key in _HEAD if not head.get(key)]
    if missing:
        raise BadMutation(f"{path}: its head has no {', '.join(missing)}")
    return Mutation(path, head["rule"], head["class"], head["what"])


def measure(mutation: Mutation, *, runs: bool, newman: str | None) -> Result:
    """Apply one mutation to a copy of its backend, check it, and run it."""
    with tempfile.TemporaryDirectory(prefix="mutation-") as place:
        project = Path(place) / mutation.backend
        plant(mutation, project)
        result = Result(mutation, reported_rules(project))
        if runs:
            result.own = behave(project, "conduit")
            if newman:
                result.newman = behave(project, f"newman:{Path(newman).resolve()}")
        return result


def plant(mutation: Mutation, project: Path) -> None:
    """A copy of the backend with the patch applied. Raises BadMutation where it does not apply."""
    shutil.copytree(BACKENDS / mutation.backend, project, ignore=_LEFT_OUT, symlinks=True)
    command = ["git", "apply", "--whitespace=nowarn", "--unidiff-zero", str(mutation.path)]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BadMutation(f"{mutation.name}: {done.stderr.strip()}")


def reported_rules(project: Path) -> list[str]:
    """The names of the rules that ``check`` reports anything of."""
    document = _constraintlint("check", str(project), "--no-cache", "--format", "json")
    return sorted({item["rule"] for item in document["findings"]})


def behave(project: Path, suite: str) -> Behaviour:
    """Run the backend with one suite."""
    document = _constraintlint("verify", str(project), "--suite", suite, "--format", "json", "--no-cache")
    run = document["runs"][0]
    found = run["suite"] or {}
    requests = [(item["name"], item["passed"]) for item in found.get("requests", [])]
    return Behaviour(found.get("passed", 0), found.get("assertions", 0), run["problem"] or "", requests)


def _constraintlint(*arguments: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "constraintlint", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1) or not done.stdout:
        raise BadMutation(f"{' '.join(arguments[:2])}: exit code {done.returncode}: {done.stderr.strip()}")
    document: dict[str, Any] = json.loads(done.stdout)
    return document


# --- what is said of it -----------------------------------------------------------------------------------------------


def row(result: Result) -> str:
    """One line of the table."""
    mutation = result.mutation
    reported = "exactly" if result.exact else ", ".join(f"`{name}`" for name in result.reported) or "nothing"
    cells = [mutation.what, mutation.backend, mutation.kind, f"`{mutation.rule}`", reported]
    if result.own is not None:
        cells.append(str(result.own))
    if result.newman is not None:
        cells.append(str(result.newman))
    return f"| {' | '.join(cells)} |"


def summary(results: list[Result]) -> list[str]:
    """The totals, and what is not as it should be."""
    total = len(results)
    exact = sum(result.exact for result in results)
    classes = len({result.mutation.kind for result in results})
    lines = [
        f"{total} mutations of {classes} classes: {exact} ({exact / max(total, 1):.0%}) reported exactly by `check`."
    ]
    ran = [result for result in results if result.own is not None]
    if ran:
        broken = sum(result.own.breaks for result in ran if result.own)
        silent = sum(not result.own.starts for result in ran if result.own)
        lines[0] += f" {broken} of {len(ran)} break the backend: {silent} keep it from starting."
    compared = [result for result in results if result.newman is not None]
    if compared:
        different = [f"{r.mutation.name}: {line}" for r in compared for line in r.differences()]
        lines.append(
            f"Built-in suite and newman compared on {len(compared)}: "
            f"{len(different) or 'no'} {'request differs' if len(different) == 1 else 'requests differ'} in pass or fail."
        )
        lines += different
    lines += [f"{r.mutation.name} costs nothing" for r in ran if r.own and not r.own.breaks]
    return lines


def _good(results: list[Result]) -> bool:
    exact = sum(result.exact for result in results)
    costs = all(result.own is None or result.own.breaks for result in results)
    return bool(results) and costs and exact >= LEAST_EXACT * len(results)


def table(results: list[Result]) -> Iterator[str]:
    head = ["planted", "backend", "class", "rule", "`check` reports"]
    if any(result.own for result in results):
        head.append("suite")
    if any(result.newman for result in results):
        head.append("newman")
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    yield from (row(result) for result in results)


def write_readme(results: list[Result], lines: list[str]) -> None:
    """Put the table between its two marks in README.md. Raises BadMutation where they are not there."""
    readme = ROOT / "README.md"
    text = readme.read_text("utf-8")
    before, begin, rest = text.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not begin or not end:
        raise BadMutation(f"README.md has no {_BEGIN} and {_END}")
    said = [line for line in lines[:2] if " mutations of " in line or " compared on " in line]
    body = "\n".join([*said, "", *table(results)])
    readme.write_text(f"{before}{_BEGIN}\n{body}\n{_END}{after}", "utf-8")


if __name__ == "__main__":
    raise SystemExit(main())
