"""Tables that are declared in code or in a schema language: Prisma, TypeORM, Drizzle."""

from __future__ import annotations

from tests.project.schema.support import lines, names, places, schema_of

PRISMA = """
// comment { model X {} }
datasource db {
  provider = "postgresql"
  url      = env("DATABASE_URL")
}

generator client { provider = "prisma-client-js" }

/// doc
model Room {
  id        Int      @id @default(autoincrement())
  title     String   @unique @db.VarChar(80) // the "title"
  size      Float?
  kind      Kind     @default(SMALL)
  tags      String[]
  opened    DateTime @default(now()) @map("opened_at") @db.Timestamptz(6)
  day       DateTime @db.Date
  changed   DateTime @updatedAt
  extra     Json?
  token     String   @db.Uuid
  shape     Unsupported("circle")?
  floorNr   Int      @map("floor_nr")
  floor     Floor    @relation(fields: [floorNr], references: [number], onDelete: Cascade)
  guests    Guest[]
  bookings  Booking[] @relation("RoomBookings")

  @@map("rooms")
  @@index([title, floorNr])
}

model Floor {
  number Int    @id
  rooms  Room[]
}

model Guest { id String @id @default(uuid())
  rooms Room[]
}

model Booking {
  roomId  Int @map("room_id")
  guestId String
  room Room @relation("RoomBookings", fields: [roomId], references: [id])
  note String?
  @@id([roomId, guestId])
  @@unique(fields: [guestId, note], name: "n")
  @@schema("hotel")
}

enum Kind {
  SMALL
  LARGE @map("big")
}
"""


def test_prisma() -> None:
    schema = schema_of({"prisma/schema.prisma": PRISMA})
    assert lines(schema) == [
        "hotel.Booking",
        "  room_id integer! * -> rooms(id)",
        "  guestId text! *",
        "  note text",
        "Floor",
        "  number integer! *",
        "Guest",
        "  id text! *d",
        "_GuestToRoom",
        "  A unknown! -> Guest()",
        "  B unknown! -> rooms()",
        "rooms",
        "  id integer! *dg",
        "  title text! u",
        "  size float",
        "  kind enum! d",
        "  tags array!",
        "  opened_at datetime! dz",
        "  day date!",
        "  changed datetime! d",
        "  extra json",
        "  token uuid!",
        "  shape unknown",
        "  floor_nr integer! -> Floor(number)",
    ]
    assert not schema.gaps
    booking = schema.named("booking", "hotel")[0].declared[0]
    assert booking.primary_key == ("room_id", "guestId")
    assert [index.columns for index in booking.indexes] == [("guestId", "note")]
    assert schema.named("rooms")[0].declared[0].indexes[0].columns == ("title", "floor_nr")


def test_prisma_places_and_files() -> None:
    schema = schema_of(
        {
            "prisma/schema/main.prisma": 'datasource db {\n  provider = "sqlite"\n}\n',
            "prisma/schema/a.prisma": "model A {\n  id Int @id\n  b B @relation(fields: [bId], references: [id])\n  bId Int @unique\n}\n",
            "prisma/schema/b.prisma": "model B {\n  id Int @id\n  a A?\n}\n",
        }
    )
    assert places(schema) == [
        "prisma/schema/a.prisma:1:7-8 A",
        "prisma/schema/a.prisma:2:3-5 id",
        "prisma/schema/a.prisma:4:3-6 bId",
        "prisma/schema/b.prisma:1:7-8 B",
        "prisma/schema/b.prisma:2:3-5 id",
    ]


def test_prisma_documents_are_no_tables() -> None:
    text = 'datasource db { provider = "mongodb"\n}\nmodel A {\n  id String @id @map("_id")\n}\n'
    assert names(schema_of({"schema.prisma": text})) == {}


def test_prisma_broken_text() -> None:
    text = "model A {\n  id Int @id(\n}\n\nmodel B {\n  id Int @id @default(autoincrement()\n  x String\n}\nmodel"
    assert "A" in {name.rstrip(".") for name in names(schema_of({"schema.prisma": text}))}


TYPEORM = """
import { Entity, Column, PrimaryGeneratedColumn, CreateDateColumn, DeleteDateColumn, ManyToOne, OneToOne, OneToMany, ManyToMany, JoinColumn, JoinTable, PrimaryColumn, BaseEntity } from 'typeorm';

export abstract class Base extends BaseEntity {
  @PrimaryGeneratedColumn('uuid') id: string;
  @CreateDateColumn({ name: 'created_at' }) createdAt: Date;
}

@Entity()
export class PostOffice extends Base {
  @Column() zipCode: string;
  @Column({ type: 'int', nullable: true, unique: true, default: 0 }) size?: number;
  @Column('simple-json', { nullable: true }) extra: object;
  @Column({ name: 'is_open' }) open: boolean;
  @DeleteDateColumn() removedAt: Date | null;
  notAColumn: string;
  @OneToMany(() => Parcel, (parcel) => parcel.office) parcels: Parcel[];
}

@Entity('parcels', { schema: 'mail' })
export class Parcel {
  @PrimaryColumn() code: string;
  @ManyToOne(() => PostOffice, (o) => o.parcels, { nullable: false }) office: PostOffice;
  @ManyToOne(() => PostOffice) @JoinColumn({ name: 'origin_id' }) origin: PostOffice;
  @OneToOne(() => PostOffice, (o) => o.size) other: PostOffice;
  @ManyToMany(() => PostOffice) @JoinTable({ name: 'parcel_route' }) route: PostOffice[];
}
"""


