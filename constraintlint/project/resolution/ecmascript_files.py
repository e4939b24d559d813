"""Which file a path without an extension, or with that of the compiled file, means: TypeScript's and Node.js' rules."""

from __future__ import annotations

import re
from typing import Final

from constraintlint.project.tree import FileTree

#: the import leads to a file that is there but is no source: a style sheet, an image, JSON, a component
ASSET: Final = "\0asset"

_SOURCE_EXTENSIONS = frozenset((".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx"))
#: extension written -> what TypeScript looks for in its place (module resolution, "file extension substitution")
_SUBSTITUTES = {
    ".js": (".ts", ".tsx", ".d.ts"),
    ".jsx": (".tsx", ".ts", ".d.ts"),
    ".mjs": (".mts", ".d.mts"),
    ".cjs": (".cts", ".d.cts"),
}
#: what a compiled file beside which the written source is gone may have become
_REMAINS = {
    ".ts": (".tsx", ".d.ts", ".js", ".jsx"),
    ".tsx": (".ts", ".d.ts", ".js", ".jsx"),
    ".mts": (".d.mts", ".mjs"),
    ".cts": (".d.cts", ".cjs"),
}
_TYPESCRIPT_ORDER = (
    ".ts", ".tsx", ".d.ts", ".js", ".jsx", ".mts", ".cts", ".d.mts", ".d.cts", ".mjs", ".cjs"
)  # fmt: skip
_JAVASCRIPT_ORDER = (
    ".js", ".mjs", ".cjs", ".jsx", ".ts", ".tsx", ".mts", ".cts", ".d.ts", ".d.mts", ".d.cts"
)  # fmt: skip
_ASSET_ORDER = (".json", ".node", ".wasm", ".vue", ".svelte", ".astro")
_DECLARATION = re.compile(r"\.d(?:\.[^./]+)?\.[mc]?ts$")
_DECLARATIONS = {".d.ts": (".js", ".jsx", ".mjs", ".cjs"), ".d.mts": (".mjs",), ".d.cts": (".cjs",)}


def is_declaration(path: str) -> bool:
    """Whether a file only declares: ``a.d.ts``, ``a.d.mts``, ``a.d.css.ts``."""
    return ".d." in path and _DECLARATION.search(path) is not None


def join(directory: str, specifier: str) -> str | None:
    """A path relative to ``directory``, normalised; None where it leads out of the checked root."""
    parts = directory.split("/") if directory else []
    for part in specifier.split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part and part != ".":
            parts.append(part)
    return "/".join(parts)


def split_extension(path: str) -> tuple[str, str]:
    """``a/b.c.js`` -> ``a/b.c``, ``.js``; a declaration file's extension is ``.d.ts``."""
    dot = path.rfind(".")
    if dot <= path.rfind("/") + 1:
        return path, ""
    extension = path[dot:]
    if extension in (".ts", ".mts", ".cts") and path.endswith(".d", 0, dot):
        return path[: dot - 2], ".d" + extension
    return path[:dot], extension


class Files:
    """The files of the tree, asked for as an import names them. Nothing is looked up on disk."""

    def __init__(self, tree: FileTree) -> None:
        self.tree = tree
        self._files = tree.files
        self._assets = tree.assets

    def exists(self, path: str) -> bool:
        return path in self._files or path in self._assets

    def file(self, path: str, typescript: bool) -> str | None:
        """The source file a path means, ASSET for another file, None for nothing.

        A TypeScript importer gets ``a.ts`` for ``a.js`` even where both exist, as tsc does; a JavaScript importer the
        file as written. A declaration file stands back behind the file it declares, which is what is loaded.
        """
        found = self._typescript(path) if typescript else self._javascript(path)
        if found is not None:
            return self._implementation(found)
        if path in self._files or path in self._assets:
            return ASSET
        for extension in _ASSET_ORDER:
            if path + extension in self._files or path + extension in self._assets:
                return ASSET
        return None

    def _typescript(self, path: str) -> str | None:
        files = self._files
        stem, extension = split_extension(path)
        for substitute in _SUBSTITUTES.get(extension, ()):
            if stem + substitute in files:
                return stem + substitute
        if path in files and (extension in _SOURCE_EXTENSIONS or extension.startswith(".d.")):
            return path
        for added in _TYPESCRIPT_ORDER:
            if path + added in files:
                return path + added
        for remaining in _REMAINS.get(extension, ()):
            if stem + remaining in files:
                return stem + remaining
        return self._arbitrary(path, stem, extension)

    def _javascript(self, path: str) -> str | None:
        files = self._files
        stem, extension = split_extension(path)
        if path in files and (extension in _SOURCE_EXTENSIONS or extension.startswith(".d.")):
            return path
        for added in _JAVASCRIPT_ORDER:
            if path + added in files:
                return path + added
        for substitute in _SUBSTITUTES.get(extension, ()):
            if stem + substitute in files:
                return stem + substitute
        return self._arbitrary(path, stem, extension)

    def _arbitrary(self, path: str, stem: str, extension: str) -> str | None:
        """``app.d.css.ts`` declares ``app.css`` (TypeScript 5.0) where that is not there itself."""
        declared = f"{stem}.d{extension}.ts"
        return declared if extension and declared in self._files and not self.exists(path) else None

    def _implementation(self, path: str) -> str:
        stem, extension = split_extension(path)
        for implementation in _DECLARATIONS.get(extension, ()):
            if stem + implementation in self._files:
                return stem + implementation
        return path

    def index(self, directory: str, typescript: bool) -> str | None:
        """The index file of a directory."""
        if directory not in self.tree.directories:
            return None
        return self.file(f"{directory}/index" if directory else "index", typescript)

    def tried(self, path: str, typescript: bool) -> tuple[str, ...]:
        """The places a failed lookup looked at, the likely ones first."""
        stem, extension = split_extension(path)
        order = (
            (".ts", ".tsx", ".d.ts", ".js", ".jsx")
            if typescript
            else (".js", ".mjs", ".cjs", ".jsx", ".ts", ".tsx")
        )
        if extension in _SOURCE_EXTENSIONS or extension.startswith(".d."):
            return tuple(dict.fromkeys((path, *(stem + other for other in _SUBSTITUTES.get(extension, ())))))
        index = ("/index.ts", "/index.js") if typescript else ("/index.js", "/index.ts")
        return (path, *(path + other for other in order), *(path + other for other in index))

    def other_case(self, path: str) -> str | None:
        """A path that is there and differs from ``path`` (or ``path`` with an extension) in letter case alone."""
        directories = self.tree.directories
        current = ""
        parts = path.split("/")
        for number, part in enumerate(parts):
            names = directories.get(current)
            if names is None:
                return None
            last = number == len(parts) - 1
            wanted = {part.lower()} if not last else self._spellings(part.lower())
            match = part if part in names and not last else None
            if match is None:
                match = next((name for name in sorted(names) if name.lower() in wanted), None)
            if match is None:
                return None
            current = f"{current}/{match}" if current else match
        return None if current.startswith(path) else current

    @staticmethod
    def _spellings(name: str) -> set[str]:
        stem, extension = split_extension(name)
        found = {name, *(name + other for other in _TYPESCRIPT_ORDER), name + ".json"}
        found.update(stem + other for other in _SUBSTITUTES.get(extension, ()))
        return found
