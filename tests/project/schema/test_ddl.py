"""DDL in files and in strings of the program."""

from __future__ import annotations

import pytest

from tests.project.schema.support import lines, names, places, schema_of

SQLITE = "import sqlite3\nconn = sqlite3.connect('app.db')\n"

#: (text of schema.sql, what is read)
FILES: list[tuple[str, list[str]]] = [
    (
        """
        CREATE TABLE authors (id SERIAL PRIMARY KEY, name TEXT NOT NULL, born DATE);
        CREATE TABLE books (
            isbn CHAR(13) PRIMARY KEY,
            author_id INTEGER NOT NULL REFERENCES authors (id) ON DELETE CASCADE,
            added TIMESTAMP WITH TIME ZONE DEFAULT now(),
            tags TEXT[] NOT NULL DEFAULT '{}'
        );
        """,
        [
            "authors",
            "  id integer! *dg",
            "  name text!",
            "  born date",
            "books",
            "  isbn text! *",
            "  author_id integer! -> authors(id)",
            "  added datetime dz",
            "  tags array! d",
        ],
    ),
    (
        """
        CREATE TABLE `orders` (
          `id` int(11) unsigned NOT NULL AUTO_INCREMENT,
          `state` enum('new','it''s; done') DEFAULT 'new' COMMENT 'a, b',
          `note` varchar(20) CHARACTER SET utf8 COLLATE utf8_bin DEFAULT 'it\\'s',
          `changed` timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
          `customer` int DEFAULT NULL,
          PRIMARY KEY (`id`),
          UNIQUE KEY `by_note` (`note`(10)),
          KEY `by_state` (`state`,`changed`),
          CONSTRAINT `fk` FOREIGN KEY (`customer`) REFERENCES `customers` (`id`) ON DELETE SET NULL
        ) ENGINE=InnoDB AUTO_INCREMENT=5 DEFAULT CHARSET=utf8;
        """,
        [
            "orders",
            "  id integer! *g",
            "  state enum d",
            "  note text ud",
            "  changed datetime! d",
            "  customer integer d -> customers(id)",
        ],
    ),
    (
        """
        CREATE TABLE [dbo].[Invoices] (
            [Id] int IDENTITY(1,1) NOT NULL,
            [Total] money NULL,
            [Paid] bit NOT NULL,
            CONSTRAINT [PK] PRIMARY KEY CLUSTERED ([Id] ASC)
        )
        GO
        ALTER TABLE dbo.Invoices ADD Note nvarchar(max), Extra int
        GO
        """,
        ["dbo.Invoices", "  Id integer! *g", "  Total numeric", "  Paid boolean!", "  Note text", "  Extra integer"],
    ),
    (
        """
        CREATE TYPE mood AS ENUM ('sad', 'ok');
        CREATE DOMAIN mail AS citext CHECK (VALUE ~ '@');
        CREATE TABLE people (current mood, address public.mail, geo geometry(Point, 4326), price my_type);
        """,
        ["people", "  current enum", "  address text", "  geo other", "  price unknown"],
    ),
    (
        """
        CREATE TABLE a (x int);
        ALTER TABLE a ADD COLUMN IF NOT EXISTS y text NOT NULL DEFAULT '', DROP COLUMN x, RENAME COLUMN y TO z;
        ALTER TABLE IF EXISTS ONLY a ADD CONSTRAINT pk PRIMARY KEY (z), ADD q uuid;
        ALTER TABLE a ALTER COLUMN q TYPE bigint USING 1, ALTER q SET NOT NULL, ALTER COLUMN q SET DEFAULT 1;
        ALTER TABLE a RENAME TO b;
        ALTER TABLE b OWNER TO someone;
        ALTER TABLE b ENABLE ROW LEVEL SECURITY;
        """,
        ["b", "  z text! *d", "  q integer! d"],
    ),
    (
        """
        CREATE TABLE a (x int, y int);
        ALTER TABLE a MODIFY COLUMN x varchar(20) NOT NULL, CHANGE y z bigint NULL AFTER x;
        RENAME TABLE a TO b;
        """,
        ["b", "  x text!", "  z integer"],
    ),
    ("CREATE TABLE a (x int); DROP TABLE IF EXISTS a, c CASCADE; CREATE TABLE b (y int);", ["b", "  y integer"]),
    # a table is rebuilt, as SQLite's documentation advises
    (
        """
        CREATE TABLE t (a int, b int);
        CREATE TABLE t_new (a int, c int);
        INSERT INTO t_new SELECT a, b FROM t;
        DROP TABLE t;
        ALTER TABLE t_new RENAME TO t;
        """,
        ["t", "  a integer", "  c integer"],
    ),
    # what may have more columns says so
    ("CREATE TABLE a AS SELECT x, y FROM b", ["a ..."]),
    ("CREATE TABLE a (LIKE b INCLUDING ALL, x int)", ["a ...", "  x integer"]),
    ("CREATE TABLE a (x int) INHERITS (b)", ["a ...", "  x integer"]),
    ("CREATE TABLE a PARTITION OF b FOR VALUES FROM (1) TO (2)", ["a ..."]),
    ("CREATE TABLE a (x int) PARTITION BY RANGE (x)", ["a", "  x integer"]),
    ("ALTER TABLE a ADD COLUMN x int", ["a +", "  x integer"]),
    ("ALTER TABLE a RENAME TO b", ["b ... +"]),
    ("CREATE UNLOGGED TABLE a (x int)", ["a", "  x integer"]),
    ("CREATE TEMPORARY TABLE a (x int)", ["a (temporary)", "  x integer"]),
    # views
    ("CREATE VIEW v (x, y) AS SELECT 1, 2", ["v (view)", "  x unknown?", "  y unknown?"]),
    ("CREATE OR REPLACE VIEW v AS SELECT a.id, count(*) AS n FROM a GROUP BY a.id", ["v (view)", "  id unknown?", "  n unknown?"]),
    ("CREATE VIEW v AS SELECT *, 1 AS one FROM a", ["v (view) ...", "  one unknown?"]),
    ("CREATE VIEW v AS SELECT ((", ["v (view) ..."]),
    (
        "CREATE VIRTUAL TABLE docs USING fts5(title, body UNINDEXED, content='x', tokenize = 'porter')",
        ["docs (virtual) ...", "  title unknown?", "  body unknown?"],
    ),
    # what is no table
    ("INSERT INTO a VALUES ('CREATE TABLE x (y int)');", []),
    ("-- CREATE TABLE x (y int);\n/* CREATE TABLE z (y int); */", []),
    ("CREATE FUNCTION f() RETURNS int AS $$ BEGIN CREATE TABLE x (y int); RETURN 1; END $$ LANGUAGE plpgsql;", []),
    ("CREATE TRIGGER t AFTER INSERT ON a BEGIN UPDATE a SET x = 1; END; CREATE TABLE b (y int);", ["b", "  y integer"]),
    ("DO $$ BEGIN IF true THEN ALTER TABLE a ADD COLUMN x int; END IF; END $$;", ["a +", "  x integer"]),
    (
        "IF NOT EXISTS (SELECT * FROM sys.tables) CREATE TABLE a (x nvarchar(20) NOT NULL)",
        ["a", "  x text!"],
    ),
    # psql and dumps
    (
        "\\restrict abc\nSET x = 1;\nCREATE TABLE a (x int);\nCOPY a (x) FROM stdin;\n1;'2\nCREATE TABLE no (x int);\n\\.\nCREATE TABLE b (y int);",
        ["a", "  x integer", "b", "  y integer"],
    ),
    ("DELIMITER //\nCREATE PROCEDURE p() BEGIN SELECT 1; END //\nDELIMITER ;\nCREATE TABLE b (y int);", ["b", "  y integer"]),
    ("CREATE TABLE :app.a (x int);", ["a", "  x integer"]),
    # one statement that is broken does not take the others along
    ("CREATE TABLE a (x int; CREATE TABLE b (y int); CREATE (((; CREATE TABLE c (z int)", ["a", "  x integer", "b", "  y integer", "c", "  z integer"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), FILES)
def test_files(text: str, expected: list[str]) -> None:
    schema = schema_of({"db/schema.sql": text})
    assert lines(schema) == expected
    assert not schema.gaps


#: (files, table -> columns)
CODE: list[tuple[dict[str, str], dict[str, list[str]]]] = [
    ({"app.py": SQLITE + "conn.execute('CREATE TABLE a (x int, y text)')"}, {"a": ["x", "y"]}),
    (
        {"app.py": SQLITE + 'conn.executescript("""\n-- two; tables\nCREATE TABLE a (x);\nCREATE TABLE b (y);\n""")'},
        {"a": ["x"], "b": ["y"]},
    ),
    # a loop over statements, in a list and in a dict
    (
        {"app.py": SQLITE + "DDL = ['CREATE TABLE a (x int)', 'CREATE TABLE b (y int)']\nfor s in DDL:\n    conn.execute(s)"},
        {"a": ["x"], "b": ["y"]},
    ),
    (
        {
            "tables.py": "TABLES = {'a': 'CREATE TABLE a (x int)', 'b': 'CREATE TABLE b (y int)'}",
            "app.py": SQLITE + "from tables import TABLES\nfor name, s in TABLES.items():\n    conn.execute(s)",
        },
        {"a": ["x"], "b": ["y"]},
    ),
    # sent in a way that cannot be followed
    ({"app.py": "SCHEMA = '''\nCREATE TABLE a (x int);\n'''\ndef go(run):\n    run(SCHEMA)"}, {"a": ["x"]}),
    (
        {"db.js": "const schema = `\n  CREATE TABLE a (x int);\n  CREATE INDEX i ON a (x);`;\nmodule.exports = { schema };"},
        {"a": ["x"]},
    ),
    ({"db.js": "const d = require('better-sqlite3')('x');\nd.exec(`create table if not exists a (x int)`);"}, {"a": ["x"]}),
    # holes
    ({"app.py": SQLITE + "P = 'app_'\nconn.execute(f'CREATE TABLE {P}users (x int)')"}, {"app_users": ["x"]}),
    ({"app.py": SQLITE + "def go(p):\n    conn.execute(f'CREATE TABLE {p}users (x int)')"}, {}),
    ({"app.py": SQLITE + "def go(p):\n    conn.execute(f'CREATE TABLE users{p} (x int)')"}, {}),
    ({"app.py": SQLITE + "def go(p):\n    conn.execute('CREATE TABLE %s (x int)' % p)"}, {}),
    ({"app.py": SQLITE + "def go(p):\n    conn.execute(f'CREATE TABLE {p}.users (x int)')"}, {"users": ["x"]}),
    ({"app.py": SQLITE + "def go(c):\n    conn.execute(f'CREATE TABLE a (x int, {c})')"}, {"a...": ["x"]}),
    ({"app.py": SQLITE + "def go(n):\n    conn.execute(f'CREATE TABLE a (x VARCHAR({n}), y int DEFAULT {n})')"}, {"a": ["x", "y"]}),
    ({"app.py": SQLITE + "def go(n):\n    conn.execute(f'CREATE TABLE a (x int {n}, y int)')"}, {"a...": ["x", "y"]}),
    ({"app.py": SQLITE + "def go(n):\n    conn.execute(f'CREATE {n} TABLE {n} a (x int)')"}, {"a": ["x"]}),
    # tests, docstrings and prose are not the schema
    ({"tests/test_a.py": SQLITE + "conn.execute('CREATE TABLE a (x int)')"}, {}),
    ({"app.py": SQLITE + "def go():\n    '''CREATE TABLE a (x int)'''\n    return conn"}, {}),
    ({"app.py": SQLITE + "print('To create table a, run: CREATE TABLE a (x int)')"}, {}),
    # no order between places: what one drops, another may make later
    (
        {"app.py": SQLITE + "conn.execute('CREATE TABLE a (x int, y int)')\nconn.execute('ALTER TABLE a DROP COLUMN y')"},
        {"a": ["x", "y"]},
    ),
    (
        {"app.py": SQLITE + "conn.execute('CREATE TABLE a (x int)')\nconn.execute('ALTER TABLE a ADD COLUMN y int')"},
        {"a": ["x", "y"]},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("files", "expected"), CODE)
def test_strings_of_the_program(files: dict[str, str], expected: dict[str, list[str]]) -> None:
    assert names(schema_of(files)) == expected


def test_a_name_the_program_makes_is_a_gap() -> None:
    schema = schema_of({"app.py": SQLITE + "def go(p):\n    conn.execute(f'CREATE TABLE {p} (x int)')"})
    (gap,) = schema.gaps
    assert (gap.table, gap.place.path, gap.place.span[0]) == ("", "app.py", 4)
    assert not schema.is_complete


PLACES: list[tuple[dict[str, str], list[str]]] = [
    (
        {"schema.sql": 'CREATE TABLE a (\n  "b c" int, -- ü\n  ä text\n);\r\nCREATE TABLE s.d (e int);'},
        ["schema.sql:1:14-15 a", "schema.sql:2:3-8 b c", "schema.sql:3:3-4 ä", "schema.sql:5:16-17 d", "schema.sql:5:19-20 e"],
    ),
    (
        {"app.py": SQLITE + 'conn.execute("""\n  CREATE TABLE a (\n    größe int,\n    b text)\n""")'},
        ["app.py:4:16-17 a", "app.py:5:5-10 größe", "app.py:6:5-6 b"],
    ),
    (
        {"app.py": SQLITE + "conn.execute('CREATE TABLE a (' \\\n    'x int, '\n    'y int)')"},
        ["app.py:3:28-29 a", "app.py:4:6-7 x", "app.py:5:6-7 y"],
    ),
    (
        {"app.py": SQLITE + "conn.execute('CREATE TABLE a (\\n\\tx int,\\n\\ty int)')"},
        ["app.py:3:28-29 a", "app.py:3:35-36 x", "app.py:3:45-46 y"],
    ),
    (
        {"db.js": "const d = require('better-sqlite3')('x');\nd.exec(`CREATE TABLE a (\n  ${1} int, y text)`);"},
        ["db.js:2:22-23 a", "db.js:3:13-14 y"],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("files", "expected"), PLACES)
def test_places(files: dict[str, str], expected: list[str]) -> None:
    assert places(schema_of(files)) == expected


def test_sources_are_united() -> None:
    schema = schema_of(
        {
            "a.sql": "CREATE TABLE Users (id int, name text);",
            "b.sql": "ALTER TABLE public.users ADD COLUMN mail text;",
            "app.py": SQLITE + "conn.execute('CREATE TABLE other (x int)')",
        }
    )
    assert names(schema) == {"other": ["x"], "Users": ["id", "name", "mail"]}
    (users,) = schema.named("USERS")
    assert users.complete and [table.partial for table in users.declared] == [False, True]
    assert schema.is_complete
    assert [table.name for table in schema.named("users", "PUBLIC")] == ["Users"]
    assert schema.named("nobody") == []


def test_ddl_is_kept_until_it_is_altered() -> None:
    schema = schema_of(
        {"a.sql": "CREATE TABLE a (x int);\n\nCREATE TABLE b (y int); ALTER TABLE b ADD z int;"}
    )
    assert [table.ddl for table in schema.declared] == ["CREATE TABLE a (x int)", ""]
