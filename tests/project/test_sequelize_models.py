"""Sequelize models: what the index knows of them, and which models and rows an expression is.

What Sequelize itself says of the same model modules is compared in ``tests/proofs/test_sequelize_models.py``.
"""

from __future__ import annotations

import pytest

from constraintlint.project import Project
from constraintlint.project.models.sequelize.index import index_of
from tests.project.value_projects import expression, project_of
from tests.proofs.sequelize_models import PROJECTS, Files

DB = """
const { Sequelize, DataTypes, Model } = require("sequelize");
const sequelize = new Sequelize("sqlite::memory:", { define: { underscored: true } });
const Owner = sequelize.define("Owner", { name: { type: DataTypes.STRING(40), allowNull: false } });
class Dog extends Model {
  bark() { return use(this); }
}
Dog.init({ age: DataTypes.INTEGER, kind: DataTypes.ENUM("a", "b"), old: DataTypes.VIRTUAL }, { sequelize, paranoid: true });
Owner.hasMany(Dog, { as: "dogs" });
Dog.belongsTo(Owner, { as: "owner", foreignKey: "ownerId" });
Dog.belongsToMany(Owner, { through: "walks", as: "walkers", timestamps: false });
module.exports = { Owner, Dog, sequelize };
"""


@pytest.mark.parametrize(("name", "entry", "files"), PROJECTS, ids=[name for name, _, _ in PROJECTS])
def test_every_style_is_read_whole(name: str, entry: str, files: Files) -> None:
    index = index_of(project_of(files, real_needles=True))
    assert index.all and entry in files
    for item in index.all:
        assert item.complete and item.relations_complete and item.table_name, item.key
        for association in item.associations:
            assert association.target is not None and association.name and association.mixins(), item.key


def test_models_have_tables_and_relations() -> None:
    models = project_of({"db.js": DB}).models
    dog = models.by_key["db.js:Dog"]
    assert dog.table is not None and dog.complete and dog.relations_complete
    assert (dog.table.name, dog.table.complete, dog.table.primary_key) == ("dogs", True, ("id",))
    columns = {
        column.name: (column.family, column.nullable, column.has_default) for column in dog.table.columns
    }
    assert columns == {
        "id": ("integer", False, True),
        "age": ("integer", None, False),
        "kind": ("enum", None, False),
        "created_at": ("datetime", False, True),
        "updated_at": ("datetime", False, True),
        "deleted_at": ("datetime", True, True),
        "owner_id": ("integer", True, False),
    }
    assert dog.attributes["old"].kind == "virtual" and dog.attributes["owner"].kind == "relationship"
    assert {
        name: (item.kind, item.cardinality, item.foreign_key) for name, item in dog.relations.items()
    } == {
        "owner": ("belongsTo", "one", ("ownerId",)),
        "walkers": ("belongsToMany", "many", ("DogId", "OwnerId")),
    }
    assert models.target(dog.relations["owner"]) is models.by_key["db.js:Owner"]
    assert [key.references.table for key in dog.table.foreign_keys] == ["owners"]
    walks = next(model for model in models.all if model.name == "walks")
    assert walks.table is not None and {column.name for column in walks.table.columns} == {
        "dog_id",
        "owner_id",
    }
    owner = models.by_key["db.js:Owner"]
    assert owner.attributes["name"].required and not owner.attributes["id"].required


