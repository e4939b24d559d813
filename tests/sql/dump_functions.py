"""Writes ``constraintlint/sql/data/postgresql.txt``: the functions, types and extensions of a real PostgreSQL server.

    python -m tests.sql.dump_functions > constraintlint/sql/data/postgresql.txt

One line a function: its name, its kinds (f function, a aggregate, w window function, p procedure), how many arguments its
overloads take (``*`` for any number), and what its result is where all overloads agree. Extensions are created one by one.
"""

from __future__ import annotations

import sys

from tests.proofs.orm_support import postgres_server
from tests.sql.psql import Psql

_FAMILIES = {
    "boolean": "boolean", "smallint": "integer", "integer": "integer", "bigint": "integer", "numeric": "numeric",
    "real": "float", "double precision": "float", "text": "text", "character varying": "text", "character": "text",
    "name": "text", "date": "date", "time without time zone": "time", "time with time zone": "time",
    "timestamp without time zone": "datetime", "timestamp with time zone": "datetime", "interval": "interval",
    "uuid": "uuid", "json": "json", "jsonb": "json", "bytea": "binary",
}  # fmt: skip
#: functions of releases after the one that was asked
_NEWER = """any_value a 1 unknown
array_reverse f 1 unknown
array_sample f 2 unknown
array_shuffle f 1 unknown
array_sort f 1,2,3 unknown
casefold f 1 text
crc32 f 1 integer
crc32c f 1 integer
erf f 1 float
erfc f 1 float
gamma f 1 float
lgamma f 1 float
random_normal f 0,1,2 float
reverse f 1 unknown
to_bin f 1 text
to_oct f 1 text
unicode_assigned f 1 boolean
uuid_extract_timestamp f 1 datetime
uuid_extract_version f 1 integer
uuidv4 f 0 uuid
uuidv7 f 0,1 uuid
xmltext f 1 other"""

_FUNCTIONS = """
select proname, string_agg(distinct prokind, ''),
  string_agg(distinct case when provariadic <> 0 then (pronargs - pronargdefaults)::text || '*'
    else (select string_agg(n::text, ',') from generate_series((pronargs - pronargdefaults)::int, pronargs::int) n) end, ','),
  string_agg(distinct case when proretset then 'unknown' else prorettype::regtype::text end, ',')
from pg_proc p where {where}
  and not 'internal'::regtype = any(proargtypes::oid[]) and prorettype not in ('internal'::regtype)
group by proname order by proname
"""
_MEMBERS = """
select distinct {name} from {table} x join pg_depend d on d.objid = x.oid and d.classid = '{table}'::regclass and d.deptype = 'e'
join pg_extension e on e.oid = d.refobjid where e.extname = '{extension}' {more} order by 1
"""
_SKIPPED = {"plpgsql", "refint", "autoinc", "insert_username", "moddatetime", "tcn"}


def family(types: str) -> str:
    found = {
        _FAMILIES.get(name, "unknown" if name.startswith("any") or name == "unknown" else "other")
        for name in types.split(",")
    }
    return found.pop() if len(found) == 1 else "unknown"


def main() -> None:
    with postgres_server() as place:
        server = Psql(place)
        print(
            f"# PostgreSQL {server.rows('show server_version')[0][0].split()[0]}; written by tests/sql/dump_functions.py"
        )
        lines = {}
        for name, kinds, counts, types in server.rows(
            _FUNCTIONS.format(where="pronamespace = 'pg_catalog'::regnamespace")
        ):
            arities = sorted(set(counts.split(",")), key=lambda text: (int(text.rstrip("*")), text))
            lines[name] = f"{name} {''.join(sorted(kinds))} {','.join(arities)} {family(types)}"
        for line in _NEWER.splitlines():
            lines.setdefault(line.split()[0], line)
        print("[functions]", *(lines[name] for name in sorted(lines)), sep="\n")
        types = server.rows(
            "select typname from pg_type where typnamespace = 'pg_catalog'::regnamespace and typtype <> 'p' and typname not like '\\_%' and typrelid = 0 order by 1"
        )
        print("[types]", *(row[0] for row in types), sep="\n")
        operators = server.rows("select distinct oprname from pg_operator order by 1")
        print("[operators]", " ".join(row[0] for row in operators), sep="\n")
        print("[extensions]")
        for (extension,) in server.rows("select name from pg_available_extensions order by 1"):
            if extension in _SKIPPED or not server.succeeds(
                f'create extension if not exists "{extension}" cascade'
            ):
                continue
            functions = server.rows(
                _MEMBERS.format(name="proname", table="pg_proc", extension=extension, more="")
            )
            names = server.rows(
                _MEMBERS.format(
                    name="typname",
                    table="pg_type",
                    extension=extension,
                    more="and typtype = 'b' and typname not like '\\_%'",
                )
            )
            print(
                extension,
                ",".join(row[0] for row in functions) or "-",
                ",".join(row[0] for row in names) or "-",
            )
    sys.stdout.flush()


if __name__ == "__main__":
    main()
