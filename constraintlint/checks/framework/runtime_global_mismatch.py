"""``Bun`` or ``Deno`` is used in a program that Node runs."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks.framework._started import reached_by
from constraintlint.facts.code import Assign, Member, Name, Stmt, Text, Unary, walk
from constraintlint.findings import Finding, Step, finding
from constraintlint.project import Project
from constraintlint.project.starts import Start
from constraintlint.roles import is_test

RULE = "runtime-global-mismatch"
_GLOBALS = ("Bun", "Deno")
_NODE = frozenset(
    (
        "node",
        "tsx",
        "ts-node",
        "ts-node-dev",
        "tsnd",
        "ts-node-esm",
        "nodemon",
        "pm2",
        "pm2-runtime",
        "nodejs",
    )
)
_WORDS = ("Bun", "Deno")


def check(project: Project) -> Iterator[Finding]:
    paths = [
        path
        for path in project.paths
        if not path.endswith((".py", ".pyi")) and not is_test(path) and project.mentions(path, _WORDS)
    ]
    if not paths:
        return
    started = reached_by(project)
    for path in paths:
        starts = started.get(path, [])
        if starts and all(runner in _NODE for runner, _ in starts):
            yield from _uses(project, path, starts[0][1], starts[0][0])


def _uses(project: Project, path: str, start: Start, runner: str) -> Iterator[Finding]:
    """The first use of each global that is no question whether it is there."""
    file = project.evaluator.file(path)
    if file is None or _asks(file.code.body):
        return
    seen: set[str] = set()
    for node in walk(file.code.body):
        # Bun.serve(...), and const { env } = Bun
        owner = node.object if isinstance(node, Member) else node.value if isinstance(node, Assign) else None
        if not isinstance(owner, Name) or owner.id not in _GLOBALS:
            continue
        name = owner.id
        if name in seen or file.at(node.at[0]).find(name, node.at[0]) is not None:
            continue
        seen.add(name)
        yield finding(
            RULE,
            path,
            project.span(path, node.at if isinstance(node, Member) else owner.at),
            f"{name} is not defined: the program is started by {runner}, and {name} exists in {name} alone",
            help="use what Node has (@hono/node-server, node:fs, process.env), or start the program by "
            f"{name.lower()}",
            trace=[Step(start.path, start.span[0], start.span[1], f"started here by {runner}")],
            subject=f"{path}: {name}",
        )


def _asks(body: list[Stmt]) -> bool:
    """Whether the file asks which runtime it runs on: ``typeof Bun``, ``globalThis.Deno``, ``process.versions.bun``."""
    for node in walk(body):
        if isinstance(node, Unary) and node.op == "typeof" and isinstance(node.operand, Name):
            if node.operand.id in _GLOBALS:
                return True
        elif (isinstance(node, Member) and node.name in (*_GLOBALS, "bun", "deno")) or (
            isinstance(node, Text) and any(getattr(piece, "value", "") in _GLOBALS for piece in node.pieces)
        ):
            return True
    return False
