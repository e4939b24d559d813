"""Migrations: folders of SQL, Sequelize, node-pg-migrate, TypeORM, Knex and Alembic."""

from __future__ import annotations

import pytest

from tests.project.schema.support import lines, names, schema_of

#: (files, table -> columns)
SQL_FOLDERS: list[tuple[dict[str, str], dict[str, list[str]]]] = [
    # golang-migrate
    (
        {
            "migrations/000001_init.up.sql": "CREATE TABLE a (x int, y int);",
            "migrations/000001_init.down.sql": "DROP TABLE a; CREATE TABLE wrong (z int);",
            "migrations/000002_more.up.sql": "ALTER TABLE a DROP COLUMN y; ALTER TABLE a RENAME COLUMN x TO z;",
            "migrations/000002_more.down.sql": "ALTER TABLE a ADD COLUMN y int;",
        },
        {"a": ["z"]},
    ),
    # db-migrate
    (
        {
            "migrations/sqls/20200101-init-up.sql": "CREATE TABLE a (x int);",
            "migrations/sqls/20200101-init-down.sql": "CREATE TABLE wrong (x int);",
        },
        {"a": ["x"]},
    ),
    # goose, dbmate, node-pg-migrate, sql-migrate: marks in one file, in either order
    (
        {"db/migrations/001.sql": "-- +goose Up\nCREATE TABLE a (x int);\n-- +goose Down\nCREATE TABLE wrong (y int);"},
        {"a": ["x"]},
    ),
    (
        {"db/migrations/1_a.sql": "-- migrate:down\nCREATE TABLE wrong (y int);\n-- migrate:up\nCREATE TABLE a (x int);"},
        {"a": ["x"]},
    ),
    (
        {"db/migrations/1_a.sql": "-- Up Migration\nCREATE TABLE a (x int);\n-- Down Migration\nDROP TABLE a; CREATE TABLE wrong (y int);"},
        {"a": ["x"]},
    ),
    ({"db/migrations/1_a.sql": "-- Up\nCREATE TABLE a (x int);\n-- Down\nDROP TABLE a;"}, {"a": ["x"]}),
    # Flyway: V2 before V10, no undo
    (
        {
            "db/migration/V2__b.sql": "ALTER TABLE a ADD y int;",
            "db/migration/V10__c.sql": "ALTER TABLE a RENAME TO b;",
            "db/migration/V1__a.sql": "CREATE TABLE a (x int);",
            "db/migration/U1__a.sql": "CREATE TABLE wrong (x int);",
        },
        {"b": ["x", "y"]},
    ),
    # Prisma and Diesel: a folder each
    (
        {
            "prisma/migrations/20200101_init/migration.sql": 'CREATE TABLE "User" ("id" SERIAL NOT NULL, CONSTRAINT "pk" PRIMARY KEY ("id"));',
            "prisma/migrations/20200102_x/migration.sql": '-- AlterTable\nALTER TABLE "User" ADD COLUMN "createdAt" TIMESTAMP(3) NOT NULL;',
        },
        {"User": ["id", "createdAt"]},
    ),
    (
        {
            "migrations/2020-01-01_a/up.sql": "CREATE TABLE a (x int);",
            "migrations/2020-01-01_a/down.sql": "CREATE TABLE wrong (x int);",
        },
        {"a": ["x"]},
    ),
    # Sqitch
    (
        {"deploy/users.sql": "BEGIN; CREATE TABLE a (x int); COMMIT;", "revert/users.sql": "CREATE TABLE wrong (x int);"},
        {"a": ["x"]},
    ),
    # numbers alone make a folder
    ({"schema/001-a.sql": "CREATE TABLE a (x int);", "schema/002-b.sql": "DROP TABLE a; CREATE TABLE b (y int);"}, {"b": ["y"]}),
    # no order is told: nothing is taken away
    (
        {"migrations/add_b.sql": "ALTER TABLE a DROP COLUMN x;", "migrations/init.sql": "CREATE TABLE a (x int, y int);"},
        {"a": ["x", "y"]},
    ),
    ({"tests/migrations/1_a.sql": "CREATE TABLE a (x int);"}, {}),
]  # fmt: skip


@pytest.mark.parametrize(("files", "expected"), SQL_FOLDERS)
def test_sql_folders(files: dict[str, str], expected: dict[str, list[str]]) -> None:
    assert names(schema_of(files)) == expected


