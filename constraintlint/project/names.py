"""Names: what a name in a scope means, what an import takes from another module, what a module gives away."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from typing import TYPE_CHECKING

from constraintlint.facts.code import (
    At,
    Binary,
    Call,
    Class,
    Expr,
    ExprStmt,
    Function,
    Hole,
    Lines,
    Member,
    Name,
    Text,
)
from constraintlint.facts.source import Export, FileFacts, Import, ImportedName
from constraintlint.project import alternatives, members, parameters, type_hints
from constraintlint.project.choices import behind, chosen, is_python, known, replace
from constraintlint.project.graph import Edge, External, Unresolved
from constraintlint.project.json_values import read_json
from constraintlint.project.reaching import before, reaching
from constraintlint.project.scopes import Bind, Scope, Variable
from constraintlint.project.texts import hole
from constraintlint.project.values import Branch, Value

if TYPE_CHECKING:
    from constraintlint.facts.code import Code
    from constraintlint.project.evaluate import Evaluator

Target = Edge | External | Unresolved

_PYTHON_BUILTINS = frozenset(
    [
        "str",
        "int",
        "float",
        "bool",
        "bytes",
        "list",
        "tuple",
        "dict",
        "set",
        "next",
        "iter",
        "anext",
        "getattr",
        "open",
        "reversed",
        "sorted",
        "super",
        "type",
    ]
)


def _same_module(module: str, specifier: str) -> bool:
    return module == specifier or specifier.startswith(".") or module.removeprefix("node:") == specifier


class Index:
    """Look-ups made once a file: imports by place, modules by importer, JSON files."""

    def __init__(self, ev: Evaluator) -> None:
        self.ev = ev
        self._targets: dict[str, dict[tuple[int, int], list[Target]]] = {}
        self._requires: dict[str, dict[tuple[int, int], int]] = {}
        self._importers: dict[str, list[tuple[str, int]]] | None = None
        self._json: dict[str, Code | None] = {}

    def targets(self, path: str, imported: Import, name: ImportedName | None) -> list[Target]:
        """Where an import, or one name of it, leads."""
        spots = self._targets.get(path)
        if spots is None:
            spots = self._targets[path] = {}
            resolution = self.ev.project.resolutions.get(path)
            if resolution is not None:
                everything: list[Target] = [*resolution.edges, *resolution.external, *resolution.unresolved]
                for target in everything:
                    spots.setdefault((target.line, target.column), []).append(target)
        places = [imported.span[:2], imported.specifier_span[:2]]
        if name is not None:
            places.insert(0, (name.line, name.column))
        found: list[Target] = []
        for place in dict.fromkeys(places):
            for target in spots.get(place, ()):
                if isinstance(target, Unresolved):
                    if target.specifier == imported.specifier and (not target.name or name is None):
                        found.append(target)
                elif isinstance(target, Edge) and target.kind == "implicit":
                    continue
                elif isinstance(target, External) and not _same_module(target.module, imported.specifier):
                    continue  # another module of the same statement
                elif name is None or not target.names or name.name in target.names or "*" in target.names:
                    found.append(target)
        return list(dict.fromkeys(found))

    def required(self, path: str, call: Call) -> Import | None:
        """The import that a ``require(...)`` or ``import(...)`` call is."""
        if not call.args or not isinstance(call.args[0].value, Text):
            return None
        facts, code = self.ev.project.facts(path), self.ev.project.code(path)
        if facts is None or code is None:
            return None
        known = self._requires.get(path)
        if known is None:
            known = self._requires[path] = {
                item.specifier_span[:2]: index for index, item in enumerate(facts.imports)
            }
        text = call.args[0].value
        for offset in (text.at[0], text.at[0] + 1, call.at[0]):
            index = known.get(code.lines.position(offset))
            if index is not None:
                return facts.imports[index]
        return None

    def importers(self, path: str) -> list[tuple[str, int]]:
        """(file, index of its import) of the imports that lead to ``path``."""
        if self._importers is None:
            self._importers = {}
            for source in sorted(self.ev.project.resolutions):
                facts = self.ev.project.facts(source)
                if facts is None or not facts.code:
                    continue
                for index, imported in enumerate(facts.imports):
                    for target in self.targets(source, imported, None):
                        if isinstance(target, Edge):
                            self._importers.setdefault(target.target, []).append((source, index))
        return self._importers.get(path, [])

    def json(self, path: str) -> Code | None:
        """A JSON file of the project in the neutral form: one expression."""
        if path not in self._json:
            data = self.ev.project.tree.read(path)
            self._json[path] = read_json(data) if data is not None else None
        return self._json[path]

    def json_lines(self, path: str) -> Lines | None:
        code = self.json(path) if path.endswith(".json") else None
        return code.lines if code is not None else None


# --- names ------------------------------------------------------------------------------------------------------


def name_values(ev: Evaluator, name: str, offset: int, at: At, scope: Scope) -> list[Value]:
    """What ``name`` can be at ``offset`` of ``scope``."""
    path = scope.path
    if name in ("this", "super") and not is_python(path):
        return parameters.this_values(ev, scope, parent=name == "super")
    variable = scope.find(name, offset)
    if variable is None:
        return _free(ev, name, at, scope)
    return variable_values(ev, variable, scope, offset)


def variable_values(ev: Evaluator, variable: Variable, use: Scope, offset: int) -> list[Value]:
    found: list[Value] = []
    same = use is variable.scope
    for bind in reaching(variable, use, offset):
        values = bind_values(ev, bind, variable)
        found += behind(values, bind.regions, offset) if same or bind.regions else values
    if not any(known(value) for value in found):
        declared = [bind for bind in variable.binds if bind.kind == "declare" and bind.annotation]
        for bind in declared:
            assert bind.annotation is not None
            found = [*type_hints.instances(ev, bind.annotation, bind.inner), *found]
    return found


def _free(ev: Evaluator, name: str, at: At, scope: Scope) -> list[Value]:
    """A name bound nowhere in the file: from a star import, built in, or unknown."""
    path = scope.path
    file = ev.file(path)
    facts = ev.project.facts(path)
    if file is not None and facts is not None:
        for index in file.module.stars:
            imported = facts.imports[index]
            found = star_values(ev, path, imported, name)
            if found:
                return found
    if is_python(path):
        if name in _PYTHON_BUILTINS:
            return [Value("library", path, at, f"builtins.{name}")]
        return [Value("unknown", path, at)]
    return [Value("library", path, at, name)]


def star_values(ev: Evaluator, path: str, imported: Import, name: str) -> list[Value]:
    """What ``from m import *`` gives under ``name``."""
    found: list[Value] = []
    for target in ev.index.targets(path, imported, None):
        if isinstance(target, Edge):
            found += [value for value in ev.exported(target.target, name) if value.kind != "unknown"]
        elif isinstance(target, External):
            qualified = ev.library_for(path).canonical(f"{target.module}.{name}")
            library = ev.library_for(path)
            if qualified in library.types or qualified in library.functions or qualified in library.values:
                found.append(Value("library", path, (0, 0), f"{target.module}.{name}"))
    return found


def bind_values(ev: Evaluator, bind: Bind, variable: Variable | None = None) -> tuple[Value, ...]:
    """What one definition gives its name."""
    return ev.once(id(bind), lambda: _bind_values(ev, bind, variable))


def _bind_values(ev: Evaluator, bind: Bind, variable: Variable | None) -> Iterable[Value]:
    kind = bind.kind
    path = bind.inner.path
    if kind == "function" and isinstance(bind.node, Function):
        return [
            Value("function", path, bind.at, bind.name, node=bind.node, scope=ev.scope_of(path, bind.node))
        ]
    if kind == "class" and isinstance(bind.node, Class):
        return [Value("class", path, bind.at, bind.name, node=bind.node, scope=ev.scope_of(path, bind.node))]
    if kind == "import":
        facts = ev.project.facts(path)
        return import_values(ev, path, facts.imports[bind.index], bind.imported, bind.at) if facts else []
    if kind == "param":
        return parameters.values(ev, bind)
    if bind.value is None:
        if bind.annotation is not None:
            return type_hints.instances(ev, bind.annotation, bind.inner)
        return []
    found = list(ev.eval(bind.value, bind.inner))
    if kind == "with":
        found = [entered for value in found for entered in members.entered(ev, value)]
    elif kind == "for":
        found = [item for value in found for item in members.elements(ev, value, bind.value, bind.inner)]
    for key in bind.keys:
        found = [part for value in found for part in members.part(ev, value, key, bind.at, bind.inner)]
    if bind.default is not None and bind.keys:
        found = with_default(ev, found, bind)
    if bind.op:
        return _augmented(ev, bind, variable, found)
    if bind.annotation is not None and not any(known(value) for value in found):
        declared = type_hints.instances(ev, bind.annotation, bind.inner)
        if declared:
            return [*declared, *(value for value in found if value.kind == "constant")]
    return found or [Value("unknown", path, bind.at, node=bind.value, scope=bind.inner)]


def with_default(ev: Evaluator, found: list[Value], bind: Bind) -> list[Value]:
    """A destructured part and the default that stands in for it."""
    assert bind.default is not None
    env = next((value.name for value in found if value.kind == "env"), "")
    branch = Branch("or", bind.inner.path, bind.value)
    return [*found, *(chosen(value, branch, env) for value in ev.eval(bind.default, bind.inner))]


def _augmented(ev: Evaluator, bind: Bind, variable: Variable | None, added: list[Value]) -> list[Value]:
    """``name += value``."""
    path = bind.inner.path
    if variable is None or bind.value is None:
        return []
    earlier: list[Value] = []
    for other in before(bind, variable):
        earlier += behind(bind_values(ev, other, variable), other.regions, bind.at[0])
    if bind.op in ("||=", "??=", "or="):
        return [*earlier, *added]
    if bind.op != "+=" or not any(value.text is not None for value in (*earlier, *added)):
        return [Value("unknown", path, bind.at, node=bind.value, scope=bind.inner)]
    at = bind.at
    left = [alternatives.of_value(value, None, path, at) for value in earlier if value.kind != "constant"]
    right = alternatives.of_expr(ev, bind.value, bind.inner)
    if not left:
        left = [alternatives.Alternative(hole(path, at, None), (), "", False)]
    return alternatives.values(alternatives.product([left, right]), path, at)


# --- imports ----------------------------------------------------------------------------------------------------


def join(path: str, base: str, name: str) -> str:
    """The qualified name of a name inside a library module or object."""
    if is_python(path) or "#" in base:
        return f"{base}.{name}"
    if name == "default":
        return base  # the default export stands for the module
    return f"{base}#{name}"


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
        or (is_python(path) and _is_submodule(edge.target, specifier, name.name))
    ):
        return [Value("module", path, at, edge.target)]
    return ev.exported(edge.target, name.name)


def _is_submodule(target: str, specifier: str, name: str) -> bool:
    """Whether ``from specifier import name`` has led to the module ``name`` itself."""
    parts = target.rsplit(".", 1)[0].removesuffix("/__init__").split("/")
    wanted = [part for part in specifier.lstrip(".").split(".") if part] + [name]
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


# --- what a module gives ----------------------------------------------------------------------------------------


def exported(ev: Evaluator, path: str, name: str) -> Iterable[Value]:
    """The values other modules get under ``name``; an unknown value where the module has it but it is not followed."""
    if path.endswith(".json"):
        return _json_export(ev, path, name)
    facts = ev.project.facts(path)
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
    return [item for value in whole for item in ev.entries(value).get(name, [])]


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
            found = variable_values(ev, variables[0], file.module, end)
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
        return variable_values(ev, variables[0], file.module, end)
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
        found += variable_values(ev, variables[0], file.module, file.module.at[1] - 1)
    return [value for value in found if not (value.kind == "module" and value.name == path)]


def _is_exports(expr: Expr) -> bool:
    if isinstance(expr, Name):
        return expr.id == "exports"
    return isinstance(expr, Member) and expr.name == "exports" and isinstance(expr.object, Name)


def concrete(ev: Evaluator, value: Value) -> list[Value]:
    """A JavaScript module used as a value: what it exports as a whole, or its default export."""
    if value.kind != "module" or is_python(value.name):
        return [value]
    found = module_values(ev, value.name)
    if not found:
        facts = ev.project.facts(value.name)
        if facts is not None and facts.module_format != "esm":
            found = [item for item in ev.exported(value.name, "default") if item.kind != "unknown"]
    return [replace(item, (*value.branches, *item.branches)) for item in found] or [value]
