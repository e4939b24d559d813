"""Django migrations replayed: the models of each app as its migration files leave them.

Operations of ``django.db.migrations`` 4.2 to 5.2. What cannot be followed (an operation of a package, operations made by
code) leaves the app's state incomplete; nothing is guessed.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import msgspec

from constraintlint.facts.code import Call, Class, Constant, Expr, Mapping, Member, Name, Sequence
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.models.django_field_calls import constant_of, field_of
from constraintlint.project.models.django_records import Field
from constraintlint.project.schema.records import Place

if TYPE_CHECKING:
    from constraintlint.project import Project

#: operations that leave fields and tables as they are
_NEUTRAL = frozenset(
    [
        "AddConstraint",
        "AddIndex",
        "AlterConstraint",
        "AlterIndexTogether",
        "AlterModelManagers",
        "AlterModelTableComment",
        "AlterOrderWithRespectTo",
        "AlterUniqueTogether",
        "RemoveConstraint",
        "RemoveIndex",
        "RenameIndex",
        "RunPython",
        "RunSQL",
        "AddConstraintNotValid",
        "AddIndexConcurrently",
        "RemoveIndexConcurrently",
        "BloomExtension",
        "BtreeGinExtension",
        "BtreeGistExtension",
        "CITextExtension",
        "CreateCollation",
        "CreateExtension",
        "CryptoExtension",
        "HStoreExtension",
        "RemoveCollation",
        "TrigramExtension",
        "UnaccentExtension",
        "ValidateConstraint",
    ]
)
#: the arguments by position
_ARGUMENTS = {
    "CreateModel": ("name", "fields", "options", "bases", "managers"),
    "DeleteModel": ("name",),
    "RenameModel": ("old_name", "new_name"),
    "AlterModelTable": ("name", "table"),
    "AlterModelOptions": ("name", "options"),
    "AddField": ("model_name", "name", "field", "preserve_default"),
    "RemoveField": ("model_name", "name"),
    "AlterField": ("model_name", "name", "field", "preserve_default"),
    "RenameField": ("model_name", "old_name", "new_name"),
    "SeparateDatabaseAndState": ("database_operations", "state_operations"),
    "RunSQL": ("sql", "reverse_sql", "state_operations"),
}


class StateModel(msgspec.Struct, eq=False):
    """One model as the migrations leave it. ``complete``: all its fields could be read."""

    name: str
    place: Place
    fields: dict[str, Field] = {}
    db_table: str = ""
    managed: bool = True
    proxy: bool = False
    plain_bases: bool = True
    """it derives from Model alone, so all its columns are listed"""
    complete: bool = True


class AppState(msgspec.Struct, eq=False):
    """The models of one app by lower-case name. ``complete``: every operation was understood."""

    label: str
    directory: str
    """of the migration files"""
    models: dict[str, StateModel] = {}
    complete: bool = True
    files: list[str] = []
    unread: list[Place] = []


_states: WeakKeyDictionary[Project, dict[str, AppState]] = WeakKeyDictionary()


def states(project: Project) -> dict[str, AppState]:
    """The state of every app with migrations, by the app's directory."""
    known = _states.get(project)
    if known is None:
        known = _states[project] = _read(project)
    return known


class _File(msgspec.Struct, eq=False):
    path: str
    name: str
    scope: Scope
    depends: list[str] = []
    replaces: list[str] = []
    ordered: bool = True


def _read(project: Project) -> dict[str, AppState]:
    django = project.django
    if not django.in_use:
        return {}
    folders: dict[str, list[str]] = {}
    for path in project.paths:
        directory, _, name = path.rpartition("/")
        if directory.endswith("migrations") and name.endswith(".py") and name != "__init__.py":
            folders.setdefault(directory, []).append(path)
    found: dict[str, AppState] = {}
    for directory, paths in sorted(folders.items()):
        app = posixpath.dirname(directory)
        known = django.apps.of(f"{app}/models.py" if app else "models.py")
        label = known.label if known is not None else posixpath.basename(app)
        files = [file for path in paths if (file := _file(project, path, label)) is not None]
        if not files:
            continue
        state = AppState(label, directory, files=[file.path for file in files])
        for file in _in_order(files, state):
            _replay(project, state, file)
        found[app] = state
    return found


