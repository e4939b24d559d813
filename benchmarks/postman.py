"""Writes a suite of constraintlint as a Postman collection (v2.1), so that newman can run what the built-in runner runs.

    python benchmarks/postman.py OUTPUT [SUITE.toml]

Every sentence becomes one ``pm.test``, judged by JavaScript of its own: where the two runners disagree, one of them is wrong.
Names are fresh for every file written, so run it on a fresh database.
"""

from __future__ import annotations

import json
import secrets
import sys
from pathlib import Path
from typing import Any

from constraintlint.behavior.expectation import Expectation, fill
from constraintlint.behavior.suite import Request, Suite, built_in, load

#: judges one sentence in newman's sandbox
_JUDGE = r"""
const missing = Symbol('missing');
const same = (a, b) => {
  if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object') return a === b;
  const keys = Object.keys(a);
  return Array.isArray(a) === Array.isArray(b) && keys.length === Object.keys(b).length
    && keys.every((key) => Object.prototype.hasOwnProperty.call(b, key) && same(a[key], b[key]));
};
const subjectOf = (subject) => {
  if (subject === 'status') return pm.response.code;
  if (subject.startsWith('header')) {
    const value = pm.response.headers.get(subject.split(/\s+/)[1]);
    return value === undefined || value === null ? missing : value;
  }
  if (subject.startsWith('{{')) {
    const value = pm.variables.get(subject.slice(2, -2).trim());
    return value === undefined ? missing : value;
  }
  let value;
  try { value = pm.response.json(); } catch (error) { return missing; }
  for (const [, name, index] of subject.matchAll(/([A-Za-z_][\w-]*)|\[(\d+)\]/g)) {
    const own = value !== null && typeof value === 'object';
    if (index !== undefined) value = Array.isArray(value) && Number(index) < value.length ? value[Number(index)] : missing;
    else value = own && !Array.isArray(value) && Object.prototype.hasOwnProperty.call(value, name) ? value[name] : missing;
    if (value === missing) return missing;
  }
  return value;
};
const isObject = (value) => value !== null && typeof value === 'object' && !Array.isArray(value);
const sizeOf = (value) => typeof value === 'string' ? [...value].length : Array.isArray(value) ? value.length
  : isObject(value) ? Object.keys(value).length : undefined;
const kinds = {
  array: Array.isArray, object: isObject, string: (v) => typeof v === 'string', integer: Number.isInteger,
  number: (v) => typeof v === 'number', boolean: (v) => typeof v === 'boolean', true: (v) => v === true,
  false: (v) => v === false, null: (v) => v === null, present: (v) => v !== missing,
  'not null': (v) => v !== null && v !== missing,
  'not empty': (v) => v !== missing && (v !== null && typeof v === 'object' ? sizeOf(v) > 0 : Boolean(v)),
};
const numbers = (a, b) => typeof a === 'number' && typeof b === 'number';
const verbs = {
  '==': (a, b) => a !== missing && same(a, b), '!=': (a, b) => a !== missing && !same(a, b),
  '>': (a, b) => numbers(a, b) && a > b, '>=': (a, b) => numbers(a, b) && a >= b,
  '<': (a, b) => numbers(a, b) && a < b, '<=': (a, b) => numbers(a, b) && a <= b,
  contains: (a, b) => Array.isArray(a) ? a.some((item) => same(item, b)) : typeof a === 'string' && typeof b === 'string' && a.includes(b),
  count: (a, b) => sizeOf(a) === b,
};
const holds = (subject, verb, written) => {
  const actual = subjectOf(subject);
  const value = pm.variables.replaceIn(written);
  if (verb === 'is') return kinds[value](actual);
  if (verb === 'has') return isObject(actual) && Object.prototype.hasOwnProperty.call(actual, value);
  if (verb === 'matches') {
    let pattern = value;
    try { const parsed = JSON.parse(value); if (typeof parsed === 'string') pattern = parsed; } catch (error) { /* as it stands */ }
    return typeof actual === 'string' && new RegExp(pattern).test(actual);
  }
  let wanted;
  try { wanted = JSON.parse(value); } catch (error) { return false; }
  return verbs[verb](actual, wanted);
};
const keep = (name, path) => {
  const value = subjectOf(path);
  if (typeof value === 'string' || typeof value === 'number') pm.globals.set(name, String(value));
  else if (value === missing || value === null) pm.globals.unset(name);
};
"""


def collection(suite: Suite) -> dict[str, Any]:
    """The whole collection; ``{{APIURL}}`` is where it is run."""
    variables = {"unique": secrets.token_hex(4)}
    for name, value in suite.variables.items():
        variables[name] = fill(value, variables)
    return {
        "info": {
            "name": suite.name,
            "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json",
        },
        "variable": [{"key": name, "value": value} for name, value in variables.items()],
        "item": [_item(request) for request in suite.requests],
    }


def _item(request: Request) -> dict[str, Any]:
    sent: dict[str, Any] = {
        "method": request.method,
        "url": "{{APIURL}}" + request.path,
        "header": [{"key": name, "value": value} for name, value in request.headers.items()],
    }
    if request.body is not None:
        sent["body"] = {"mode": "raw", "raw": request.body}
    lines = [_JUDGE, *(f"keep({json.dumps(n)}, {json.dumps(p)});" for n, p in request.capture.items())]
    lines += [_test(item) for item in request.expect]
    script = {"type": "text/javascript", "exec": "\n".join(lines).split("\n")}
    return {"name": request.name, "request": sent, "event": [{"listen": "test", "script": script}]}


def _test(item: Expectation) -> str:
    name, subject, verb, value = (
        json.dumps(part) for part in (item.text, item.subject, item.verb, item.value)
    )
    return f"pm.test({name}, () => {{ if (!holds({subject}, {verb}, {value})) throw new Error('it does not hold'); }});"


def main() -> int:
    if len(sys.argv) not in (2, 3):
        print(__doc__, file=sys.stderr)
        return 2
    suite = load(Path(sys.argv[2]), sys.argv[2]) if len(sys.argv) == 3 else built_in("conduit")
    Path(sys.argv[1]).write_text(json.dumps(collection(suite), indent=1), "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
