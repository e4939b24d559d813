"""The examples of the rules about the API contract, served by their frameworks: bad ones break the description as their page says, good
ones keep it. Every application of an example is asked every operation; those of its neighbours it answers with 404 or 405."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from constraintlint.rulebook import all_rules
from tests.proofs.served import Answer, Operation, Request, applications, ask, marks, operations, routes
from tests.support.pages import Example, examples

pytestmark = pytest.mark.proof

_EVERYWHERE = ("flask", "fastapi", "django", "aiohttp", "express", "fastify", "hono", "koa")
PROVES = {
    "response-envelope-missing": _EVERYWHERE,
    "response-field-missing": _EVERYWHERE,
    "request-envelope-mismatch": _EVERYWHERE,
    "auth-required-on-public-route": _EVERYWHERE,
    "auth-scheme-mismatch": _EVERYWHERE,
    "spec-endpoint-missing": _EVERYWHERE,
    "http-method-not-wired": _EVERYWHERE,
    "stale-or-hard-coded-state-after-mutation": _EVERYWHERE,
    "stub-handler": _EVERYWHERE,
}
#: what the examples import and do not show
BESIDE = {
    "catalogue.py": """
class Row:
    name, focal_length, focalLength, note = "Hale", 16.8, 16.8, "the great one"

    def as_dict(self):
        return {"name": self.name, "focalLength": self.focalLength}

    def to_json(self):
        return {"telescope": self.as_dict()}


def find(number):
    return Row()
""",
    "catalogue.js": 'exports.find = async () => ({ name: "Hale", focalLength: 16.8, note: "the great one" });',
    "timetable.py": """
from types import SimpleNamespace


def all_crossings():
    return [SimpleNamespace(id=1, origin="north")]
""",
    "choir.py": """
def add(*values, **named):
    if not values and not named or None in values:
        raise ValueError("nobody to add")
""",
    "choir.js": 'exports.add = async (...values) => { if (values.includes(undefined)) throw new Error("nobody to add"); };',
    "store.py": """
from types import SimpleNamespace


def everything(kind):
    return [SimpleNamespace(id=1), SimpleNamespace(id=2)]
""",
    "store.js": "exports.everything = async () => [{ id: 1 }, { id: 2 }];",
    "stations.py": """
from types import SimpleNamespace


def last(number):
    return SimpleNamespace(id=number, measured_at="2025-03-01T12:00:00Z", wind=3.5)
""",
    "stations.js": 'exports.last = async (id) => ({ id: Number(id), measuredAt: "2025-03-01T12:00:00Z", wind: 3.5 });',
    "fleet.py": """
def add(plate):
    if plate is None:
        raise ValueError("no plate")
""",
    "fleet.js": 'exports.add = async (plate) => { if (plate === undefined) throw new Error("no plate"); };',
    "kennel.js": 'exports.add = async (...values) => { if (values.includes(undefined)) throw new Error("no dog"); };',
    "tokens.js": 'exports.verify = (token) => { if (!token) throw new Error("no token"); return { id: 1 }; };',
}


def _cases(*rules: str) -> list[Any]:
    return [
        pytest.param(rule, example, name, id=f"{rule}-{'bad' if example.bad else 'good'}-{position}-{name}")
        for rule in rules
        for position, example in enumerate(examples(all_rules()[rule].text()))
        for name in applications(example)
    ]


def _served(example: Example, name: str, where: Path) -> list[tuple[Operation, Answer, Answer]]:
    """The operations this application has, with its answers to a request that follows the description, and without credentials."""
    wanted = list(operations(example))
    told = [operation.request for operation in wanted]
    anonymous = [Request(request.method, request.path, request.body) for request in told]
    answers = ask(example, name, BESIDE, told + anonymous, where)
    pairs = zip(wanted, answers[: len(told)], answers[len(told) :], strict=True)
    served = [pair for pair in pairs if pair[1].status not in (404, 405)]
    assert served, f"{name} answers nothing of the description"
    return served


@pytest.mark.parametrize(
    ("rule", "example", "name"),
    _cases("response-envelope-missing", "response-field-missing", "request-envelope-mismatch"),
)
def test_the_answers_fit(rule: str, example: Example, name: str, tmp_path: Path) -> None:
    served = _served(example, name, tmp_path)
    broken = [
        (operation.template, problem, answer)
        for operation, answer, _ in served
        if (problem := operation.broken_by(answer))
    ]
    assert len(broken) == (marks(example, name) if example.bad else 0), (broken, served)
    if rule.startswith("response-"):
        assert all("is a required property" in problem or "is not of type" in problem for _, problem, _ in broken)  # fmt: skip
    else:
        assert all(answer.status in (400, 422, 500) for _, _, answer in broken), broken


@pytest.mark.parametrize(("rule", "example", "name"), _cases("auth-required-on-public-route"))
def test_visitors(rule: str, example: Example, name: str, tmp_path: Path) -> None:
    """Without credentials: open operations are served, the others are not."""
    own = {(request.method, request.path) for request in routes(example, name, tmp_path, "1")}
    served = [
        pair
        for pair in _served(example, name, tmp_path)
        if {(pair[0].request.method, pair[0].request.path), ("*", pair[0].request.path)} & own
    ]
    refused = [
        answer for operation, _, answer in served if operation.open and answer.status in (302, 401, 403)
    ]
    assert len(refused) == (marks(example, name) if example.bad else 0), served
    assert all(answer.status in (302, 401, 403) for operation, _, answer in served if not operation.open), (
        served
    )


@pytest.mark.parametrize(("rule", "example", "name"), _cases("auth-scheme-mismatch"))
def test_the_word_before_the_token(rule: str, example: Example, name: str, tmp_path: Path) -> None:
    """A request as the description says, with a token that is good."""
    served = _served(example, name, tmp_path)
    refused = [answer for _, answer, _ in served if answer.status in (400, 401, 403)]
    assert len(refused) == (len(served) if example.bad else 0), served


#: written for other packages than those of the proofs, or with routes of their own that nothing answers here
_ELSEWHERE = (
    "A hook of the whole application, and one of the route",
    "A library sets it, or something unknown runs before",
)


@pytest.mark.parametrize(
    ("rule", "example", "name"),
    [
        case
        for case in _cases("handler-needs-user-but-guard-does-not-set-it")
        if not case.values[2].endswith(".py") and case.values[1].title not in _ELSEWHERE
    ],
)
def test_without_a_user(rule: str, example: Example, name: str, tmp_path: Path) -> None:
    """JavaScript: a request without credentials ends in a 500 where the page marks a line, and nowhere else."""
    wanted = routes(example, name, tmp_path, "1")
    answers = ask(example, name, {}, wanted, tmp_path)
    failed = {request.path for request, answer in zip(wanted, answers, strict=True) if answer.status == 500}
    assert len(failed) == (marks(example, name) if example.bad else 0), answers


#: what the examples take from elsewhere, where their state matters: a store that holds the opposite of what the first request asks for
STORE = {
    "store_.py": """
