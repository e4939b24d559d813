"""The model index says of Sequelize models what Sequelize 6 itself says: attributes, columns, tables, associations, mixins."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from constraintlint.analysis import Options, open_projects, open_workspace
from constraintlint.project.models.sequelize import inflection
from constraintlint.project.models.sequelize.index import index_of
from constraintlint.project.models.sequelize.records import Association
from tests.proofs.sequelize_models import PROJECTS, Files
from tests.proofs.support import node_with, run_node

pytestmark = pytest.mark.proof

#: loads a module (TypeScript with its decorators' metadata) and prints what Sequelize has of its models
_REPORT = """
const fs = require("fs");
const ts = require("typescript");
require("reflect-metadata");
require.extensions[".ts"] = (module, file) => {
  const options = { module: "CommonJS", target: "ES2022", experimentalDecorators: true, emitDecoratorMetadata: true,
    useDefineForClassFields: false, esModuleInterop: true };
  module._compile(ts.transpileModule(fs.readFileSync(file, "utf8"), { compilerOptions: options }).outputText, file);
};
const { Sequelize } = require("sequelize");
const connections = [];
Sequelize.addHook("afterInit", (sequelize) => connections.push(sequelize));
require("./" + process.env.ENTRY);
const shown = {};
for (const sequelize of connections) for (const model of sequelize.modelManager.models) {
  const columns = {};
  for (const [name, attribute] of Object.entries(model.getAttributes())) {
    const virtual = attribute.type.key === "VIRTUAL";
    columns[name] = [virtual ? "" : attribute.field, !!attribute.primaryKey, attribute.allowNull === false && !attribute.primaryKey];
  }
  const associations = {};
  for (const [alias, item] of Object.entries(model.associations)) {
    const kind = item.associationType[0].toLowerCase() + item.associationType.slice(1);
    associations[alias] = { kind, target: item.target.name, foreignKey: item.foreignKey, otherKey: kind === "belongsToMany" ? item.otherKey : null,
      through: item.through ? item.through.model.name : null, mixins: [...new Set(Object.values(item.accessors))].sort() };
  }
  const table = model.getTableName();
  shown[model.name] = { table: typeof table === "string" ? table : table.tableName, columns, associations };
}
console.log("SHOWN" + JSON.stringify(shown));
"""


def _modules() -> Path:
    return node_with(
        sequelize="6.37.8",
        sqlite3="5.1.7",
        sequelize_typescript="2.1.6",
        reflect_metadata="0.2.2",
        typescript="5.6.3",
        at_types__node="20.17.0",
        at_types__validator="13.12.2",
    )


def _real(entry: str, files: Files, where: Path) -> dict[str, object]:
    ran = run_node(_modules(), {**files, "report.js": _REPORT}, "report.js", where, ENTRY=entry)
    assert ran.status == 0, ran
    line = next(line for line in ran.text.splitlines() if line.startswith("SHOWN"))
    found = json.loads(line.removeprefix("SHOWN"))
    assert isinstance(found, dict)
    return found


def _indexed(where: Path) -> dict[str, object]:
    for extra in ("report.js", "node_modules"):
        (where / extra).unlink()
    shown: dict[str, object] = {}
    for project in open_projects(open_workspace(Options(root=where, cache=False, jobs=1))):
        for item in index_of(project).all:
            assert item.complete and item.relations_complete, item.key
            columns = {
                field.name: [
                    field.column,
                    field.primary_key,
                    field.nullable is False and not field.primary_key,
                ]
                for field in item.attributes.values()
            }
            associations = {
                str(association.name): _association(association) for association in item.associations
            }
            shown[item.name] = {"table": item.table_name, "columns": columns, "associations": associations}
    return shown


def _association(item: Association) -> dict[str, object]:
    return {
        "kind": item.kind,
        "target": item.target.name if item.target is not None else None,
        "foreignKey": item.foreign_key,
        "otherKey": item.other_key if item.kind == "belongsToMany" else None,
        "through": item.through.name if item.through is not None else None,
        "mixins": sorted(item.mixins()),
    }


@pytest.mark.parametrize(("name", "entry", "files"), PROJECTS, ids=[name for name, _, _ in PROJECTS])
def test_index_agrees_with_sequelize(name: str, entry: str, files: Files, tmp_path: Path) -> None:
    real = _real(entry, files, tmp_path)
    assert real, "no model was made"
    assert _indexed(tmp_path) == real


_WORDS = """
person Person people child children man woman men ox axis octopus virus alias status Status canvas campus summons bonus bus
buses tomato potato buffalo medium datum data database analysis basis thesis wife knife wolf half hive archive category
Category day boy query city matrix vertex index mouse louse foot tooth goose quiz whereas criterion genus class box church dish
news News money series species sheep fish deer equipment information UserData user_status OrderItem address Address process
access company CompanyAddress movie shoe house horse curve drive leaf life self safe roof chief photo piano hero echo menu gas
lens plus bias crisis oasis radius cactus focus formula schema Schema criteria media Media history History entry Entry key Key
Diagnosis Follow Favorite Settings settings sms SMS API apis tests axes feedback Feedback staff Equipment
"""


def test_words_agree_with_inflection(tmp_path: Path) -> None:
    words = [*_WORDS.split(), "x", "", "a_b", "aB", "ABTest", "createdAt", "user__id", "A::B"]
    source = (
        "const i = require('inflection');"
        f"console.log(JSON.stringify({json.dumps(words)}.map(w => [i.pluralize(w), i.singularize(w), i.underscore(w)])));"
    )
    ran = run_node(_modules(), {"words.js": source}, "words.js", tmp_path)
    assert ran.status == 0, ran
    for word, expected in zip(words, json.loads(ran.text), strict=True):
        own = [inflection.pluralize(word), inflection.singularize(word), inflection.underscore(word)]
        assert own == expected, word
