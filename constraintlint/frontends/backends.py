"""Whether the JavaScript of a tree may be that of a backend, by what its manifests ask for.

A user interface or a library speaks of clients, requests, transactions and tokens as well, and means something else. Where
manifests name what a program is built on, and none of it is a server or a database, such words alone are no reason to
read a file in depth.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from functools import cache

import msgspec

from constraintlint.libraries import libraries
from constraintlint.rulebook import rules_directory

#: words in the name of a package that a server is built with, whoever made it
_SERVER_WORDS = re.compile(
    r"server|backend|database|sql|mongo|redis|jsonwebtoken|jose|bcrypt|argon2|passport|graphql|trpc|cors|helmet|dotenv"
    r"|(?:^|[-/_.])(?:db|orm|auth|api|http|router|session|sessions|middleware)(?:$|[-/_.])"
)
_DEPENDENCIES = ("dependencies", "devDependencies", "peerDependencies", "optionalDependencies")


def may_be_backend(manifests: Iterable[bytes]) -> bool:
    """False where the ``package.json`` files of a tree name dependencies, and no server or database library among them."""
    named: set[str] = set()
    for data in manifests:
        try:
            manifest = msgspec.json.decode(data)
        except msgspec.DecodeError:
            return True
        for kind in _DEPENDENCIES if isinstance(manifest, dict) else ():
            found = manifest.get(kind)
            if isinstance(found, dict):
                named.update(str(name) for name in found)
    if not named:
        return True
    known, scopes = _server_packages()
    return any(
        name in known or name.partition("/")[0] in scopes or _SERVER_WORDS.search(name) for name in named
    )


@cache
def _server_packages() -> tuple[frozenset[str], frozenset[str]]:
    """The npm packages of web frameworks, drivers, ORMs and query builders, and the scopes such packages have."""
    text = (rules_directory() / "signatures" / "frameworks.toml").read_text("utf-8")
    names = {name for framework in tomllib.loads(text).values() for name in framework.get("npm", ())}
    for library in libraries("javascript").libraries.values():
        if library.role in ("driver", "orm", "builder"):
            names.update(library.packages)
    scopes = {name.partition("/")[0] for name in names if name.startswith("@")} - {"@types"}
    return frozenset(names), frozenset(scopes)
