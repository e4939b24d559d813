"""Model modules of many styles, as projects: (name, entry module, files)."""

from __future__ import annotations

NEW = 'const { Sequelize, DataTypes, Model } = require("sequelize");\nconst sequelize = new Sequelize("sqlite::memory:", { logging: false });\n'

Files = dict[str, str]
PROJECTS: list[tuple[str, str, Files]] = []


def _case(name: str, entry: str, **files: str) -> None:
    PROJECTS.append(
        (name, entry, {key.replace("__", "/").replace("_DOT_", "."): text for key, text in files.items()})
    )


_case(
    "define and default names",
    "m.js",
    m_DOT_js=NEW
    + """
const Person = sequelize.define("Person", { name: DataTypes.STRING });
const Category = sequelize.define("category", { label: { type: DataTypes.STRING(20), allowNull: false } });
const Bus = sequelize.define("Bus", {});
const Child = sequelize.define("Child", {}, { freezeTableName: true });
Person.hasMany(Category);
Category.belongsTo(Person);
Person.hasOne(Bus);
Bus.hasMany(Child, { as: "kids" });
""",
)
_case(
    "underscored, field, paranoid, own timestamps",
    "m.js",
    m_DOT_js=NEW
    + """
const BoatTrip = sequelize.define("BoatTrip", { startedAt: { type: DataTypes.DATE, field: "begin" }, crewSize: DataTypes.INTEGER },
  { underscored: true, paranoid: true, createdAt: "made", updatedAt: false });
const Harbour = sequelize.define("Harbour", { zipCode: { type: DataTypes.STRING, primaryKey: true } }, { tableName: "the_harbours", timestamps: false });
BoatTrip.belongsTo(Harbour, { as: "home" });
BoatTrip.belongsTo(Harbour, { as: "destination", foreignKey: { name: "destinationCode", field: "dest" } });
Harbour.hasMany(BoatTrip, { foreignKey: "destinationCode", as: { singular: "arrival", plural: "arrivalList" } });
""",
)
_case(
    "define options of the constructor",
    "m.js",
    m_DOT_js="""
const { Sequelize, DataTypes } = require("sequelize");
const sequelize = new Sequelize({ dialect: "sqlite", storage: ":memory:", define: { underscored: true, freezeTableName: true, timestamps: false } });
const PetOwner = sequelize.define("PetOwner", { fullName: DataTypes.STRING });
const Pet = sequelize.define("Pet", { nickName: DataTypes.STRING }, { timestamps: true });
PetOwner.hasMany(Pet, { foreignKey: "ownerId" });
Pet.belongsTo(PetOwner, { foreignKey: "ownerId", as: "owner" });
PetOwner.belongsToMany(PetOwner, { as: "friends", through: "friendships", foreignKey: "a_id", otherKey: "b_id" });
""",
)
_case(
    "classes with init",
    "m.js",
    m_DOT_js=NEW
    + """
class Author extends Model {
  fullName() { return this.first; }
}
Author.init({ first: DataTypes.STRING, born: DataTypes.DATEONLY }, { sequelize });
class Book extends Model {}
Book.init({ isbn: { type: DataTypes.STRING, primaryKey: true }, title: DataTypes.TEXT }, { sequelize, modelName: "Volume" });
Author.hasMany(Book);
Book.belongsTo(Author, { as: "writer" });
""",
)
_case(
    "static init and associate",
    "models/index.js",
    models__index_DOT_js="""
const { Sequelize, DataTypes } = require("sequelize");
const sequelize = new Sequelize("sqlite::memory:", { logging: false });
const Team = require("./team");
const Player = require("./player");
const models = { Team: Team.initialize(sequelize), Player: Player.initialize(sequelize) };
Object.values(models).forEach((model) => model.associate && model.associate(models));
module.exports = { ...models, sequelize };
""",
    models__team_DOT_js="""
const { Model, DataTypes } = require("sequelize");
module.exports = class Team extends Model {
  static initialize(sequelize) {
    return super.init({ name: { type: DataTypes.STRING, unique: true } }, { sequelize, modelName: "Team", tableName: "clubs" });
  }
  static associate(models) {
    this.hasMany(models.Player, { as: "squad", foreignKey: "teamId" });
  }
};
""",
    models__player_DOT_js="""
const { Model, DataTypes } = require("sequelize");
class Player extends Model {
  static initialize(sequelize) {
    return this.init({ shirt: DataTypes.INTEGER }, { sequelize, modelName: "Player" });
  }
  static associate({ Team }) {
    Player.belongsTo(Team, { foreignKey: "teamId", as: "club" });
  }
}
module.exports = Player;
""",
)
_case(
    "loader over a folder",
    "models/index.js",
    models__index_DOT_js="""
const fs = require("fs");
const path = require("path");
const Sequelize = require("sequelize");
const db = {};
const sequelize = new Sequelize("sqlite::memory:", { logging: false });
fs.readdirSync(__dirname).filter((f) => f !== "index.js").forEach((file) => {
  const model = require(path.join(__dirname, file))(sequelize, Sequelize.DataTypes);
  db[model.name] = model;
});
Object.keys(db).forEach((name) => { if (db[name].associate) db[name].associate(db); });
db.sequelize = sequelize;
module.exports = db;
""",
    models__recipe_DOT_js="""
module.exports = (sequelize, DataTypes) => {
  const Recipe = sequelize.define("Recipe", { title: { type: DataTypes.STRING, allowNull: false }, steps: DataTypes.JSON });
  Recipe.associate = (models) => {
    Recipe.belongsToMany(models.Ingredient, { through: "RecipeIngredients" });
    Recipe.belongsTo(models.Cook);
  };
  return Recipe;
};
""",
    models__ingredient_DOT_js="""
"use strict";
module.exports = function (sequelize, DataTypes) {
  var Ingredient = sequelize.define("Ingredient", { name: DataTypes.STRING }, { timestamps: false });
  Ingredient.associate = function (db) {
    Ingredient.belongsToMany(db.Recipe, { through: "RecipeIngredients" });
  };
  return Ingredient;
};
""",
    models__cook_DOT_js="""
const { Model } = require("sequelize");
module.exports = (sequelize, DataTypes) => {
  class Cook extends Model {
    static associate(models) {
      this.hasMany(models.Recipe);
      Cook.hasOne(models.Recipe, { as: "signatureDish", foreignKey: "signedBy" });
    }
  }
  Cook.init({ name: DataTypes.STRING }, { sequelize, modelName: "Cook" });
  return Cook;
};
""",
)
_case(
    "through a model with its own id",
    "m.js",
    m_DOT_js=NEW
    + """
const Student = sequelize.define("Student", {});
const Course = sequelize.define("Course", { code: { type: DataTypes.STRING, unique: true } });
const Enrolment = sequelize.define("Enrolment", { id: { type: DataTypes.INTEGER, primaryKey: true, autoIncrement: true }, grade: DataTypes.FLOAT });
Student.belongsToMany(Course, { through: Enrolment });
Course.belongsToMany(Student, { through: { model: Enrolment, unique: false } });
Student.hasMany(Enrolment);
Enrolment.belongsTo(Student);
""",
)
_case(
    "through a model without an id, keys given",
    "m.js",
    m_DOT_js=NEW
    + """
const Song = sequelize.define("Song", {});
const Playlist = sequelize.define("Playlist", {}, { underscored: true });
const Entry = sequelize.define("Entry", { position: DataTypes.INTEGER });
Song.belongsToMany(Playlist, { through: Entry, as: "lists", foreignKey: "track", otherKey: "list" });
Playlist.belongsToMany(Song, { through: Entry, as: "tracks", foreignKey: "list", otherKey: "track" });
""",
)
_case(
    "self references",
    "m.js",
    m_DOT_js=NEW
    + """
const Employee = sequelize.define("Employee", { name: DataTypes.STRING });
Employee.belongsTo(Employee, { as: "boss" });
Employee.hasMany(Employee, { as: "reports", foreignKey: "bossId" });
Employee.belongsToMany(Employee, { as: "mentors", through: "mentoring" });
""",
)
_case(
    "virtual, getters, enum, scopes, version",
    "m.js",
    m_DOT_js=NEW
    + """
const Invoice = sequelize.define("Invoice", {
  state: { type: DataTypes.ENUM("open", "paid"), defaultValue: "open" },
  total: { type: DataTypes.DECIMAL(10, 2), get() { return Number(this.getDataValue("total")); } },
  gross: { type: DataTypes.VIRTUAL(DataTypes.FLOAT), get() { return this.total * 1.2; } },
}, { version: true, defaultScope: { where: { state: "open" } }, scopes: { paid: { where: { state: "paid" } } } });
""",
)
_case(
    "attributes put together",
    "m.js",
    m_DOT_js=NEW
    + """
const common = { note: DataTypes.TEXT, ownerId: { type: DataTypes.INTEGER, field: "owner" } };
const id = { type: DataTypes.UUID, primaryKey: true, defaultValue: DataTypes.UUIDV4 };
const Crate = sequelize.define("Crate", { id, ...common, weight: DataTypes.FLOAT });
const Shelf = sequelize.define("Shelf", Object.assign({}, common, { aisle: DataTypes.STRING }));
Shelf.hasMany(Crate, { as: "crates", sourceKey: "id" });
""",
)
_case(
    "names of words",
    "m.js",
    m_DOT_js=NEW
    + """
const names = {};
names.News = sequelize.define("News", {});
names.Status = sequelize.define("Status", {});
names.UserData = sequelize.define("UserData", {});
const Mouse = sequelize.define("Mouse", {});
const OrderStatus = sequelize.define("order_status", {});
const Quiz = sequelize.define("Quiz", {}, { name: { singular: "quiz", plural: "quizList" } });
Mouse.hasMany(OrderStatus);
Mouse.belongsToMany(Quiz, { through: "mouse_quizzes" });
OrderStatus.belongsTo(Quiz);
""",
)
_case(
    "associations in a set-up function",
    "index.js",
    index_DOT_js="""
const sequelize = require("./db");
const { setUp } = require("./relations");
require("./tables");
setUp(sequelize);
""",
    db_DOT_js="""
const Sequelize = require("sequelize");
module.exports = new Sequelize("sqlite::memory:", { logging: false });
""",
    tables_DOT_js="""
const { DataTypes } = require("sequelize");
const sequelize = require("./db");
exports.Flight = sequelize.define("flight", { code: DataTypes.STRING });
exports.Seat = sequelize.define("seat", { row: DataTypes.INTEGER });
""",
    relations_DOT_js="""
require("./tables");
function setUp(sequelize) {
  const { flight, seat } = sequelize.models;
  flight.hasMany(seat, { foreignKey: "flight_id", onDelete: "CASCADE" });
  seat.belongsTo(flight, { foreignKey: "flight_id" });
}
module.exports = { setUp };
""",
)
_case(
    "factories called by hand",
    "models.js",
    models_DOT_js="""
const { Sequelize, DataTypes } = require("sequelize");
const sequelize = new Sequelize("sqlite::memory:", { logging: false });
const Plant = require("./plant")(sequelize, DataTypes);
const Garden = require("./garden").default(sequelize);
Garden.hasMany(Plant, { as: "plants", foreignKey: { name: "plotId", allowNull: false } });
Plant.belongsTo(Garden, { as: "plot", foreignKey: "plotId" });
module.exports = { Plant, Garden };
""",
    plant_DOT_js="module.exports = (db, types) => db.define('Plant', { latin: { type: types.STRING, allowNull: false } }, { timestamps: false });\n",
    garden_DOT_js="""
const { DataTypes } = require("sequelize");
exports.default = (connection) => {
  const Garden = connection.define("Garden", { area: DataTypes.DOUBLE });
  return Garden;
};
""",
)
_case(
    "target keys",
    "m.js",
    m_DOT_js=NEW
    + """
const City = sequelize.define("City", { slug: { type: DataTypes.STRING, unique: true } });
const Museum = sequelize.define("Museum", {});
const Tram = sequelize.define("Tram", { line: { type: DataTypes.INTEGER, primaryKey: true } });
Museum.belongsTo(City, { targetKey: "slug", foreignKey: "citySlug" });
City.hasMany(Museum, { sourceKey: "slug", foreignKey: "citySlug" });
City.belongsToMany(Tram, { through: "city_trams" });
Tram.belongsToMany(City, { through: "city_trams", timestamps: false });
Tram.belongsTo(City);
""",
)
_case(
    "TypeScript classes with declare",
    "main.ts",
    main_DOT_ts="""
import { CreationOptional, DataTypes, ForeignKey, InferAttributes, InferCreationAttributes, Model, NonAttribute, Sequelize } from "sequelize";
const sequelize = new Sequelize("sqlite::memory:", { logging: false });
export class Shop extends Model<InferAttributes<Shop>, InferCreationAttributes<Shop>> {
  declare id: CreationOptional<number>;
  declare name: string;
  declare stalls?: NonAttribute<Stall[]>;
}
export class Stall extends Model<InferAttributes<Stall>, InferCreationAttributes<Stall>> {
  declare id: CreationOptional<string>;
  declare shopId: ForeignKey<Shop["id"]>;
  declare createdAt: CreationOptional<Date>;
}
Shop.init({ id: { type: DataTypes.INTEGER.UNSIGNED, autoIncrement: true, primaryKey: true }, name: { type: new DataTypes.STRING(128), allowNull: false } },
  { tableName: "shops", sequelize });
Stall.init({ id: { type: DataTypes.UUID, primaryKey: true }, shopId: DataTypes.INTEGER, createdAt: DataTypes.DATE }, { sequelize, underscored: true });
Shop.hasMany(Stall, { sourceKey: "id", foreignKey: "shopId", as: "stalls" });
Stall.belongsTo(Shop, { targetKey: "id" });
""",
)
_case(
    "TypeScript factories",
    "db/index.ts",
    db__index_DOT_ts="""
import { Sequelize } from "sequelize";
import { initLamp, Lamp } from "./lamp";
import RoomFactory from "./room";
export const sequelize = new Sequelize("sqlite::memory:", { logging: false });
const Room = RoomFactory(sequelize);
initLamp(sequelize);
Room.hasMany(Lamp, { onDelete: "SET NULL" });
Lamp.belongsTo(Room, { foreignKey: { allowNull: false } });
export { Lamp, Room };
""",
    db__lamp_DOT_ts="""
import { DataTypes, Model, Sequelize } from "sequelize";
export class Lamp extends Model {}
export function initLamp(sequelize: Sequelize): void {
  Lamp.init({ watts: DataTypes.SMALLINT }, { sequelize, modelName: "lamp", timestamps: false });
}
""",
    db__room_DOT_ts="""
import { DataTypes, Sequelize } from "sequelize";
export default function (sequelize: Sequelize) {
  return sequelize.define("Room", { floor: { type: DataTypes.INTEGER, allowNull: false } }, { paranoid: true });
}
""",
)
_case(
    "decorators",
    "main.ts",
    main_DOT_ts="""
import { BelongsTo, BelongsToMany, Column, CreatedAt, DataType, Default, ForeignKey, HasMany, HasOne, Model, PrimaryKey, Sequelize, Table, AllowNull } from "sequelize-typescript";
@Table({ tableName: "horses", timestamps: true })
export class Horse extends Model {
  @AllowNull(false) @Column name!: string;
  @Column({ type: DataType.INTEGER, field: "year_of_birth" }) born!: number;
  @Default(true) @Column(DataType.BOOLEAN) active!: boolean;
  @CreatedAt bought!: Date;
  @ForeignKey(() => Stable) @Column(DataType.INTEGER) stableId!: number;
  @BelongsTo(() => Stable) stable!: any;
  @BelongsToMany(() => Rider, () => Ride) riders!: Rider[];
}
@Table({ timestamps: false })
export class Stable extends Model {
  @PrimaryKey @Column(DataType.INTEGER) declare id: number;
  @HasMany(() => Horse) horses!: Horse[];
  @HasOne(() => Rider, "homeId") keeper!: any;
}
@Table
export class Rider extends Model {
  @Column(DataType.STRING) name!: string;
  @ForeignKey(() => Stable) @Column(DataType.INTEGER) homeId!: number;
  @BelongsTo(() => Stable, { foreignKey: "homeId", constraints: false }) home!: any;
  @BelongsToMany(() => Horse, { through: () => Ride, foreignKey: "riderId", otherKey: "horseId" }) mounts!: Horse[];
}
@Table({ underscored: true, modelName: "ride" })
export class Ride extends Model {
  @ForeignKey(() => Horse) @Column(DataType.INTEGER) horseId!: number;
  @ForeignKey(() => Rider) @Column(DataType.INTEGER) riderId!: number;
}
new Sequelize({ dialect: "sqlite", storage: ":memory:", logging: false, models: [Horse, Stable, Rider, Ride] });
""",
)
_case(
    "a base class",
    "m.js",
    m_DOT_js=NEW
    + """
class Base extends Model {
  static describeIt() { return this.name; }
}
class Ticket extends Base {}
Ticket.init({ seat: DataTypes.STRING, price: { type: DataTypes.INTEGER, validate: { min: 0 } } }, { sequelize, schema: "box_office", tableName: "tickets" });
class Gate extends Base {}
Gate.init({}, { sequelize });
Gate.hasMany(Ticket, { as: "admissions", foreignKey: "gate" });
""",
)
_case(
    "a loop over associations",
    "m.js",
    m_DOT_js=NEW
    + """
const Account = sequelize.define("Account", {});
const Email = sequelize.define("Email", {});
const Phone = sequelize.define("Phone", {});
for (const contact of [Email, Phone]) {
  Account.hasMany(contact, { foreignKey: "accountId" });
  contact.belongsTo(Account, { foreignKey: "accountId" });
}
""",
)