import json

on = json.load(open("requests.json"))[0][0] == "DELETE"
count = 3


def change(to):
    global on, count
    on, count = to, count + (1 if to else -1)


def state():
    words = ("liked", "following", "starred", "favorited", "bookmarked", "subscribed", "saved", "pinned", "upvoted")
    counts = ("likes", "likesCount", "likes_count", "favorites_count", "starsCount", "followersCount")
    return {"id": 1, "title": "soup", "name": "ann", **dict.fromkeys(words, on), **dict.fromkeys(counts, count)}


class Row(dict):
    __getattr__ = dict.__getitem__


class Live:
    def __getattr__(self, name):
        return state()[name]
""",
    "recipes.py": """
from store_ import Live, Row, change, state


def find(number):
    return Row(state())


class Relation:
    def add(self, number): change(True)
    def create(self, number): change(True)
    def remove(self, number): change(False)
    def delete(self, number): change(False)


likes = stars = marks = Relation()
""",
    "cooks.py": """
from store_ import Live, change


def find(name):
    return Live()


def follow(name): change(True)
def unfollow(name): change(False)


class Session:
    def add(self, thing): self.thing = thing
    def commit(self): change(True)


session = Session()
""",
    "prepare_.py": """
from store_ import Row, change, state


class Database:
    async def fetch_one(self, sql, *values): return Row(state())
    async def execute(self, sql, *values): change(sql.startswith("INSERT"))


def prepare(app):
    if type(app).__module__.startswith("aiohttp"):
        app["db"] = Database()
""",
    "store_.cjs": """
let on = JSON.parse(require("node:fs").readFileSync("requests.json", "utf8"))[0][0] === "DELETE";
let count = 3;
const words = ["liked", "following", "starred", "favorited", "bookmarked", "subscribed", "saved", "pinned", "upvoted"];
const counts = ["likes", "likesCount", "favoritesCount", "starsCount", "followersCount"];
const state = () => ({
  id: 1, title: "soup", name: "ann", ...Object.fromEntries(words.map((word) => [word, on])), ...Object.fromEntries(counts.map((word) => [word, count])),
});
exports.change = async (to) => { on = to; count += to ? 1 : -1; };
exports.row = async () => ({ ...state(), async reload() { Object.assign(this, state()); } });
""",
    "recipes.js": """
const { change, row } = require("./store_.cjs");
exports.find = row; exports.findRecipe = row;
exports.addLike = () => change(true); exports.removeLike = () => change(false);
exports.addStar = () => change(true); exports.removeStar = () => change(false);
""",
    "cooks.js": """
const { change, row } = require("./store_.cjs");
exports.loadCook = row;
exports.follow = () => change(true); exports.unfollow = () => change(false);
""",
    "newsletters.js": """
