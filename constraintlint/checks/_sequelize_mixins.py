"""Calls of the methods that associations of Sequelize give to rows: ``item.setLabels(labels)``, ``user.getPosts()``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from constraintlint.facts.code import Call, Member
from constraintlint.project import Project
from constraintlint.project.flow.scopes import FileScopes, Scope
from constraintlint.project.models.sequelize.index import index_of

_MIXIN = re.compile(r"(?:get|set|add|remove|has|count|create)[A-Z]\w*")
#: those of sequelize-typescript, which take the name of the association
_NAMED = {"$add": "add", "$set": "set", "$remove": "remove", "$create": "create"}


def mixin_calls(project: Project, file: FileScopes) -> Iterator[tuple[Call, Scope, str]]:
    """(call, scope, what it does: ``get``, ``set``, ``add`` ...) of those on one row that is known."""
    follower = index_of(project).follower
    for name in sorted(file.calls):
        if name not in _NAMED and not _MIXIN.fullmatch(name):
            continue
        for call, scope in file.calls[name]:
            rows = follower.rows(call.callee.object, scope) if isinstance(call.callee, Member) else None
            if rows is None or rows.shape != "one":
                continue
            if name in _NAMED:
                if rows.definitions and all(definition.ts for definition in rows.definitions):
                    yield call, scope, _NAMED[name]
                continue
            given = {
                association.mixins()[name]
                for definition in rows.definitions
                for association in definition.associations
                if name in association.mixins()
            }
            if len(given) == 1:
                yield call, scope, given.pop()
