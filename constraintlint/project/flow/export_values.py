"""What a module gives to others: its names, what it re-exports, the whole of a CommonJS module or JSON file."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from constraintlint.facts.code import Expr, ExprStmt, Member, Name
from constraintlint.facts.source import Export, FileFacts, ImportedName
from constraintlint.project.flow import members, names
from constraintlint.project.flow.import_values import import_values, join, star_values
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.flow.values import Value
from constraintlint.project.graph import Edge, External

if TYPE_CHECKING:
    from constraintlint.project.flow.evaluate import Evaluator


def exported(ev: Evaluator, path: str, name: str) -> Iterable[Value]:
    """The values other modules get under ``name``; an unknown value where the module has it but it is not followed."""
    if path.endswith(".json"):
        return _json_export(ev, path, name)
    facts = ev.project.facts_for_name(path, name)
    if facts is None:
        return []
    if facts.language == "python":
        return _python_export(ev, path, facts, name)
    return _ecmascript_export(ev, path, facts, name)


def _json_export(ev: Evaluator, path: str, name: str) -> Iterable[Value]:
    code = ev.index.json(path)
    if code is None:
        return []
    whole = json_root(ev, path)
    if name == "default":
        return whole
    return [item for value in whole for item in ev.entry(value, name)]


def json_root(ev: Evaluator, path: str) -> list[Value]:
    """The content of a JSON file."""
    code = ev.index.json(path)
    if code is None or not code.body or not isinstance(code.body[0], ExprStmt):
        return []
    scope = Scope("module", path, (0, 1 << 60), None, code.body)
    return list(ev.eval(code.body[0].value, scope))


def _python_export(ev: Evaluator, path: str, facts: FileFacts, name: str) -> Iterable[Value]:
    file = ev.file(path)
    if file is not None:
        variables = file.module.names.get(name)
        if variables:
            end = file.code.body[-1].at[1] if file.code.body else 0
            found = names.variable_values(ev, variables[0], file.module, end)
            return found or [Value("unknown", path, variables[0].binds[0].at)]
    for imported in facts.imports:
        if imported.in_function:
            continue
        if imported.local == name:
            return import_values(ev, path, imported, None)
        for taken in imported.names:
            if taken.local == name:
                return import_values(ev, path, imported, taken)
    for binding in facts.bindings:
        if binding.name == name:
            return [Value("unknown", path, (0, 0), name if binding.kind == "class" else "")]
    for imported in facts.imports:
        if any(taken.name == "*" for taken in imported.names):
            found = star_values(ev, path, imported, name)
            if found:
                return found
    directory = path.rsplit("/", 1)[0] + "/" if "/" in path else ""
    if path.rsplit("/", 1)[-1] in ("__init__.py", "__init__.pyi"):
        for candidate in (f"{directory}{name}.py", f"{directory}{name}/__init__.py"):
            if ev.project.tree.is_file(candidate):
                return [Value("module", path, (0, 0), candidate)]
    return []


def _ecmascript_export(ev: Evaluator, path: str, facts: FileFacts, name: str) -> Iterable[Value]:
    found: list[Value] = []
    for export in facts.exports:
        if export.name == name:
            found += _exported_here(ev, path, facts, export)
    if not found:
        found += _assigned_export(ev, path, name)
    if not found and name == "default":
        found += module_values(ev, path)
    if not found and name != "default":
        for export in facts.exports:
            if export.name == "*" and export.specifier:
                for imported in facts.imports:
                    if imported.specifier == export.specifier:
                        for target in ev.index.targets(path, imported, None):
                            if isinstance(target, Edge):
                                found += ev.exported(target.target, name)
                            elif isinstance(target, External):
                                library = ev.library_for(path)
                                qualified = library.canonical(join(path, target.module, name))
                                if qualified in library.types or qualified in library.functions:
                                    found.append(Value("library", path, (0, 0), qualified))
                        break
            if found:
                break
    if not found:
        for value in module_values(ev, path):
            found += members.member(ev, value, name, (0, 0), None)
    return found


def _exported_here(ev: Evaluator, path: str, facts: FileFacts, export: Export) -> Iterable[Value]:
    if export.specifier:
        for imported in facts.imports:
            if imported.specifier != export.specifier:
                continue
            wanted = export.imported or export.name
            taken = next((item for item in imported.names if item.name == wanted), None)
            if taken is None and wanted == "*":
                return import_values(ev, path, imported, None)
            if taken is None:
                taken = ImportedName(wanted, "", *imported.specifier_span[:2], imported.specifier_span[3])
            found = import_values(ev, path, imported, taken)
            if found:
                return found
        return []
    file = ev.file(path)
    if file is None:
        return [Value("unknown", path, (0, 0))]
    local = export.local or ("default" if export.name == "default" else "")
    variables = file.module.names.get(local)
    if variables:
        end = file.code.body[-1].at[1] if file.code.body else 0
        return names.variable_values(ev, variables[0], file.module, end)
    return []


def _assigned_export(ev: Evaluator, path: str, name: str) -> list[Value]:
    """``exports.name = value`` and ``module.exports.name = value``."""
    file = ev.file(path)
    found: list[Value] = []
    for store in file.stores.get(name, ()) if file is not None else ():
        if _is_exports(store.owner):
            found += ev.eval(store.value, store.scope)
    return found


def module_values(ev: Evaluator, path: str) -> list[Value]:
    """What ``require`` of a CommonJS module gives: the value of ``module.exports`` (or of ``export =``)."""
    if path.endswith(".json"):
        return json_root(ev, path)
    file = ev.file(path)
    if file is None:
        return []
    found: list[Value] = []
    for store in file.stores.get("exports", ()):
        if isinstance(store.owner, Name) and store.owner.id == "module":
            found += ev.eval(store.value, store.scope)
    variables = file.module.names.get("export")
    if variables:
        found += names.variable_values(ev, variables[0], file.module, file.module.at[1] - 1)
    return [value for value in found if not (value.kind == "module" and value.name == path)]


def _is_exports(expr: Expr) -> bool:
    if isinstance(expr, Name):
        return expr.id == "exports"
    return isinstance(expr, Member) and expr.name == "exports" and isinstance(expr.object, Name)
