"""No text makes a reader raise, whatever it holds."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from constraintlint.project.schema.catalog import Catalog
from constraintlint.project.schema.families import family_of, zoned
from constraintlint.project.schema.prisma_parser import parse
from constraintlint.project.schema.scripts import FileScript, statements, without_down
from constraintlint.project.schema.sql_statements import apply
from tests.project.schema.support import schema_of

_SQL = st.lists(
    st.sampled_from(
        [
            "CREATE", "TABLE", "ALTER", "DROP", "RENAME", "TO", "COLUMN", "ADD", "VIEW", "AS", "SELECT", "INDEX", "ON", "UNIQUE",
            "a", "b.c", '"d', "`e`", "[f", "'g", "''", "(", ")", "((", ",", ";", "--", "/*", "*/", "$$", "$x$", "\n", "\\.", "\\copy",
            "COPY a FROM stdin;", "DELIMITER //", "//", "GO", "PRIMARY KEY", "REFERENCES", "DEFAULT", "NOT NULL", "int", "zqhole",
            "CONSTRAINT", "FOREIGN KEY", "CHECK", "KEY", "VIRTUAL", "USING", "TYPE", "ENUM", "DO", "BEGIN", "END", "IF", "NOT", "EXISTS",
            "MODIFY", "CHANGE", "SET", "SCHEMA", "DATA", "-- +goose Down", "\0", "ü", "1", "-", "::", ".", "LIKE", "PARTITION OF",
        ]
    ),
    max_size=40,
)  # fmt: skip
_PRISMA = st.lists(
    st.sampled_from(
        ["model", "enum", "datasource", "A", "B", "{", "}", "\n", "@id", "@@map", "(", ")", "[", "]", '"x', '"', ",", ":", "=", "?", "Int", "//", "/*", "@db.X", "@relation"]
    ),
    max_size=60,
)  # fmt: skip


@settings(max_examples=600, derandomize=True, deadline=None)
@given(_SQL)
def test_sql_words(words: list[str]) -> None:
    _read(" ".join(words))


@settings(max_examples=300, derandomize=True, deadline=None)
@given(st.text(max_size=200))
def test_any_text(text: str) -> None:
    _read(text)
    _read("CREATE TABLE " + text)
    _read("CREATE TABLE a (" + text)
    _read("ALTER TABLE a " + text)
    _read("CREATE VIEW a AS SELECT " + text)
    parse(text)
    family_of(text)
    zoned(text, "sqlalchemy")


@settings(max_examples=400, derandomize=True, deadline=None)
@given(_PRISMA)
def test_prisma_words(words: list[str]) -> None:
    text = " ".join(words)
    parse(text)
    schema_of({"schema.prisma": text})


def _read(text: str) -> None:
    script = FileScript("a.sql", without_down(text))
    catalog = Catalog("ddl")
    for engine in ("", "mysql"):
        for statement in statements(text, backslash=engine == "mysql"):
            assert text[statement.start : statement.start + len(statement.text)] == statement.text
        apply(script, catalog, engine)
    for table in catalog.tables:
        assert table.place.path == "a.sql"
        line, column, end_line, end_column = table.place.span
        assert 1 <= line <= end_line and column >= 1 and end_column >= 1


def test_large_and_deep_texts_are_quick() -> None:
    _read("CREATE TABLE a (" + "(" * 20_000)
    _read("CREATE VIEW a AS SELECT " + "(" * 20_000 + "1")
    _read("CREATE TABLE a (x int DEFAULT " + "-" * 50_000 + ")")
    _read(" " * 50_000 + "1")
    _read("-- +goose Down\n" * 5_000)
    _read("CREATE TABLE a (" + ", ".join(f"c{i} varchar(20) not null" for i in range(5_000)) + ")")
    _read("$a$" * 5_000)
    parse("model A {" + "@x(" * 20_000)
