"""Reads OpenAPI 3.0 and 3.1 in YAML or JSON, with references inside the file and to files beside it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator
from urllib.parse import unquote, urlsplit

from constraintlint.facts.contract import (
    Body,
    Contract,
    Mistake,
    Operation,
    Parameter,
    Response,
    Scheme,
    Spot,
)
from constraintlint.frontends.located import Located, ReadError, decode, load_json
from constraintlint.frontends.openapi_shapes import Shapes

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_WHERE = ("path", "query", "header", "cookie")
_MAX_FILES = 200
_MAX_HOPS = 20
#: "Token jwt.token.here", "Authorization: Token xyz", "prefixed with `Token`"
_PREFIX = re.compile(
    r"""Authorization["'`]?\s*:\s*["'`]?(\w+)\s+[\w.{<\[$"'`]|\b(?:prefix(?:ed)?|preceded|starts?)\s+(?:with|by|of)?\s*(?:the\s+word\s+)?["'`](\w+)|["'`](\w+)\s+(?:xx|jwt|\{|<|\[)|\b(Token|Bearer)\s+(?:xx|jwt|\{|<)""",
    re.IGNORECASE,
)

ReadFile = Callable[[str], bytes | None]


def read(path: str, read_file: ReadFile) -> Contract:
    """Read a description and the files it refers to. Never raises: what cannot be read is a Mistake.

    ``path`` and the paths ``read_file`` is asked for are relative to the checked root.
    """
    return _Reader(path, read_file).contract()


