"""What the rules about Sequelize models say happens: each line runs on Sequelize 6 with SQLite.

``PROGRAMS`` are (name, model definitions, lines). A line is a query; what it must print stands behind ``=>``: the start of the
error's message, ``ok`` where it must work, or a value as JSON.
"""

from __future__ import annotations

import json
import textwrap
from pathlib import Path

import pytest

from tests.proofs.orm_support import sequelize
from tests.proofs.support import node_with, run_node

pytestmark = pytest.mark.proof

Program = tuple[str, str, str]

PROGRAMS: list[Program] = [
    (
        "sequelize-include-not-associated",
        """
        const Port = sequelize.define("Port", { name: DataTypes.STRING });
        const Ship = sequelize.define("Ship", { name: DataTypes.STRING });
        const Crew = sequelize.define("Crew", { rank: DataTypes.STRING });
        const Cargo = sequelize.define("Cargo", {});
        const Hold = sequelize.define("Hold", {});
        Port.hasMany(Ship);
        Ship.hasMany(Crew, { as: "sailors" });
        Ship.belongsTo(Crew, { as: "captain" });
        Ship.belongsToMany(Cargo, { through: Hold });
        """,
        """
        Ship.findAll({ include: [Port] }) => Port is not associated to Ship!
        Ship.findAll({ include: [Hold] }) => Hold is not associated to Ship!
        Ship.findAll({ include: [Crew] }) => Crew is associated to Ship multiple times
        Ship.findOne({ include: [{ model: Crew, as: "crew" }] }) => Crew is associated to Ship multiple times
        Port.findAll({ include: ["ships"] }) => Association with alias "ships" does not exist on Port
        Port.findAll({ include: { model: Ship, include: [{ association: "Crew" }] } }) => Association with alias "Crew" does not exist on Ship
        Port.findAll({ include: [Ship] }) => ok
        Port.findAll({ include: ["Ships"] }) => ok
        Ship.findAll({ include: [{ model: Crew, as: "sailors" }, "captain", Cargo] }) => ok
        Port.findAll({ include: [{ model: Ship, include: [{ model: Crew, as: "captain" }] }] }) => ok
        """,
    ),
    (
        "sequelize-mixin-not-generated",
        """
        const Climber = sequelize.define("Climber", { name: DataTypes.STRING });
        const Route = sequelize.define("Route", { grade: DataTypes.STRING });
        Climber.belongsToMany(Climber, { as: "partners", through: "Ropes" });
        Climber.hasMany(Route, { as: "ascents" });
        Route.belongsTo(Climber);
        const climber = () => Climber.create({ name: "x" });
        const route = () => Route.create({ grade: "6a" });
        """,
        """
        climber().then((c) => c.addClimber(c)) => c.addClimber is not a function
        climber().then((c) => c.removePartnerz(c)) => c.removePartnerz is not a function
        climber().then((c) => c.countRoutes()) => c.countRoutes is not a function
        route().then((r) => r.addClimber(1)) => r.addClimber is not a function
        route().then((r) => r.getClimbers()) => r.getClimbers is not a function
        climber().then(async (c) => { await c.addPartner(await climber()); await c.countAscents(); await c.setPartners([]); }) => ok
        route().then(async (r) => { await r.setClimber(await climber()); await r.getClimber(); }) => ok
        """,
    ),
    (
        "sequelize-attribute-column-mismatch",
        """
        const Keeper = sequelize.define("Keeper", { name: DataTypes.STRING, full: { type: DataTypes.VIRTUAL, get() { return 1; } } });
        const Animal = sequelize.define("Animal", { species: DataTypes.STRING, bornAt: { type: DataTypes.DATE, field: "born_at" } });
        const Feeding = sequelize.define("Feeding", { amount: DataTypes.FLOAT });
        Keeper.hasMany(Animal);
        Animal.belongsToMany(Keeper, { through: Feeding, as: "feeders" });
        """,
        """
        Animal.findAll({ where: { ownerId: 1 } }) => SQLITE_ERROR: no such column: Animal.ownerId
        Animal.findAll({ where: { [Op.or]: [{ id: 4 }, { leg: 2 }] } }) => SQLITE_ERROR: no such column: Animal.leg
        Animal.findAll({ order: [["speciez", "ASC"]] }) => SQLITE_ERROR: no such column: Animal.speciez
        Animal.findAll({ attributes: ["id", ["nme", "label"]] }) => SQLITE_ERROR: no such column: nme
        Animal.findAll({ include: [{ model: Keeper, as: "feeders", where: { nam: "x" } }] }) => SQLITE_ERROR: no such column: feeders.nam
        Animal.findAll({ include: [{ model: Keeper, as: "feeders", through: { attributes: ["amounts"] } }] }) => SQLITE_ERROR: no such column: feeders->Feeding.amounts
        Keeper.findAll({ where: { full: 1 } }) => SQLITE_ERROR: no such column: Keeper.full
        Animal.max("feet") => SQLITE_ERROR: no such column: feet
        Animal.create({ species: "emu", wings: 2 }).then((a) => a.reload()).then((a) => a.get("wings") === undefined) => true
        Animal.update({ wings: 3 }, { where: {} }).then((r) => r[0]) => 0
        Animal.findAll({ where: { keeperid: 1 } }) => ok
        Animal.findAll({ where: { born_at: null, bornAt: null, KeeperId: 1 }, order: ["createdAt"] }) => ok
        Animal.findAll({ attributes: ["species", [sequelize.fn("count", "*"), "n"]], group: ["species"], order: [["n", "DESC"]] }).then(() => true) => true
        """,
    ),
    (
        "sequelize-attribute-column-mismatch, two spellings",
        "",
        """
        (() => { const O = sequelize.define("O", {}); const C = sequelize.define("C", { oId: DataTypes.INTEGER }); O.hasMany(C); return C.sync(); })() => SQLITE_ERROR: duplicate column name: OId
        (() => { const P = sequelize.define("P", {}); const D = sequelize.define("D", { pId: DataTypes.INTEGER }); P.hasMany(D, { foreignKey: "pId" }); return P.sync().then(() => D.sync()); })() => ok
        """,
    ),
    (
        "sequelize-op-contains-on-sqlite",
        'const Recipe = sequelize.define("Recipe", { title: DataTypes.STRING, labels: DataTypes.JSON });',
        """
        Recipe.findAll({ where: { labels: { [Op.contains]: ["a"] } } }) => SQLITE_ERROR: unrecognized token: "@"
        Recipe.findAll({ where: { labels: { [Op.contained]: { a: 1 } } } }) => SQLITE_ERROR: unrecognized token: "@"
        Recipe.findAll({ where: { labels: { [Op.overlap]: ["a"] } } }) => SQLITE_ERROR: near "&"
        Recipe.findAll({ where: { title: { [Op.iLike]: "a" } } }) => SQLITE_ERROR: near "ILIKE"
        Recipe.findAll({ where: { title: { [Op.regexp]: "a" } } }) => SQLITE_ERROR: no such function: REGEXP
        Recipe.findAll({ where: { title: { [Op.iRegexp]: "a" } } }) => SQLITE_ERROR: near "~"
        Recipe.findAll({ where: { title: { [Op.adjacent]: "a" } } }) => SQLITE_ERROR: near "|"
        Recipe.findAll({ where: { title: { [Op.match]: "a" } } }) => SQLITE_ERROR: unrecognized token: "@"
        Recipe.findAll({ where: { title: { [Op.like]: { [Op.any]: ["a"] } } } }) => SQLITE_ERROR: no such function: ANY
        sequelize.define("Listed", { x: DataTypes.ARRAY(DataTypes.STRING) }).sync() => SQLITE_ERROR: near "[]": syntax error
        Recipe.findAll({ where: { title: { [Op.like]: "%a%", [Op.notIn]: ["a"] }, id: { [Op.between]: [1, 9] }, "labels.main": "x" } }) => ok
        """,
    ),
    (
        "sequelize-where-non-scalar",
        """
        const Band = sequelize.define("Band", { name: DataTypes.STRING, facts: DataTypes.JSON });
        const Concert = sequelize.define("Concert", { hall: DataTypes.STRING, bandId: DataTypes.INTEGER });
        const made = async () => { const band = await Band.create({ name: "b" }); await Concert.create({ bandId: band.id }); return band; };
        """,
        """
        made().then((band) => Concert.count({ where: { bandId: band } })) => 0
        made().then((band) => Concert.count({ where: { bandId: { [Op.in]: [band] } } })) => 0
        made().then((band) => Concert.count({ where: { hall: band } })) => Invalid value
        made().then((band) => Concert.count({ where: { bandId: band.id } })) => 1
        made().then((band) => Band.count({ where: { facts: band } })) => 0
        """,
    ),
    (
        "sequelize-count-include-distinct",
        """
        const Order = sequelize.define("Order", { number: DataTypes.STRING });
        const Line = sequelize.define("Line", {});
        const Buyer = sequelize.define("Buyer", {});
        Order.hasMany(Line, { as: "lines" });
        Order.belongsTo(Buyer, { as: "buyer" });
        const start = async () => { const o = await Order.create({}); await o.createLine(); await o.createLine(); };
        """,
        """
        start().then(() => Order.findAndCountAll({ include: "lines", limit: 9 })).then((p) => [p.count, p.rows.length]) => [2, 1]
        Order.count({ include: "lines" }) => 2
        Order.count({ include: "lines", distinct: true }) => 1
        Order.count({ include: "lines", distinct: true, col: "id" }) => 1
        Order.count({ include: "lines", distinct: true, col: "Order.id" }) => SQLITE_ERROR: no such column: Order->Order.id
        Order.count({ include: "buyer" }) => 1
        Order.count({ distinct: true, col: "Order.id" }) => 1
        Order.findAndCountAll({ include: [{ model: Line, as: "lines", separate: true }] }).then((p) => p.count) => 1
        """,
    ),
    (
        "sequelize-notnull-set-in-beforecreate",
        """
        const required = { number: { type: DataTypes.STRING, allowNull: false }, total: DataTypes.INTEGER };
        const fill = (row) => { row.number = "1"; };
        const Late = sequelize.define("Late", required, { hooks: { beforeCreate: fill } });
        const Save = sequelize.define("Save", required, { hooks: { beforeSave: fill } });
        const Early = sequelize.define("Early", required, { hooks: { beforeValidate: fill } });
        """,
        """
        Late.create({ total: 1 }) => notNull Violation: Late.number cannot be null
        Save.create({ total: 1 }) => notNull Violation: Save.number cannot be null
        Late.findOrCreate({ where: { total: 2 } }) => notNull Violation: Late.number cannot be null
        Late.create({ total: 1 }, { validate: false }) => ok
        Late.bulkCreate([{ total: 1, number: "2" }]) => ok
        Early.create({ total: 1 }) => ok
        """,
    ),
    (
        "sequelize-datatypes-undefined",
        "",
        """
        sequelize.DataTypes.STRING => Cannot read properties of undefined (reading 'STRING')
        sequelize.define("A", { x: sequelize.FLOAT }) => Unrecognized datatype for attribute "A.x"
        sequelize.define("B", { x: { type: DataTypes.INTERGER } }) => Unrecognized datatype for attribute "B.x"
        sequelize.define("C", { x: sequelize.Sequelize.DataTypes.STRING, y: Sequelize.INTEGER, z: Sequelize.DataTypes.DATE }).name => "C"
        """,
    ),
    (
        "sequelize-concurrent-find-or-create",
        'const Label = sequelize.define("Label", { text: { type: DataTypes.STRING, unique: true } });',
        """
        Promise.all(["a", "b", "c", "d"].map((text) => Label.findOrCreate({ where: { text } }))) => SQLITE_BUSY: database is locked
        sequelize.transaction((transaction) => Promise.all(["e", "f"].map((text) => Label.findOrCreate({ where: { text }, transaction })))).then((r) => r.length) => 2
        (async () => { for (const text of ["g", "h"]) await Label.findOrCreate({ where: { text } }); })() => ok
        """,
    ),
]
PROVES = dict.fromkeys(
    [
        *(name.partition(",")[0] for name, _, _ in PROGRAMS),
        "sequelize-sqlite-driver",
        "sequelize-array-operand-shape",
    ],
    (),
)

