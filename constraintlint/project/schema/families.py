"""What the values of a column are, by the name of its type: engines, SQLAlchemy, Sequelize, Django, Prisma, TypeORM, Drizzle.

One table for all, since the same word mostly means the same everywhere; ``_BY_DIALECT`` holds where it does not.
Sources: PostgreSQL 17 chapter 8, MySQL 8.4 chapter 13, SQLite "Datatypes", T-SQL data types, SQLAlchemy 2.1
``sqlalchemy.types`` and dialects, Sequelize 6 ``DataTypes``, Django 5.2 model fields, Prisma scalar types.
"""

from __future__ import annotations

import re
from functools import cache

from constraintlint.project.schema.records import Family

_NAMES: dict[Family, str] = {
    "integer": """
        int integer int2 int4 int8 smallint mediumint tinyint bigint hugeint uint8 uint16 uint32 uint64 int16 int32 int64
        serial serial2 serial4 serial8 bigserial smallserial oid xid year unsigned bigint unsigned big int
        smallinteger biginteger identity autofield bigautofield smallautofield integerfield bigintegerfield
        smallintegerfield positiveintegerfield positivebigintegerfield positivesmallintegerfield
        increments bigincrements tinyinteger mediuminteger rowversion""",
    "numeric": """
        numeric decimal dec fixed number money smallmoney decimalfield bignumeric""",
    "float": """
        real float float4 float8 double doubleprecision binary_float binary_double floatfield double_precision""",
    "text": """
        text char character varchar varchar2 nchar nvarchar nvarchar2 bpchar string name citext clob nclob tinytext
        mediumtext longtext ntext charactervarying charvarying nationalcharacter nationalvarchar nationalcharactervarying
        nationalchar nativecharacter varyingcharacter long unicode unicodetext charfield textfield slugfield emailfield
        urlfield filepathfield filefield imagefield genericipaddressfield ipaddressfield cistring cichar citextfield
        cicharfield ciemailfield autostring simple-array simple-enum longvarchar""",
    "boolean": "bool boolean booleanfield nullbooleanfield",
    "date": "date dateonly date32 datefield",
    "time": "time timetz timewithtimezone timewithouttimezone timefield",
    "datetime": """
        datetime datetime2 smalldatetime datetimeoffset timestamp timestamptz timestampwithtimezone timestampwithouttimezone
        timestampwithlocaltimezone timestampltz timestampntz datetimefield""",
    "interval": "interval intervalyeartomonth intervaldaytosecond durationfield duration",
    "uuid": "uuid uniqueidentifier uuidfield guid uuidv1 uuidv4",
    "json": "json jsonb jsontype jsonfield simple-json jsonpath json_",
    "array": "array arrayfield",
    "binary": """
        blob bytea binary varbinary tinyblob mediumblob longblob image raw longraw bytes largebinary binaryvarying
        binaryfield pickletype specifictype_bytea""",
    "enum": "enum set nativeenum",
    "other": """
        bit bitvarying varbit inet cidr macaddr macaddr8 point line lseg box path polygon circle geometry geography
        linestring multipoint multilinestring multipolygon geometrycollection geomfromtext tsvector tsquery xml hstore
        hstorefield int4range int8range numrange tsrange tstzrange daterange int4multirange int8multirange nummultirange
        tsmultirange tstzmultirange datemultirange range regclass regproc regtype regconfig pg_lsn txid_snapshot ltree
        lquery vector halfvec sparsevec sql_variant hierarchyid rowid urowid bfile virtual cube xmltype cursor tuple
        searchvectorfield integerrangefield bigintegerrangefield decimalrangefield datetimerangefield daterangefield
        pointfield polygonfield geometryfield linestringfield multipointfield multipolygonfield""",
}

_COMMON: dict[str, Family] = {name: family for family, names in _NAMES.items() for name in names.split()}

#: words that mean something else in one dialect or library
_BY_DIALECT: dict[str, dict[str, Family]] = {
    "sequelize": {"date": "datetime", "now": "datetime", "blob": "binary", "number": "numeric"},
    "oracle": {"date": "datetime"},
    "mssql": {"bit": "boolean", "timestamp": "binary", "rowversion": "binary"},
    "prisma": {"unsupported": "unknown", "decimal": "numeric"},
    "drizzle": {"timestamp": "datetime"},
    "knex": {"timestamp": "datetime", "uuid": "uuid", "specifictype": "unknown"},
    "postgresql": {'"char"': "text"},
}

