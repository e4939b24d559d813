"""``constraintlint init``: writes a commented constraintlint.toml that declares what the backend is found to be."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from constraintlint.cli.errors import UsageProblem

if TYPE_CHECKING:
    from constraintlint.config import Config
    from constraintlint.project import Project
    from constraintlint.workspace import Workspace

_FILE = "constraintlint.toml"
_OPENAPI = re.compile(r"(?:.*/)?(?:openapi|swagger)(?:[-_.][^/]*)?\.(?:ya?ml|json)", re.IGNORECASE)
#: The presets in the order in which they are tried: the first that fits best wins.
_PRESETS = ("clean", "hexagonal", "three-tier", "django")
_TAIL = """\
# Files that are not read, and files that may import every layer (the usual ones are known by name).
# exclude = ["legacy/**"]
# composition-roots = ["app/container.py"]
"""
_TABLES = """\
# Other severities: error, warning, note or off, by rule or category. `constraintlint rules` lists them.
# [rules]
# layer-skipped = "error"

# [[overrides]]
# paths = ["tests/**"]
# rules = { raw-sql-bypasses-orm = "off" }

# Contracts of your own: [[forbid]], [[independent]], [[protect]], [[acyclic]].
# [[forbid]]
# from = ["app/models/**"]
# to = ["pypi:requests", "npm:axios"]
# because = "the models do no input or output"
"""


class Found(msgspec.Struct, kw_only=True):
    """What was detected. Each use is ``(name, where)``; ``where`` is its first evidence, "" where there is none."""

    frameworks: list[tuple[str, str]] = []
    databases: list[tuple[str, str]] = []
    orms: list[tuple[str, str]] = []
    preset: str = ""
    layers: dict[str, int] = {}
    unassigned: int = 0
    directories: list[str] = []
    """where source files are, for layers of the team's own"""
    openapi: str = ""


@click.command("init")
@click.argument("path", required=False, default=".", type=click.Path())
@click.option("--force", is_flag=True, help="Replace an existing constraintlint.toml.")
@click.option("--dry-run", is_flag=True, help="Print the file instead of writing it.")
def command(path: str, force: bool, dry_run: bool) -> None:
    """Detect the stack and the layers of PATH and write a commented constraintlint.toml there.

    Nothing that exists is changed without asking; where nobody can be asked, it is an error.
    """
    root = Path(path)
    if not root.is_dir():
        raise UsageProblem(f"{path}: no such directory")
    target = root / _FILE
    if not dry_run and not force and not _may_write(target):
        click.echo("constraintlint: nothing was changed", err=True)
        return
    text = render(detect(root))
    if dry_run:
        click.echo(text, nl=False)
        return
    target.write_text(text, "utf-8", newline="\n")
    click.echo(f"wrote {_shown(path)}; `constraintlint check` now verifies what it declares")


def _shown(path: str) -> str:
    return _FILE if path == "." else f"{path.rstrip('/')}/{_FILE}"


def _may_write(target: Path) -> bool:
    """Whether the file may be written: there is none, or the person at the terminal says so. Raises UsageProblem."""
    holder = _existing(target)
    if holder is None:
        return True
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageProblem(f"{holder} exists already; --force replaces it, --dry-run prints the new one")
    return click.confirm(f"{holder} exists already. Write {_FILE} all the same?", default=False, err=True)


def _existing(target: Path) -> str | None:
    """The file that already configures the directory."""
    if target.exists() or target.is_symlink():
        return _FILE
    from constraintlint.config.parse import parse

    for name in ("pyproject.toml", "package.json"):
        file = target.parent / name
        if file.is_file() and parse(name, file.read_bytes()) is not None:
            return f"a configuration in {name}"
    return None


# --- what is there ---------------------------------------------------------------------------------------------------


def detect(root: Path) -> Found:
    """Read the tree below ``root`` without writing anything, not even the cache. Raises ConfigError."""
    from constraintlint.analysis import Options, open_projects, open_workspace
    from constraintlint.project.stack import join

    workspace = open_workspace(Options(root=root, cache=False))
    projects = open_projects(workspace)
    stack = join([project.stack for project in projects]).to_json()
    found = Found(
        frameworks=_used(stack.get("frameworks")),
        databases=_used(stack.get("databases")),
        orms=_used(stack.get("orms")),
        openapi=next((path for path in workspace.listed if _OPENAPI.fullmatch(path)), ""),
        directories=_directories(workspace.sources),
    )
    _detect_layers(found, workspace, projects)
    return found


def _used(entries: object) -> list[tuple[str, str]]:
    """Names of what is used at run time, each with its first evidence."""
    found: dict[str, str] = {}
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, str):
            found.setdefault(entry, "")
        elif isinstance(entry, Mapping) and entry.get("role", "runtime") == "runtime":
            name = str(entry.get("engine") or entry.get("name"))
            found.setdefault(name, _where(entry.get("evidence")))
    return list(found.items())


