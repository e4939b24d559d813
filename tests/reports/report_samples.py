"""The Reports the format tests share: one with something of everything, one clean, one built from any strings."""

from __future__ import annotations

from constraintlint.findings import (
    Diagnostic,
    Evidence,
    Finding,
    Report,
    Step,
    Summary,
    Verdict,
    finding,
    sort_key,
    with_fingerprints,
)
from constraintlint.reports import RenderOptions
from constraintlint.rulebook import RulePage

ROOT = "/srv/checkout/backend"

FILES = {
    "app/models/user.py": "\ufefffrom app.services.größe import Größe  # 測試\r\n\r\n\r\nclass User:\r\n    pass\r\n",
    "app/services/größe.py": 'if True:\n\tlabel = "🙂 報告"; from app.routes.users import router\n',
    "app/routes/users.py": "import fastapi\n\nrouter = fastapi.APIRouter()\n",
    "app/repositories/articles.py": (
        "def by_tag(conn):\n"
        '    return conn.execute("SELECT a.id, t.tag_name FROM articles a JOIN tags t ON t.id = a.tag_id")\n'
        + "\n" * 4
        + "x = 1\n"
    ),
    "app/db/schema.sql": "CREATE TABLE tags (id integer, label text);\n",
    "app/settings.py": 'DATABASE_URL = "postgresql://localhost/app"\n',
    "static/app bundle%.js": "var a=" + "[1,2,3]," * 400 + "require('pg')" + ";b()" * 300 + "\n",
}


class Page(RulePage):
    """A rule page that stands in the test, not in ``rules/``."""

    body: str = ""

    def text(self) -> str:
        return self.body


_PAGE = """\
# {name}

{prose}
It goes on in a second line.

Suppress it where it is meant.

## Bad

### An import upwards

```python app/models/user.py
from app.services import x  # expect
```

```typescript src/models/user.ts
import {{ x }} from "../services/x";  // expect[other-rule]
```

## Good

````markdown notes.md
```python
from app.services import x  # expect
```
````
"""


def pages() -> dict[str, RulePage]:
    rows = [
        ("layer-direction", "architecture", "A layer imports a layer above it.", "error", "high", [], ""),
        ("driver-outside-repositories", "architecture", "A driver is used above the repositories.", "warning", "medium", [], ""),
        ("sql-unknown-column", "sql", "A query names a column its table does not have.", "error", "high", ["CWE-1"], ""),
        ("sql-injection", "sql", "A query is built from input.", "error", "high", ["CWE-89", "CWE-89"], "8.8"),
        ("unused-suppression", "suppression", "A suppression hides nothing.", "note", "high", [], ""),
        ("strict-extra", "code", "A rule that is off until it is asked for.", "off", "low", [], ""),
    ]  # fmt: skip
    return {
        name: Page(
            name=name,
            category=category,
            summary=summary,
            severity=severity,
            confidence=confidence,  # type: ignore[arg-type]
            languages=["python", "javascript", "typescript"],
            taxonomy=taxonomy,
            security_severity=security,
            body=_PAGE.format(name=name, prose=summary),
        )
        for name, category, summary, severity, confidence, taxonomy, security in rows
    }


def read_text(path: str) -> str | None:
    return FILES.get(path)


def options(**changes: object) -> RenderOptions:
    return RenderOptions(**{"rules": pages(), "read_text": read_text, **changes})  # type: ignore[arg-type]


