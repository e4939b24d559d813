"""Which third-party function a callee is, by its imports alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constraintlint.facts.code import Call, Expr, Member, Name
from constraintlint.facts.source import FileFacts, Import, ImportedName
from constraintlint.project.evidence.connection_specs import last_names, method_names
from constraintlint.project.signatures import ecosystem_of

if TYPE_CHECKING:
    from constraintlint.project import Project
    from constraintlint.project.flow.scopes import Bind, Scope


def imported_names(project: Project, path: str, callee: Expr, scope: Scope | None) -> list[str] | None:
    """The qualified names of ``a.b.c`` where ``a`` is bound by imports alone; None where it is bound otherwise.

    This is what ``possible_values`` finds as well, at the price of looking at one name. A name of the project's own
    modules has none, unless it is that of a function that connects (a module that passes it on): that is None.
    """
    chain: list[str] = []
    node = callee
    while isinstance(node, Member):
        chain.insert(0, node.name)
        node = node.object
    facts = project.facts(path)
    if not isinstance(node, Name) or scope is None or facts is None:
        return None
    variable = scope.find(node.id, node.at[0])
    if variable is None:
        return None
    outside = {item.module for item in project.resolutions[path].external}
    found: list[str] = []
    for bind in variable.binds:
        imported, name = _import_of(project, path, facts, bind)
        if imported is None:
            return None
        if imported.specifier in outside:
            found.append(_qualified(path, imported, name, node.id, chain))
        elif name is not None and not chain and name.name in last_names():
            return None
    return found


def _import_of(
    project: Project, path: str, facts: FileFacts, bind: Bind
) -> tuple[Import | None, ImportedName | None]:
    """The import that binds a name, and which of its names that is; ``const { Pool } = require("pg")`` is one too."""
    if bind.kind == "import" and 0 <= bind.index < len(facts.imports):
        return facts.imports[bind.index], bind.imported
    call = bind.value
    if (
        bind.kind == "assign"
        and isinstance(call, Call)
        and isinstance(call.callee, Name)
        and call.callee.id == "require"
    ):
        place = project.span(path, call.at)[:2]
        for imported in facts.imports:
            if imported.span[:2] == place and imported.kind == "require":
                name = next((item for item in imported.names if item.local == bind.name), None)
                if name is not None or imported.local == bind.name:
                    return imported, name
    return None, None


def may_be_library(callee: Expr, scope: Scope | None) -> bool:
    """Whether a callee that no import binds can still be a function of a library: worth following its value.

    A method of a variable is one of an instance; it opens a connection under the names of ``method`` entries only.
    """
    if isinstance(callee, Member):
        root: Expr = callee
        while isinstance(root, Member):
            root = root.object
        return not isinstance(root, Name) or callee.name in method_names()
    if not isinstance(callee, Name) or scope is None:
        return not isinstance(callee, Name)
    variable = scope.find(callee.id, callee.at[0])
    return variable is not None and any(bind.kind in ("assign", "import") for bind in variable.binds)


def _qualified(path: str, imported: Import, name: ImportedName | None, local: str, chain: list[str]) -> str:
    if ecosystem_of(path) == "pypi":
        if name is not None:
            head = f"{imported.specifier}.{name.name}"
        else:
            # ``import a.b`` binds ``a``; ``import a.b as c`` binds the module itself
            bound = imported.specifier.partition(".")[0]
            head = bound if local == bound else imported.specifier
        return ".".join((head, *chain))
    names = list(chain) if name is None or name.name in ("default", "*") else [name.name, *chain]
    if names[:1] == ["default"]:
        names = names[1:]
    return f"{imported.specifier}#{'.'.join(names)}" if names else imported.specifier
