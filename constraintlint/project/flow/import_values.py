"""What an import binds: a module of the project, a name of it, something of a library, a JSON file."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from typing import TYPE_CHECKING

from constraintlint.facts.code import At, Binary, Call, Expr, Hole, Name, Text
from constraintlint.facts.source import Import, ImportedName
from constraintlint.project.flow.choices import is_python
from constraintlint.project.flow.values import Value
from constraintlint.project.graph import Edge, External, Unresolved

if TYPE_CHECKING:
    from constraintlint.project.flow.evaluate import Evaluator


def import_values(
    ev: Evaluator, path: str, imported: Import, name: ImportedName | None, at: At = (0, 0)
) -> list[Value]:
    """What an import statement (at ``at``) binds: the module itself, or one name of it."""
    found: list[Value] = []
    python = is_python(path)
    if (
        python
        and name is None
        and "." in imported.specifier
        and imported.local == imported.specifier.split(".")[0]
    ):
        first = ev.index.targets(path, imported, None)
        if any(isinstance(target, Edge) for target in first):
            return [Value("package", path, at, imported.local)]
        return [Value("library", path, at, imported.local)]
    targets = ev.index.targets(path, imported, name)
    if not any(isinstance(target, Edge) for target in targets) and not python:
        data = json_file(ev, path, imported.specifier)
        if data:
            return list(_edge_values(ev, path, Edge(path, data, "import", 1, 1, 1, 1), name, "", at))
    for target in targets:
        if isinstance(target, Edge):
            found += _edge_values(ev, path, target, name, imported.specifier, at)
        else:
            module = target.module if isinstance(target, External) else target.specifier
            if isinstance(target, Unresolved):
                if python or (target.first_party and "prisma" not in target.specifier):
                    continue
                if "prisma" in module:
                    module = "@prisma/client"  # the generated client of a project that was not generated yet
            found.append(library_value(ev, path, at, _qualified(path, module, name)))
    if not found and not targets and not imported.specifier.startswith("."):
        # a name of an import that resolution has not seen keeps its qualified name
        found.append(library_value(ev, path, at, _qualified(path, imported.specifier, name)))
    if any(value.kind != "unknown" for value in found):
        found = [value for value in found if value.kind != "unknown"]
    return found


def star_values(ev: Evaluator, path: str, imported: Import, name: str) -> list[Value]:
    """What ``from m import *`` gives under ``name``."""
    found: list[Value] = []
    for target in ev.index.targets(path, imported, None):
        if isinstance(target, Edge):
            found += [
                value
                for value in ev.exported(target.target, name)
                if value.kind != "unknown"
                and not (value.kind == "module" and not _binds(ev, target.target, name))
            ]
        elif isinstance(target, External):
            qualified = ev.library_for(path).canonical(f"{target.module}.{name}")
            library = ev.library_for(path)
            if qualified in library.types or qualified in library.functions or qualified in library.values:
                found.append(Value("library", path, (0, 0), f"{target.module}.{name}"))
    return found


def _binds(ev: Evaluator, path: str, name: str) -> bool:
    """Whether a module binds a name itself: a package has its submodules besides, which a star does not take."""
    facts = ev.project.facts_for_name(path, name)
    return facts is not None and any(
        name == imported.local or any(taken.local in (name, "*") for taken in imported.names)
        for imported in facts.imports
        if not imported.in_function
    )


def join(path: str, base: str, name: str) -> str:
    """The qualified name of a name inside a library module or object."""
    if is_python(path) or "#" in base:
        return f"{base}.{name}"
    if name == "default":
        return base  # the default export stands for the module
    return f"{base}#{name}"


def library_value(ev: Evaluator, path: str, at: At, name: str) -> Value:
    """A name of a library; an instance where the library holds one under that name."""
    library = ev.library_for(path)
    held = library.values.get(library.canonical(name))
    return Value("handle", path, at, held) if held is not None else Value("library", path, at, name)


def _qualified(path: str, module: str, name: ImportedName | None) -> str:
    if not is_python(path) and module.startswith("node:") and module not in ("node:sqlite", "node:test"):
        module = module.removeprefix("node:")
    if name is None or name.name in ("*", "default"):
        return module
    return join(path, module, name.name)


def _edge_values(
    ev: Evaluator, path: str, edge: Edge, name: ImportedName | None, specifier: str, at: At
) -> Iterable[Value]:
    if (
        name is None
        or name.name == "*"
        or (is_python(path) and _is_submodule(path, edge.target, specifier, name.name))
    ):
        return [Value("module", path, at, edge.target)]
    return ev.exported(edge.target, name.name)


def _is_submodule(path: str, target: str, specifier: str, name: str) -> bool:
    """Whether ``from specifier import name`` has led to the module ``name`` itself.

    ``from . import orders`` in a package ``orders`` that binds the name has led to the package.
    """
    parts = target.rsplit(".", 1)[0].removesuffix("/__init__").split("/")
    below = specifier.lstrip(".")
    wanted = [part for part in below.split(".") if part] + [name]
    dots = len(specifier) - len(below)
    if dots:
        around = path.split("/")[:-dots]
        return len(path.split("/")) >= dots and parts == [*around, *wanted]
    return parts[-len(wanted) :] == wanted


def json_file(ev: Evaluator, path: str, specifier: str) -> str:
    """The JSON file of the project that a relative specifier of ``path`` means, "" where there is none."""
    if not specifier.startswith("."):
        return ""
    base = posixpath.normpath(posixpath.join(posixpath.dirname(path), specifier))
    for candidate in (base, f"{base}.json"):
        if candidate.endswith(".json") and ev.project.tree.is_file(candidate):
            return candidate
    return ""


def required_by_path(ev: Evaluator, path: str, call: Call) -> list[Value]:
    """``require(__dirname + "/../config/config.json")`` and ``require(path.join(__dirname, ...))``."""
    specifier = _beside(call.args[0].value) if call.args else None
    if specifier is None:
        return []
    base = posixpath.normpath(posixpath.join(posixpath.dirname(path), specifier.lstrip("/")))
    for candidate in (base, f"{base}.js", f"{base}.json", f"{base}.ts", f"{base}/index.js"):
        if ev.project.tree.is_file(candidate):
            return [Value("module", path, call.at, candidate)]
    return []


def _beside(expr: Expr) -> str | None:
    """The part of a path behind ``__dirname``, None where the expression is no such path."""
    parts: list[Expr]
    if isinstance(expr, Binary) and expr.op == "+":
        parts = [expr.left, expr.right]
    elif isinstance(expr, Call):
        parts = [arg.value for arg in expr.args]
    elif isinstance(expr, Text) and expr.pieces and isinstance(expr.pieces[0], Hole):
        rest = [piece for piece in expr.pieces[1:] if not isinstance(piece, Hole)]
        if len(rest) != len(expr.pieces) - 1:
            return None
        parts = [expr.pieces[0].value, Text(expr.at, list(rest))]
    else:
        return None
    if not parts or not isinstance(parts[0], Name) or parts[0].id != "__dirname":
        return None
    words: list[str] = []
    for part in parts[1:]:
        if not isinstance(part, Text) or any(isinstance(piece, Hole) for piece in part.pieces):
            return None
        words.append("".join([piece.value for piece in part.pieces if not isinstance(piece, Hole)]))
    return "/".join(words)
