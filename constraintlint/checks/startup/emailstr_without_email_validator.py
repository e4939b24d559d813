"""A Pydantic model has an EmailStr field, and nothing installs email-validator."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.facts.code import Assign, At, Binary, Call, Class, Expr, Index, Member, Name, walk
from constraintlint.findings import Finding, Step, finding
from constraintlint.project import Project
from constraintlint.project.flow.scopes import Bind, FileScopes, Scope
from constraintlint.project.flow.values import Value
from constraintlint.project.installed import Installed, installed_for
from constraintlint.roles import is_test

RULE = "emailstr-without-email-validator"
_MAX_ALIASES = 4
_TYPES = frozenset(
    f"{module}.{name}" for module in ("pydantic", "pydantic.networks") for name in ("EmailStr", "NameEmail")
)
_MODELS = frozenset(
    (
        "pydantic.BaseModel", "pydantic.main.BaseModel", "pydantic.RootModel", "pydantic_settings.BaseSettings",
        "pydantic.BaseSettings", "pydantic.generics.GenericModel", "sqlmodel.SQLModel", "ninja.Schema",
    )
)  # fmt: skip
_BUILDERS = frozenset(
    ("pydantic.TypeAdapter", "pydantic.type_adapter.TypeAdapter", "pydantic.create_model", "pydantic.parse_obj_as",
     "pydantic.validate_call", "pydantic.dataclasses.dataclass")
)  # fmt: skip
_ROUTES = frozenset(("get", "post", "put", "patch", "delete", "api_route"))
#: distributions that bring email-validator, with the extras that do (none: always)
_BRINGERS: dict[str, frozenset[str]] = {
    "email-validator": frozenset(),
    "pydantic": frozenset({"email"}),
    "fastapi": frozenset({"all", "standard", "standard-no-fastapi-cloud-cli"}),
    "fastapi-slim": frozenset({"all", "standard"}),
    "fastapi-users": frozenset(),
    "fastapi-mail": frozenset(),
    "fastapi-sso": frozenset(),
    "flask-security": frozenset(),
    "flask-security-too": frozenset(),
    "flask-appbuilder": frozenset(),
    "flask-user": frozenset(),
    "wtforms": frozenset({"email"}),
    "apache-airflow": frozenset(),
    "apache-superset": frozenset(),
}


def check(project: Project) -> Iterator[Finding]:
    for path in project.paths:
        if is_test(path) or not _imports(project, path):
            continue
        file = project.evaluator.file(path)
        place = _first_schema(project, file) if file is not None else None
        if place is None:
            continue
        installed = installed_for(project, path)
        if _may_be_there(installed):
            continue
        yield finding(
            RULE,
            path,
            project.span(path, place),
            "building this schema raises ImportError: email-validator is not installed, "
            "and no manifest asks for it",
            help="add email-validator to the requirements (or pydantic[email])",
            trace=_declarations(installed),
            subject=f"{path}: EmailStr",
        )


def _imports(project: Project, path: str) -> bool:
    return any(item.package == "pydantic" for item in project.resolutions[path].external)


def _may_be_there(installed: Installed) -> bool:
    return not installed.known or installed.brought_by(_BRINGERS) or installed.by_command("email-validator")


def _declarations(installed: Installed) -> list[Step]:
    named = [item for name in ("pydantic", "fastapi") for item in installed.of(name)]
    return [
        Step(
            item.manifest.path,
            item.dependency.line,
            item.dependency.column,
            f"{item.dependency.name} without it",
        )
        for item in named
    ]


def _first_schema(project: Project, file: FileScopes) -> At | None:
    """The first place that builds a schema with an e-mail type."""
    found: list[At] = []
    for scope in file.by_node.values():
        if isinstance(scope.node, Class):
            found += _fields(project, scope)
        elif scope.function is not None and scope.parent is not None:
            found += _parameters(project, scope, scope.parent)
    for calls in file.calls.values():
        for call, scope in calls:
            if _builds(project, call, scope):
                found += [at for argument in call.args for at in _named(project, argument.value, scope)]
    return min(found, default=None)


def _fields(project: Project, scope: Scope) -> Iterator[At]:
    node = scope.node
    assert isinstance(node, Class)
    annotated = [item for item in node.body if isinstance(item, Assign) and item.annotation is not None]
    named = [at for item in annotated if item.annotation for at in _named(project, item.annotation, scope)]
    if named and _is_model(project, scope, node):
        yield from named


def _is_model(project: Project, scope: Scope, node: Class) -> bool:
    value = Value("class", scope.path, node.at, node.name, node=node, scope=scope)
    if _MODELS & project.evaluator.class_names(value):
        return True
    return scope.parent is not None and any(
        _is_library(
            project, decorator.callee if isinstance(decorator, Call) else decorator, scope.parent, _BUILDERS
        )
        for decorator in node.decorators
    )


def _parameters(project: Project, scope: Scope, outer: Scope) -> Iterator[At]:
    """Parameters of a route: the framework builds a schema of them."""
    function = scope.function
    assert function is not None
    if any(
        isinstance(item, Call) and isinstance(item.callee, Member) and item.callee.name in _ROUTES
        for item in function.decorators
    ):
        for param in function.params:
            if param.annotation is not None:
                yield from _named(project, param.annotation, outer)


def _builds(project: Project, call: Call, scope: Scope) -> bool:
    name = call.callee.name if isinstance(call.callee, Member) else getattr(call.callee, "id", "")
    if not any(builder.endswith("." + name) for builder in _BUILDERS):
        return False
    return _is_library(project, call.callee, scope, _BUILDERS)


def _named(project: Project, annotation: Expr, scope: Scope) -> list[At]:
    """The places in an annotation that name an e-mail type, or an alias of one."""
    return [
        node.at
        for node in walk(annotation)
        if isinstance(node, (Name, Member)) and _is_email(project, node, scope, 0)
    ]


def _is_email(project: Project, expr: Expr, scope: Scope, depth: int) -> bool:
    """Whether a name means an e-mail type: itself, or by ``Email = Annotated[EmailStr, ...]``, here or imported."""
    if _is_library(project, expr, scope, _TYPES):
        return True
    bind = _alias(project, expr, scope) if isinstance(expr, Name) and depth < _MAX_ALIASES else None
    return (
        bind is not None
        and isinstance(bind.value, (Index, Binary))
        and any(
            isinstance(node, (Name, Member)) and _is_email(project, node, bind.inner, depth + 1)
            for node in walk(bind.value)
        )
    )


def _alias(project: Project, name: Name, scope: Scope) -> Bind | None:
    """The one assignment in a module of the project that a name stands for."""
    variable = scope.find(name.id, name.at[0])
    bind = variable.binds[0] if variable is not None and len(variable.binds) == 1 else None
    if bind is not None and bind.kind == "import" and bind.imported is not None:
        for edge in project.edges_of(scope.path):
            if bind.imported.name in edge.names:
                file = project.evaluator.file(edge.origin or edge.target)
                found = file.module.names.get(bind.imported.name, []) if file is not None else []
                return found[0].binds[0] if len(found) == 1 and len(found[0].binds) == 1 else None
    return bind if bind is not None and bind.kind == "assign" and bind.scope.kind == "module" else None


def _is_library(project: Project, expr: Expr, scope: Scope, names: frozenset[str]) -> bool:
    return any(
        value.kind == "library" and value.name in names for value in project.evaluator.eval(expr, scope)
    )
