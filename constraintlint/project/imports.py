"""Resolution of every import of the project: each language's resolver, and the diagnostics they leave."""

from __future__ import annotations

from collections.abc import Callable

from constraintlint.facts.source import FileFacts
from constraintlint.findings import Diagnostic
from constraintlint.project.graph import Resolution
from constraintlint.project.tree import FileTree


class Resolver:
    """Resolves the imports of one file after the other; a resolver is made when its language first occurs."""

    def __init__(self, tree: FileTree, facts: Callable[[str], FileFacts | None]) -> None:
        self._tree = tree
        self._facts = facts
        self._by_language: dict[str, object] = {}

    def resolve(self, path: str, facts: FileFacts) -> Resolution:
        if facts.language == "python":
            from constraintlint.project.resolution.resolve_python import PythonResolver

            python = self._by_language.get("python")
            if not isinstance(python, PythonResolver):
                python = self._by_language["python"] = PythonResolver(self._tree, self._facts)
            return python.resolve(path, facts)
        from constraintlint.project.resolution.resolve_ecmascript import EcmaScriptResolver

        ecmascript = self._by_language.get("ecmascript")
        if not isinstance(ecmascript, EcmaScriptResolver):
            ecmascript = self._by_language["ecmascript"] = EcmaScriptResolver(self._tree, self._facts)
        return ecmascript.resolve(path, facts)

    @property
    def diagnostics(self) -> list[Diagnostic]:
        """Problems of configuration files met on the way (malformed or cyclic tsconfig, package.json)."""
        found: list[Diagnostic] = []
        for resolver in self._by_language.values():
            found += getattr(resolver, "diagnostics", [])
        return sorted(found)