#: (what, code behind the imports, the expression, models and shape; "" where nothing is to be known)
ROWS = [
    ("finder", "async function f() { const d = await Dog.findOne(); use(d); }", "d", "Dog one"),
    ("list", "async function f() { const d = await Dog.findAll(); use(d[0]); }", "d[0]", "Dog one"),
    ("page", "async function f() { const { rows } = await Dog.findAndCountAll(); use(rows); }", "rows", "Dog many"),
    ("pair", "async function f() { const [d] = await Dog.findOrCreate({}); use(d); }", "d", "Dog one"),
    ("callback", "Dog.findAll().then((all) => all.map((d) => use(d)));", "d", "Dog one"),
    ("loop", "async function f() { for (const d of await Dog.findAll()) use(d); }", "d", "Dog one"),
    ("getter", "async function f() { const o = await Owner.findByPk(1); use(await o.getDogs()); }", "await o.getDogs()", "Dog many"),
    ("included", "async function f() { const d = await Dog.findByPk(1); use(d.owner); }", "d.owner", "Owner one"),
    ("function", "const g = () => Dog.create({}); async function f() { const d = await g(); use(d); }", "d", "Dog one"),
    ("parameter", "function g(d) { use(d); } async function f() { g(await Dog.findOne()); }", "d", "Dog one"),
    ("or created", "async function f() { let d = await Dog.findOne(); if (!d) d = await Dog.create({}); use(d); }", "d", "Dog one"),
    ("null first", "async function f(x) { let d = null; if (x) { d = await Dog.findOne(); } use(d); }", "d", "Dog one"),
    ("scoped", "async function f() { const d = await Dog.scope('x').findOne(); use(d); }", "d", "Dog one"),
    ("two kinds", "async function f(x) { let d = await Dog.findOne(); if (x) d = x; use(d); }", "d", ""),
    ("unknown parameter", "module.exports = (d) => use(d);", "d", ""),
    ("plain object", "async function f() { const d = (await Dog.findOne()).toJSON(); use(d); }", "d", ""),
    ("count", "async function f() { const d = await Dog.count(); use(d); }", "d", ""),
]  # fmt: skip


def _shown(project: Project, path: str, text: str) -> str:
    expr = expression(project, path, text)
    file = project.evaluator.file(path)
    assert file is not None
    rows = index_of(project).follower.rows(expr, file.at(expr.at[0]))
    return f"{'|'.join(item.name for item in rows.definitions)} {rows.shape}" if rows is not None else ""


@pytest.mark.parametrize(("what", "code", "text", "wanted"), ROWS, ids=[row[0] for row in ROWS])
def test_rows(what: str, code: str, text: str, wanted: str) -> None:
    project = project_of({"db.js": DB, "use.js": 'const { Dog, Owner } = require("./db");\n' + code})
    assert _shown(project, "use.js", text) == wanted


def test_this_is_a_row_in_a_method() -> None:
    assert _shown(project_of({"db.js": DB}), "db.js", "this") == "Dog one"


def test_models_out_of_a_loader() -> None:
    _, _, files = next(item for item in PROJECTS if item[0] == "loader over a folder")
    code = """
    const db = require("./models");
    const { Cook } = require("./models");
    const { Ingredient } = db.sequelize.models;
    use(db.Recipe); use(Cook); use(Ingredient); use(db.Missing); use(other.Recipe);
    """
    project = project_of({**files, "use.js": code})
    file = project.evaluator.file("use.js")
    assert file is not None
    found = {}
    for text in ("db.Recipe", "Cook", "Ingredient", "db.Missing", "other.Recipe"):
        models = index_of(project).follower.models(expression(project, "use.js", text), file.module)
        found[text] = [item.name for item in models]
    assert found == {
        "db.Recipe": ["Recipe"],
        "Cook": ["Cook"],
        "Ingredient": ["Ingredient"],
        "db.Missing": [],
        "other.Recipe": [],
    }


@pytest.mark.parametrize(
    "code",
    [
        'sequelize.define("A", { ...columns(), x: DataTypes.STRING });',
        'sequelize.define("A", { [key]: DataTypes.STRING });',
        'const A = sequelize.define("A", { x: DataTypes.STRING }); sequelize.addHook("beforeDefine", (a) => (a.y = 1));'
        " sequelize.beforeDefine((a) => (a.y = DataTypes.STRING));",
        'const A = sequelize.define("A", { x: DataTypes.STRING }); models.forEach((m) => m.hasMany(A, { foreignKey: key }));',
    ],
)
def test_what_is_not_known_is_not_complete(code: str) -> None:
    head = 'const { Sequelize, DataTypes } = require("sequelize");\nconst sequelize = new Sequelize("sqlite::memory:");\n'
    (item,) = index_of(project_of({"db.js": head + code})).definitions
    assert not item.complete
