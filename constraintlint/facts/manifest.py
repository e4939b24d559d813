"""Facts of the files beside the code: manifests, compose files, environment files, Dockerfiles, tool settings.

All records keep the place of what they say (1-based line and column). A value is kept as written: nothing is expanded.
"""

from __future__ import annotations

from typing import Literal

import msgspec

Ecosystem = Literal["pypi", "npm"]

#: When a dependency is installed. ``optional`` is an extra, a peer or an optional group.
Group = Literal["runtime", "development", "test", "optional"]


class Dependency(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One declared dependency.

    ``name`` is the normalised distribution name (PEP 503) or the npm package name; ``specifier`` the version part as
    written; ``extra`` the name of the extra, group or table it stands in; ``extras`` the extras asked for.
    """

    name: str
    specifier: str
    group: Group
    line: int
    column: int
    extra: str = ""
    extras: tuple[str, ...] = ()
    marker: str = ""


class Script(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A named command: npm script, ``[project.scripts]`` entry point, Pipfile or task-runner script, Procfile process."""

    name: str
    command: str
    line: int
    column: int


class Include(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A reference to another file, as written (``-r base.txt``, ``env_file: .env``)."""

    path: str
    line: int
    column: int


class Manifest(msgspec.Struct, array_like=True, gc=False, tag="manifest"):
    """What one manifest file declares. ``name`` is the package's own name, ``""`` where it has none.

    ``workspaces`` are the member globs of an npm/yarn/pnpm or uv workspace. ``module_type`` and ``main`` are those
    of package.json. ``requires_python`` is that of pyproject.toml or setup.cfg.
    """

    path: str
    ecosystem: Ecosystem
    name: str = ""
    dependencies: list[Dependency] = []
    scripts: list[Script] = []
    workspaces: list[str] = []
    includes: list[Include] = []
    module_type: str = ""
    main: str = ""
    requires_python: str = ""


class Variable(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """An environment variable that is set. ``value`` is None where it is only passed through."""

    key: str
    value: str | None
    line: int
    column: int


class Service(msgspec.Struct, array_like=True, gc=False):
    """One service of a compose file; the place is that of its name.

    ``build`` is the build context (``""`` where it has none), ``dockerfile`` the file named for it.
    """

    name: str
    line: int
    column: int
    image: str = ""
    image_line: int = 0
    image_column: int = 0
    build: str = ""
    dockerfile: str = ""
    command: str = ""
    environment: list[Variable] = []
    env_files: list[Include] = []
    ports: list[str] = []
    depends_on: list[str] = []
    profiles: list[str] = []


class ComposeFile(msgspec.Struct, array_like=True, gc=False, tag="compose"):
    path: str
    services: list[Service] = []


class EnvFile(msgspec.Struct, array_like=True, gc=False, tag="env"):
    path: str
    variables: list[Variable] = []


class Stage(msgspec.Struct, array_like=True, gc=False):
    """One ``FROM`` and what follows it. ``name`` is the name after ``AS``; ``commands`` are CMD and ENTRYPOINT, ``builds`` RUN."""

    image: str
    line: int
    name: str = ""
    variables: list[Variable] = []
    commands: list[Script] = []
    workdir: str = ""
    builds: list[Script] = []


class Dockerfile(msgspec.Struct, array_like=True, gc=False, tag="dockerfile"):
    path: str
    stages: list[Stage] = []


class Setting(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One setting of a tool. ``environment`` names the section it stands in (``development``, ``test``, ...)."""

    key: str
    value: str
    line: int
    column: int
    environment: str = ""


class SettingsFile(msgspec.Struct, array_like=True, gc=False, tag="settings"):
    """Settings of a tool that name a database or start a process.

    ``kind``: ``prisma`` (``provider``, ``url`` literal, ``url-env`` the variable it is read from), ``alembic``
    (``url``), ``sequelize-config`` (``dialect``, ``url``, ``use_env_variable``, ``storage`` per environment),
    ``procfile`` (process name -> command), ``fly`` and ``render`` (variables; ``render`` also ``database``),
    ``wrangler`` (``d1_databases`` and variables).
    """

    path: str
    kind: str
    settings: list[Setting] = []


Record = Manifest | ComposeFile | EnvFile | Dockerfile | SettingsFile
