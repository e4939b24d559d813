"""Import resolution, from literate cases: ``tests/cases/resolution/<language>/<subject>.md``. One runner for all languages.

A page is one subject. Every ``## title`` starts a case: a small project and all that its imports lead to. Prose is free.

A fenced block whose info string ends in a file name is that file (``python app/a.py``, ``ts src/a.ts``, ``json tsconfig.json``;
the words before the last are for the reader's highlighting). A block ``files`` lists empty files, one path a line. Files that
discovery would not list as source or settings are assets of the tree; ``.gitignore`` files hide paths that are not there.
A block ``expect`` holds the expectation, one line each (blank lines and lines starting with ``#`` are skipped)::

    app/a.py:1:1 import -> app/b.py names=x,y origin=app/c.py via=app/d.py in-function optional
    app/a.py:2:1 lazy external sqlalchemy module=sqlalchemy.orm names=Session standard in-function optional
    app/a.py:3:1 import unresolved .nowhere name=x first-party optional reason="no such file"
    app/a.py:4:1 problem dynamic-import

The place is ``path:line:column`` of the record, or ``path:line:column-line:column`` with its end. Words after the third are
options in any order, quoted as in a shell:

* an edge: ``names`` (in the order of the statement; none = the module itself), ``origin``, ``via``, ``in-function``, ``optional``;
* ``external``: ``module`` (the package itself where left out), ``names``, ``standard``, ``in-function``, ``optional``;
* ``unresolved``: ``name``, ``first-party``, ``optional``, ``reason`` (compared only where given);
* ``problem``: a Problem of the file's facts, by its kind.

The expectation is complete: whatever is not listed must not exist. Only edges of kind ``implicit`` are compared just
in blocks called ``expect implicit``, and the columns and reasons left out are not compared.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import pytest

from constraintlint.discovery.gitignore import Rules, is_ignored
from constraintlint.discovery.kinds import is_wanted
from constraintlint.facts.source import FileFacts
from constraintlint.project.graph import Edge, External, Resolution, Unresolved
from constraintlint.project.tree import FileTree

CASES = Path(__file__).parent.parent / "cases" / "resolution"

#: file extension -> (frontend, module of the resolver, its class)
LANGUAGES = {
    **dict.fromkeys((".py", ".pyi"), ("python", "resolution.resolve_python", "PythonResolver")),
    **dict.fromkeys(
        (".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx"),
        ("ecmascript", "resolution.resolve_ecmascript", "EcmaScriptResolver"),
    ),
}


class Case(NamedTuple):
    files: dict[str, str]
    expected: list[str]
    implicit: bool


def parse_page(text: str) -> dict[str, Case]:
    """The cases of a page by title."""
    cases: dict[str, Case] = {}
    for section in re.split(r"^## +", text, flags=re.M)[1:]:
        title, _, body = section.partition("\n")
        files: dict[str, str] = {}
        expected: list[str] | None = None
        implicit = False
        for fence in re.finditer(r"^(`{3,}) *([^\n`]*)\n(.*?)^\1 *$", body, re.M | re.S):
            info, content = fence[2].strip(), fence[3]
            if info == "files":
                files.update(dict.fromkeys(content.split(), ""))
            elif info in ("expect", "expect implicit"):
                assert expected is None, f"two expectations in {title!r}"
                lines = [line.strip() for line in content.splitlines()]
                expected = [line for line in lines if line and not line.startswith("#")]
                implicit = info.endswith("implicit")
            else:
                assert info, f"a fenced block without a file name in {title!r}"
                files[info.split()[-1]] = content
        assert expected is not None, f"no expectation in {title!r}"
        assert title not in cases, f"two cases called {title!r}"
        cases[title] = Case(files, expected, implicit)
    return cases


def all_cases() -> Iterator[object]:
    for page in sorted(CASES.glob("*/*.md")):
        name = page.relative_to(CASES).with_suffix("").as_posix()
        for title, case in parse_page(page.read_text("utf-8")).items():
            yield pytest.param(case, id=f"{name}: {title}")


def language_of(path: str) -> tuple[str, str, str] | None:
    return LANGUAGES.get(Path(path).suffix)


def tree_of(case: Case) -> FileTree:
    """The tree of a case as discovery lists it: source and settings, other files, what ``.gitignore`` hides."""
    files = [path for path in case.files if is_wanted(path.rpartition("/")[2], True, True)]
    rules = tuple(
        Rules(text, path.removesuffix(".gitignore"))
        for path, text in sorted(case.files.items())
        if path.rpartition("/")[2] == ".gitignore"
    )

    def ignored(path: str) -> bool:
        parts = path.split("/")
        ways = ["/".join(parts[: index + 1]) for index in range(len(parts))]
        return any(is_ignored(rules, way, way.rpartition("/")[2], way != path) for way in ways)

    assets = sorted(set(case.files) - set(files))
    return FileTree(files, lambda path: case.files[path].encode(), assets, ignored)


def resolve(case: Case) -> tuple[dict[str, FileFacts], dict[str, Resolution]]:
    """Facts and resolution of every source file of a case, as the pipeline makes them."""
    facts: dict[str, FileFacts] = {}
    for path, text in case.files.items():
        language = language_of(path)
        if language:
            frontend = import_module(f"constraintlint.frontends.{language[0]}")
            facts[path] = frontend.read(path, text.encode(), None)
    tree = tree_of(case)
    resolvers: dict[str, object] = {}
    resolutions: dict[str, Resolution] = {}
    for path in sorted(facts):
        language = language_of(path)
        assert language
        if language[1] not in resolvers:
            module = import_module(f"constraintlint.project.{language[1]}")
            resolvers[language[1]] = getattr(module, language[2])(tree, facts.get)
        resolutions[path] = resolvers[language[1]].resolve(path, facts[path])  # type: ignore[attr-defined]
    return facts, resolutions


def value(text: str) -> str:
    """A word of an expectation line, quoted where a shell would need it."""
    return shlex.quote(text)


def options(record: Edge | External | Unresolved) -> Iterator[str]:
    if isinstance(record, Edge):
        if record.origin:
            yield f"origin={value(record.origin)}"
        if record.via:
            yield f"via={value(','.join(record.via))}"
    if isinstance(record, External):
        if record.module != record.package:
            yield f"module={value(record.module)}"
        if record.standard:
            yield "standard"
    if isinstance(record, Unresolved):
        if record.name:
            yield f"name={value(record.name)}"
        if record.first_party:
            yield "first-party"
        yield f"reason={value(record.reason)}"
    else:
        if record.names:
            yield f"names={value(','.join(record.names))}"
        if record.in_function:
            yield "in-function"
    if record.optional:
        yield "optional"


def render(record: Edge | External | Unresolved) -> str:
    """The fullest expectation line of a record."""
    place = f"{record.source}:{record.line}:{record.column}-{record.end_line}:{record.end_column}"
    if isinstance(record, Edge):
        relation = f"-> {value(record.target)}"
    elif isinstance(record, External):
        relation = f"external {value(record.package)}"
    else:
        relation = f"unresolved {value(record.specifier)}"
    return " ".join((f"{value(place)} {record.kind} {relation}", *options(record)))


class Line(NamedTuple):
    """A line taken apart, so that what an expectation leaves out is not compared."""

    start: str
    end: str
    head: tuple[str, ...]
    options: frozenset[str]
    reason: str

    @classmethod
    def of(cls, text: str) -> Line:
        place, *words = shlex.split(text)
        start, _, end = place.partition("-") if re.search(r":\d+-\d+:\d+$", place) else (place, "", "")
        if end:
            start, end = re.match(r"(.*:\d+:\d+)-(\d+:\d+)$", place).groups()  # type: ignore[union-attr]
        split = 2 if words[0] == "problem" else 3
        rest = {word for word in words[split:] if not word.startswith("reason=")}
        reason = next((word for word in words[split:] if word.startswith("reason=")), "")
        return cls(start, end, tuple(words[:split]), frozenset(rest), reason)

    def accepts(self, actual: Line) -> bool:
        return (
            (self.start, self.head, self.options) == (actual.start, actual.head, actual.options)
            and self.end in ("", actual.end)
            and self.reason in ("", actual.reason)
        )


@pytest.mark.parametrize("case", list(all_cases()))
def test_case(case: Case) -> None:
    facts, resolutions = resolve(case)
    actual: list[str] = []
    for path, resolution in resolutions.items():
        actual += [
            f"{value(path)}:{problem.line}:{problem.column} problem {problem.kind}"
            for problem in facts[path].problems
        ]
        records = [*resolution.edges, *resolution.external, *resolution.unresolved]
        actual += [render(record) for record in records if case.implicit or record.kind != "implicit"]
    unmatched = list(actual)
    missing = []
    for text in case.expected:
        line = Line.of(text)
        match = next((found for found in unmatched if line.accepts(Line.of(found))), None)
        if match is None:
            missing.append(text)
        else:
            unmatched.remove(match)
    report = [*(f"missing    {text}" for text in missing), *(f"unexpected {text}" for text in unmatched)]
    assert not report, "\n".join(["", *report])


def test_every_page_has_cases() -> None:
    pages = sorted(CASES.glob("*/*.md"))
    assert pages
    assert not [page.name for page in pages if not parse_page(page.read_text("utf-8"))]


def test_the_runner_sees_a_difference() -> None:
    page = "## a\n```python a.py\nimport b\nimport c\n```\n```python b.py\n```\n```expect\na.py:1:1 import -> b.py\n```\n"
    with pytest.raises(AssertionError, match=r"unexpected a\.py:2:1-2:9 import external c"):
        test_case(parse_page(page)["a"])
