"""A package is imported that no manifest declares and no declared one is known to bring."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from constraintlint.facts.code import Call, Member, Name, walk
from constraintlint.findings import Finding, Step, finding
from constraintlint.project import Project
from constraintlint.project.components import is_user_interface
from constraintlint.project.distributions import providers, with_brought
from constraintlint.project.graph import External
from constraintlint.project.installed import Installed, component_of, installed_for
from constraintlint.project.manifests import base_of, records_of, role_of_path

RULE = "import-not-in-manifest"
_MAX_STEPS = 4
#: files that tools of development load, not the program
_TOOL_FILE = re.compile(
    r"(?:setup|noxfile|fabfile|tasks|locustfile|conf|gulpfile|gruntfile|\..*|.*\.config|.*\.setup|.*rc|.*\.d)\.[cm]?(?:py|[jt]s)$",
    re.I,
)
#: bundles, and copies of other projects' code with imports of their own
_BUNDLE = re.compile(
    r"[-.][0-9a-f]{8,}\.m?js$|\.min\.js$|(?:^|/)(?:_?vendor(?:ed)?|third_party|extern|contrib)/"
)
_NPM_NAME = re.compile(r"(?:@[a-z0-9~-][a-z0-9._~-]*/)?[a-z0-9~-][a-z0-9._~-]*")
#: packages of other runtimes, and packages of types alone, whose import TypeScript drops
_HOST = frozenset(
    ("bun", "electron", "vscode", "k6", "aws-lambda", "express-serve-static-core", "estree", "json-schema", "geojson", "csstype", "prisma-client")
)  # fmt: skip


def check(project: Project) -> Iterator[Finding]:
    base = base_of(project)
    reachable: dict[int, set[str]] = {}
    missing: dict[tuple[str, str], list[tuple[str, External]]] = {}
    own = {manifest.name for manifest in records_of(project.tree).manifests if manifest.name}
    for path in project.paths:
        externals = project.resolutions[path].external
        if (
            not externals
            or role_of_path(path, base) != "runtime"
            or _TOOL_FILE.match(posixpath.basename(path))
            or _BUNDLE.search(path)
        ):
            continue
        python = path.endswith((".py", ".pyi"))
        installed = installed_for(project, path)
        if not installed.known or (not python and is_user_interface(project.tree, path)):
            continue
        there = reachable.get(id(installed))
        if there is None:
            declared = (item.dependency for item in installed.declared)
            there = reachable[id(installed)] = with_brought(installed.ecosystem, declared)
        for item in externals:
            name = (
                _missing_python(item, there, installed)
                if python
                else _missing_npm(project, item, there, installed, own)
            )
            if name and _loads(project, path, item):
                missing.setdefault((component_of(project, path), name), []).append((path, item))
    for (_, name), places in missing.items():
        yield _finding(project, name, places)


def _finding(project: Project, name: str, places: list[tuple[str, External]]) -> Finding:
    path, item = places[0]
    installed = installed_for(project, path)
    manifest = installed.declared[0].manifest.path
    python = installed.ecosystem == "pypi"
    failing = (
        f"on a fresh installation the program stops here (ModuleNotFoundError: No module named '{item.module}')"
        if python
        else f"it is found only as long as another package brings it (Cannot find package '{name}')"
    )
    return finding(
        RULE,
        path,
        (item.line, item.column, item.end_line, item.end_column),
        f"{item.module} is imported, and {manifest} does not ask for {name}: {failing}",
        help=f"add {name} to {manifest}",
        trace=[
            Step(other, each.line, each.column, "imported here as well")
            for other, each in places[1:_MAX_STEPS]
        ],
        subject=f"{name}",
    )


def _loads(project: Project, path: str, item: External) -> bool:
    """Whether the import certainly runs when the file is loaded."""
    if item.standard or item.optional or item.in_function or item.kind in ("type-only", "dynamic", "lazy"):
        return False
    facts = project.facts(path)
    return facts is None or not any(
        imported.conditional and imported.span[0] <= item.line <= imported.span[2]
        for imported in facts.imports
    )


def _missing_python(item: External, there: set[str], installed: Installed) -> str:
    names = () if item.standard else providers(item.module)
    if not names or any(name in there or installed.by_command(name) for name in names):
        return ""
    return names[0]


def _is_called(project: Project, item: External) -> bool:
    """Whether what an import brings is surely there at run time: TypeScript drops an import of types alone."""
    if not item.source.endswith((".ts", ".tsx", ".mts", ".cts")):
        return True
    facts, code = project.facts(item.source), project.code(item.source)
    if facts is None or code is None:
        return False
    names = {
        name
        for imported in facts.imports
        if imported.span[0] <= item.line <= imported.span[2]
        for name in (imported.local, *(taken.local for taken in imported.names))
        if name
    }
    for node in walk(code.body):
        if isinstance(node, Call):
            callee = node.callee
            while isinstance(callee, Member):
                callee = callee.object
            if isinstance(callee, Name) and callee.id in names:
                return True
    return False


def _is_folder(project: Project, path: str, name: str) -> bool:
    """Whether a folder of this name lies beside the file or above it."""
    directory = posixpath.dirname(path)
    while True:
        if project.tree.is_directory(posixpath.join(directory, name)):
            return True
        if not directory:
            return False
        directory = posixpath.dirname(directory)


def _missing_npm(
    project: Project, item: External, there: set[str], installed: Installed, own: set[str]
) -> str:
    name = item.package
    if item.standard or not _NPM_NAME.fullmatch(name) or name in _HOST or name in there or name in own:
        return ""
    types = "@types/" + name.removeprefix("@").replace("/", "__")
    if installed.by_command(name) or (types in there and not _is_called(project, item)):
        return ""
    if _is_folder(project, item.source, name):
        return ""  # an alias of a folder that the bundler knows
    if any(b"_moduleAliases" in (project.tree.read(m.path) or b"") for m in installed.manifests):
        return ""
    return name
