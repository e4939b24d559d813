"""Database URLs that a program puts together with a URL class."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constraintlint.facts.code import Call, Expr
from constraintlint.project.flow import alternatives
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.flow.texts import computed
from constraintlint.project.flow.values import Value

if TYPE_CHECKING:
    from constraintlint.project.flow.evaluate import Evaluator

#: function -> keyword and position of the scheme; the other parts are holes in the order of a URL
_BUILDERS = {
    "sqlalchemy.URL.create": ("drivername", 0),
    "sqlalchemy.URL": ("drivername", 0),
    "pydantic.PostgresDsn.build": ("scheme", 0),
    "pydantic.MySQLDsn.build": ("scheme", 0),
    "pydantic.MariaDBDsn.build": ("scheme", 0),
    "pydantic.MongoDsn.build": ("scheme", 0),
    "pydantic.AnyUrl.build": ("scheme", 0),
    "pydantic.MultiHostUrl.build": ("scheme", 0),
    "pydantic_core.MultiHostUrl.build": ("scheme", 0),
    "pydantic_core.Url.build": ("scheme", 0),
    "yarl.URL.build": ("scheme", 0),
}
_REST = (
    ("", ("username", "user")),
    (":", ("password",)),
    ("@", ("host",)),
    (":", ("port",)),
    ("/", ("database", "path")),
)


def built(ev: Evaluator, name: str, call: Call, scope: Scope) -> list[Value]:
    """The URL a builder gives, as a string; empty for any other function."""
    builder = _BUILDERS.get(name)
    if builder is None:
        return []
    keyword, position = builder
    scheme = _given(call, keyword, position)
    if scheme is None:
        return []
    path, at = scope.path, call.at
    parts = [alternatives.of_expr(ev, scheme, scope), _constant("://", path, call)]
    for mark, keywords in _REST:
        for key in keywords:
            given = _given(call, key, -1)
            if given is not None:
                if mark:
                    parts.append(_constant(mark, path, call))
                parts.append(alternatives.of_expr(ev, given, scope))
                break
    return alternatives.values(alternatives.product(parts), path, at)


def _given(call: Call, keyword: str, position: int) -> Expr | None:
    for arg in call.args:
        if arg.name == keyword:
            return arg.value
    plain = [arg.value for arg in call.args if not arg.name and not arg.spread]
    return plain[position] if 0 <= position < len(plain) else None


def _constant(text: str, path: str, call: Call) -> list[alternatives.Alternative]:
    return [alternatives.Alternative(computed(text, path, call.at))]