def full_report() -> Report:
    """An error with a chain over three files, an error inside a string, a warning in a minified file, a note, a
    suppressed finding, diagnostics and every status of verdict."""
    findings = _filled(
        finding(
            "layer-direction",
            "app/models/user.py",
            (1, 1, 1, 37),
            "models imports routes: app/models/user.py reaches app/routes/users.py, because the domain knows no HTTP",
            help="move what both need below, or pass it in as an argument",
            trace=[
                Step("app/models/user.py", 1, 1, "imports app/services/größe.py", 1, 37),
                Step("app/services/größe.py", 2, 18, "imports app/routes/users.py", 2, 53),
                Step("app/routes/users.py", 3, 1, "router is defined here", 3, 7),
            ],
            subject="app/models/user.py -> app/routes/users.py",
        ),
        finding(
            "layer-direction",
            "app/services/größe.py",
            (2, 18, 2, 53),
            "services imports routes: app/services/größe.py imports app/routes/users.py",
            subject="app/services/größe.py -> app/routes/users.py",
        ),
        finding(
            "sql-unknown-column",
            "app/repositories/articles.py",
            (2, 41, 2, 49),
            'column "tag_name" does not exist in table "tags" (columns: id, label)',
            help="use t.label, or add the column to the schema",
            trace=[Step("app/db/schema.sql", 1, 14, "tags is created here", 1, 18)],
            subject="tags.tag_name",
        ),
        finding(
            "driver-outside-repositories",
            "static/app bundle%.js",
            (1, 3207, 1, 3220),
            "require('pg') outside the repositories; see list[0](1) | <b>@team</b> #12 100%, a:b",
            help="call a repository\nor declare a composition root",
            subject="pg",
        ),
        finding(
            "unused-suppression",
            "app/repositories/articles.py",
            (7, 1, 7, 1),
            "ignore[layer-skipped] hides nothing",
            help="remove the comment",
        ),
    )
    hidden = finding("layer-direction", "app/settings.py", (1, 1, 1, 13), "never to be seen in any report")
    return Report(
        root=ROOT,
        stack={
            "frameworks": ["fastapi"],
            "databases": [
                {"engine": "postgresql", "role": "runtime", "evidence": [_place("app/settings.py", 1, "URL")]},
                {"engine": "sqlite", "role": "test", "evidence": [_place("tests/conftest.py", 3, "create_engine")]},
            ],
            "orms": [{"name": "sqlalchemy", "role": "runtime", "evidence": []}],
            "layers": {"routes": 12, "services": 9, "repositories": 7, "models": 370, "unassigned": 14},
        },
        verdicts={
            "framework": Verdict(status="pass", declared=["fastapi", "flask"], reason="fastapi is used, flask is allowed"),
            "architecture": Verdict(
                status="fail",
                declared="clean",
                reason="4 of 4 layers are there, 2 imports go upwards",
                evidence=[
                    Evidence("app/models/user.py", 1, 1, "models imports routes"),
                    Evidence("app/services/größe.py", 2, 18, "services imports routes"),
                    Evidence("app/a.py", 1, 1, "a third one"),
                    Evidence("app/b.py", 1, 1, "a fourth one"),
                ],
            ),
            "database": Verdict(
                status="pass",
                declared="postgresql",
                reason="postgresql is the only engine at run time",
                evidence=[Evidence("app/settings.py", 1, 1, "URL of postgresql")],
            ),
            "orm": Verdict(status="not-declared", declared=None, reason="sqlalchemy is used"),
            "contract": Verdict(status="not-declared", declared=None, reason=""),
        },
        findings=findings,
        suppressed=_filled(hidden),
        diagnostics=[
            *(Diagnostic(f"app/broken_{n:02}.py", n, "parse-incomplete", f"unexpected ')' in line {n}") for n in range(1, 12)),
            Diagnostic("app/dynamic.py", 4, "dynamic-import", "the module's name is computed: `import_module(name)`", 5),
        ],
        summary=Summary(
            files=412, rules=90, errors=3, warnings=1, notes=1, suppressed=1, diagnostics=12, unassigned=14, duration_ms=120
        ),
        excerpts=_excerpts(findings),
    )  # fmt: skip


def clean_report() -> Report:
    return Report(
        root=ROOT,
        stack={"frameworks": ["express"], "databases": [], "orms": [], "layers": {}},
        verdicts={
            name: Verdict(status="not-declared", declared=None, reason="nothing is declared")
            for name in ("architecture", "database", "orm", "framework", "contract")
        },
        findings=[],
        summary=Summary(files=1, rules=3, duration_ms=7),
    )


def _filled(*findings: Finding) -> list[Finding]:
    known = pages()
    for item in findings:
        page = known[item.rule]
        item.category, item.severity, item.confidence = page.category, page.severity, page.confidence  # type: ignore[assignment]
    ordered = sorted(findings, key=sort_key)
    with_fingerprints(ordered)
    return ordered


def _excerpts(findings: list[Finding]) -> dict[tuple[str, int], str]:
    places = {(item.path, item.line) for item in findings}
    places |= {(step.path, step.line) for item in findings for step in item.trace}
    return {
        (path, line): FILES[path].removeprefix("\ufeff").replace("\r\n", "\n").split("\n")[line - 1]
        for path, line in sorted(places)
    }


def _place(path: str, line: int, message: str) -> dict[str, object]:
    return {"path": path, "line": line, "column": 1, "message": message}


def small_report() -> Report:
    """The Report whose outputs ``docs/reports.md`` shows."""
    path = "app/models/user.py"
    item = finding(
        "layer-direction",
        path,
        (3, 1, 3, 43),
        "models imports services: app/models/user.py imports app/services/mail.py",
        help="pass the mail service in as an argument, or move what both need into models",
        trace=[Step("app/services/mail.py", 7, 5, "send_welcome is defined here")],
        subject="app/models/user.py -> app/services/mail.py",
    )
    return Report(
        root=ROOT,
        stack={
            "frameworks": ["fastapi"],
            "databases": [{"engine": "postgresql", "role": "runtime", "evidence": []}],
            "orms": ["sqlalchemy"],
            "layers": {"routes": 4, "services": 5, "repositories": 3, "models": 6, "unassigned": 1},
        },
        verdicts={
            "architecture": Verdict(
                status="fail",
                declared="clean",
                reason="1 import goes upwards",
                evidence=[Evidence(path, 3, 1, "models imports services")],
            ),
            "database": Verdict(status="pass", declared="postgresql", reason="postgresql is the only engine"),
            "orm": Verdict(status="pass", declared="sqlalchemy", reason="all queries go through sqlalchemy"),
            "framework": Verdict(status="not-declared", declared=None, reason="fastapi is used"),
        },
        findings=_filled(item),
        diagnostics=[Diagnostic("app/plugins.py", 9, "dynamic-import", "the module's name is computed", 5)],
        summary=Summary(files=19, rules=14, errors=1, diagnostics=1, unassigned=1, duration_ms=41),
        excerpts={(path, 3): "from app.services.mail import send_welcome"},
    )