def _file(project: Project, path: str, label: str) -> _File | None:
    """The Migration class of a file of the app ``label``."""
    file = project.evaluator.file(path)
    if file is None:
        return None
    for scope in file.by_node.values():
        if isinstance(scope.node, Class) and scope.node.name == "Migration" and scope.parent is file.module:
            found = _File(path, path.rpartition("/")[2].removesuffix(".py"), scope)
            found.depends = _names(project, scope, "dependencies", label)
            found.replaces = _names(project, scope, "replaces", label)
            return found
    return None


def _names(project: Project, scope: Scope, key: str, label: str) -> list[str]:
    """Names of migrations of the app itself in a list of (app, name)."""
    found: list[str] = []
    for expr in _assigned(scope, key):
        for item in expr.items if isinstance(expr, Sequence) else ():
            if isinstance(item, Sequence) and len(item.items) == 2:
                app = constant_of(project.evaluator, item.items[0], scope)
                name = constant_of(project.evaluator, item.items[1], scope)
                if isinstance(name, str) and app == label:
                    found.append(name)
    return found


def _assigned(scope: Scope, key: str) -> list[Expr]:
    return [
        bind.value
        for variable in scope.names.get(key, ())
        for bind in variable.binds
        if bind.value is not None
    ]


def _in_order(files: list[_File], state: AppState) -> list[_File]:
    """By their dependencies, then by name; what a squashed migration replaces is left out."""
    replaced = {name for file in files for name in file.replaces}
    by_name = {file.name: file for file in files if file.name not in replaced or file.replaces}
    done: set[str] = set(replaced)
    found: list[_File] = []
    waiting = sorted(by_name)
    while waiting:
        ready = next(
            (name for name in waiting if all(d in done or d not in by_name for d in by_name[name].depends)),
            None,
        )
        if ready is None:
            state.complete = False  # a circle
            break
        waiting.remove(ready)
        done.add(ready)
        found.append(by_name[ready])
    return found


def _replay(project: Project, state: AppState, file: _File) -> None:
    expressions = _assigned(file.scope, "operations")
    if len(expressions) != 1 or not isinstance(expressions[0], Sequence):
        if expressions:
            _gap(project, state, file.path, expressions[0])
        return
    for item in expressions[0].items:
        _operation(project, state, item, file.scope)


def _gap(project: Project, state: AppState, path: str, expr: Expr) -> None:
    state.complete = False
    state.unread.append(Place(path, project.span(path, expr.at)))


def _operation(project: Project, state: AppState, expr: Expr, scope: Scope) -> None:
    last = _last(expr.callee) if isinstance(expr, Call) else ""
    if not isinstance(expr, Call) or not last:
        _gap(project, state, scope.path, expr)
        return
    given: dict[str, Expr] = {}
    names = _ARGUMENTS.get(last, ())
    position = 0
    for arg in expr.args:
        if arg.spread:
            _gap(project, state, scope.path, expr)
            return
        if arg.name:
            given[arg.name] = arg.value
        elif position < len(names):
            given[names[position]] = arg.value
            position += 1
    if last in ("SeparateDatabaseAndState", "RunSQL", "RunPython"):
        inner = given.get("state_operations")
        if isinstance(inner, Sequence):
            for item in inner.items:
                _operation(project, state, item, scope)
        elif inner is not None and not (isinstance(inner, Constant) and inner.kind == "none"):
            _gap(project, state, scope.path, inner)
        return
    if last in _NEUTRAL:
        return
    handler = _HANDLERS.get(last)
    if handler is None or not handler(project, state, given, expr, scope):
        _gap(project, state, scope.path, expr)


def _text(project: Project, given: dict[str, Expr], key: str, scope: Scope) -> str:
    expr = given.get(key)
    found = constant_of(project.evaluator, expr, scope) if expr is not None else None
    return found if isinstance(found, str) else ""


def _field(project: Project, name: str, expr: Expr, scope: Scope) -> Field | None:
    if not isinstance(expr, Call):
        return None
    found = field_of(project, name, expr, scope, project.evaluator.eval(expr, scope))
    if isinstance(found, Field):
        return found
    # a field of a package: its name is all that is known
    place = Place(scope.path, project.span(scope.path, expr.at))
    return Field(name, "*", place, name, expr, scope, custom=True, null=None)