class _Reader:
    def __init__(self, path: str, read_file: ReadFile) -> None:
        self.path = path
        self.read_file = read_file
        self.files: dict[str, Located | None] = {}
        self.mistakes: list[Mistake] = []
        self.shapes = Shapes(self.follow)

    def contract(self) -> Contract:
        root = self.load(self.path, Spot(self.path, 1, 1))
        if root is None:
            return Contract(self.path, "", ("",), (), {}, tuple(self.mistakes))
        version = root.text("openapi")
        if not version.startswith("3."):
            said = version or root.text("swagger") or "nothing"
            self.wrong(root, self.path, f"OpenAPI 3.0 or 3.1 is read, and this says {said}")
            return Contract(self.path, version, ("",), (), {}, tuple(self.mistakes))
        bases = tuple(self.bases(root.get("servers"))) or ("",)
        operations = tuple(self.operations(root, bases))
        return Contract(
            self.path, version, bases, operations, self.schemes(root), tuple(sorted(set(self.mistakes)))
        )

    # --- files and references -----------------------------------------------------------------------------------------

    def load(self, path: str, asked: Spot) -> Located | None:
        if path in self.files:
            return self.files[path]
        self.files[path] = None
        if len(self.files) > _MAX_FILES:
            self.mistakes.append(Mistake(asked, f"more than {_MAX_FILES} files are referred to"))
            return None
        data = self.read_file(path)
        if data is None:
            self.mistakes.append(Mistake(asked, f"{path} is not there, or cannot be read"))
            return None
        try:
            text = decode(data)
            if path.endswith(".json"):
                self.files[path] = load_json(text)
            else:
                from constraintlint.frontends.located_yaml import load_yaml

                self.files[path] = load_yaml(text)
        except ReadError as error:
            self.mistakes.append(Mistake(Spot(path, error.line, error.column), error.message))
        return self.files[path]

    def follow(self, node: Located, path: str) -> tuple[Located | None, str, str]:
        """What ``$ref`` leads to, the file it is in, and the name of the component; the node itself where it has none."""
        name = ""
        for _ in range(_MAX_HOPS):
            reference = node.text("$ref")
            if not reference:
                return node, path, name
            file, _, pointer = reference.partition("#")
            asked = Spot(path, node.line, node.column)
            if "://" in file:
                self.mistakes.append(Mistake(asked, f"{reference} is not in this project"))
                return None, path, name
            if file:
                path = posixpath.normpath(posixpath.join(posixpath.dirname(path), unquote(file)))
            root = self.load(path, asked)
            target = _at(root, pointer)
            if target is None:
                if root is not None:
                    self.mistakes.append(Mistake(asked, f"{reference} leads nowhere"))
                return None, path, name
            name = name or pointer.rsplit("/", 1)[-1] or posixpath.splitext(posixpath.basename(file))[0]
            node = target
        self.mistakes.append(Mistake(Spot(path, node.line, node.column), "references lead in a circle"))
        return None, path, name

    def wrong(self, node: Located, path: str, message: str) -> None:
        self.mistakes.append(Mistake(Spot(path, node.line, node.column), message))

    # --- servers, paths, operations -----------------------------------------------------------------------------------

    def bases(self, servers: Located | None) -> Iterator[str]:
        """The base path of each server, its variables replaced by their defaults."""
        for server in servers.items() if servers is not None else ():
            url = server.text("url")
            for name, variable in server.table("variables"):
                url = url.replace(f"{{{name}}}", variable.text("default"))
            yield urlsplit(url).path.rstrip("/")

    def operations(self, root: Located, bases: tuple[str, ...]) -> Iterator[Operation]:
        for written, entry in root.table("paths"):
            item, path, _ = self.follow(entry, self.path)
            if item is None or not written.startswith("/"):
                continue
            own = tuple(self.bases(item.get("servers"))) or bases
            shared = list(self.parameters(item, path))
            for method in METHODS:
                node = item.get(method)
                if node is not None and isinstance(node.value, dict):
                    yield self.operation(root, method, written, node, path, own, shared)

    def operation(
        self,
        root: Located,
        method: str,
        written: str,
        node: Located,
        path: str,
        bases: tuple[str, ...],
        shared: list[Parameter],
    ) -> Operation:
        bases = tuple(self.bases(node.get("servers"))) or bases
        mine = list(self.parameters(node, path))
        known = {(item.name, item.where) for item in mine}
        parameters = [*mine, *(item for item in shared if (item.name, item.where) not in known)]
        security = node.get("security") or root.get("security")
        return Operation(
            method.upper(),
            written,
            tuple(dict.fromkeys(base + written for base in bases)),
            Spot(path, node.key_line, node.key_column),
            node.text("operationId"),
            tuple(tuple(name for name, _ in item.entries()) for item in security.items()) if security else (),
            tuple(parameters),
            self.body(node.get("requestBody"), path),
            tuple(self.responses(node, path)),
        )

    def parameters(self, node: Located, path: str) -> Iterator[Parameter]:
        for entry in node.sequence("parameters"):
            item, file, _ = self.follow(entry, path)
            where = item.text("in") if item is not None else ""
            if item is None or where not in _WHERE or not item.text("name"):
                continue
            schema = item.get("schema")
            yield Parameter(
                item.text("name"),
                where,  # type: ignore[arg-type]
                is_true(item.get("required")),
                self.shapes.read(schema, file) if schema is not None else None,
                Spot(file, item.line, item.column),
            )

    def body(self, entry: Located | None, path: str) -> Body | None:
        if entry is None:
            return None
        item, file, _ = self.follow(entry, path)
        if item is None:
            return None
        shapes = {}
        for media, content in item.table("content"):
            schema = content.get("schema")
            shapes[media] = self.shapes.read(schema, file) if schema is not None else None
        return Body(Spot(file, item.line, item.column), shapes, is_true(item.get("required")))

    def responses(self, node: Located, path: str) -> Iterator[Response]:
        for status, entry in node.table("responses"):
            item, _, _ = self.follow(entry, path)
            place = Spot(path, entry.key_line, entry.key_column)
            if item is None:
                yield Response(status, place, Body(place))
                continue
            has_content = item.get("content") is not None
            yield Response(status, place, self.body(entry, path) if has_content else None)

    def schemes(self, root: Located) -> dict[str, Scheme]:
        found: dict[str, Scheme] = {}
        for name, entry in root.table("components", "securitySchemes"):
            item, file, _ = self.follow(entry, self.path)
            if item is None:
                continue
            found[name] = Scheme(
                name,
                item.text("type"),
                Spot(file, entry.key_line, entry.key_column),
                item.text("scheme").lower(),
                item.text("in"),
                item.text("name"),
                _prefix(item.text("description")),
            )
        return found


def is_true(node: Located | None) -> bool:
    """A boolean of JSON, or of YAML, where scalars are kept as they are written."""
    return node is not None and (node.value is True or node.value in ("true", "True", "TRUE", "yes", "on"))


def _prefix(text: str) -> str:
    match = _PREFIX.search(text)
    return next((group for group in match.groups() if group), "") if match else ""


def _at(root: Located | None, pointer: str) -> Located | None:
    """RFC 6901, as a fragment of a URI."""
    node = root
    for part in pointer.split("/")[1:] if pointer else ():
        if node is None:
            return None
        key = unquote(part).replace("~1", "/").replace("~0", "~")
        value = node.value
        if isinstance(value, list):
            node = value[int(key)] if key.isdigit() and int(key) < len(value) else None
        else:
            node = node.get(key)
    return node
