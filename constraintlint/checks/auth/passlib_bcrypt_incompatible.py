"""passlib hashes with bcrypt, and the manifest lets bcrypt 5 be installed, with which passlib fails."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.facts.code import At, Call, Member
from constraintlint.findings import Finding, Step, finding
from constraintlint.project import Project
from constraintlint.project.flow.scopes import FileScopes, Scope
from constraintlint.project.flow.values import Value
from constraintlint.project.installed import Installed, installed_for
from constraintlint.roles import is_test

RULE = "passlib-bcrypt-incompatible"
_HASHERS = frozenset(("bcrypt", "bcrypt_sha256", "django_bcrypt", "django_bcrypt_sha256"))
_METHODS = ("hash", "verify", "encrypt", "identify", "using")
_CONTEXTS = frozenset(("passlib.context.CryptContext", "passlib.context.LazyCryptContext"))


def check(project: Project) -> Iterator[Finding]:
    for path in project.paths:
        if is_test(path) or not any(item.package == "passlib" for item in project.resolutions[path].external):
            continue
        file = project.evaluator.file(path)
        place = _first_use(project, file) if file is not None else None
        if place is None:
            continue
        installed = installed_for(project, path)
        reason = _why_five(installed)
        if reason is None:
            continue
        yield finding(
            RULE,
            path,
            project.span(path, place),
            "passlib 1.7.4 fails with bcrypt 5 for every password "
            "(ValueError: password cannot be longer than 72 bytes), and bcrypt 5 is what is installed",
            help="require bcrypt>=4,<5 beside passlib, call bcrypt.hashpw and bcrypt.checkpw yourself, "
            "or hash with pbkdf2_sha256 or argon2",
            trace=[reason],
            subject=f"{path}: bcrypt",
        )


def _why_five(installed: Installed) -> Step | None:
    """The declaration by which bcrypt 5 is installed; None where it is not, or not certainly."""
    passlib = installed.of("passlib")
    if not passlib or installed.of("libpass") or not installed.complete:
        return None
    declared = installed.of("bcrypt")
    if declared:
        if not installed.installs("bcrypt", (5,)):
            return None
        chosen = declared[0]
        said = f"bcrypt{chosen.dependency.specifier or ' without a version'}"
    else:
        asked = [item for item in passlib if "bcrypt" in item.dependency.extras]
        if not asked or installed.locked:
            return None
        chosen, said = asked[0], "passlib[bcrypt] asks for any bcrypt from 3.1 on"
    return Step(chosen.manifest.path, chosen.dependency.line, chosen.dependency.column, said)


def _first_use(project: Project, file: FileScopes) -> At | None:
    found: list[At] = []
    for name in ("CryptContext", "LazyCryptContext"):
        for call, scope in file.calls.get(name, ()):
            if _is(project, call, scope, _CONTEXTS) and _hashes_by_bcrypt(project, call, scope):
                found.append(call.at)
    for name in _METHODS:
        for call, scope in file.calls.get(name, ()):
            if isinstance(call.callee, Member) and any(
                _is_hasher(value) for value in project.evaluator.eval(call.callee.object, scope)
            ):
                found.append(call.at)
    return min(found, default=None)


def _is(project: Project, call: Call, scope: Scope, names: frozenset[str]) -> bool:
    return any(
        value.kind == "library" and value.name in names
        for value in project.evaluator.eval(call.callee, scope)
    )


def _is_hasher(value: Value) -> bool:
    module, _, name = value.name.rpartition(".")
    return value.kind == "library" and module == "passlib.hash" and name in _HASHERS


def _hashes_by_bcrypt(project: Project, call: Call, scope: Scope) -> bool:
    """Whether the scheme a context hashes with is bcrypt: its ``default``, else the first of its ``schemes``."""
    ev = project.evaluator
    given = {argument.name or str(position): argument.value for position, argument in enumerate(call.args)}
    if "default" in given:
        return any(value.constant in _HASHERS for value in ev.eval(given["default"], scope))
    schemes = given.get("schemes", given.get("0"))
    if schemes is None:
        return False
    for value in ev.eval(schemes, scope):
        items = getattr(value.node, "items", None)
        if value.kind == "sequence" and items and value.scope is not None:
            if any(item.constant in _HASHERS or _is_hasher(item) for item in ev.eval(items[0], value.scope)):
                return True
        elif isinstance(value.constant, str) and value.constant.split(",")[0].strip() in _HASHERS:
            return True
    return False
