"""Every rule page is a test: its bad examples report exactly the marked lines, its good examples report nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from constraintlint.analysis import Options, analyse
from constraintlint.rulebook import RulePage, all_rules
from tests.support.pages import Example, examples, frameworks, write

PAGES = list(all_rules().values())
CASES = [(page, example) for page in PAGES for example in examples(page.text())]
_LANGUAGES = {
    ".py": "python",
    ".js": "ecmascript",
    ".mjs": "ecmascript",
    ".cjs": "ecmascript",
    ".ts": "ecmascript",
}
#: frameworks whose examples can be told by their imports
FRAMEWORKS = {"flask", "fastapi", "django", "aiohttp", "express", "fastify", "hono", "koa"}
EXPECT = re.compile(r"(?:#|//) expect$", re.M)


def _id(case: tuple[RulePage, Example]) -> str:
    page, example = case
    return (
        f"{page.name}-{'bad' if example.bad else 'good'}-{re.sub(r'[^a-z0-9]+', '-', example.title.lower())}"
    )


@pytest.mark.parametrize("case", CASES, ids=_id)
def test_example(case: tuple[RulePage, Example], tmp_path: Path) -> None:
    page, example = case
    expected = write(example, tmp_path, page.name)
    select = [page.name, *sorted({rule for _, _, rule in expected})]
    if page.category == "suppression":
        select = []
    report = analyse(Options(root=tmp_path, select=select, cache=False, jobs=1))
    wanted = {page.name, *select}
    found = sorted((item.path, item.line, item.rule) for item in report.findings if item.rule in wanted)
    assert found == sorted(expected), "\n".join(
        f"{f.path}:{f.line} {f.rule}: {f.message}" for f in report.findings
    )
    assert all(item.message and item.help for item in report.findings if item.rule == page.name)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_page_is_complete(page: RulePage) -> None:
    found = examples(page.text())
    bad = [example for example in found if example.bad]
    good = [example for example in found if not example.bad]
    assert page.text().startswith(f"# {page.name}\n"), "the page starts with the rule's name as its title"
    assert page.severity in ("error", "warning", "note", "off")
    assert 10 <= len(page.summary) <= 120, "the summary is one sentence of at most 120 characters"
    assert len(bad) >= 2, "at least two bad examples"
    assert len(good) >= 2, "at least two good examples"
    prose = page.text().split("\n## Bad")[0]
    assert len(prose.split()) >= 40, (
        "prose: what it reports, why it fails, how to fix it, when to suppress it"
    )
    served = {"python" if language == "python" else "ecmascript" for language in page.languages}
    for kind, group in (("bad", bad), ("good", good)):
        shown = {
            _LANGUAGES[Path(name).suffix]
            for example in group
            for name in example.files
            if Path(name).suffix in _LANGUAGES
        }
        assert served <= shown, f"{kind} examples in {served - shown} are missing"


@pytest.mark.parametrize(
    "page", [page for page in PAGES if len(page.applies_to) > 1], ids=lambda page: page.name
)
def test_every_framework_is_shown(page: RulePage) -> None:
    """At least two marked places, and two good examples, in each framework the page says it applies to."""
    found = examples(page.text())
    for name in sorted(FRAMEWORKS & set(page.applies_to)):
        marked = sum(_marked(example, name) for example in found if example.bad)
        assert marked >= 2, f"{name}: {marked} marked places in its bad examples"
        good = sum(1 for example in found if not example.bad and _files(example, name))
        assert good >= 2, f"{name}: {good} good examples"


def _files(example: Example, framework: str) -> list[str]:
    return [name for name, text in example.files.items() if framework in frameworks(name, text)]


def _marked(example: Example, framework: str) -> int:
    """Lines marked in files of this framework; or one, where the lines are marked in files that are not code."""
    if all(
        Path(name).suffix not in _LANGUAGES for name, text in example.files.items() if EXPECT.search(text)
    ):
        return 1 if _files(example, framework) else 0
    return sum(len(EXPECT.findall(example.files[name])) for name in _files(example, framework))


def test_every_check_has_a_page() -> None:
    import constraintlint.checks

    base = Path(constraintlint.checks.__file__).parent
    modules = {
        f"{file.parent.name}/{file.stem.replace('_', '-')}"
        for file in base.glob("*/*.py")
        if not file.name.startswith("_")
    }
    assert modules == {f"{page.category}/{page.name}" for page in PAGES if page.category != "suppression"}
