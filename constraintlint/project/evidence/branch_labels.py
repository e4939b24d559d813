"""Which environment a piece of code is for: by the conditions around it, and by the names it stands under.

A place is for ``test``, ``development`` or ``production``, is one side of another ``choice`` made by the environment, or
is always taken (``""``). A condition that does not look at the environment (``if pool is None``) chooses nothing here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from constraintlint.facts.code import (
    Binary,
    Call,
    Constant,
    Expr,
    Index,
    Member,
    Name,
    Piece,
    Sequence,
    Text,
    Unary,
    walk,
)
from constraintlint.project.flow.values import Branch

if TYPE_CHECKING:
    from constraintlint.project import Project

TEST, DEVELOPMENT, PRODUCTION, CHOICE = "test", "development", "production", "choice"

_LABELS = {
    "test": TEST, "tests": TEST, "testing": TEST, "pytest": TEST, "vitest": TEST, "jest": TEST, "ci": TEST, "e2e": TEST,
    "unittest": TEST, "dev": DEVELOPMENT, "devel": DEVELOPMENT, "develop": DEVELOPMENT, "development": DEVELOPMENT,
    "local": DEVELOPMENT, "debug": DEVELOPMENT, "prod": PRODUCTION, "production": PRODUCTION, "staging": PRODUCTION,
    "stage": PRODUCTION, "live": PRODUCTION,
}  # fmt: skip
_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z0-9]+|[A-Z]+|\d+")
#: identifiers that hold what was configured or found in the environment
_SETTINGS = frozenset(
    {
        "env",
        "environ",
        "environment",
        "config",
        "settings",
        "conf",
        "getenv",
        "process",
        "app_env",
        "node_env",
        "mode",
        "options",
        "args",
        "argv",
        "flags",
    }
)
#: how code names the environment itself: ``os.environ``, ``getenv``, ``process.env``
_ENVIRONMENT = frozenset({"environ", "getenv", "env"})
#: a function that tells the environment (``isTest()``, ``running_tests()``), not one that tests a connection
_ASKS = re.compile(r"(?:is|in|has|running|under|not)(?:_|[A-Z])")
_EQUAL = frozenset({"==", "===", "is", "in"})
_UNEQUAL = frozenset({"!=", "!==", "is not", "not in"})
_MAX_DEPTH = 40


def label_of_words(text: str) -> str:
    """The environment a name speaks of: ``TestingConfig``, ``dev``, ``settings/production.py``; ``""`` for none."""
    for word in _WORD.findall(text):
        label = _LABELS.get(word.lower())
        if label is not None:
            return label
    return ""


def label_of_branches(branches: Iterable[Branch]) -> str:
    """The environment for which all of ``branches`` are taken, as far as their own words tell; ``""`` for any."""
    found = ""
    for branch in branches:
        label = _label(branch)
        if label and (not found or found == CHOICE or label == TEST):
            found = label
    return found


def _label(branch: Branch) -> str:
    if branch.kind in ("key", "case") and branch.label:
        return label_of_words(branch.label) or CHOICE
    if branch.kind == "except":
        return CHOICE
    if branch.kind in ("or", "loop") or branch.test is None:
        return ""
    label, holds = _asks(branch.test, 0)
    if label in (TEST, DEVELOPMENT, PRODUCTION):
        if holds == branch.taken:
            return label
        # what is not production is for developers, what is not for developers is production, what is no test is any
        return {PRODUCTION: DEVELOPMENT, DEVELOPMENT: PRODUCTION}.get(label, "")
    return label


def reads_environment(project: Project, branches: Iterable[Branch]) -> bool:
    """Whether one of the choices is made by a variable of the environment.

    Names are followed to what the same file gives them; constants (``USE_SQLITE``) also through other files.
    """
    return any(
        branch.kind == "if"
        and branch.test is not None
        and _mentions_environment(project, branch.path, branch.test, 0)
        for branch in branches
    )


def _mentions_environment(project: Project, path: str, test: Expr, depth: int) -> bool:
    file = project.evaluator.file(path)
    for node in walk(test):
        if isinstance(node, Member) and node.name in _ENVIRONMENT:
            return True
        if not isinstance(node, Name):
            continue
        if node.id in _ENVIRONMENT:
            return True
        if node.id.isupper() and project.evaluator.environment_names(Branch("if", path, node)):
            return True
        variable = file.at(node.at[0]).find(node.id, node.at[0]) if file is not None else None
        if variable is None or depth > 2:
            continue
        given = [bind.value for bind in variable.binds if bind.kind == "assign" and not bind.keys]
        if any(
            value is not None and _mentions_environment(project, path, value, depth + 1) for value in given
        ):
            return True
    return False


def exclusive(one: Iterable[Branch], other: Iterable[Branch]) -> bool:
    """Whether two places stand in different branches of the same choice, so that only one of them is reached."""
    for first in one:
        for second in other:
            if first.kind != second.kind or first.path != second.path:
                continue
            if first.kind == "if" and first.test is second.test and first.taken != second.taken:
                return True
            if first.kind in ("case", "key") and first.label != second.label:
                return True
    return False


def _asks(test: Expr, depth: int) -> tuple[str, bool]:
    """Which environment a condition asks for, and whether it holds there; ``("choice", True)`` for another setting."""
    if depth > _MAX_DEPTH:
        return "", True
    if isinstance(test, Unary) and test.op in ("not", "!"):
        label, holds = _asks(test.operand, depth + 1)
        return label, not holds
    if isinstance(test, Binary) and (test.op in _EQUAL or test.op in _UNEQUAL):
        return _asks_equal(test)
    if isinstance(test, Binary) and test.op in ("and", "&&", "or", "||"):
        left, right = _asks(test.left, depth + 1), _asks(test.right, depth + 1)
        if left[0] and (not right[0] or right[0] == CHOICE or left == right):
            return left
        if right[0] and (not left[0] or left[0] == CHOICE):
            return right
        return (CHOICE if left[0] else ""), True
    label = _label_of_operand(test)
    if label:
        return label, True
    return (CHOICE if _is_setting(test) else ""), True


def _asks_equal(test: Binary) -> tuple[str, bool]:
    holds = test.op in _EQUAL
    if _is_missing(test.left) or _is_missing(test.right):
        return "", True  # whether a thing is there at all; the caller asks for environment variables
    label = _label_of_operand(test.left) or _label_of_operand(test.right)
    if label:
        return label, holds != (_is_false(test.left) or _is_false(test.right))
    return (CHOICE if _is_setting(test) else ""), True


def _label_of_operand(node: Expr) -> str:
    """The environment an operand names: ``"test"``, ``settings.TESTING``, ``["test", "ci"]``, ``os.getenv("DEBUG")``."""
    if isinstance(node, Text):
        return _LABELS.get(characters(node).strip().lower(), "")
    if isinstance(node, Name):
        return label_of_words(node.id)
    if isinstance(node, Member):
        return label_of_words(node.name)
    if isinstance(node, Index):
        return _label_of_name(node.index)
    if isinstance(node, Sequence):
        return next((label for item in node.items if (label := _label_of_operand(item))), "")
    if isinstance(node, Call):
        label = _label_of_name(node.args[0].value) if node.args else ""
        if label:
            return label
        callee = node.callee
        if isinstance(callee, Member) and callee.name in ("lower", "upper", "strip", "toLowerCase", "trim"):
            return _label_of_operand(callee.object)
        name = callee.name if isinstance(callee, Member) else callee.id if isinstance(callee, Name) else ""
        return label_of_words(name) if _ASKS.match(name) else ""
    return ""


def _label_of_name(node: Expr) -> str:
    """``"TESTING"``, ``"FLASK_DEBUG"``: the name of a variable, not its value."""
    return label_of_words(characters(node)) if isinstance(node, Text) else ""


def characters(node: Text) -> str:
    return "".join(piece.value for piece in node.pieces if isinstance(piece, Piece))


def _is_false(node: Expr) -> bool:
    return isinstance(node, Constant) and not node.value


def _is_missing(node: Expr) -> bool:
    return (isinstance(node, Constant) and node.kind in ("none", "undefined")) or (
        isinstance(node, Name) and node.id == "undefined"
    )


def _is_setting(test: Expr) -> bool:
    """Whether a condition looks at something configured."""
    for node in walk(test):
        name = node.id if isinstance(node, Name) else node.name if isinstance(node, Member) else ""
        if name and name.lower() in _SETTINGS:
            return True
    return False