SEQUELIZE_1 = """
'use strict';
module.exports = {
  async up(queryInterface, Sequelize) {
    await queryInterface.createTable('Pets', {
      id: { type: Sequelize.INTEGER, primaryKey: true, autoIncrement: true, allowNull: false },
      name: { type: Sequelize.STRING(40), allowNull: false, unique: true },
      born: Sequelize.DATE,
      ownerId: { type: Sequelize.UUID, references: { model: 'Owners', key: 'id' }, onDelete: 'SET NULL' },
      kind: { type: Sequelize.ENUM('cat', 'dog'), defaultValue: 'cat' },
      oldName: Sequelize.TEXT,
    });
    await queryInterface.addIndex('Pets', ['name', 'kind'], { unique: true });
  },
  async down(queryInterface) {
    await queryInterface.dropTable('Pets');
    await queryInterface.createTable('Wrong', { id: 1 });
  },
};
"""
SEQUELIZE_2 = """
module.exports = {
  up: (queryInterface, { DataTypes }) => {
    return queryInterface.sequelize.transaction(async (transaction) => {
      await queryInterface.addColumn('Pets', 'weight', { type: DataTypes.FLOAT, allowNull: true }, { transaction });
      await queryInterface.removeColumn('Pets', 'born', { transaction });
      await queryInterface.renameColumn('Pets', 'oldName', 'nick', { transaction });
      await queryInterface.changeColumn('Pets', 'nick', { type: DataTypes.STRING, allowNull: false }, { transaction });
      await queryInterface.sequelize.query('ALTER TABLE "Pets" ADD COLUMN chip text');
    });
  },
  down: (queryInterface) => queryInterface.removeColumn('Pets', 'weight'),
};
"""


def test_sequelize() -> None:
    schema = schema_of({"migrations/1-create.js": SEQUELIZE_1, "migrations/2-change.js": SEQUELIZE_2})
    assert lines(schema) == [
        "Pets",
        "  id integer! *dg",
        "  name text! u",
        "  ownerId uuid -> Owners(id)",
        "  kind enum d",
        "  nick text!",
        "  weight float",
        "  chip text",
    ]
    (pets,) = schema.declared
    assert pets.quoted and [index.columns for index in pets.indexes] == [("name", "kind")]


def test_sequelize_with_names_from_elsewhere() -> None:
    schema = schema_of(
        {
            "migrations/helpers.js": "const common = { createdAt: { type: 'TIMESTAMP' } };\n"
            "async function addAudit(queryInterface, table) { await queryInterface.addColumn(table, 'editor', { type: 'text' }); }\n"
            "module.exports = { common, addAudit, TABLE: 'cars' };",
            "migrations/1.js": """
            const { common, addAudit, TABLE } = require('./helpers');
            module.exports.up = async (queryInterface, Sequelize) => {
              await queryInterface.createTable({ tableName: TABLE, schema: 'garage' }, { id: Sequelize.INTEGER, ...common });
              await addAudit(queryInterface, TABLE);
              await queryInterface.createTable(process.env.X, {});
              await queryInterface.createTable('other', build());
            };
            """,
        }
    )
    assert names(schema) == {"cars": ["id", "createdAt", "editor"], "other...": []}
    assert [gap.reason for gap in schema.gaps] == ["the name of the table is not known"]


def test_node_pg_migrate() -> None:
    schema = schema_of(
        {
            "migrations/1_init.ts": """
            import { MigrationBuilder } from 'node-pg-migrate';
            export async function up(pgm: MigrationBuilder): Promise<void> {
              pgm.createType('size', ['s', 'm']);
              pgm.createTable('shirts', {
                id: 'id',
                label: { type: 'varchar(20)', notNull: true },
                size: { type: 'size', notNull: true, default: 's' },
                maker: { type: 'integer', references: '"makers"(id)' },
                made: { type: 'timestamptz', default: pgm.func('now()') },
              });
              pgm.addColumns('shirts', { color: 'text', price: { type: 'numeric' } });
              pgm.dropColumns('shirts', ['price']);
              pgm.alterColumn('shirts', 'label', { notNull: false });
              pgm.sql(`CREATE TABLE extra (x int)`);
            }
            export async function down(pgm: MigrationBuilder): Promise<void> { pgm.dropTable('shirts'); }
            """
        }
    )
    assert lines(schema) == [
        "extra",
        "  x integer",
        "shirts",
        "  id integer! *dg",
        "  label text",
        "  size enum! d",
        "  maker integer -> makers(id)",
        "  made datetime dz",
        "  color text",
    ]


