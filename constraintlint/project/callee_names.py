"""Which third-party function a callee is, by its imports alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constraintlint.facts.code import Expr, Member, Name
from constraintlint.facts.source import Import, ImportedName
from constraintlint.project.connection_specs import last_names
from constraintlint.project.signatures import ecosystem_of

if TYPE_CHECKING:
    from constraintlint.project import Project
    from constraintlint.project.scopes import Scope


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
        if bind.kind != "import" or not 0 <= bind.index < len(facts.imports):
            return None
        imported = facts.imports[bind.index]
        if imported.specifier in outside:
            found.append(_qualified(path, imported, bind.imported, node.id, chain))
        elif bind.imported is not None and not chain and bind.imported.name in last_names():
            return None
    return found


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
