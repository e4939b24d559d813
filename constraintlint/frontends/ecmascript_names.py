"""Names that a JavaScript or TypeScript file reads and nothing declares, and constants it assigns to, as facts.

One compiled query finds the identifiers of a file, what declares them and what makes a scope; the rest is a sweep over
byte ranges in order of place (ECMAScript 2025, 8.2 and 14.3; TypeScript 5 for what exists in types only). Types are not
looked at: they are gone when the program runs.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING

from tree_sitter import Query, QueryCursor

from constraintlint.facts.source import LooseName
from constraintlint.frontends.ecmascript_names_globals import BROWSER, SERVER, TESTS
from constraintlint.frontends.ecmascript_names_query import query_text

if TYPE_CHECKING:
    from tree_sitter import Language, Tree

    from constraintlint.frontends.ecmascript_source import Source

_MAX_NAMES = 300
#: how the identifiers captured under these names are declared
_DECLARING = {
    "var": "var",
    "let": "let",
    "const": "const",
    "fn": "fn",
    "par": "let",
    "tlet": "let",
    "imp": "const-import",
}
_USES = frozenset((None, "pattern", "write"))
_RANGES = ("Rvar", "Rlet", "Rconst", "Rpar")

_SET = rb"(?:\s+as\s+\w+\s*\))?\s*(?:\.\s*(?P<name>[A-Za-z_$][\w$]*)|\[\s*['\"](?P<key>[\w$]+)['\"]\s*\])\s*(?:\|\||\?\?)?=(?!=)"
#: properties set on the global object; each begins with a literal, which makes the search quick
_GIVES = [
    re.compile(rb"(?P<object>%b)\b%b" % (word, _SET)) for word in (rb"global(?:This)?", rb"window", rb"self")
]
#: what puts properties on an object it is given: of the language, or named so
_DEFINED = re.compile(
    rb"(?:Object|Reflect)\.(?:assign|set|definePropert(?:y|ies))\(\s*(?P<object>global|globalThis|window|self)\b(?:\s*,\s*['\"](?P<name>[\w$]+)['\"])?"
)
_HANDED = re.compile(
    rb"\.(?:import|install|register|inject|expose|extend|mixin|attach|merge|defaults)\w*\(\s*(?:global|globalThis)\s*[,)]"
)
_COMMENT_GLOBALS = re.compile(rb"/\*\s*globals?\s+(.*?)\*/", re.S)
_ENVIRONMENT = re.compile(rb"/\*\s*eslint-env\b")
_NO_CHECK = re.compile(
    rb"eslint-disable\s*(?:\*/|\n)|eslint-disable[^\n]*\bno-undef\b|eslint\s+no-undef\s*:\s*(?:0|[\"']?off)|@ts-nocheck"
)
_LINE_OFF = re.compile(rb"(eslint-disable-next-line|eslint-disable-line|@ts-ignore|@ts-expect-error)")
_EVAL = re.compile(rb"(?<![\w.$])eval\s*\(")
#: what stands before the directive is taken once: with a way back the search runs over a long file without end
_STRICT = re.compile(rb"\A(?:\s++|//[^\n]*+|(?>/\*.*?\*/)|#![^\n]*+)*+['\"]use strict['\"]", re.S)
_BROWSER_FILE = re.compile(
    rb"\b(?:document|window|navigator|localStorage)\s*[.\[]|['\"]use client['\"]|addEventListener\(|importScripts\("
)
_TEST_FILE = re.compile(rb"\b(?:describe|expect|suite|cy\s*\.\s*\w+)\s*[(.]")

#: keywords the grammar takes for names in unusual places
_MISREAD = frozenset((b"await", b"yield", b"async", b"let", b"static", b"using", b"type", b"this", b"super"))

#: what a file asks for that can be loaded in several ways
_LOADERS = frozenset((b"exports", b"module", b"define"))
#: what bundlers write for readers of the names a CommonJS module exports
_NEVER_RUN = re.compile(rb"0 && \((?:module\.)?exports\b[^;]*;?")
#: ``try { hostOnly(); } catch (e) {}``: whether the name exists is what is tried
_TRIED = re.compile(rb"\btry\s*\{[^{};]{1,200}+;?\s*\}\s*catch\s*(?:\(\s*[\w$]+\s*\)\s*)?\{\s*\}")
_USING = re.compile(rb"\busing\s+([\w$]+)\s*=")

_queries: dict[Language, Query] = {}


def read_names(source: Source, tree: Tree, text: bytes, format: str, test: bool) -> list[LooseName]:
    """The loose names of a file whose tree has no errors. ``format`` as in ``FileFacts.module_format``."""
    language = tree.language
    query = _queries.get(language)
    if query is None:
        query = _queries[language] = Query(language, query_text(language))
    captures = QueryCursor(query).captures(tree.root_node)
    found = {name: [node.byte_range for node in nodes] for name, nodes in captures.items()}
    sweep = _Sweep(
        text, found, strict=format == "esm" or source.typescript or _STRICT.match(text) is not None
    )
    given = sweep.given(source.declaration and format != "esm")
    if b"global" in text or b"window" in text or b"self" in text:
        given |= _set_on_global(text, sweep)
    names = [LooseName(name, "given", (1, 1, 1, 1)) for name in sorted(given)]
    loose: list[tuple[int, int, str, int]] = [
        (start, end, "constant", at) for start, end, at in sweep.constants()
    ]
    if format and not source.declaration:
        missing = sweep.missing()
        if missing and not _is_dynamic(text, found):
            loose += _undefined(missing, text, found, test)
    for start, end, kind, declared in sorted(loose)[:_MAX_NAMES]:
        name = text[start:end].decode("utf-8", "replace")
        span = source.span(start, end)
        names.append(LooseName(name, kind, span, source.place(declared) if kind == "constant" else (0, 0)))
    return names


def _is_dynamic(text: bytes, found: dict[str, list[tuple[int, int]]]) -> bool:
    """Whether names may come into being, or are known to be checked by nobody."""
    return "with" in found or (b"eval" in text and _EVAL.search(text) is not None) or (
        (b"eslint" in text or b"@ts-nocheck" in text) and _NO_CHECK.search(text) is not None
    )  # fmt: skip


def _undefined(
    missing: list[tuple[int, int]], text: bytes, found: dict[str, list[tuple[int, int]]], test: bool
) -> list[tuple[int, int, str, int]]:
    known = {text[start:end] for start, end in found.get("typeof", ())}
    if known & _LOADERS:
        return []  # one way of loading the file names what only that way has
    if b"using " in text:
        known.update(_USING.findall(text))
    for comment in _COMMENT_GLOBALS.finditer(text):
        known.update(re.findall(rb"[\w$]+", comment[1]))
    test = test or _TEST_FILE.search(text) is not None or _ENVIRONMENT.search(text) is not None
    browser = (
        "jsx" in found or _ENVIRONMENT.search(text) is not None or _BROWSER_FILE.search(text) is not None
    )
    result: list[tuple[int, int, str, int]] = []
    dead = [match.span() for match in _NEVER_RUN.finditer(text)] if b"0 && (" in text else []
    if missing and b"try" in text:
        dead += [match.span() for match in _TRIED.finditer(text)]
    for start, end in missing:
        if any(first <= start < last for first, last in dead):
            continue
        raw = text[start:end]
        name = raw.decode("utf-8", "replace")
        if (
            raw in known
            or name in SERVER
            or (test and name in TESTS)
            or name.startswith("__")
            or raw in _MISREAD
        ):
            continue
        if name in BROWSER:
            if not browser and not _is_off(text, start):
                result.append((start, end, "browser", 0))
        elif not _is_off(text, start):
            result.append((start, end, "undefined", 0))
    return result


def _is_off(text: bytes, start: int) -> bool:
    """Whether a comment on the line, or on the line before, tells a linter or the compiler to be silent."""
    line = text.rfind(b"\n", 0, start) + 1
    before = text.rfind(b"\n", 0, max(line - 1, 0)) + 1
    end = text.find(b"\n", start)
    return _LINE_OFF.search(text, before, end if end >= 0 else len(text)) is not None


def _set_on_global(text: bytes, sweep: _Sweep) -> set[str]:
    found: set[str] = set()
    local: set[int] | None = None
    matches = [match for pattern in _GIVES for match in pattern.finditer(text)]
    matches = [
        item
        for item in matches
        if not (before := text[item.start() - 1 : item.start()]).isalnum() and before != b"."
    ]
    if b"Object." in text or b"Reflect." in text:
        matches += _DEFINED.finditer(text)
    if b"(global" in text and _HANDED.search(text):
        found.add("*")
    for match in matches:
        if match["object"] == b"self":
            # ``const self = this`` is not the global object; parameters called ``window`` and ``global`` mostly are
            local = sweep.declared(b"self") if local is None else local
            if match.start("object") in local:
                continue
        name = match["name"] or match.groupdict().get("key")
        found.add("*" if name is None else name.decode("utf-8", "replace"))
    return found


class _Sweep:
    """Scopes, declarations, reads and writes of one file, from the ranges a query captured."""

    def __init__(self, text: bytes, found: dict[str, list[tuple[int, int]]], strict: bool) -> None:
        self.text = text
        self.found = found
        self.roles = self._roles()
        functions = set(found.get("F", ()))
        self.spans = sorted({*functions, *found.get("B", ())}, key=lambda span: (span[0], -span[1]))
        self.is_function = [span in functions for span in self.spans]
        self.parents: list[int] = []
        #: declared names of each scope, the file's own last: name -> (how, place)
        self.names: list[dict[bytes, tuple[str, int]]] = [{} for _ in range(len(self.spans) + 1)]
        self.reads: list[tuple[int, int, int]] = []
        self.writes: list[tuple[int, int, int]] = []
        self._sweep(strict)

    def _roles(self) -> dict[int, str]:
        found = self.found
        roles: dict[int, str] = {}
        for start, _ in found.get("w", ()):
            roles[start] = "write"
        for start, _ in found.get("p", ()):
            roles[start] = "pattern"
        for capture, role in _DECLARING.items():
            for start, _ in found.get(capture, ()):
                roles[start] = role
        for capture in ("skip", "typeof"):
            for start, _ in found.get(capture, ()):
                roles[start] = "skip"
        for start, _ in found.get("jsxname", ()):
            if not self.text[start : start + 1].isupper():
                roles.setdefault(start, "skip")
        return roles

    def _sweep(self, strict: bool) -> None:
        text, roles, spans = self.text, self.roles, self.spans
        top = len(spans)
        parents = self.parents = [top] * (top + 1)
        stack: list[int] = []
        position, count = 0, top
        skipped = _merged(self.found.get("S", ()))
        skip, skips = 0, len(skipped)
        patterns = self._pattern_ranges()
        reads, writes = self.reads, self.writes
        for start, end in sorted([*self.found.get("id", ()), *self.found.get("tlet", ())]):
            while position < count and spans[position][0] <= start:
                first = spans[position][0]
                while stack and spans[stack[-1]][1] <= first:
                    stack.pop()
                parents[position] = stack[-1] if stack else top
                stack.append(position)
                position += 1
            while stack and spans[stack[-1]][1] <= start:
                stack.pop()
            scope = stack[-1] if stack else top
            role = roles.get(start)
            while skip < skips and skipped[skip][1] <= start:
                skip += 1
            if skip < skips and skipped[skip][0] <= start and role in _USES:
                continue
            if role is None:
                reads.append((start, end, scope))
            elif role == "skip":
                continue
            elif role == "pattern":
                how = _innermost(patterns, start)
                if how:
                    self._declare(scope, text[start:end], how, start)
                else:
                    writes.append((start, end, scope))
            elif role == "write":
                writes.append((start, end, scope))
            else:
                self._declare(scope, text[start:end], role, start)
        if strict:
            reads += writes
        else:
            for start, end, scope in writes:
                name = text[start:end]
                if self._lookup(scope, name) is None:
                    self._add(top, name, "sloppy", start)

    def _pattern_ranges(self) -> list[tuple[int, int, str]]:
        kinds = {"Rvar": "var", "Rlet": "let", "Rconst": "const", "Rpar": "let"}
        return sorted(
            (start, end, kinds[name]) for name in _RANGES for start, end in self.found.get(name, ())
        )

    def _declare(self, scope: int, name: bytes, how: str, at: int) -> None:
        top = len(self.spans)
        if how in ("var", "fn"):
            if how == "fn" and scope != top and self.is_function[scope]:
                head = self.text[self.spans[scope][0] : at].strip()
                if b"(" not in head and b"{" not in head:
                    # the name of a function stands inside the range of the function
                    self._add(scope, name, how, at)
                    scope = self.parents[scope]
            while scope != top and not self.is_function[scope]:
                self._add(scope, name, how, at)
                scope = self.parents[scope]
        self._add(scope, name, how, at)

    def _add(self, scope: int, name: bytes, how: str, at: int) -> None:
        known = self.names[scope].get(name)
        # two declarations of one name: only one that is always a constant counts as one
        self.names[scope][name] = (how, at) if known is None else ("var", known[1])

    def _lookup(self, scope: int, name: bytes) -> tuple[str, int] | None:
        names, parents, top = self.names, self.parents, len(self.spans)
        while True:
            known = names[scope].get(name)
            if known is not None:
                return known
            if scope == top:
                return None
            scope = parents[scope]

    # --- answers ------------------------------------------------------------------------------------------------

    def missing(self) -> list[tuple[int, int]]:
        """Reads (in strict code also writes) of names that no scope around them declares."""
        text = self.text
        known: set[tuple[int, bytes]] = set()
        found: list[tuple[int, int]] = []
        for start, end, scope in self.reads:
            key = (scope, text[start:end])
            if key in known:
                continue
            if self._lookup(scope, key[1]) is None:
                found.append((start, end))
            else:
                known.add(key)
        return found

    def declared(self, name: bytes) -> set[int]:
        """The places where a name is read or written that a scope around the place declares."""
        return {
            start
            for start, end, scope in (*self.reads, *self.writes)
            if end - start == len(name)
            and self.text[start:end] == name
            and self._lookup(scope, name) is not None
        }

    def constants(self) -> list[tuple[int, int, int]]:
        """Writes to a ``const``, with the place of its declaration."""
        found: list[tuple[int, int, int]] = []
        for start, end, scope in self.writes:
            known = self._lookup(scope, self.text[start:end])
            if known is not None and known[0] == "const":
                found.append((start, end, known[1]))
        return found

    def given(self, ambient_file: bool) -> set[str]:
        """Global names this file defines for every other: sloppy globals, ``declare global``, a script's declarations."""
        found = {name for name, (how, _) in self.names[-1].items() if how == "sloppy"}
        if ambient_file:
            found.update(self.names[-1])
        for start, end in self.found.get("ambient", ()):
            if self.text[start:end].split(b"{", 1)[0].split() == [b"declare", b"global"]:
                for index, span in enumerate(self.spans):
                    if start <= span[0] and span[1] <= end and (self.parents[index] == len(self.spans)):
                        found.update(self.names[index])
        return {name.decode("utf-8", "replace") for name in found}


def _merged(ranges: list[tuple[int, int]] | tuple[()]) -> list[tuple[int, int]]:
    """The outermost of nested ranges, in order."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(ranges, key=lambda span: (span[0], -span[1])):
        if not found or start >= found[-1][1]:
            found.append((start, end))
    return found


def _innermost(ranges: list[tuple[int, int, str]], at: int) -> str:
    """The kind of the innermost range that holds a place, or ""."""
    index = bisect_right(ranges, (at, 1 << 62, "")) - 1
    for _ in range(64):
        if index < 0:
            return ""
        start, end, kind = ranges[index]
        if start <= at < end:
            return kind
        index -= 1
    return ""