def test_db_migrate() -> None:
    schema = schema_of(
        {
            "migrations/1-a.js": """
            exports.up = function (db, cb) {
              async.series([
                db.runSql.bind(db, 'CREATE TABLE a (x int);'),
                db.addColumn.bind(db, 'a', 'y', { type: 'string', length: 20, notNull: true }),
              ], cb);
            };
            exports.down = function (db, cb) { db.dropTable('a', cb); };
            """,
            "migrations/2-b.js": """
            exports.up = (db) => db.createTable('b', { columns: { id: { type: 'int', primaryKey: true, autoIncrement: true } } })
              .then(() => db.renameColumn('a', 'x', 'z'))
              .then(() => db.runSql(`ALTER TABLE b ADD "q" text`, []));
            """,
        }
    )
    assert lines(schema) == ["a", "  z integer", "  y text!", "b", "  id integer! *dg", "  q text"]


def test_typeorm_migrations() -> None:
    schema = schema_of(
        {
            "src/migrations/1600000000000-Init.ts": """
            import { MigrationInterface, QueryRunner, Table, TableColumn } from 'typeorm';
            export class Init1600000000000 implements MigrationInterface {
              public async up(queryRunner: QueryRunner): Promise<void> {
                await queryRunner.query(`CREATE TABLE "city" ("id" SERIAL NOT NULL, "name" character varying NOT NULL)`);
                await queryRunner.createTable(new Table({
                  name: 'street',
                  columns: [{ name: 'id', type: 'int', isPrimary: true, isGenerated: true }, { name: 'label', type: 'varchar', isNullable: true }],
                }));
                await queryRunner.addColumn('street', new TableColumn({ name: 'zip', type: 'varchar' }));
                await queryRunner.query(`ALTER TABLE "city" DROP COLUMN "name"`);
              }
              public async down(queryRunner: QueryRunner): Promise<void> {
                await queryRunner.query(`ALTER TABLE "city" ADD "wrong" text`);
              }
            }
            """
        }
    )
    assert lines(schema) == [
        "city",
        "  id integer! dg",
        "street",
        "  id integer! *dg",
        "  label text",
        "  zip text!",
    ]


KNEX = """
exports.up = async function (knex) {
  await knex.schema.createTable('teams', (table) => {
    table.increments();
    table.string('name', 40).notNullable().unique();
    table.uuid('org_id').references('id').inTable('orgs').onDelete('CASCADE');
    table.integer('lead').unsigned().references('people.id');
    table.enu('state', ['on', 'off']).defaultTo('on');
    table.specificType('tags', 'text[]');
    table.string('gone');
    table.timestamps(true, true);
    audit(table);
    table.unique(['name', 'state']);
  }).createTable('log', function (t) { t.bigIncrements('nr'); t.text('line'); });
  await knex.schema.withSchema('hr').alterTable('teams2', (t) => { t.string('x').alter(); });
  await knex.schema.alterTable('teams', (t) => {
    t.dropColumn('gone');
    t.renameColumn('lead', 'lead_id');
    t.string('name', 80).nullable().alter();
  });
  await knex.schema.renameTable('log', 'logs');
  await knex.raw('ALTER TABLE logs ADD COLUMN level int');
};
function audit(table) { table.string('editor'); }
exports.down = async function (knex) { await knex.schema.dropTable('teams'); };
"""


def test_knex() -> None:
    schema = schema_of({"migrations/20200101_init.js": KNEX})
    assert [line for line in lines(schema) if "teams2" not in line] == [
        "logs",
        "  nr integer! *dg",
        "  line text",
        "  level integer",
        "teams",
        "  id integer! *dg",
        "  name text u",
        "  org_id uuid -> orgs(id)",
        "  lead_id integer -> people(id)",
        "  state enum d",
        "  tags array",
        "  created_at datetime! d",
        "  updated_at datetime! d",
        "  editor text",
    ]


def test_knex_outside_migrations() -> None:
    schema = schema_of(
        {
            "src/db.ts": """
            import knex from 'knex';
            export const db = knex({ client: 'sqlite3' });
            export async function setup() {
              if (!(await db.schema.hasTable('a'))) {
                await db.schema.createTable('a', (t) => { t.increments('id'); for (const n of names()) t.string(n); });
              }
              await db.schema.createTable('b', build);
              await db.schema.alterTable('b', (t) => { t.integer('z'); t.dropColumn('y'); });
            }
            function build(t) { t.text('x'); t.text('y'); }
            """
        }
    )
    assert names(schema) == {"a...": ["id"], "b": ["x", "y", "z"]}


