"""Functions that call each other in a knot: the work grows with their number, not with the ways through the knot."""

from __future__ import annotations

import pytest

from constraintlint.project.flow import evaluate
from tests.project.value_projects import expression, project_of, render

SIZE = 24


def test_the_work_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    functions = "".join(
        f"def f{i}(a):\n    return f{(i + 1) % SIZE}(a) or f{(i * 5 + 2) % SIZE}(a) or f{(i * 7 + 3) % SIZE}(a)\n"
        for i in range(1, SIZE)
    )
    callers = "".join(f"def g{i}(a):\n    return g{i + 1}(a) or g{i + 1}(a + 1)\n" for i in range(8))
    source = f"{functions}def f0(a):\n    return f1(a) or 'found'\n{callers}def g8(a):\n    return f1(a)\nx = g0(1)\n"
    project = project_of({"a.py": source})
    worked: list[int] = []
    tidy = evaluate.tidy

    def counting(found: object) -> object:
        worked.append(1)
        return tidy(found)  # type: ignore[arg-type]

    monkeypatch.setattr(evaluate, "tidy", counting)
    shown = {
        render(value) for value in project.evaluator.values("a.py", expression(project, "a.py", "g0(1)"))
    }
    assert any(text.startswith("'found'") for text in shown)
    assert len(worked) < 40 * SIZE


def test_what_a_knot_hides_is_found_from_each_of_its_ends() -> None:
    """A result that was cut short inside a knot is not kept for those who ask from elsewhere."""
    source = """
    def left(n):
        return right(n) if n else 'L'
    def right(n):
        return left(n) if n else 'R'
    a = left(1)
    b = right(1)
    """
    project = project_of({"a.py": source})

    def texts(text: str) -> set[str]:
        found = project.evaluator.values("a.py", expression(project, "a.py", text))
        return {str(value.constant) for value in found if value.text is not None}

    assert texts("left(1)") == {"L", "R"}
    assert texts("right(1)") == {"L", "R"}


def test_a_value_kept_from_itself_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    files = {
        "app/middleware.py": "import sqlite3\ndef attach(request):\n    request.db = sqlite3.connect('a.db')\n"
    }
    for number in range(40):
        files[f"app/views{number}.py"] = (
            "class View:\n    def get(self, request):\n        request.db = self.request.db\n        return request.db\n"
        )
    project = project_of(files)
    worked: list[int] = []
    tidy = evaluate.tidy

    def counting(found: object) -> object:
        worked.append(1)
        return tidy(found)  # type: ignore[arg-type]

    monkeypatch.setattr(evaluate, "tidy", counting)
    for number in range(40):
        path = f"app/views{number}.py"
        found = project.evaluator.values(path, expression(project, path, "request.db"))
        assert [(value.kind, value.name) for value in found if value.kind != "unknown"] == [
            ("handle", "sqlite3.Connection")
        ]
    assert len(worked) < 1000


def test_a_query_that_grows_in_branches_stays_one_for_each_place() -> None:
    lines = "".join(
        f"    if flags[{number}]:\n        q = q.filter(A.id == {number})\n" for number in range(12)
    )
    text = (
        "from sqlalchemy.orm import Session\nfrom models import A\n"
        f"def load(session: Session, flags):\n    q = session.query(A)\n{lines}    return q\n"
    )
    project = project_of({"app.py": text})
    found = project.evaluator.values("app.py", expression(project, "app.py", "q"))
    assert {value.name for value in found} == {"sqlalchemy.orm.Query"}
    assert len(found) == len({value.at for value in found}) == 13


def test_a_project_of_long_questions_is_given_up_on_aloud(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluate, "_LONG", 5)
    monkeypatch.setattr(evaluate, "_PATIENCE", 20)
    chains = "".join(
        f"def f{chain}_{link}(a):\n    return f{chain}_{link + 1}(a)\n"
        for chain in range(6)
        for link in range(8)
    )
    ends = "".join(
        f"def f{chain}_8(a):\n    return 'end {chain}'\nx{chain} = f{chain}_0(1)\n" for chain in range(6)
    )
    project = project_of({"a.py": chains + ends})
    found = [
        bool(project.evaluator.eval(expression(project, "a.py", f"f{chain}_0(1)"), scope))
        for scope in [project.evaluator.files()[0].module]
        for chain in range(6)
    ]
    assert found[0]
    assert not found[-1]
    assert [(item.kind, item.path) for item in project.diagnostics] == [("analysis-incomplete", "a.py")]
