"""Which files are read in depth, and which function bodies in them: by the words that can matter to a followed value.

A file is read in depth where it calls a method that takes SQL, imports a database library, holds SQL text, reads a
database setting, or hands a connection on. In such a file a function has a body where it does one of these things,
works with a handle, or builds an object. Each group of words is an expression of its own that begins with a literal:
the regular-expression engine then skips to it, which makes the whole search cheaper than one alternation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Protocol

from constraintlint.libraries import libraries

#: methods that take SQL whose names also mean many other things
_COMMON_NAMES = frozenset(
    [
        "get",
        "all",
        "run",
        "map",
        "one",
        "none",
        "any",
        "many",
        "each",
        "values",
        "first",
        "scalar",
        "select",
        "insert",
        "update",
        "delete",
        "status",
        "iterate",
        "stream",
        "copy",
        "parse",
        "prepare",
        "query",
        "sql",
        "exists",
        "fetch",
        "exec",
        "statement",
        "text",
        "command",
        "batch",
        "result",
        "raw",
        "literal",
        "input",
        "file",
        "parse",
        "connection",
        "cursor",
        "func",
        "proc",
        "task",
        "tx",
    ]
)
_SETTING = rb"(?:DATABASE|DB_|_DB|SQL|POSTGRES|PG|MYSQL|MONGO|DSN|DIALECT|_UR[IL])"
#: SQL and settings; patterns with the same first letter are one, so that each letter is searched for once
_TEXT = (
    rb"SELECT\s[^`;]{0,300}?\sFROM\s",
    rb"INSERT (?:OR \w+ )?INTO ",
    rb"D(?:ELETE FROM |ATABASE(?:_UR|_PATH|_NAME|_HOST|_DSN|_FILE|_ENGINE|S?\s*[=:])"
    rb"|B_(?:PATH|NAME|URL|URI|HOST|FILE|ENGINE|USER|DIALECT|CONNECTION)|epends\(|1Database)",
    rb"CREATE (?:TABLE|INDEX|UNIQUE|VIEW|EXTENSION)",
    rb"UPDATE \w+\s+SET ",
    rb"P(?:OSTGRES_|rismaClient)",
)
#: a handle that is handed on, kept or used
_HANDLES = (
    rb"conn[,).\]]",
    rb"db[,)]",
    rb"ession[,)]",
    rb"ession\.[a-z_]+\(",
    rb"engine[,)]",
    rb"pool[,).]",
    rb"cursor[,)]",
)

#: what the rules about frameworks and start-up follow: the call that makes an application, a route, a parser
_FRAMEWORK_PYTHON = (
    rb"passlib",
    rb"pydantic",
    rb"Flask\(",
    rb"APIRouter\(",
    rb"Blueprint\(",
    rb"django\.setup\(",
    rb"get_[aw]sgi_application\(",
)
_FRAMEWORK_ECMASCRIPT = (rb"['\"](?:fastify|hono|@hono/|koa|express|@koa/)",)
#: requests, and handles that are handed on, by the names they usually have: in a backend
_REQUESTS_ECMASCRIPT = (
    rb"\.(?:post|put|patch|addContentTypeParser|register)(?:<[^>\n]{0,80}>)?\(",
    rb"new Request\(",
    rb"\((?:req|request)\b",
    rb"decorate\(",
)
_HANDLES_ECMASCRIPT = (
    rb"\((?:conn|db|pool|knex|client|connection|sequelize|prisma)[,)]",
    rb"transaction[ ,:(]",
    rb"(?:db|knex|trx|tx|database)\(['\"]\w",  # a query of knex begins with its table
)
_FRAMEWORK_PYTHON_WORDS = (
    rb"bcrypt",
    rb"wraps\(",
)
#: what a handler reads of its request
_HANDLER_ECMASCRIPT = (rb"body\b", rb"raw\b", rb"req(?:uest)?[,)]", rb"ctx[,)]", rb"reply[,)]")

#: what the rules about SQLAlchemy and Sequelize follow: queries on models, which need no import of the library
_ORM_PYTHON = (
    rb"\.query\.(?:filter|join|options|order_by|get)",
    rb"db\.(?:Model|Column|relationship|Table)\b",
    rb"from [\w.]{0,60}(?:repositor|service|crud|store|dao)\w{0,20}(?:\.\w{1,40})? import ",  # what is returned there is read here
    rb"import (?:[\w.]{0,60}\.)?(?:repositor|service|crud|dao)\w{0,20}\n",
    rb"\.create_all\b",  # where the tables are made: often the start module, which has nothing else of the database
    rb"@dataclass",  # an entity that is made from, or mistaken for, a mapped class
)
_ORM_ECMASCRIPT = (
    rb"\.find(?:All|One|ByPk|AndCountAll|OrCreate|OrBuild|CreateFind)\s*\(",
    rb"\.(?:belongsTo(?:Many)?|has(?:Many|One))\(",
    rb"where:\s",
    rb"\.define\(\s*['\"]",
)
#: the same in a file that is read for another reason
_ORM_PYTHON_WORDS = (
    rb"\.(?:filter|where|having)\(",
    rb"\.append\([A-Z]\w*\.[a-z]",  # a condition, put on a list of them
    rb"text\(",
    rb"(?:run_sync|dispose|flush|refresh)\(",
    rb"declared_attr",
    rb"datetime\.now\(",
    rb" in [a-z_]+\.[a-z_]+[:\]) ]",
    rb"return (?!self|cls)[a-z_]+\.[a-z_.]+\n",
    rb"(?:repositor\w{0,12}|service\w{0,12}|crud|dao|repo)\.",
    rb"(?:[cC]olumn|relationship)\(",
    rb"return [A-Z]\w*\((?:\s*[\w.]+[=,)]|\))",
    rb"= [A-Z]\w*\((?:\s*[\w.]+[=,)]|\))",
)
_ORM_ECMASCRIPT_WORDS = (
    rb"\.(?:bulkCreate|create|update|upsert|destroy|count|max|min|sum|increment|decrement|save|reload)\s*\(",
)

#: Sequelize: the models that decorators name, hooks, and the methods that associations give to rows
_SEQUELIZE_WORDS = (
    rb"=> [A-Z]\w*[,)]",
    rb"before(?:Create|Save|Validate)\b",
    rb"\.prototype\b",
    rb"\.sync\(",
    rb"(?:await|return) \w+\.(?:get|set|add|remove|has|count|create)[A-Z]\w*\(",
    rb"=> \w+\.(?:get|set|add|remove|has|count|create)[A-Z]\w*\(",
)

#: a hook written as a function value: the place that matters is its end, inside the function
HOOKS = re.compile(
    rb"before(?:Create|Save|Validate)['\"]?\s*[:,(]\s*(?:['\"]\w+['\"],\s*)?(?:async\b\s*)?(?:function\b|\(|\w+ =>)"
    rb"|@Before(?:Create|Save|Validate)\b(?:\([^()\n]*\))?\s+(?:(?:public|static|async)\s+)*\w+\("
)

#: Django: models, managers, migrations, apps, settings, and where their objects are queried
_DJANGO_PYTHON = (
    rb"models\.(?:Model|\w+Field|ForeignKey|Manager|QuerySet)\b",
    rb"from django\.(?:db\.models import (?:[^\n]*|\([^)]*)\b(?:Model|Q|QuerySet|Manager)\b|contrib\.postgres\.\w+ import|[\w.]+ import models as )",
    rb"\(Abstract(?:Base)?User\b",
    rb"AppConfig\)",
    rb"\.objects\b",
    rb"urlpatterns\s*[+=]",
    rb"INSTALLED_APPS",
    rb"migrations\.Migration\b",
    rb"rest_framework",
    rb"request\.user\.",
    rb"get_object_or_404\(",
    rb"add_to_class\(",
    rb"register_lookup\b",
)
_DJANGO_PYTHON_WORDS = (
    rb"\.(?:all|get|exclude|annotate|order_by|values|values_list|first|select_related|prefetch_related|save|add|create|remove|set)\(",
    rb"self\.\w+\.",
    rb"\bin [a-z_]+\.[\w.]+[:\]) ]",
    rb"_set\b",
    rb"get_user_model\(",
    rb"request\b",
)


#: files that make routes or answer them, in Python
_ROUTES_PYTHON = (
    rb"from (?:flask|fastapi|starlette|apiflask|ninja|quart|flask_\w+)(?:\.[\w.]+)? import",
    rb"import (?:flask|fastapi|starlette)\b",
    rb"aiohttp import [^\n]*\bweb\b",
    rb"from django\.(?:urls|views[.\w]*|http|shortcuts|conf\.urls[.\w]*) import",
    rb"ROOT_URLCONF",
    rb"urlpatterns",
    rb"register_blueprint\(",
    rb"include_router\(",
    rb"@[\w.]+\.(?:route|get|post|put|patch|delete|api_route|before_request)\(",
)
_ROUTES_PYTHON_WORDS = (
    rb"\.(?:route|api_route|add_url_rule|register_blueprint|include_router|mount|add_resource|add_route|add_routes|add_subapp)\(",
    rb"\((?:self, )?request\b",
    rb"@action\b",
    rb" g\.[a-z]",  # what a guard leaves for the handler
    rb"\(g\.[a-z]",
    rb"request\[['\"]",
    rb"\.state\.[a-z]",
    rb"current_user\b",
    rb"\.hash(?:pw)?\(",  # what is handed a password that may be left out
    rb"hash_(?:password|pw|pwd|secret|pin)\(",
    rb"password_hash\(",
    rb"pwd_hash\(",
)

#: files that make routes or answer them, and those that start the application, in JavaScript
_ROUTES_ECMASCRIPT = (
    rb"\.(?:get|delete|use|route|all|mount)\(\s*['\"`]/",
    rb"\b(?:app|router|fastify|instance|server|api)\.(?:use|route|register|get|post|put|patch|delete|all|addHook)\(",
    rb"(?:from |require\(|import\()['\"]\.[^'\"\n]*(?:app|server|rout|controller|handler|endpoint|plugin|middleware)",
    rb"[rR]out(?:er|es)\(",
    rb"\.routes\b",
    rb"create(?:App|Server|Application|Api|Container)\w*\(",
    rb"\.listen\(",
    rb"[=:]\s*['\"`]/[\w:/-]*['\"`]",
    rb"\((?:ctx|context)[,):]",
    rb"async \(c[,):]",
    rb"\b(?:Bun|Deno)[.;]",
    rb"type['\"]?:\s*(?:['\"]object['\"]|\[['\"]object)",
)
_ROUTES_ECMASCRIPT_WORDS = (
    rb"\.(?:use|route|all|mount|basePath|routes|addHook|decorate|prefix)\(",
    rb"\.(?:get|delete|head|options|on)\(\s*['\"`/\[]",
    rb"(?:express|[fF]astify|Hono|Koa|App|app)\(",
    rb"\((?:app|router|fastify|server)[,):]",
    rb"\bc[,)]",
    rb"\breturn [\[(]?(?:async )?\(?[\w, ]*\)? ?=>",
)

#: a layer of JavaScript that names no library: what it gets from the one below is known from there, and what it calls must exist
_LAYERS_ECMASCRIPT = (
    rb"(?:from |require\(|import\()['\"]\.[^'\"\n]*(?:repositor|service|/store|dao|usecase|use-case)[^'\"\n/]*['\"]",
    rb"(?:from |require\(|import\()['\"]\.[^'\"\n]*repositor\w*/[\w.-]+['\"]",
    rb"constructor\(\w+, \w+\)",  # a class that is given what it works with
)
_LAYERS_ECMASCRIPT_WORDS = (
    rb"await (?:this\.)?\w+\.\w+\(",
    rb"(?:[rR]epositor\w{0,12}|[sS]ervice\w{0,12}|[rR]epo|[sS]tore|dao)\.",
)

#: tokens written into the program, or kept in it
_TOKENS = (
    rb"oken['\"]?\s*[:=]\s*['\"][\w.~+/=-]{6,}['\"]",
    rb"oken\s*[!=]==?\s*['\"]",
    rb"oken\]\s*=",
    rb"\.set\(\w{0,20}[tT]oken\s*,",
)
_TOKENS_WORDS = (rb"oken\]", rb"oken\)", rb"oken,", rb"oken in ", rb"oken not in ")

#: the schema: SQL text that makes tables, migrations, schema builders and tables in code
_SCHEMA_TEXT = (rb"create table ", rb"ALTER TABLE ", rb"alter table ", rb"CREATE (?:VIRTUAL|TEMP|TYPE)")
_SCHEMA_PYTHON = (rb"from alembic",)
_SCHEMA_PYTHON_WORDS = (rb"op\.(?:create|add|drop|rename|alter|batch|execute)",)
_SCHEMA_ECMASCRIPT = (
    rb"\.(?:createTable|createTableIfNotExists|alterTable|addColumns?|removeColumn|dropColumns?|renameColumn|changeColumn"
    rb"|alterColumn|renameTable|dropTable|runSql)\s*[(<]",
)
_SCHEMA_ECMASCRIPT_WORDS = (
    rb"\((?:table|tbl|builder)[):,]",
    rb"\(t\) (?:=>|\{)",
    rb"table =>",
    rb" t =>",
    rb"\(\) => [a-z]\w*\.\w+[,)]",
)

#: what handlers answer with: functions that build objects, and the classes that say what is written
_CONTRACT_PYTHON = (
    rb"return \{\s*['\"]",
    rb"class \w+\(\w*(?:Schema|Model|Struct|DTO|Dto|Response|Request|Serializer)\):",
    rb"uthorization['\"]",
    rb"HTTP_AUTHORIZATION",
)
_CONTRACT_PYTHON_WORDS = (
    rb"return \{",
    rb"return \w*(?:respon|body|json|dict|payload|serial|dump|view|reply|present|dto|result|to_)\w*\(",
    rb"Response\b",
    rb"\b(?:body|payload)[\[.]",
    rb"(?:json_response|jsonify|dumps|encode|asdict|as_dict|model_validate|model_dump)\(",
    rb"[aA]uthorization\b",
    rb"abort\(",
    rb"\b40[13]\b",
    rb"raise \w*(?:Unauth|Auth|HTTP|Denied|Forbidden|Permission)",
)
_CONTRACT_ECMASCRIPT = (
    rb"=> \(\{\s*\w+[:,]",
    rb"uthorization['\"]",
    rb"\.authorization\b",
    rb"\b(?:z|Joi|joi|yup|v|Type)\.object\(",
)
_CONTRACT_ECMASCRIPT_WORDS = (
    rb"return \{",
    rb"return [\w.#]+\(",
    rb"return \w+!?;",
    rb"\.map\(",
    rb"\.(?:json|send|throw|validate|parse|safeParse|parseAsync)\(",
    rb"[aA]uthorization\b",
    rb"=> \(?\{",
    rb"=> (?:await )?[\w.]+\(",
    rb"\bnext\(",
)


#: starts and ends of event loops, on which pools are made
_LOOPS_PYTHON_WORDS = (rb"asyncio\.run\(", rb"run_until_complete\(", rb"run_app\(", rb"uvicorn\.run\(")

#: what makes a directory: a database file may lie in it
_DIRECTORIES = (rb"mkdir", rb"makedirs\(", rb"ensure_?[dD]ir")


class Needle(Protocol):
    """What a frontend asks: where in a file something matters, if anywhere."""

    def finditer(self, data: bytes, /) -> Iterator[re.Match[bytes]]: ...


#: an alternation, or a choice of two characters, at the start of a pattern
_CHOICE = re.compile(
    rb"\(\?:((?:[^()|\[\]\\]|\\.|\[[^\]]*\])+(?:\|(?:[^()|\[\]\\]|\\.|\[[^\]]*\])+)+)\)(?![*+?{])"
    rb"|\[\\?([\w=:'\"])\\?([\w=:'\"])\](?![*+?{])",
    re.S,
)
_LETTERS = re.compile(rb"\w+(?![*+?{])")


def _with_literal_starts(patterns: list[bytes]) -> list[bytes]:
    """Patterns that begin with a choice as one pattern a choice, and with the word before its boundary is looked at: what
    begins with plain letters is found ten times as fast."""
    found: list[bytes] = []
    for pattern in patterns:
        bounded = rb"\b" if pattern.startswith(rb"\b") else b""
        match = _CHOICE.match(pattern, len(bounded))
        if match is not None:
            options = [match[2], match[3]] if match[2] else re.split(rb"\|(?![^\[]*\])", match[1])
            found += _with_literal_starts([bounded + option + pattern[match.end() :] for option in options])
        elif bounded and (letters := _LETTERS.match(pattern, 2)):
            found.append(b"%b(?<=\\b%b)%b" % (letters[0], letters[0], pattern[letters.end() :]))
        else:
            found.append(pattern)
    return list(dict.fromkeys(found))


#: the plain characters a pattern begins with
_PLAIN = re.compile(rb"(?:\\[^\w\n]|[\w :/'\"=@!<>,;&%#~`-])+")
_WORD = re.compile(rb"\w+")


def _by_literal(patterns: list[bytes]) -> list[tuple[bytes, re.Pattern[bytes]]]:
    """Each group of patterns that begin with the same plain text as one pattern, with a word that must be in a file for it
    to match (empty where none is known)."""
    groups: dict[bytes, list[bytes]] = {}
    for pattern in _with_literal_starts(patterns):
        plain = _PLAIN.match(pattern)
        size = 0 if plain is None or _has_alternatives(pattern) else plain.end()
        if size and pattern[size : size + 1] in (b"*", b"+", b"?", b"{"):
            size -= 2 if pattern[size - 2 : size - 1] == b"\\" else 1
        groups.setdefault(pattern[:size], []).append(pattern[size:])
    found = []
    for literal, rests in groups.items():
        word = max(_WORD.findall(literal), key=len, default=b"")
        if literal and len(rests) > 1:  # looked at, not taken: what follows may hold the next place
            found.append((word, re.compile(literal + b"(?=" + b"|".join(rests) + b")")))
        else:
            found += [(word, re.compile(literal + rest)) for rest in rests]
    return found


def _has_alternatives(pattern: bytes) -> bool:
    """Whether a ``|`` stands outside of all groups."""
    plain = re.sub(rb"\\.|\[\^?\]?[^\]]*\]", b"", pattern)
    while b"(" in plain:
        plain, changed = re.subn(rb"\([^()]*\)", b"", plain)
        if not changed:
            return True
    return b"|" in plain


class Needles:
    """``gate`` decides whether a file is read in depth; ``words`` add to the places that matter in one that is.

    Nearly all patterns begin with a word that a given file does not hold: its words are listed once, and only what may
    match is searched for.
    """

    def __init__(self, gate: list[bytes], words: list[bytes]) -> None:
        self.gate = _by_literal(gate)
        self.words = _by_literal(words)
        self.word_patterns = words

    def finditer(self, data: bytes, /) -> Iterator[re.Match[bytes]]:
        """Every place that matters, in order of place; nothing where the file does not matter."""
        listed = b"" if len(self.gate) < _FEW else _words_of(data)
        found = [
            match
            for word, pattern in self.gate
            if not listed or word in listed
            for match in pattern.finditer(data)
        ]
        if not found:
            return iter(())
        listed = listed or _words_of(data)
        found += [match for word, pattern in self.words if word in listed for match in pattern.finditer(data)]
        found.sort(key=re.Match.start)
        return iter(found)


#: searching for so many patterns takes less time than listing words
_FEW = 8


def _words_of(data: bytes) -> bytes:
    """The words of a file, each once. Any word of a pattern that occurs in the file is a part of one."""
    return b" ".join({*_WORD.findall(data)})


#: what stands before ``://`` in the URL of a database: dialects and drivers
_SCHEMES = [
    "sqlite",
    "pysqlite",
    "pysqlcipher",
    "aiosqlite",
    "libsql",
    "spatialite",
    "postgres",
    "postgresql",
    "pgsql",
    "psql",
    "postgis",
    "timescale",
    "psycopg",
    "psycopg2",
    "psycopg_async",
    "psycopg2cffi",
    "asyncpg",
    "pg8000",
    "aiopg",
    "cockroachdb",
    "redshift",
    "mysql",
    "pymysql",
    "mysqldb",
    "mysqlconnector",
    "aiomysql",
    "asyncmy",
    "cymysql",
    "mariadb",
    "mariadbconnector",
    "mongodb",
    "mongodb+srv",
    "oracle",
    "oracledb",
    "cx_oracle",
    "mssql",
    "pymssql",
    "pyodbc",
    "aioodbc",
    "sqlserver",
]
#: URLs and names that tell which engine a connection is made to, wherever they stand
_ENGINES = (
    b"://(?:" + b"|".join(b"(?<=%s://)" % re.escape(scheme).encode() for scheme in _SCHEMES) + b")",
    rb":memory:",
)


#: all that is asked of a test is which engine it runs on
_TEST_ENGINES = {
    "python": (rb"create_(?:async_)?engine\(", rb"sqlite3\.connect\(", rb"DATABASES\s*="),
    "javascript": (rb"dialect['\"]?:", rb"new Sequelize\b"),
}


@cache
def needles(language: str, test: bool = False, backend: bool = True) -> Needles:
    """The needles of ``python``, ``javascript`` or ``typescript``; those of a test look for its engine only, those of
    JavaScript that is no ``backend`` for what can be nothing else than a database."""
    found = _python() if language == "python" else _ecmascript(backend)
    if not test:
        return found
    engines = _TEST_ENGINES["python" if language == "python" else "javascript"]
    return Needles([*engines, *_ENGINES], found.word_patterns)


def _alternatives(words: set[str]) -> bytes:
    return b"|".join(re.escape(word).encode() for word in sorted(words, key=lambda word: (-len(word), word)))


def _methods(language: str) -> set[str]:
    """Names of the methods and functions that take SQL, without those that mean many other things."""
    known = libraries(language)
    signatures = [
        *known.functions.values(),
        *(method for handle in known.types.values() for method in handle.methods.values()),
    ]
    found: set[str] = set()
    for signature in signatures:
        if any(argument.role in ("sql", "statement") for argument in signature.arguments):
            name = re.split(r"[.#]", signature.name)[-1]
            if name not in _COMMON_NAMES and name.replace("$", "").isidentifier():
                found.add(name)
    return found


def _packages(language: str) -> set[str]:
    return {
        package
        for library in libraries(language).libraries.values()
        if library.role in ("driver", "orm", "builder")
        for package in library.packages
    }


def _python() -> Needles:
    packages = _alternatives(_packages("python") - {"django.db"})
    methods = _alternatives({"cursor", "raw", "commit", "rollback", "query", *_methods("python")})
    gate = [
        rb"\.(?:" + methods + rb")\s*\(",
        rb"import (?:" + packages + rb")\b",
        rb"from (?:" + packages + rb")[. ]",
        *_TEXT,
        rb"environ[^\n]{0,60}" + _SETTING,
        rb"getenv[^\n]{0,60}" + _SETTING,
        rb"BaseSettings",
        rb"\((?:conn|db|pool|engine)[,)]",
        rb"get_(?:db|conn|connection|engine|(?:db_|async_)?session|pool|database)\(",
        rb"aiohttp\.web\b",
        *_ENGINES,
        *_FRAMEWORK_PYTHON,
        *_ORM_PYTHON,
        *_DJANGO_PYTHON,
        *_ROUTES_PYTHON,
        *_TOKENS,
        *_SCHEMA_TEXT,
        *_SCHEMA_PYTHON,
        *_CONTRACT_PYTHON,
        *_DIRECTORIES,
    ]
    words = [
        *_HANDLES,
        rb"create_(?:engine|async_engine|pool|client)",
        rb"connect\(",
        rb"acquire\(",
        rb"sessionmaker",
        rb"def __(?:init|a?enter)__",
        rb"Settings\(",
        rb"database_ur",
        rb"(?:Client|Pool|Database|Engine|Connection|_tortoise|\.bind|\.init)\(",
        *_FRAMEWORK_PYTHON_WORDS,
        *_ORM_PYTHON_WORDS,
        *_DJANGO_PYTHON_WORDS,
        *_SCHEMA_PYTHON_WORDS,
        *_ROUTES_PYTHON_WORDS,
        *_TOKENS_WORDS,
        *_CONTRACT_PYTHON_WORDS,
        *_LOOPS_PYTHON_WORDS,
        *_DIRECTORIES,
    ]
    return Needles(gate, words)


def _ecmascript(backend: bool) -> Needles:
    packages = _alternatives(_packages("javascript"))
    methods = _alternatives({"query", "raw", *_methods("javascript")} - {"execute"})
    gate = [
        rb"\.(?:" + methods + rb"|execute)\s*[(`<]",
        rb"from ['\"](?:" + packages + rb")['\"/]",
        rb"require\(['\"](?:" + packages + rb")['\"/]",
        rb"import\(['\"](?:" + packages + rb")['\"/]",
        *_TEXT,
        rb"sql`",
        rb"SQL`",
        rb"process\.env",
        rb"dialect['\"]?:",
        rb"client['\"]?:\s*['\"]",
        rb"forRoot",
        *_ENGINES,
        *_FRAMEWORK_ECMASCRIPT,
        *_ORM_ECMASCRIPT,
        *_SCHEMA_TEXT,
        *_SCHEMA_ECMASCRIPT,
    ]
    if backend:
        gate += [
            *_HANDLES_ECMASCRIPT,
            *_REQUESTS_ECMASCRIPT,
            *_ROUTES_ECMASCRIPT,
            *_LAYERS_ECMASCRIPT,
            *_TOKENS,
            *_CONTRACT_ECMASCRIPT,
            *_DIRECTORIES,
        ]
    words = [
        *_HANDLES,
        rb"connection\b",
        rb"client\b",
        rb"knex\b",
        rb"trx\b",
        rb"prisma\b",
        rb"sequelize\b",
        rb"constructor\s*\(",
        rb"connect\(",
        rb"create(?:Pool|Connection|Client)",
        rb"env\b",
        rb"config\b",
        rb"require\(",
        rb"new [A-Z]",
        rb"\.(?:run|iterate|pluck)\(",
        rb"register\(",
        rb"(?:drizzle|open|neon|postgres|pgp|init)\(",
        rb"module\.exports",
        *_HANDLER_ECMASCRIPT,
        *_ROUTES_ECMASCRIPT_WORDS,
        *_LAYERS_ECMASCRIPT_WORDS,
        *_TOKENS_WORDS,
        *_SCHEMA_ECMASCRIPT_WORDS,
        *_ORM_ECMASCRIPT_WORDS,
        *_SEQUELIZE_WORDS,
        *_CONTRACT_ECMASCRIPT_WORDS,
        *_DIRECTORIES,
    ]
    return Needles(gate, words)