ALEMBIC_1 = """
'''init'''
from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
revision = 'aaa'
down_revision = None
def upgrade():
    op.create_table('trip',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('code', sa.String(length=20), nullable=False),
        sa.Column('start', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=True),
        sa.Column('data', postgresql.JSONB(astext_type=sa.Text())),
        sa.Column('driver_id', sa.Integer(), sa.ForeignKey('staff.person.id')),
        sa.ForeignKeyConstraint(['driver_id'], ['person.id'], ),
        sa.PrimaryKeyConstraint('id'),
        sa.UniqueConstraint('code'),
        schema='fleet',
    )
    op.create_index(op.f('ix_trip'), 'trip', ['code', 'start'], unique=True, schema='fleet')
def downgrade():
    op.drop_table('trip')
    op.create_table('wrong', sa.Column('x', sa.Integer()))
"""
ALEMBIC_2 = """
from alembic import op
import sqlalchemy as sa
from helpers import add_note
revision: str = 'bbb'
down_revision: str | None = 'aaa'
def upgrade() -> None:
    with op.batch_alter_table('trip', schema='fleet') as batch_op:
        batch_op.add_column(sa.Column('seats', sa.SmallInteger(), nullable=True))
        batch_op.drop_column('data')
        batch_op.alter_column('seats', existing_type=sa.SmallInteger(), nullable=False, new_column_name='places')
    op.execute("ALTER TABLE fleet.trip ADD COLUMN price numeric(10, 2)")
    op.alter_column('trip', 'code', type_=sa.Text(), schema='fleet')
    add_note('stops')
    op.create_table('stops2', *make())
    op.rename_table('stops', 'halts')
def downgrade() -> None:
    pass
"""


def test_alembic() -> None:
    schema = schema_of(
        {
            "alembic/versions/z_first.py": ALEMBIC_1,
            "alembic/versions/a_second.py": ALEMBIC_2,
            "helpers.py": "from alembic import op\nimport sqlalchemy as sa\ndef add_note(table):\n    op.add_column(table, sa.Column('note', sa.Text()))\n",
        }
    )
    assert lines(schema) == [
        "halts ... +",
        "  note text",
        "stops2 ...",
        "fleet.trip",
        "  id integer! *",
        "  code text! u",
        "  start datetime dz",
        "  driver_id integer -> person(id)",
        "  places integer!",
        "  price numeric",
    ]


def test_alembic_branches_that_only_join() -> None:
    """A revision that is never read in depth is still a link of the chain."""
    schema = schema_of(
        {
            "versions/c.py": "import sqlalchemy as sa\nfrom alembic import op\nrevision = 'c'\ndown_revision = 'b'\ndef upgrade():\n    op.drop_column('t', 'x')\n",
            "versions/b.py": "revision = 'b'\ndown_revision = ('a', )\ndef upgrade():\n    pass\n",
            "versions/a.py": "import sqlalchemy as sa\nfrom alembic import op\nrevision = 'a'\ndown_revision = None\ndef upgrade():\n    op.create_table('t', sa.Column('x', sa.Integer()), sa.Column('y', sa.Integer()))\n",
        }
    )
    assert names(schema) == {"t": ["y"]}


def test_alembic_without_a_chain_takes_nothing_away() -> None:
    schema = schema_of(
        {
            "versions/c.py": "import sqlalchemy as sa\nfrom alembic import op\nrevision = 'c'\ndown_revision = 'lost'\ndef upgrade():\n    op.drop_column('t', 'x')\n",
            "versions/d.py": "import sqlalchemy as sa\nfrom alembic import op\nrevision = 'a'\ndown_revision = None\ndef upgrade():\n    op.create_table('t', sa.Column('x', sa.Integer()))\n",
        }
    )
    assert names(schema) == {"t": ["x"]}


def test_alembic_helpers_get_what_each_call_gives() -> None:
    """A helper that wraps ``create_table`` makes one table a call, not every table at every call."""
    helper = "import sqlalchemy as sa\nfrom alembic import op\ndef create(name, *columns, **more):\n    op.create_table(name, *columns, **more)\n"
    revision = "import sqlalchemy as sa\nfrom alembic import op\nfrom shared import create\nrevision = {0!r}\ndown_revision = {1!r}\ndef upgrade():\n    create({0!r}, sa.Column('x_{2}', sa.Integer()), sa.Column('y', sa.Text()))\n"
    schema = schema_of(
        {
            "shared.py": helper,
            "versions/a.py": revision.format("a", None, "a"),
            "versions/b.py": revision.format("b", "a", "b"),
        }
    )
    assert names(schema) == {"a": ["x_a", "y"], "b": ["x_b", "y"]}