def _create(project: Project, state: AppState, given: dict[str, Expr], call: Call, scope: Scope) -> bool:
    name = _text(project, given, "name", scope)
    fields = given.get("fields")
    if not name or not isinstance(fields, Sequence):
        return False
    model = StateModel(name, Place(scope.path, project.span(scope.path, call.at)))
    for item in fields.items:
        if not isinstance(item, Sequence) or len(item.items) != 2:
            model.complete = False
            continue
        key = constant_of(project.evaluator, item.items[0], scope)
        field = _field(project, key, item.items[1], scope) if isinstance(key, str) else None
        if field is None:
            model.complete = False
        else:
            model.fields[field.name] = field
    _options(project, model, given.get("options"), scope)
    bases = given.get("bases")
    if isinstance(bases, Sequence):
        model.plain_bases = all(_last(item) == "Model" for item in bases.items)
    elif bases is not None:
        model.plain_bases = False
    state.models[name.lower()] = model
    return True


def _options(project: Project, model: StateModel, expr: Expr | None, scope: Scope) -> None:
    if not isinstance(expr, Mapping):
        return
    for entry in expr.entries:
        key = constant_of(project.evaluator, entry.key, scope) if entry.key is not None else None
        value = constant_of(project.evaluator, entry.value, scope)
        if key == "db_table" and isinstance(value, str):
            model.db_table = value
        elif key == "managed":
            model.managed = value is not False
        elif key == "proxy":
            model.proxy = value is True


def _model(
    project: Project, state: AppState, given: dict[str, Expr], key: str, scope: Scope
) -> StateModel | None:
    return state.models.get(_text(project, given, key, scope).lower())


def _delete(project: Project, state: AppState, given: dict[str, Expr], call: Call, scope: Scope) -> bool:
    return state.models.pop(_text(project, given, "name", scope).lower(), None) is not None


def _rename_model(
    project: Project, state: AppState, given: dict[str, Expr], call: Call, scope: Scope
) -> bool:
    model = state.models.pop(_text(project, given, "old_name", scope).lower(), None)
    name = _text(project, given, "new_name", scope)
    if model is None or not name:
        return False
    model.name = name
    state.models[name.lower()] = model
    return True


def _table(project: Project, state: AppState, given: dict[str, Expr], call: Call, scope: Scope) -> bool:
    model = _model(project, state, given, "name", scope)
    if model is None:
        return False
    model.db_table = _text(project, given, "table", scope)
    return True


def _model_options(
    project: Project, state: AppState, given: dict[str, Expr], call: Call, scope: Scope
) -> bool:
    model = _model(project, state, given, "name", scope)
    if model is None:
        return False
    _options(project, model, given.get("options"), scope)
    return True


def _set_field(project: Project, state: AppState, given: dict[str, Expr], call: Call, scope: Scope) -> bool:
    model = _model(project, state, given, "model_name", scope)
    name = _text(project, given, "name", scope)
    expr = given.get("field")
    if model is None or not name or expr is None:
        return False
    field = _field(project, name, expr, scope)
    if field is None:
        return False
    model.fields[name] = field
    return True


def _remove_field(
    project: Project, state: AppState, given: dict[str, Expr], call: Call, scope: Scope
) -> bool:
    model = _model(project, state, given, "model_name", scope)
    return model is not None and model.fields.pop(_text(project, given, "name", scope), None) is not None


def _rename_field(
    project: Project, state: AppState, given: dict[str, Expr], call: Call, scope: Scope
) -> bool:
    model = _model(project, state, given, "model_name", scope)
    old, new = _text(project, given, "old_name", scope), _text(project, given, "new_name", scope)
    field = model.fields.pop(old, None) if model is not None else None
    if model is None or field is None or not new:
        return False
    column = field.column
    if column in (old, f"{old}_id"):
        column = new + column.removeprefix(old)
    model.fields[new] = msgspec.structs.replace(field, name=new, column=column)
    return True


def _last(expr: Expr) -> str:
    return expr.id if isinstance(expr, Name) else expr.name if isinstance(expr, Member) else ""


_HANDLERS = {
    "CreateModel": _create,
    "DeleteModel": _delete,
    "RenameModel": _rename_model,
    "AlterModelTable": _table,
    "AlterModelOptions": _model_options,
    "AddField": _set_field,
    "AlterField": _set_field,
    "RemoveField": _remove_field,
    "RenameField": _rename_field,
}
