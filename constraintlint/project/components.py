"""The parts of a repository: a directory with a manifest of its own, and what it is for."""

from __future__ import annotations

import json
from functools import lru_cache

from constraintlint.project.tree import FileTree

_INTERFACE = frozenset(
    {"react", "react-dom", "vue", "svelte", "@angular/core", "solid-js", "preact", "lit", "react-native", "expo", "@sveltejs/kit", "@builder.io/qwik", "ember-source", "alpinejs", "electron"}
)  # fmt: skip
_SERVER = frozenset(
    {"express", "fastify", "hono", "koa", "@nestjs/core", "@hapi/hapi", "restify", "next", "nuxt", "@remix-run/node", "@sveltejs/kit", "polka", "@adonisjs/core", "sequelize", "typeorm", "@prisma/client", "knex", "drizzle-orm", "pg", "mysql2", "better-sqlite3", "sqlite3", "mongoose", "mongodb"}
)  # fmt: skip


def is_user_interface(tree: FileTree, path: str) -> bool:
    """Whether a JS/TS file belongs to a browser or mobile application: its nearest package.json has a user-interface
    library and neither a web server nor a database among its dependencies."""
    if path.endswith((".py", ".pyi")):
        return False
    manifest = _nearest_manifest(tree, path.rpartition("/")[0])
    return manifest is not None and _is_interface_manifest(tree, manifest)


def _nearest_manifest(tree: FileTree, directory: str) -> str | None:
    while True:
        candidate = f"{directory}/package.json" if directory else "package.json"
        if tree.is_file(candidate):
            return candidate
        if not directory:
            return None
        directory = directory.rpartition("/")[0]


@lru_cache(maxsize=1024)
def _is_interface_manifest(tree: FileTree, manifest: str) -> bool:
    try:
        data = json.loads(tree.read(manifest) or b"")
    except ValueError:
        return False
    if not isinstance(data, dict):
        return False
    names: set[str] = set()
    for group in ("dependencies", "devDependencies", "peerDependencies"):
        dependencies = data.get(group)
        if isinstance(dependencies, dict):
            names |= dependencies.keys()
    return bool(names & _INTERFACE) and not names & _SERVER
