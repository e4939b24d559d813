"""Which tsconfig.json or jsconfig.json serves a file, and what each says with all it extends."""

from __future__ import annotations

from collections.abc import Callable

from constraintlint.findings import Diagnostic
from constraintlint.frontends.located import ReadError
from constraintlint.project.resolution.ecmascript_files import join
from constraintlint.project.resolution.jsonc import load_jsonc
from constraintlint.project.resolution.tsconfig import Config, Raw, read_raw
from constraintlint.project.tree import FileTree

#: configurations extended one through the other
_MAX_EXTENDS = 60


class Configs:
    """The configurations of the tree. ``package_file`` finds a file of a package of the project, for ``extends``."""

    def __init__(
        self,
        tree: FileTree,
        diagnostics: list[Diagnostic],
        package_file: Callable[[str, str], str | None],
    ) -> None:
        self._tree = tree
        self._diagnostics = diagnostics
        self._package_file = package_file
        self._raw: dict[str, Raw | None] = {}
        self._merged: dict[str, Raw | None] = {}
        self._configs: dict[str, Config | None] = {}
        self._chains: dict[str, tuple[str, ...]] = {}
        self._of_file: dict[str, Config | None] = {}

    def for_file(self, path: str) -> Config | None:
        """The nearest configuration that names the file, itself or through ``references``; else simply the nearest."""
        if path not in self._of_file:
            self._of_file[path] = self._find(path)
        return self._of_file[path]

    def _find(self, path: str) -> Config | None:
        nearest: Config | None = None
        for config_path in self._chain(path.rpartition("/")[0]):
            config = self.load(config_path)
            if config is None:
                continue
            owner = self._owner(config, path)
            if owner is not None:
                return owner
            nearest = nearest or config
        if nearest is not None and nearest.is_solution:
            for reference in nearest.references:
                referred = self.load(reference)
                if referred is not None and (
                    referred.directory == "" or path.startswith(referred.directory + "/")
                ):
                    return referred
        return nearest

    def _owner(self, config: Config, path: str) -> Config | None:
        if config.owns(path):
            return config
        seen = {config.path}
        waiting = list(config.references)
        while waiting:
            reference = waiting.pop(0)
            if reference in seen:
                continue
            seen.add(reference)
            referred = self.load(reference)
            if referred is not None:
                if referred.owns(path):
                    return referred
                waiting.extend(referred.references)
        return None

    def _chain(self, directory: str) -> tuple[str, ...]:
        """The configurations of a directory and those above it, nearest first."""
        known = self._chains.get(directory)
        if known is None:
            prefix = f"{directory}/" if directory else ""
            names = ("tsconfig.json", "jsconfig.json")
            own = tuple(prefix + name for name in names if self._tree.is_file(prefix + name))
            above = self._chain(directory.rpartition("/")[0]) if directory else ()
            known = self._chains[directory] = own + above
        return known

    def beside(self, directory: str) -> list[Config]:
        """Every ``tsconfig*.json`` directly in a directory."""
        prefix = f"{directory}/" if directory else ""
        names = sorted(
            name
            for name in self._tree.names(directory)
            if name.startswith(("tsconfig", "jsconfig")) and name.endswith(".json")
        )
        return [config for name in names if (config := self.load(prefix + name)) is not None]

    def load(self, path: str) -> Config | None:
        """The configuration of one file; None where it is not there or cannot be read."""
        if path not in self._configs:
            raw = self._merge(path, ())
            self._configs[path] = Config(path, raw) if raw is not None else None
        return self._configs[path]

    # --- reading ------------------------------------------------------------------------------------------------

    def _merge(self, path: str, stack: tuple[str, ...]) -> Raw | None:
        """One file and, below it, what it extends: the later of several wins, the file itself over all."""
        if path in self._merged:
            return self._merged[path]
        raw = self._read(path)
        if raw is None or not raw.extends or len(stack) > _MAX_EXTENDS:
            self._merged[path] = raw
            return raw
        options: dict[str, object] = {}
        files = include = exclude = None
        for specifier in raw.extends:
            base = self._extended(path, specifier, raw.line)
            if base is None:
                continue
            if base == path or base in stack:
                ring = " -> ".join((*stack[stack.index(base) if base in stack else len(stack) :], path, base))
                self._report(path, raw.line, f"extends itself: {ring}")
                continue
            below = self._merge(base, (*stack, path))
            if below is not None:
                options.update(below.options)
                files = below.files if below.files is not None else files
                include = below.include if below.include is not None else include
                exclude = below.exclude if below.exclude is not None else exclude
        options.update(raw.options)
        merged = Raw(
            options,
            (),
            raw.files if raw.files is not None else files,
            raw.include if raw.include is not None else include,
            raw.exclude if raw.exclude is not None else exclude,
            raw.references,
            raw.line,
        )
        if not stack:
            self._merged[path] = merged
        return merged

    def _extended(self, path: str, specifier: str, line: int) -> str | None:
        """The file ``extends`` names. One of a package that is not part of the project is left out."""
        directory = path.rpartition("/")[0]
        if specifier.startswith((".", "/")):
            base = join(directory, specifier) if specifier[0] == "." else None
            if base is None:
                self._report(path, line, f"extends '{specifier}', which lies outside the checked directory")
                return None
            candidates = (base, f"{base}.json", f"{base}/tsconfig.json" if base else "tsconfig.json")
            found = next((item for item in candidates if self._tree.is_file(item)), None)
            if found is None and not self._excused(base):
                self._report(path, line, f"extends '{specifier}', which is not there")
            return found
        return self._package_file(specifier, directory)

    def _excused(self, base: str) -> bool:
        """Whether the absence of a file says nothing: it is generated, or there but of a name that is not read."""
        tree = self._tree
        return any(tree.is_ignored(name) or name in tree.assets for name in (base, base + ".json"))

    def _read(self, path: str) -> Raw | None:
        if path not in self._raw:
            self._raw[path] = self._parse(path)
        return self._raw[path]

    def _parse(self, path: str) -> Raw | None:
        data = self._tree.read(path)
        if data is None:
            return None
        try:
            value = load_jsonc(data)
        except ReadError as error:
            self._diagnostics.append(
                Diagnostic(path, error.line, "tsconfig-malformed", error.message, error.column)
            )
            return None
        if not isinstance(value, dict):
            self._report(path, 1, "holds no object")
            return None
        return read_raw(value, path, data)

    def _report(self, path: str, line: int, message: str) -> None:
        diagnostic = Diagnostic(path, line, "tsconfig-malformed", message)
        if diagnostic not in self._diagnostics:
            self._diagnostics.append(diagnostic)