def _where(evidence: object) -> str:
    if not isinstance(evidence, Sequence) or not evidence:
        return ""
    first: Any = msgspec.to_builtins(evidence[0])
    return " ".join(f"{first['path']}:{first['line']} {first.get('message', '')}".split())


def _detect_layers(found: Found, workspace: Workspace, projects: list[Project]) -> None:
    """The preset with most of its layers present, and fewest files in none of them."""
    from constraintlint.presets import load_preset

    best: tuple[float, int] | None = None
    for name in _PRESETS:
        preset = load_preset(name)
        counts: dict[str, int] = {}
        unassigned = 0
        for project in projects:
            layers = _with_preset(project, project.config, workspace, name).layers
            unassigned += len(layers.unassigned)
            for layer, count in layers.counts.items():
                counts[layer] = counts.get(layer, 0) + count
        present = sum(count > 0 for count in counts.values())
        if present < preset.minimum_layers:
            continue
        score = (-present / len(preset.layers), unassigned)
        if best is None or score < best:
            best = score
            found.preset, found.layers, found.unassigned = name, counts, unassigned
        if name == "clean":
            # The default fits: a preset that happens to fit better is not what the team means
            return


def _with_preset(project: Project, config: Config, workspace: Workspace, preset: str) -> Project:
    from constraintlint.project import Project

    changed = msgspec.structs.replace(config, architecture=preset, layers={})
    return Project(changed, project.tree, workspace.facts, project.resolutions, project.paths)


def _directories(sources: list[str]) -> list[str]:
    """The directories below which the source files lie: one level below the common one."""
    from os.path import commonpath

    parents = [path.rpartition("/")[0] for path in sources]
    inner = [parent for parent in parents if parent]
    if not inner:
        return []
    common = commonpath(inner)
    below = {parent[len(common) :].strip("/").partition("/")[0] for parent in inner}
    return sorted(f"{common}/{name}".strip("/") for name in below if name)[:8]


# --- the file --------------------------------------------------------------------------------------------------------


def render(found: Found) -> str:
    """The text of the configuration: what is certain is declared, what is not stands in a comment."""
    parts = [
        "# What this backend has to keep; `constraintlint check` verifies it.\n"
        "# `constraintlint schema` describes every key.\n",
        _declaration("framework", "Web framework", found.frameworks, "flask", several=True),
        _architecture(found),
        _declaration("database", "Database engine at run time", found.databases, "postgresql"),
        _declaration("orm", 'ORM; "none" means that raw SQL is meant', found.orms, "none"),
    ]
    if found.openapi:
        parts.append(
            f"# The description the routes are checked against.\nopenapi = {_string(found.openapi)}\n"
        )
    else:
        parts.append('# The OpenAPI description the routes are checked against.\n# openapi = "openapi.yml"\n')
    parts.append(_TAIL)
    if not found.preset:
        parts.append(_own_layers(found.directories))
    parts.append(_TABLES)
    return "\n".join(parts)


def _declaration(
    key: str, title: str, uses: list[tuple[str, str]], example: str, *, several: bool = False
) -> str:
    """One key: declared where one use was found (or ``several`` are allowed), else a comment to choose from."""
    lines = [f"# {title}."]
    lines += [_comment(f"found: {name}{f', {where}' if where else ''}") for name, where in uses]
    names = [name for name, _ in uses]
    if not names:
        lines.append("# found: none")
        lines.append(f"# {key} = {_string(example)}")
    elif len(names) == 1:
        lines.append(f"{key} = {_string(names[0])}")
    elif several:
        lines.append(f"{key} = [{', '.join(map(_string, names))}]")
    else:
        lines += [f"# {key} = {_string(name)}" for name in names]
    return "\n".join(lines) + "\n"


def _architecture(found: Found) -> str:
    if not found.preset:
        return (
            "# Architecture: the names of directories and files show no known layers.\n"
            '# architecture = "layered"                   # with [layers] below\n'
        )
    counts = ", ".join(f"{layer} {count}" for layer, count in found.layers.items())
    noun = "file belongs" if found.unassigned == 1 else "files belong"
    return (
        f"# Layers by directory and file name: {counts}; {found.unassigned} {noun} to none.\n"
        f"architecture = {_string(found.preset)}\n"
    )


def _own_layers(directories: list[str]) -> str:
    lines = ["# Layers of your own, top to bottom: each may import those below it.", "# [layers]"]
    for directory in directories or ["src/http", "src/db"]:
        name = re.sub(r"[^\w-]+", "-", directory.rpartition("/")[2]).strip("-") or "layer"
        lines.append(f"# {name} = [{_string(directory + '/**')}]")
    return "\n".join(lines) + "\n"


def _comment(text: str) -> str:
    return "# " + "".join(char if char.isprintable() else " " for char in text)[:160].rstrip()


def _string(text: str) -> str:
    """A TOML basic string."""
    return msgspec.json.encode(text).decode().replace("\x7f", "\\u007f")
