"""Type names of engines and libraries."""

from __future__ import annotations

import pytest

from constraintlint.project.schema.families import family_of, zoned

#: (type, dialect, family)
TYPES = [
    ("VARCHAR(20)", "", "text"), ("character varying(20)", "postgresql", "text"), ("bpchar", "postgresql", "text"),
    ("citext", "postgresql", "text"), ("NVARCHAR(MAX)", "mssql", "text"), ("longtext", "mysql", "text"), ("STRING", "sqlite", "text"),
    ("varchar(20) CHARACTER SET utf8 COLLATE utf8_bin", "mysql", "text"), ("LONG VARCHAR", "", "text"),
    ("int", "", "integer"), ("int(11) unsigned zerofill", "mysql", "integer"), ("BIGSERIAL", "postgresql", "integer"),
    ("pg_catalog.int4", "postgresql", "integer"), ("UNSIGNED BIG INT", "sqlite", "integer"), ("MYINT", "sqlite", "integer"),
    ("tinyint(1)", "mysql", "boolean"), ("tinyint(4)", "mysql", "integer"), ("bit", "mssql", "boolean"), ("bit(3)", "postgresql", "other"),
    ("decimal(10, 2)", "", "numeric"), ("money", "postgresql", "numeric"), ("double precision", "", "float"), ("real", "", "float"),
    ("date", "", "date"), ("time without time zone", "postgresql", "time"), ("timestamp(3) with time zone", "postgresql", "datetime"),
    ("datetime2(7)", "mssql", "datetime"), ("interval day to second", "", "interval"), ("uuid", "", "uuid"),
    ("uniqueidentifier", "mssql", "uuid"), ("jsonb", "postgresql", "json"), ("int[]", "postgresql", "array"),
    ("text ARRAY", "postgresql", "array"), ("integer ARRAY[4]", "postgresql", "array"), ("bytea", "postgresql", "binary"),
    ("varbinary(20)", "mysql", "binary"), ("enum('a','b')", "mysql", "enum"), ("set('a','b')", "mysql", "enum"),
    ("tsvector", "postgresql", "other"), ("geometry(Point,4326)", "postgresql", "other"), ("my_domain", "postgresql", "unknown"),
    ("", "", "unknown"), ("sa.Integer()", "sqlalchemy", "integer"), ("String(length=80)", "sqlalchemy", "text"),
    ("postgresql.JSONB(astext_type=sa.Text())", "sqlalchemy", "json"), ("db.DateTime", "sqlalchemy", "datetime"),
    ("LargeBinary", "sqlalchemy", "binary"), ("Interval", "sqlalchemy", "interval"), ("DataTypes.DATE", "sequelize", "datetime"),
    ("DataTypes.DATEONLY", "sequelize", "date"), ("DataTypes.STRING(1234).BINARY", "sequelize", "text"),
    ("Sequelize.INTEGER.UNSIGNED", "sequelize", "integer"), ("DataTypes.ARRAY(DataTypes.STRING)", "sequelize", "array"),
    ("CharField", "django", "text"), ("PositiveIntegerField", "django", "integer"), ("JSONField", "django", "json"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "dialect", "family"), TYPES)
def test_family(text: str, dialect: str, family: str) -> None:
    assert family_of(text, dialect) == family
    assert (
        family_of(text.upper() if dialect in ("postgresql", "mysql", "sqlite", "mssql") else text, dialect)
        == family
    )


@pytest.mark.parametrize(
    ("text", "dialect", "expected"),
    [
        ("timestamptz", "", True),
        ("timestamp(3) with time zone", "postgresql", True),
        ("TIMESTAMP", "postgresql", False),
        ("timestamp without time zone", "postgresql", False),
        ("TIMESTAMP", "mysql", None),
        ("timestamp", "", None),
        ("DateTime", "sqlalchemy", False),
        ("DateTime(timezone=True)", "sqlalchemy", True),
        ("DataTypes.DATE", "sequelize", True),
        ("datetimeoffset", "mssql", True),
        ("date", "", None),
        ("text", "", None),
    ],
)
def test_zone(text: str, dialect: str, expected: bool | None) -> None:
    assert zoned(text, dialect) is expected
