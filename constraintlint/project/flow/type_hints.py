"""Annotations: the instances a type annotation of Python or TypeScript stands for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from constraintlint.facts.code import (
    At,
    Binary,
    Call,
    Expr,
    Hole,
    Index,
    Member,
    Name,
    Sequence,
    Text,
    Unary,
)
from constraintlint.project.flow import names
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.flow.values import Value

if TYPE_CHECKING:
    from constraintlint.project.flow.evaluate import Evaluator

MAX_DEPTH = 12

#: generic types whose value is (at run time or after await and iteration) their argument
_WRAPPERS = frozenset(
    [
        "Optional",
        "Union",
        "Awaitable",
        "Coroutine",
        "AsyncIterator",
        "AsyncGenerator",
        "AsyncIterable",
        "Iterator",
        "Generator",
        "Iterable",
        "ContextManager",
        "AsyncContextManager",
        "AbstractContextManager",
        "AbstractAsyncContextManager",
        "ClassVar",
        "Final",
        "Promise",
        "PromiseLike",
        "Awaited",
        "Readonly",
        "Required",
        "Partial",
        "NonNullable",
        "Omit",
        "Pick",
    ]
)
#: the argument that is the value, where it is not the first
_POSITION = {"Coroutine": 2}
_WORD = re.compile(r"\s*([A-Za-z_$][\w$.]*|\[|\]|,|\|)")


def instances(ev: Evaluator, annotation: Expr, scope: Scope, depth: int = 0) -> list[Value]:
    """Values of kind ``handle`` and ``object`` that have the annotated type; empty for other types."""
    if depth > MAX_DEPTH:
        return []
    if isinstance(annotation, Text):
        return _written(ev, annotation, scope, depth)
    if isinstance(annotation, Binary) and annotation.op in ("|", "&"):
        return [
            *instances(ev, annotation.left, scope, depth + 1),
            *instances(ev, annotation.right, scope, depth + 1),
        ]
    if isinstance(annotation, Unary) and annotation.op == "typeof":
        return [value for value in ev.eval(annotation.operand, scope) if value.kind in ("handle", "object")]
    if isinstance(annotation, Index):
        return _generic(ev, annotation, scope, depth)
    if isinstance(annotation, (Name, Member)):
        return _named(ev, annotation, scope, depth)
    return []


def _named(ev: Evaluator, annotation: Name | Member, scope: Scope, depth: int) -> list[Value]:
    found: list[Value] = []
    for value in ev.eval(annotation, scope):
        for item in names.concrete(ev, value):
            found += _instance(ev, item, annotation.at, scope)
    return found or _alias(ev, annotation, scope, depth)


def _instance(ev: Evaluator, value: Value, at: At, scope: Scope) -> list[Value]:
    if value.kind == "class":
        return [Value("object", scope.path, at, value.name, node=value.node, scope=value.scope)]
    library = ev.library_for(value.path)
    name = library.canonical(value.name)
    if value.kind == "library" and name in library.types:
        return [Value("handle", scope.path, at, name)]
    return []


def _alias(ev: Evaluator, annotation: Name | Member, scope: Scope, depth: int) -> list[Value]:
    """A name for another annotation: ``SessionDep = Annotated[Session, Depends(get_db)]``, ``type Db = Pool``."""
    if isinstance(annotation, Name):
        variable = scope.find(annotation.id, annotation.at[0])
        found: list[Value] = []
        for bind in variable.binds if variable is not None else ():
            if bind.kind == "assign" and bind.value is not None and bind.value is not annotation:
                found += instances(ev, bind.value, bind.inner, depth + 1)
            elif bind.kind == "import":
                found += _imported_alias(ev, bind.inner.path, bind.index, bind.imported, depth)
        return found
    found = []
    for owner in ev.eval(annotation.object, scope):
        if owner.kind == "module":
            found += _alias_in(ev, owner.name, annotation.name, depth)
    return found


def _imported_alias(ev: Evaluator, path: str, index: int, imported: object, depth: int) -> list[Value]:
    from constraintlint.facts.source import ImportedName
    from constraintlint.project.graph import Edge

    facts = ev.project.facts(path)
    if facts is None or not isinstance(imported, ImportedName):
        return []
    found: list[Value] = []
    for target in ev.index.targets(path, facts.imports[index], imported):
        if isinstance(target, Edge):
            found += _alias_in(ev, target.origin or target.target, imported.name, depth)
    return found


def _alias_in(ev: Evaluator, path: str, name: str, depth: int) -> list[Value]:
    file = ev.file(path)
    variables = file.module.names.get(name) if file is not None else None
    found: list[Value] = []
    for bind in variables[0].binds if variables else ():
        if bind.kind == "assign" and bind.value is not None:
            found += instances(ev, bind.value, bind.inner, depth + 1)
        elif bind.kind == "import":
            found += _imported_alias(ev, path, bind.index, bind.imported, depth + 1)
    return found


def _generic(ev: Evaluator, annotation: Index, scope: Scope, depth: int) -> list[Value]:
    base = annotation.object
    name = base.name if isinstance(base, Member) else base.id if isinstance(base, Name) else ""
    index = annotation.index
    items = index.items if isinstance(index, Sequence) and index.kind == "tuple" else [index]
    if name == "Annotated":
        return [*_injected(ev, items[1:], scope), *instances(ev, items[0], scope, depth + 1)]
    if name in _WRAPPERS:
        if name in _POSITION and len(items) > _POSITION[name]:
            items = items[_POSITION[name] :]
        return [value for item in items for value in instances(ev, item, scope, depth + 1)]
    if name in ("ReturnType", "InstanceType") and items:
        return _of_function(ev, items[0], scope, name == "InstanceType")
    if isinstance(base, (Name, Member)):
        return _named(ev, base, scope, depth + 1)
    return []


def _of_function(ev: Evaluator, operand: Expr, scope: Scope, construct: bool) -> list[Value]:
    """``ReturnType<typeof f>`` and ``InstanceType<typeof C>``."""
    if isinstance(operand, Unary) and operand.op == "typeof":
        operand = operand.operand
    call = Call(operand.at, operand, [], construct)
    ev.keep(call)
    return [value for value in ev.eval(call, scope) if value.kind in ("handle", "object")]


def _injected(ev: Evaluator, metadata: list[Expr], scope: Scope) -> list[Value]:
    """The dependency of ``Annotated[T, Depends(f)]``."""
    found: list[Value] = []
    for item in metadata:
        if isinstance(item, Call):
            found += [value for value in ev.eval(item, scope) if value.kind in ("handle", "object")]
    return found


def _written(ev: Evaluator, annotation: Text, scope: Scope, depth: int) -> list[Value]:
    """An annotation written as a string."""
    if any(isinstance(piece, Hole) for piece in annotation.pieces):
        return []
    text = "".join([piece.value for piece in annotation.pieces if not isinstance(piece, Hole)])
    parsed = ev.parsed(annotation, lambda: parse(text, annotation.at))
    return instances(ev, parsed, scope, depth + 1) if parsed is not None else []


def parse(text: str, at: At) -> Expr | None:
    """The types of a string annotation: dotted names, ``X[A, B]`` and ``A | B``; None for anything else."""
    words: list[str] = []
    position = 0
    while position < len(text):
        match = _WORD.match(text, position)
        if match is None:
            if text[position:].strip():
                return None
            break
        words.append(match[1])
        position = match.end()
    if len(words) > 200:
        return None
    words.reverse()
    parsed = _union(words, at, 0)
    return parsed if not words else None


def _union(words: list[str], at: At, depth: int) -> Expr | None:
    left = _type(words, at, depth)
    while left is not None and words and words[-1] == "|":
        words.pop()
        right = _type(words, at, depth)
        left = Binary(at, "|", left, right) if right is not None else None
    return left


def _type(words: list[str], at: At, depth: int) -> Expr | None:
    if not words or words[-1] in ("[", "]", ",", "|") or depth > MAX_DEPTH:
        return None
    first, *rest = words.pop().split(".")
    value: Expr = Name(at, first)
    for name in rest:
        value = Member(at, value, name)
    if words and words[-1] == "[":
        words.pop()
        items: list[Expr] = []
        while words and words[-1] != "]":
            item = _union(words, at, depth + 1)
            if item is None:
                return None
            items.append(item)
            if words and words[-1] == ",":
                words.pop()
        if not words:
            return None
        words.pop()
        value = Index(at, value, items[0] if len(items) == 1 else Sequence(at, "tuple", items))
    return value