_PROGRAM = """\
const { Sequelize, DataTypes, Op } = require("sequelize");
const sequelize = new Sequelize({ dialect: "sqlite", storage: "app.db", logging: false, retry: { max: 1 } });
MODELS
async function main() {
  await sequelize.sync({ force: true });
  const lines = [LINES];
  for (const work of lines) {
    try {
      const value = await work();
      const plain = value === null || ["number", "boolean", "string"].includes(typeof value) || (Array.isArray(value) && value.every((v) => typeof v === "number"));
      console.log(JSON.stringify({ value: plain && !(Array.isArray(value) && !value.length) ? value : "ok" }));
    } catch (error) {
      console.log(JSON.stringify({ error: String(error.message) }));
    }
  }
}
main();
"""


@pytest.mark.parametrize(("name", "models", "lines"), PROGRAMS, ids=[name for name, _, _ in PROGRAMS])
def test_lines(name: str, models: str, lines: str, tmp_path: Path) -> None:
    wanted = [line.strip().rpartition(" => ") for line in lines.strip().splitlines()]
    source = _PROGRAM.replace("MODELS", textwrap.dedent(models))
    source = source.replace("LINES", ",\n".join(f"async () => {code}" for code, _, _ in wanted))
    ran = run_node(sequelize(), {"main.js": source}, "main.js", tmp_path)
    assert ran.status == 0, ran
    shown = [json.loads(line) for line in ran.text.splitlines() if line.startswith("{")]
    assert len(shown) == len(wanted), ran
    for (code, _, expected), got in zip(wanted, shown, strict=True):
        if expected == "ok":
            assert "value" in got, f"{code}: {got}"
        elif expected[0].isdigit() or expected[0] in '["t':
            assert got.get("value") == json.loads(expected), f"{code}: {got}"
        else:
            assert got.get("error", "").startswith(expected), f"{code}: {got}"


