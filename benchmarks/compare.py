"""Measure constraintlint against other tools and against the floor, in one run, and report ratios.

    python benchmarks/compare.py [--work DIR] [--rounds 5] [--json FILE] [--only django,typescript,scaling,memory]

Everything is fetched by name from PyPI and npm into the work directory: the Django 5.2 source distribution, TypeScript
sources of npm packages, and the peers. The commands run one after the other, round by round, so that a machine whose
speed drifts slows all of them; what is reported is the median of the rounds and the ratio of medians.

* cold: the cache is deleted before every run (ours, ruff) or switched off; warm: nothing changed since the run before;
  edited: a function with a new import was added to one file since the run before.
* graph: the rules about imports, layers and the stack, which is what the peers look at; data: with those about SQL and
  the ORMs; without a word: all rules.
* floor: tree-sitter parses the same bytes, on as many processes as there are cores, and does nothing else.
* memory: the proportional set size of all processes together, sampled every 20 ms; its peak.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

NPM_SOURCES = ("viem@2.57.20", "rxjs@7.8.2")
PEERS = ("tach==0.35.3", "import-linter==2.16", "ruff==0.17.5", "semgrep==1.182.0")
NPM_PEERS = ("dependency-cruiser@17.4.3", "typescript@5")
EDITED = "django/utils/text.py"

#: (what, ours, the other, the most it may be): the targets of the project, all ratios of medians
TARGETS = (
    ("Django, nothing changed", "constraintlint warm", "tach", 0.6),
    ("Django, one file edited", "constraintlint edited", "tach", 1.2),
    ("Django, cold", "constraintlint cold, graph", "tach", 4.0),
    ("Django, cold", "constraintlint cold, graph", "semgrep", 0.4),
    ("Django, cold", "constraintlint cold, graph", "floor", 2.0),
    ("Django, more rules", "constraintlint cold, data", "constraintlint cold, graph", 1.5),
    ("Django, more rules", "constraintlint cold", "constraintlint cold, data", 1.5),
    ("TypeScript, cold", "constraintlint cold (ts)", "dependency-cruiser (ts)", 0.2),
)
MEMORY_LIMIT_MB = 400

#: the rules that need no more than the import graph and the stack, and those that read SQL and models besides
GRAPH_RULES = (
    "architecture", "database", "framework-missing", "framework-forbidden", "required-orm-not-used", "raw-sql-bypasses-orm",
)  # fmt: skip
DATA_RULES = (*GRAPH_RULES, "orm", "sql", "sqlalchemy", "sequelize", "django")

FLOOR = """
import os, sys, tree_sitter, tree_sitter_javascript, tree_sitter_python, tree_sitter_typescript
grammars = {"py": tree_sitter_python.language, "pyi": tree_sitter_python.language,
            "ts": tree_sitter_typescript.language_typescript, "tsx": tree_sitter_typescript.language_tsx,
            "mts": tree_sitter_typescript.language_typescript, "cts": tree_sitter_typescript.language_typescript}
grammars.update(dict.fromkeys(("js", "mjs", "cjs", "jsx"), tree_sitter_javascript.language))
files = sorted(os.path.join(d, f) for d, _, names in os.walk(sys.argv[1]) for f in names
               if f.rpartition(".")[2] in grammars and "node_modules" not in d)
def work(share):
    parsers = {}
    for file in share:
        suffix = file.rpartition(".")[2]
        if suffix not in parsers:
            parsers[suffix] = tree_sitter.Parser(tree_sitter.Language(grammars[suffix]()))
        with open(file, "rb") as handle:
            parsers[suffix].parse(handle.read())
cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
files.sort(key=os.path.getsize, reverse=True)
children = []
for share in range(1, cores):
    pid = os.fork()
    if pid == 0:
        work(files[share::cores])
        os._exit(0)
    children.append(pid)
work(files[0::cores])
for pid in children:
    os.waitpid(pid, 0)
