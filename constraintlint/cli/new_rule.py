"""``constraintlint new-rule``: page, check, test and proof of a rule to be written, for contributors."""

from __future__ import annotations

import re
from pathlib import Path
from string import Template

import click

from constraintlint.cli.errors import UsageProblem

_NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)+")

_PAGE = Template("""\
+++
summary = "One sentence, without the name of the rule, that says what is wrong."
severity = "warning"
confidence = "high"
languages = ["python", "javascript", "typescript"]
+++

# $name

What it reports, in the words of somebody who has never seen the rule.

Why it fails at run time: the error a user sees, and since which version of which library.

Fix it by ...

Suppress it only where ...

## Bad

### The plainest case
```python app/example.py
value = 1  # expect
```

### The same in the other language
```typescript src/example.ts
export const value = 1; // expect
```

## Good

### What looks alike and works
```python app/example.py
value = 2
```

### The same in the other language
```typescript src/example.ts
export const value = 2;
```
""")

_CHECK = Template('''\
"""$name: what is wrong, in one sentence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from constraintlint.findings import Finding

if TYPE_CHECKING:
    from constraintlint.project import Project


def check(project: Project) -> Iterator[Finding]:
    """Yield one finding a place; a fact that is not known is no finding."""
    for path in project.paths:
        if project.code(path) is not None:
            yield from ()
''')

_TEST = Template('''\
"""$name beyond its page: positions, evidence, and what must stay silent."""

from __future__ import annotations

from pathlib import Path

from constraintlint.analysis import Options, analyse


def test_the_finding_names_the_place_and_its_evidence(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("value = 1\\n", "utf-8")
    report = analyse(Options(root=tmp_path, select=["$name"], cache=False, jobs=1))
    assert [(item.path, item.line, item.column) for item in report.findings] == [("app.py", 1, 1)]
''')


_PROOF = Template('''\
"""$name: what its page calls bad fails on the named versions, what it calls good works."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.proofs.support import python_with, run_python

pytestmark = pytest.mark.proof
#: the rule, and the names from its page's applies-to it is shown for
PROVES = {"$name": ()}


@pytest.mark.parametrize(("line", "error"), [("value = 1", "the error the page names"), ("value = 2", "")])
def test_lines(line: str, error: str, tmp_path: Path) -> None:
    ran = run_python(python_with(), {"app.py": line}, ["app.py"], tmp_path)
    assert (ran.status != 0 and error in ran.text) if error else ran.status == 0, ran
''')


@click.command("new-rule")
@click.argument("rule", metavar="CATEGORY/NAME")
def command(rule: str) -> None:
    """Write the page, the check, the test and the proof of a new rule into a checkout of constraintlint."""
    category, name = _parse(rule)
    top = checkout()
    module = name.replace("-", "_")
    files = {
        top / "rules" / category / f"{name}.md": _PAGE,
        top / "constraintlint" / "checks" / category / f"{module}.py": _CHECK,
        top / "tests" / "checks" / category / f"test_{module}.py": _TEST,
        top / "tests" / "proofs" / f"test_{module}.py": _PROOF,
    }
    present = [file for file in files if file.exists()]
    if present:
        raise UsageProblem(f"{present[0].relative_to(top).as_posix()} exists already; nothing was written")
    for file, template in files.items():
        for directory in (file.parent, file.parent.parent):
            if "rules" not in directory.relative_to(top).parts and directory.name != "constraintlint":
                _make_package(directory, top)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(template.substitute(name=name), "utf-8")
        click.echo(f"wrote {file.relative_to(top).as_posix()}")
    click.echo(f"now describe it in the page, and run: pytest -k {name}")


def _parse(rule: str) -> tuple[str, str]:
    from constraintlint.rulebook import CATEGORIES, all_rules

    category, slash, name = rule.partition("/")
    known = [word for word in CATEGORIES if word != "suppression"]
    if not slash:
        raise UsageProblem(f"{rule!r} is not CATEGORY/NAME, as in sql/sql-unknown-column")
    if category not in known:
        from constraintlint.config.errors import suggestion

        hint = suggestion(category, known) or f" (known: {', '.join(known)})"
        raise UsageProblem(f"there is no category {category!r}{hint}")
    if not _NAME.fullmatch(name):
        raise UsageProblem(f"{name!r} is not a rule name: kebab case, at least two words")
    if name in all_rules():
        raise UsageProblem(f"there is a rule {name!r} already")
    return category, name


def checkout() -> Path:
    """The top of the checkout this package runs from. Raises UsageProblem for an installed package."""
    import constraintlint

    top = Path(constraintlint.__file__).parent.parent
    if not ((top / "rules").is_dir() and (top / "tests").is_dir() and (top / "pyproject.toml").is_file()):
        raise UsageProblem("new-rule works in a checkout of constraintlint only (pip install -e .)")
    return top


def _make_package(directory: Path, top: Path) -> None:
    """A directory of Python modules with its ``__init__.py``."""
    if directory == top or (directory / "__init__.py").exists():
        return
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "__init__.py").write_text("", "utf-8")