def test_a_missing_driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # the interface is what matters: nothing is compiled
    monkeypatch.setenv("npm_config_ignore_scripts", "true")
    modules = node_with(sequelize="6.37.8", better_sqlite3="11.10.0")
    source = """
    const { Sequelize } = require("sequelize");
    try { new Sequelize({ dialect: "sqlite", storage: "x.db" }); } catch (error) { console.log(error.message); }
    process.on("uncaughtException", (error) => { console.log("fails:", error.message); process.exit(0); });
    const other = new Sequelize({ dialect: "sqlite", storage: "x.db", dialectModule: require("better-sqlite3"), logging: false });
    other.query("SELECT 1").then(() => console.log("works"), (error) => console.log("fails:", error.message));
    """
    ran = run_node(modules, {"main.js": textwrap.dedent(source)}, "main.js", tmp_path)
    assert "Please install sqlite3 package manually" in ran.text, ran
    assert "fails:" in ran.text and "works" not in ran.text, ran


def test_an_array_operand_has_to_be_an_array(tmp_path: Path) -> None:
    """PostgreSQL's statements are written without a server: the error comes before anything is sent."""
    modules = node_with(sequelize="6.37.8", pg="8.16.0")
    source = """
    const { Sequelize, DataTypes, Op } = require("sequelize");
    const sequelize = new Sequelize("postgres://localhost:1/x", { logging: false });
    const Trail = sequelize.define("Trail", { seasons: DataTypes.ARRAY(DataTypes.STRING), facts: DataTypes.JSONB });
    const written = (where) => {
      try {
        return sequelize.getQueryInterface().queryGenerator.selectQuery("Trails", { where }, Trail);
      } catch (error) {
        return "throws " + error.message;
      }
    };
    for (const op of ["contains", "contained", "overlap"]) {
      console.log(written({ seasons: { [Op[op]]: "a" } }));
      console.log(written({ seasons: { [Op[op]]: ["a"] } }));
    }
    console.log(written({ facts: { [Op.contains]: { steep: true } } }));
    """
    ran = run_node(modules, {"main.js": textwrap.dedent(source)}, "main.js", tmp_path)
    assert ran.status == 0, ran
    lines = ran.text.splitlines()
    assert [line.startswith("throws ") for line in lines] == [True, False, True, False, True, False, False], (
        ran
    )
    assert "values.map is not a function" in lines[0], ran