"""

SEMGREP_RULES = """
rules:
  - id: sql-built-by-string
    languages: [python]
    message: SQL is built by string operations
    severity: ERROR
    patterns:
      - pattern-either:
          - pattern: $CURSOR.execute("..." % ...)
          - pattern: $CURSOR.execute("...".format(...))
          - pattern: $CURSOR.execute("..." + $X)
          - pattern: $CURSOR.execute(f"...{$X}...")
          - pattern: |
              $SQL = "..." % ...
              ...
              $CURSOR.execute($SQL, ...)
          - pattern: |
              $SQL = f"...{$X}..."
              ...
              $CURSOR.execute($SQL, ...)
      - pattern-not: $CURSOR.execute("..." % "...")
  - id: another-engine
    languages: [python]
    message: SQLite beside the declared database
    severity: ERROR
    pattern-either:
      - pattern: import sqlite3
      - pattern: from sqlite3 import $NAME
      - pattern: sqlite3.connect(...)
"""


class Command:
    """One thing to time: a command line, what to do before each run, and the exit codes that mean it ran."""

    def __init__(
        self,
        name: str,
        argv: list[str],
        directory: Path,
        *,
        before: Callable[[], None] = lambda: None,
        ok: tuple[int, ...] = (0, 1),
        environment: dict[str, str] | None = None,
    ) -> None:
        self.name = name
        self.argv = argv
        self.directory = directory
        self.before = before
        self.ok = ok
        self.environment = {**os.environ, **(environment or {})}
        self.seconds: list[float] = []

    def run(self) -> float:
        self.before()
        start = time.perf_counter()
        done = subprocess.run(
            self.argv,
            cwd=self.directory,
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        seconds = time.perf_counter() - start
        if done.returncode not in self.ok:
            sys.exit(
                f"{self.name}: exit code {done.returncode}: {done.stderr.decode(errors='replace')[-500:]}"
            )
        return seconds

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)


def fetch(work: Path) -> None:
    """Have the sources and the peers in the work directory."""
    work.mkdir(parents=True, exist_ok=True)
    if not (work / "django").exists():
        run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:",
             "-d", str(work), "django==5.2"])  # fmt: skip
        archive = next(work.glob("[dD]jango-5.2*.tar.gz"))
        shutil.unpack_archive(archive, work / "unpacked")
        next((work / "unpacked").iterdir()).rename(work / "django")
    if not (work / "peers").exists():
        run([sys.executable, "-m", "venv", str(work / "peers")])
        run([str(work / "peers/bin/pip"), "install", "-q", *PEERS])
    if not (work / "cruiser/node_modules").exists():
        (work / "cruiser").mkdir(exist_ok=True)
        (work / "cruiser/package.json").write_text('{"name": "cruiser", "private": true}')
        run(["npm", "install", "--silent", *NPM_PEERS], work / "cruiser")
    if not (work / "typescript").exists():
        staging = work / "staging"
        shutil.rmtree(staging, ignore_errors=True)
        staging.mkdir()
        for name in NPM_SOURCES:
            run(["npm", "pack", "--silent", name], staging)
            archive = next(staging.glob("*.tgz"))
            shutil.unpack_archive(archive, staging / "packages" / name.partition("@")[0])
            archive.unlink()
        for file in [*staging.rglob("*.js"), *staging.rglob("*.d.ts"), *staging.rglob("*.map")]:
            file.unlink()
        (staging / "packages").rename(work / "typescript")


def run(argv: list[str], directory: Path | None = None) -> None:
    done = subprocess.run(argv, cwd=directory, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(argv)}: {done.stderr[-1000:]}")


def configure_peers(work: Path) -> None:
    """Give every peer the same job: all packages of the tree, with a contract that has to look at them."""
    django = work / "django"
    modules = [
        f"django.{d.name}" if base == "django" else d.name
        for base in ("django", "tests")
        for d in sorted((django / base).iterdir())
        if d.is_dir() and d.name != "__pycache__"
    ]
    tables = "\n".join(f'[[modules]]\npath = "{name}"' for name in modules)
    (django / "tach.toml").write_text(f'source_roots = [".", "tests"]\nexclude = []\n{tables}\n')
    (django / ".importlinter").write_text(
        "[importlinter]\nroot_package = django\n\n[importlinter:contract:layers]\nname = layers\ntype = layers\n"
        "layers =\n    django.contrib\n    django.core\n    django.utils\n"
    )
    (work / "semgrep.yml").write_text(SEMGREP_RULES)
    (work / "floor.py").write_text(FLOOR)
    (work / "typescript/tsconfig.json").write_text(
        '{"compilerOptions": {"module": "nodenext", "target": "es2022"}}'
    )
    (work / "typescript/cruiser.json").write_text(
        json.dumps(
            {
                "forbidden": [
                    {"name": "no-circular", "severity": "warn", "from": {}, "to": {"circular": True}},
                    {
                        "name": "not-to-unresolvable",
                        "severity": "warn",
                        "from": {},
                        "to": {"couldNotResolve": True},
                    },
                ],
                "options": {"tsConfig": {"fileName": "tsconfig.json"}, "tsPreCompilationDeps": True},
            }
        )
    )


def commands(work: Path) -> dict[str, list[Command]]:
    """What is timed, by group, in the order of one round."""
    django, typescript = work / "django", work / "typescript"
    ours = shutil.which(
        "constraintlint", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    )
    if ours is None:
        sys.exit("constraintlint is not installed for this Python")
    peers = work / "peers/bin"

    def forget(tree: Path) -> Callable[[], None]:
        return lambda: shutil.rmtree(tree / ".constraintlint_cache", ignore_errors=True)

    edits = [0]
    original = (django / EDITED).read_text()

    def edit() -> None:
        edits[0] += 1
        addition = f"\n\ndef added_{edits[0]}_{os.getpid()}():\n    from django.utils import timezone\n\n    return timezone\n"
        (django / EDITED).write_text(original + addition)

    check = [ours, "check", ".", "--format", "concise", "--fail-on", "never"]
    return {
        "django": [
            Command("constraintlint cold, graph", [*check, "--select", ",".join(GRAPH_RULES)], django, before=forget(django)),
            Command("constraintlint cold, data", [*check, "--select", ",".join(DATA_RULES)], django, before=forget(django)),
            Command("constraintlint cold", check, django, before=forget(django)),
            Command("constraintlint edited", check, django, before=edit),
            Command("constraintlint warm", check, django),
            Command("tach", [str(peers / "tach"), "check"], django),
            Command("floor", [sys.executable, str(work / "floor.py"), "."], django),
            Command("ruff S608 cold", [str(peers / "ruff"), "check", "--isolated", "--select", "S608", "--no-cache", "."], django),
            Command("ruff S608 warm", [str(peers / "ruff"), "check", "--isolated", "--select", "S608", "."], django),
            Command("import-linter", [str(peers / "lint-imports"), "--no-cache"], django, environment={"PYTHONPATH": "."}),
            Command(
                "semgrep",
                [str(peers / "semgrep"), "scan", "--config", str(work / "semgrep.yml"), "--metrics", "off",
                 "--disable-version-check", "--no-git-ignore", "--quiet", "."],
                django,
                environment={"PATH": f"{peers}{os.pathsep}{os.environ['PATH']}"},
            ),
        ],
        "typescript": [
            Command("constraintlint cold (ts)", check, typescript, before=forget(typescript)),
            Command("constraintlint warm (ts)", check, typescript),
            Command(
                "dependency-cruiser (ts)",
                [str(work / "cruiser/node_modules/.bin/depcruise"), "--config", "cruiser.json", "--output-type", "err", "."],
                typescript,
                ok=tuple(range(256)),
            ),
            Command("floor (ts)", [sys.executable, str(work / "floor.py"), "."], typescript),
        ],
    }  # fmt: skip


def measure(group: list[Command], rounds: int) -> None:
    for command in group:
        command.run()
    for _ in range(rounds):
        for command in group:
            command.seconds.append(command.run())


def measure_scaling(work: Path, rounds: int) -> dict[str, float]:
    """Cold time of the Django tree once, twice and four times side by side."""
    medians: dict[str, float] = {}
    check = commands(work)["django"][2]
    for times in (1, 2, 4):
        tree = work / f"scaled{times}"
        if not tree.exists():
            for copy in range(times):
                shutil.copytree(
                    work / "django",
                    tree / f"copy{copy}",
                    ignore=shutil.ignore_patterns(".*cache*", "__pycache__"),
                )
        command = Command(
            f"{times}x", check.argv, tree, before=lambda t=tree: shutil.rmtree(t / ".constraintlint_cache", ignore_errors=True)
        )  # fmt: skip
        measure([command], max(3, rounds - 2))
        medians[command.name] = command.median
    return medians


def peak_memory_mb(command: Command) -> float:
    """The largest sum of proportional set sizes of a command's processes."""
    command.before()
    process = subprocess.Popen(
        command.argv,
        cwd=command.directory,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    peak = 0.0
    stop = threading.Event()

    def sample() -> None:
        nonlocal peak
        while not stop.is_set():
            peak = max(peak, _session_pss_mb(process.pid))
            time.sleep(0.02)

    thread = threading.Thread(target=sample)
    thread.start()
    process.wait()
    stop.set()
    thread.join()
    return peak


def _session_pss_mb(session: int) -> float:
    total = 0.0
    for directory in Path("/proc").iterdir():
        if not directory.name.isdigit():
            continue
        try:
            if int((directory / "stat").read_text().rpartition(")")[2].split()[3]) != session:
                continue
            for line in (directory / "smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) / 1024
        except (OSError, IndexError, ValueError):
            continue
    return total


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--work", type=Path, default=Path("build/benchmarks"))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--only", default="django,typescript,scaling,memory")
    options = parser.parse_args()
    work = options.work.resolve()
    fetch(work)
    configure_peers(work)
    only = options.only.split(",")
    groups = commands(work)
    timed: dict[str, Command] = {}
    original = (work / "django" / EDITED).read_text()
    try:
        for name in ("django", "typescript"):
            if name in only:
                measure(groups[name], options.rounds)
                timed |= {command.name: command for command in groups[name]}
        memory = (
            {c.name: peak_memory_mb(c) for c in (groups["django"][2], groups["typescript"][0])}
            if "memory" in only
            else {}
        )
    finally:
        (work / "django" / EDITED).write_text(original)
    scaling = measure_scaling(work, options.rounds) if "scaling" in only else {}
    report(timed, scaling, memory)
    if options.json:
        data = {name: command.seconds for name, command in timed.items()}
        options.json.write_text(
            json.dumps({"seconds": data, "scaling": scaling, "memory_mb": memory}, indent=2) + "\n"
        )


def report(timed: dict[str, Command], scaling: dict[str, float], memory: dict[str, float]) -> None:
    print("| command | median s | min | max |\n|---|---:|---:|---:|")
    for name, command in timed.items():
        print(f"| {name} | {command.median:.3f} | {min(command.seconds):.3f} | {max(command.seconds):.3f} |")
    print("\n| target | ratio | at most | |\n|---|---:|---:|---|")
    for what, ours, other, most in TARGETS:
        if ours in timed and other in timed:
            ratio = timed[ours].median / timed[other].median
            print(
                f"| {what}: {ours} / {other} | {ratio:.2f} | {most} | {'met' if ratio <= most else 'MISSED'} |"
            )
    for small, large in (("1x", "2x"), ("2x", "4x")):
        if small in scaling:
            ratio = scaling[large] / scaling[small]
            print(f"| files {small} -> {large} | {ratio:.2f} | 2 | {'met' if ratio <= 2 else 'MISSED'} |")
    for name, peak in memory.items():
        verdict = "met" if peak < MEMORY_LIMIT_MB else "MISSED"
        print(f"| peak memory MB, {name} | {peak:.0f} | {MEMORY_LIMIT_MB} | {verdict} |")


if __name__ == "__main__":
    main()