_TAKES = re.compile(r"\(.*", re.S)
_WORD = re.compile(r"[A-Za-z_][\w\-]*")
#: words that qualify a type without changing what its values are
_QUALIFIERS = frozenset(
    [
        "unsigned",
        "signed",
        "zerofill",
        "precision",
        "varying",
        "binary",
        "collate",
        "character",
        "charset",
        "set",
        "ascii",
        "unicode",
        "primary",
        "key",
        "not",
        "null",
        "autoincrement",
        "auto_increment",
        "array",
    ]
)
_LIBRARIES = frozenset(
    [
        "datatypes",
        "sequelize",
        "sa",
        "sqlalchemy",
        "db",
        "types",
        "postgresql",
        "mysql",
        "sqlite",
        "mssql",
        "oracle",
        "models",
        "pg",
        "dialects",
        "sqltypes",
        "schema",
        "type",
        "dt",
        "pg_catalog",
        "django",
        "core",
        "typing",
        "drizzle",
    ]
)


def family_of(type_text: str, dialect: str = "") -> Family:
    """The family of a type as written: ``VARCHAR(20)``, ``timestamp(3) with time zone``, ``int[]``, ``DataTypes.STRING(20)``,
    ``sa.Integer()``, ``CharField``. ``dialect`` is an engine (``postgresql``, ``sqlite``, ``mysql``, ...) or a library
    (``sequelize``, ``sqlalchemy``, ``django``, ``prisma``, ``typeorm``, ``drizzle``, ``knex``); "" where neither is known.
    ``unknown`` for a name no one defines, such as a domain or a type of the project's own.
    """
    return _family(type_text.strip()[:200], _plain(dialect))


def zoned(type_text: str, dialect: str = "") -> bool | None:
    """Of a datetime type: whether its values carry a time zone; None where that is open or the type is of another family."""
    text, dialect = type_text.strip()[:200], _plain(dialect)
    if _family(text, dialect) != "datetime":
        return None
    word = _squeeze(text)
    if word.startswith("timestampwithlocaltimezone"):
        return True
    if "withtimezone" in word or word in ("timestamptz", "datetimeoffset", "timestampltz"):
        return True
    arguments = re.sub(r"\s", "", text[text.find("(") :]) if "(" in text else ""
    if dialect == "sqlalchemy" or re.search(r"timezone=", arguments, re.I):
        return re.search(r"timezone=True|\(True\)", arguments, re.I) is not None
    if dialect == "sequelize":
        return True if word == "date" else None
    if "withouttimezone" in word or word == "timestampntz":
        return False
    if dialect in ("postgresql", "oracle") and word == "timestamp":
        return False
    return False if dialect == "mssql" else None


def _plain(dialect: str) -> str:
    return {"postgres": "postgresql", "mariadb": "mysql", "sqlserver": "mssql", "pg": "postgresql"}.get(
        dialect.lower(), dialect.lower()
    )


@cache
def _family(text: str, dialect: str) -> Family:
    if not text:
        return "unknown"
    if text.endswith("[]") or re.search(r"\barray(\s*\[\d*\])?$", text, re.I) or re.search(r"\[\d*\]$", text):
        return "array"
    word = _squeeze(text)
    own = _BY_DIALECT.get(dialect, {})
    if dialect == "mysql" and word == "tinyint" and re.search(r"\(\s*1\s*\)", text):
        return "boolean"
    if dialect == "mssql" and word == "datetimeoffset":
        return "datetime"
    found = own.get(word) or _COMMON.get(word)
    if found is not None:
        return found
    first = _WORD.match(_last_part(text))
    name = first[0].lower() if first is not None else ""
    rest = set(_WORD.findall(_TAKES.sub("", text).lower())) - {name}
    if name and rest <= _QUALIFIERS:
        found = own.get(name) or _COMMON.get(name)
        if found is not None:
            return found
    if dialect == "sqlite":
        return _affinity(text)
    return "unknown"


def _last_part(text: str) -> str:
    """``DataTypes.STRING(20).BINARY`` -> ``STRING(20).BINARY``: the prefix that names a library or a schema is left out."""
    while True:
        match = re.match(r"([A-Za-z_]\w*)\s*\.\s*(?=[A-Za-z_])", text)
        if match is None or match[1].lower() not in _LIBRARIES:
            return text
        text = text[match.end() :]


def _squeeze(text: str) -> str:
    """The words of a type run together, in lower case, without arguments, quotes, library and attribute parts."""
    text = _last_part(text.replace('"', "").replace("`", ""))
    text = re.sub(r"\([^()]*(?:\([^()]*\)[^()]*)*\)?", " ", text)
    return "".join(
        re.split(r"[\s.]+(?:collate|character set|charset)\b", text.lower())[0].split(".")[0].split()
    )


def _affinity(text: str) -> Family:
    """What SQLite makes of a declared type it has no name for (https://sqlite.org/datatype3.html section 3.1)."""
    upper = text.upper()
    if "INT" in upper:
        return "integer"
    if any(part in upper for part in ("CHAR", "CLOB", "TEXT")):
        return "text"
    if "BLOB" in upper:
        return "binary"
    if any(part in upper for part in ("REAL", "FLOA", "DOUB")):
        return "float"
    return "unknown"