def test_typeorm_entities() -> None:
    schema = schema_of({"src/entities.ts": TYPEORM})
    assert lines(schema) == [
        "parcel_route ...",
        "parcels",
        "  code text! *",
        "  officeId unknown! -> post_office(id)",
        "  origin_id unknown -> post_office(id)",
        "post_office",
        "  id uuid! *dg",
        "  created_at datetime! d",
        "  zipCode text!",
        "  size integer ud",
        "  extra json",
        "  is_open boolean!",
        "  removedAt datetime d",
    ]


def test_typeorm_naming_strategy() -> None:
    files = {
        "src/e.ts": "import { Entity, Column, PrimaryColumn } from 'typeorm';\n@Entity() export class BigCar {\n  @PrimaryColumn() carId: number;\n}\n"
    }
    source = "import {{ DataSource }} from 'typeorm';\nexport default new DataSource({{ type: 'postgres', namingStrategy: new {}() }});\n"
    assert names(schema_of(files)) == {"big_car": ["carId"]}
    assert names(schema_of({**files, "src/d.ts": source.format("SnakeNamingStrategy")})) == {
        "big_car": ["car_id"]
    }
    assert names(schema_of({**files, "src/d.ts": source.format("MyOwn")})) == {"big_car...": ["carId"]}


def test_typeorm_unknown_parts() -> None:
    schema = schema_of(
        {
            "src/e.ts": """
            import { Entity, Column, ChildEntity, TableInheritance, PrimaryColumn, ObjectIdColumn, EntitySchema } from 'typeorm';
            import { Remote } from 'somewhere';
            class Name { @Column() first: string; }
            @Entity() export class A extends Remote { @PrimaryColumn() id: number; }
            @Entity() export class B { @PrimaryColumn() id: number; @Column(() => Name) name: Name; }
            @Entity() @TableInheritance({ column: 'type' }) export class C { @PrimaryColumn() id: number; }
            @ChildEntity() export class D extends C { @Column() extra: string; }
            @Entity() export class M { @ObjectIdColumn() id: string; }
            @Entity(process.env.T) export class E { @PrimaryColumn() id: number; }
            export const S = new EntitySchema({
              name: 'LongName',
              columns: { id: { type: Number, primary: true, generated: true }, label: { type: 'varchar', name: 'the_label', nullable: true } },
            });
            """
        }
    )
    assert names(schema) == {
        "a...": ["id"],
        "b...": ["id"],
        "c": ["id", "extra"],
        "long_name": ["id", "the_label"],
    }
    assert [gap.reason for gap in schema.gaps] == ["the name of the table is not known"]


DRIZZLE = """
import { pgTable, serial, text, varchar, integer, timestamp, boolean, jsonb, uuid, pgEnum, pgSchema, primaryKey } from 'drizzle-orm/pg-core';
import { stamps } from './shared';
export const mood = pgEnum('mood', ['sad', 'ok']);
export const hall = pgSchema('hall');
export const players = pgTable('players', {
  id: serial('id').primaryKey(),
  nick: varchar('nick', { length: 20 }).notNull().unique(),
  mood: mood('mood').default('ok'),
  score: integer().notNull().default(0),
  since: timestamp('since', { withTimezone: true }).defaultNow().notNull(),
  key: uuid('key').defaultRandom(),
  meta: jsonb(),
  tags: text('tags').array(),
  ...stamps,
});
export const games = hall.table('games', (t) => ({
  id: t.uuid('id').primaryKey(),
  owner: t.integer('owner_id').references(() => players.id, { onDelete: 'cascade' }),
}));
export const odd = pgTable('odd', make());
"""


def test_drizzle() -> None:
    schema = schema_of(
        {
            "src/schema.ts": DRIZZLE,
            "src/shared.ts": "import { timestamp } from 'drizzle-orm/pg-core';\nexport const stamps = { createdAt: timestamp('created_at').notNull() };\n",
        }
    )
    assert lines(schema) == [
        "hall.games",
        "  id uuid! *",
        "  owner_id integer -> players()",
        "odd ...",
        "players",
        "  id integer! *dg",
        "  nick text! u",
        "  mood enum d",
        "  score integer! d",
        "  since datetime! dz",
        "  key uuid d",
        "  meta json",
        "  tags array",
        "  created_at datetime!",
    ]


def test_drizzle_sqlite_and_casing() -> None:
    files = {
        "schema.ts": "import { sqliteTable, integer, text } from 'drizzle-orm/sqlite-core';\n"
        "export const a = sqliteTable('a', { id: integer().primaryKey({ autoIncrement: true }), fullName: text() });\n"
    }
    assert lines(schema_of(files)) == ["a", "  id integer! *dg", "  fullName text"]
    files["db.ts"] = (
        "import { drizzle } from 'drizzle-orm/libsql';\nexport const db = drizzle('file:x', { casing: 'snake_case' });\n"
    )
    assert names(schema_of(files)) == {"a": ["id", "full_name"]}


def test_other_functions_of_these_names_are_none() -> None:
    files = {
        "a.ts": "import { sql } from 'drizzle-orm';\nfunction table(n, c) {}\ntable('a', { x: 1 });\nconsole.table('b', {});\n"
    }
    assert names(schema_of(files)) == {}