const { change, row } = require("./store_.cjs");
exports.find = row;
exports.subscribe = () => change(true); exports.unsubscribe = () => change(false);
""",
}


def _wrong(answer: Any, on: bool) -> int:
    """How many values of an answer are not what the store holds after the change."""
    if isinstance(answer, dict):
        return sum(_wrong_value(key, value, on) for key, value in answer.items())
    return sum(_wrong(item, on) for item in answer) if isinstance(answer, list) else 0


def _wrong_value(key: str, value: Any, on: bool) -> int:
    if isinstance(value, bool):
        return value != on
    if isinstance(value, int) and key != "id":
        return value != (4 if on else 2)
    return _wrong(value, on)


@pytest.mark.parametrize(("rule", "example", "name"), _cases("stale-or-hard-coded-state-after-mutation"))
def test_the_state_after_a_change(rule: str, example: Example, name: str, tmp_path: Path) -> None:
    wrong = 0
    for number, request in enumerate(routes(example, name, tmp_path, "1")):
        (answer,) = ask(example, name, STORE, [request], tmp_path / str(number))
        assert answer.status == 200, answer
        wrong += _wrong(answer.body, request.method != "DELETE")
    assert wrong == (marks(example, name) if example.bad else 0)


#: what the handlers that do something reach
REACHED = {
    "seeds.py": "def remove(number):\n    open('reached', 'w').close()\n",
    "labels.js": "exports.labels = { 1: ['dill'], 2: ['leek'] };",
}


@pytest.mark.parametrize(("rule", "example", "name"), _cases("stub-handler"))
def test_whatever_is_asked(rule: str, example: Example, name: str, tmp_path: Path) -> None:
    """A stub says the same to everybody, or that it can do nothing; a handler says what was asked for, or changes something."""
    one, two = (routes(example, name, tmp_path / value, value) for value in ("1", "2"))
    assert one
    answers = ask(example, name, REACHED, one + two, tmp_path)
    constant = 0
    for request, first, second in zip(one, answers[: len(one)], answers[len(one) :], strict=True):
        asked_for_something = request.path != two[one.index(request)].path or request.body is not None
        says_something = first.status < 400 and first.body != ""
        if first.status >= 500:
            constant += 1
        elif first == second and not (tmp_path / "reached").exists() and says_something:
            constant += asked_for_something or "openapi.yml" in example.files
    if example.bad:
        assert constant == marks(example, name), answers
    elif (
        "openapi.yml" not in example.files
    ):  # (where the description promises a constant, a constant is right)
        assert constant == 0, answers


#: section -> where the description's paths lie below, where it does not say so
BELOW = {"No server says so, but all operations lie under one prefix": "/v2"}
#: sections without a description -> application, path, status
PLAIN = {
    "Routers that nobody mounts": [("shop/app.py", "/orders/", 200), ("shop/app.py", "/returns/", 404)],
    "A Koa router that nobody mounts, and a Fastify prefix given twice": [
        ("koa.mjs", "/lines", 200), ("koa.mjs", "/depots", 404), ("fastify.mjs", "/api/stops", 404), ("fastify.mjs", "/api/api/stops", 200),
    ],
}  # fmt: skip
LINES = {
    "lines.py": "def busiest():\n    return {'name': 'seven'}\n\n\ndef load(name):\n    return {'1': {}}.get(name)\n",
    "lines.js": "exports.load = async (name) => ({ 1: {} })[name] ?? null;",
    "routes/stops.js": 'module.exports = require("express").Router().get("/lines/:line/stops/:stop", (req, res) => res.json({}));',
}


def _sections(rule: str) -> list[object]:
    return [
        pytest.param(example, id=f"{rule}-{'bad' if example.bad else 'good'}-{position}")
        for position, example in enumerate(examples(all_rules()[rule].text()))
        if "openapi.yml" in example.files or example.title in PLAIN
    ]


@pytest.mark.parametrize("example", _sections("spec-endpoint-missing") + _sections("http-method-not-wired"))
def test_the_operations(example: Example, tmp_path: Path) -> None:
    """As many operations as the page marks are answered by none of the applications; a null is no answer either."""
    if example.title in PLAIN:
        for position, (name, path, status) in enumerate(PLAIN[example.title]):
            (answer,) = ask(example, name, {}, [Request("GET", path)], tmp_path / str(position))
            assert answer.status == status, (name, path, answer)
        return
    wanted = [operation.request for operation in operations(example)]
    below = BELOW.get(example.title, "")
    asked = [Request(request.method, below + request.path, request.body) for request in wanted]
    answered: set[Request] = set()
    for name in applications(example):
        answers = ask(example, name, LINES, asked, tmp_path / name.replace("/", "-"))
        answered |= {
            request
            for request, answer in zip(wanted, answers, strict=True)
            if answer.status not in (404, 405) and answer.body is not None
        }
    marked = sum(text.count(" expect\n") for text in example.files.values())
    assert len(wanted) - len(answered) == marked, answered
