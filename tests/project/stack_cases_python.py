"""Cases for test_stack: (name, files, expected). Expected lists ``kind:name=role``; kinds that are not named are free.

``kind:x=none`` says that nothing of that kind is found.
"""

from __future__ import annotations

SA = "from sqlalchemy import create_engine\n"
OS = "import os\n"
FLASK_SA = "from flask import Flask\nfrom flask_sqlalchemy import SQLAlchemy\ndb = SQLAlchemy()\napp = Flask(__name__)\n"

CASES: list[tuple[str, dict[str, str], str]] = [
    # --- drivers
    (
        "py-sqlite3-connect",
        {"app/db.py": "import sqlite3\nconn = sqlite3.connect('x.db')\n"},
        "database:sqlite=runtime",
    ),
    (
        "py-from-sqlite3-import-connect",
        {"app/db.py": "from sqlite3 import connect as c\n\ndef get():\n    return c('x.db')\n"},
        "database:sqlite=runtime",
    ),
    (
        "py-aiosqlite",
        {
            "app/db.py": "import aiosqlite\n\nasync def get():\n    async with aiosqlite.connect('x.db') as db:\n        yield db\n"
        },
        "database:sqlite=runtime",
    ),
    (
        "py-psycopg",
        {"app/db.py": "import psycopg\n\ndef get(dsn):\n    return psycopg.connect(dsn)\n"},
        "database:postgresql=runtime",
    ),
    (
        "py-psycopg-async",
        {
            "app/db.py": "from psycopg import AsyncConnection\n\nasync def get(dsn):\n    return await AsyncConnection.connect(dsn)\n"
        },
        "database:postgresql=runtime",
    ),
    (
        "py-psycopg2-pool",
        {
            "app/db.py": "from psycopg2.pool import SimpleConnectionPool\npool = SimpleConnectionPool(1, 5, 'dbname=x')\n"
        },
        "database:postgresql=runtime",
    ),
    (
        "py-asyncpg",
        {
            "app/db.py": "import asyncpg\n\nasync def start(app):\n    app['pool'] = await asyncpg.create_pool('postgres://x')\n"
        },
        "database:postgresql=runtime",
    ),
    (
        "py-pymysql",
        {"app/db.py": "import pymysql\nc = pymysql.connect(host='x')\n"},
        "database:mysql=runtime",
    ),
    (
        "py-mysql-connector",
        {"app/db.py": "import mysql.connector\nc = mysql.connector.connect(host='x')\n"},
        "database:mysql=runtime",
    ),
    (
        "py-mongo",
        {"app/db.py": "from pymongo import MongoClient\nclient = MongoClient('mongodb://x')\n"},
        "database:mongodb=runtime",
    ),
    (
        "py-motor",
        {
            "app/db.py": "from motor.motor_asyncio import AsyncIOMotorClient\nclient = AsyncIOMotorClient('mongodb://x')\n"
        },
        "database:mongodb=runtime",
    ),
    (
        "py-redis-is-no-engine",
        {"app/cache.py": "import redis\nr = redis.Redis.from_url('redis://x')\n"},
        "database:x=none",
    ),
    (
        "py-two-engines-at-once",
        {
            "app/a.py": "import asyncpg\n\nasync def f():\n    return await asyncpg.connect('x')\n",
            "app/b.py": "import pymongo\nm = pymongo.MongoClient()\n",
        },
        "database:postgresql=runtime database:mongodb=runtime",
    ),
    (
        "py-import-without-connection",
        {
            "app/db.py": "import asyncpg\n\ndef handle(error: Exception):\n    return isinstance(error, asyncpg.PostgresError)\n"
        },
        "database:postgresql=runtime",
    ),
    (
        "py-import-beside-connection",
        {
            "app/db.py": SA
            + "import sqlite3\nengine = create_engine('postgresql://x')\n\ndef bad(e):\n    return isinstance(e, sqlite3.Error)\n"
        },
        "database:postgresql=runtime database:sqlite=optional",
    ),
    (
        "py-odbc-postgres",
        {"app/db.py": "import pyodbc\nc = pyodbc.connect('DRIVER={PostgreSQL Unicode};SERVER=x')\n"},
        "database:postgresql=runtime",
    ),
    (
        "py-odbc-mssql",
        {
            "app/db.py": "import pyodbc\nc = pyodbc.connect('DRIVER={ODBC Driver 17 for SQL Server};SERVER=x')\n"
        },
        "database:mssql=runtime",
    ),
    # --- what is no evidence
    ("py-comment", {"app/db.py": "# import sqlite3; sqlite3.connect('x')\nx = 1\n"}, "database:x=none"),
    (
        "py-docstring",
        {"app/db.py": '"""create_engine("sqlite:///x")\n\nimport sqlite3\n"""\nx = 1\n'},
        "database:x=none",
    ),
    ("py-string", {"app/db.py": "HELP = 'use sqlite3.connect(path) or postgresql://'\n"}, "database:x=none"),
    (
        "py-type-checking-only",
        {
            "app/db.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import sqlite3\n\ndef f(c: 'sqlite3.Connection'):\n    return c\n"
        },
        "database:x=none",
    ),
    (
        "py-unused-dependency",
        {
            "requirements.txt": "psycopg2\nflask\n",
            "app/main.py": "from flask import Flask\napp = Flask(__name__)\n",
        },
        "database:x=none framework:flask=runtime",
    ),
    (
        "py-lock-file",
        {
            "poetry.lock": '[[package]]\nname = "psycopg2"\n',
            "app/main.py": "import sqlite3\nsqlite3.connect('x')\n",
        },
        "database:sqlite=runtime",
    ),
    (
        "py-readme",
        {"README.md": "import sqlite3\nsqlite3.connect('x')\n", "app/main.py": "x = 1\n"},
        "database:x=none",
    ),
    (
        "py-ci",
        {
            ".github/workflows/ci.yml": "services:\n  db:\n    image: postgres\nenv:\n  DATABASE_URL: postgresql://x\n",
            "app/db.py": OS + SA + "e = create_engine(os.environ.get('DATABASE_URL', 'sqlite:///x'))\n",
        },
        "database:sqlite=runtime",
    ),
    (
        "py-own-function-connect",
        {
            "app/db.py": "import sqlite3\n\ndef connect(x):\n    return x\n\nconnect('postgres://')\n",
            "app/b.py": "class A:\n    def connect(self): ...\n\nA().connect()\n",
        },
        "database:sqlite=runtime",
    ),
    (
        "py-local-module-of-the-same-name",
        {
            "app/psycopg.py": "def connect(): ...\n",
            "app/db.py": "from app import psycopg\npsycopg.connect()\n",
        },
        "database:x=none",
    ),
    (
        "py-parser-error-file",
        {
            "app/db.py": "import sqlite3\nsqlite3.connect('x'\n\ndef (:\n",
            "app/ok.py": "import sqlite3\nsqlite3.connect('y')\n",
        },
        "database:sqlite=runtime",
    ),
    # --- tests and development
    (
        "py-test-engine",
        {
            "app/db.py": SA + "e = create_engine('postgresql://x')\n",
            "tests/conftest.py": SA + "e = create_engine('sqlite://')\n",
        },
        "database:postgresql=runtime database:sqlite=test",
    ),
    (
        "py-conftest-in-package",
        {
            "app/db.py": SA + "e = create_engine('postgresql://x')\n",
            "app/conftest.py": "import sqlite3\nsqlite3.connect(':memory:')\n",
        },
        "database:postgresql=runtime database:sqlite=test",
    ),
    (
        "py-test-file-beside-code",
        {
            "app/db.py": SA + "e = create_engine('postgresql://x')\n",
            "app/test_db.py": "import sqlite3\nsqlite3.connect(':memory:')\n",
        },
        "database:postgresql=runtime database:sqlite=test",
    ),
    (
        "py-script",
        {
            "app/db.py": SA + "e = create_engine('postgresql://x')\n",
            "scripts/import_old.py": "import sqlite3\nsqlite3.connect('old.db')\n",
        },
        "database:postgresql=runtime database:sqlite=development",
    ),
    (
        "py-example",
        {
            "app/db.py": SA + "e = create_engine('postgresql://x')\n",
            "examples/demo.py": "import sqlite3\nsqlite3.connect('old.db')\n",
        },
        "database:postgresql=runtime database:sqlite=development",
    ),
    (
        "py-only-tests",
        {"app/main.py": "x = 1\n", "tests/test_a.py": "import sqlite3\nsqlite3.connect(':memory:')\n"},
        "database:sqlite=test",
    ),
    (
        "py-url-passed-by-a-test",
        {
            "app/db.py": SA + "\ndef make(url):\n    return create_engine(url)\n",
            "app/main.py": "from app.db import make\nengine = make('postgresql://x')\n",
            "tests/conftest.py": "from app.db import make\nengine = make('sqlite://')\n",
        },
        "database:postgresql=runtime database:sqlite=test",
    ),
    # --- URLs
    (
        "py-url-literal",
        {"app/db.py": SA + "e = create_engine('postgresql+psycopg2://u:p@h/d')\n"},
        "database:postgresql=runtime",
    ),
    (
        "py-url-async",
        {
            "app/db.py": "from sqlalchemy.ext.asyncio import create_async_engine\ne = create_async_engine('sqlite+aiosqlite:///x.db')\n"
        },
        "database:sqlite=runtime",
    ),
    (
        "py-url-keyword",
        {"app/db.py": SA + "e = create_engine(url='mysql+pymysql://h/d')\n"},
        "database:mysql=runtime",
    ),
    (
        "py-url-alias",
        {"app/db.py": "import sqlalchemy as sa\ne = sa.create_engine('oracle+oracledb://h/d')\n"},
        "database:oracle=runtime",
    ),
    (
        "py-url-constant-elsewhere",
        {
            "app/config.py": "DATABASE_URL = 'postgresql://h/d'\n",
            "app/db.py": SA + "from app.config import DATABASE_URL\ne = create_engine(DATABASE_URL)\n",
        },
        "database:postgresql=runtime",
    ),
    (
        "py-url-fstring",
        {
            "app/db.py": SA
            + OS
            + "host = os.environ['DB_HOST']\ne = create_engine(f'postgresql://{host}/d')\n"
        },
        "database:postgresql=runtime",
    ),
    (
        "py-url-format",
        {
            "app/db.py": SA
            + "import secrets\ne = create_engine('mysql://{}@h/d'.format(secrets.token_hex()))\n"
        },
        "database:mysql=runtime",
    ),
    (
        "py-url-object",
        {
            "app/db.py": "from sqlalchemy import URL, create_engine\nurl = URL.create('postgresql+psycopg', host='h')\ne = create_engine(url)\n"
        },
        "database:postgresql=runtime",
    ),
    (
        "py-url-object-keyword",
        {
            "app/db.py": "from sqlalchemy import create_engine\nfrom sqlalchemy.engine import URL\ne = create_engine(URL.create(drivername='mssql+pyodbc', host='h'))\n"
        },
        "database:mssql=runtime",
    ),
    (
        "py-url-from-path",
        {
            "app/db.py": SA
            + "from pathlib import Path\nBASE = Path(__file__).parent\ne = create_engine(f'sqlite:///{BASE / \"x.db\"}')\n"
        },
        "database:sqlite=runtime",
    ),
    (
        "py-url-concatenated",
        {"app/db.py": SA + OS + "e = create_engine('sqlite:///' + os.path.join(os.getcwd(), 'x.db'))\n"},
        "database:sqlite=runtime",
    ),
    (
        "py-url-in-class",
        {
            "app/config.py": "class Settings:\n    DB_URL = 'sqlite:///x.db'\n\nsettings = Settings()\n",
            "app/db.py": SA + "from app.config import settings\ne = create_engine(settings.DB_URL)\n",
        },
        "database:sqlite=runtime",
    ),
    (
        "py-url-in-pydantic-settings",
        {
            "app/config.py": "from pydantic_settings import BaseSettings\n\nclass Settings(BaseSettings):\n    database_url: str = 'postgresql://h/d'\n\nsettings = Settings()\n",
            "app/db.py": SA + "from app.config import settings\ne = create_engine(settings.database_url)\n",
        },
        "database:postgresql=runtime",
    ),
    (
        "py-url-from-function",
        {
            "app/db.py": SA
            + "\ndef url():\n    return 'mariadb+mariadbconnector://h/d'\n\ne = create_engine(url())\n"
        },
        "database:mariadb=runtime",
    ),
    (
        "py-url-scheme-repaired",
        {
            "app/db.py": OS
            + SA
            + "url = os.environ.get('DATABASE_URL', 'sqlite:///x.db')\nif url.startswith('postgres://'):\n    url = url.replace('postgres://', 'postgresql://', 1)\ne = create_engine(url)\n"
        },
        "database:sqlite=runtime",
    ),
    # --- variables of the environment
    (
        "py-env-default",
        {"app/db.py": OS + SA + "e = create_engine(os.environ.get('DATABASE_URL', 'sqlite:///dev.db'))\n"},
        "database:sqlite=runtime",
    ),
    (
        "py-env-or-default",
        {"app/db.py": OS + SA + "e = create_engine(os.getenv('DATABASE_URL') or 'sqlite:///dev.db')\n"},
        "database:sqlite=runtime",
    ),
    (
        "py-env-set-nowhere",
        {"app/db.py": OS + SA + "e = create_engine(os.environ['DB'])\n"},
        "database:x=none undecided=1",
    ),
    (
        "py-env-name-speaks",
        {"app/db.py": OS + SA + "e = create_engine(os.environ['POSTGRES_URL'])\n"},
        "database:postgresql=runtime",
    ),
    (
        "py-env-and-the-only-driver",
        {
            "requirements.txt": "sqlalchemy\npsycopg2-binary\nredis\n",
            "app/db.py": OS + SA + "e = create_engine(os.environ['DB'])\n",
        },
        "database:postgresql=runtime",
    ),
    (
        "py-env-and-two-drivers",
        {
            "requirements.txt": "sqlalchemy\npsycopg2-binary\npymysql\n",
            "app/db.py": OS + SA + "e = create_engine(os.environ['DB'])\n",
        },
        "database:x=none undecided=1",
    ),
    (
        "py-env-and-a-driver-for-tests",
        {
            "requirements.txt": "sqlalchemy\nasyncpg\n",
            "requirements-dev.txt": "aiosqlite\n",
            "app/db.py": OS + SA + "e = create_engine(os.environ['DB'])\n",
        },
        "database:postgresql=runtime",
    ),
    (
        "py-env-and-column-types",
        {
            "app/db.py": OS + SA + "e = create_engine(os.environ['DB'])\n",
            "app/models.py": "from sqlalchemy.dialects.postgresql import JSONB\n",
        },
        "database:postgresql=runtime",
    ),
    (
        "py-env-scheme-in-variable",
        {
            ".env": "DB_DRIVER=mysql+pymysql\n",
            "app/db.py": OS + SA + "e = create_engine(f\"{os.environ['DB_DRIVER']}://h/d\")\n",
        },
        "database:mysql=runtime",
    ),
    (
        "py-pydantic-without-default",
        {
            ".env": "DATABASE_URL=postgresql://h/d\n",
            "app/config.py": "from pydantic_settings import BaseSettings\n\nclass Settings(BaseSettings):\n    database_url: str\n\nsettings = Settings()\n",
            "app/db.py": SA + "from app.config import settings\ne = create_engine(settings.database_url)\n",
        },
        "database:postgresql=runtime",
    ),
    # --- choices
    (
        "py-branch-test",
        {
            "app/db.py": OS
            + SA
            + "if os.environ.get('ENV') == 'test':\n    url = 'sqlite://'\nelse:\n    url = 'postgresql://h/d'\ne = create_engine(url)\n"
        },
        "database:postgresql=runtime database:sqlite=test",
    ),
    (
        "py-branch-testing-flag",
        {
            "app/db.py": OS
            + SA
            + "TESTING = os.getenv('TESTING')\ne = create_engine('sqlite://' if TESTING else 'postgresql://h/d')\n"
        },
        "database:postgresql=runtime database:sqlite=test",
    ),
    (
        "py-branch-not-test",
        {
            "app/db.py": OS
            + SA
            + "if os.environ.get('ENV') != 'testing':\n    e = create_engine('postgresql://h/d')\nelse:\n    e = create_engine('sqlite://')\n"
        },
        "database:postgresql=runtime database:sqlite=test",
    ),
    (
        "py-branch-pytest-in-modules",
        {
            "app/db.py": "import sys\n"
            + SA
            + "e = create_engine('sqlite://' if 'pytest' in sys.modules else 'postgresql://h/d')\n"
        },
        "database:postgresql=runtime database:sqlite=test",
    ),
    (
        "py-branch-flag",
        {
            "app/db.py": OS
            + SA
            + "if os.environ.get('USE_SQLITE'):\n    e = create_engine('sqlite:///x')\nelse:\n    e = create_engine('postgresql://h/d')\n"
        },
        "database:postgresql=optional database:sqlite=optional",
    ),
    (
        "py-branch-debug",
        {
            "app/db.py": OS
            + SA
            + "DEBUG = os.environ.get('DEBUG') == '1'\nurl = 'sqlite:///x' if DEBUG else 'postgresql://h/d'\ne = create_engine(url)\n"
        },
        "database:postgresql=runtime database:sqlite=development",
    ),
    (
        "py-branch-early-return",
        {
            "app/db.py": OS
            + SA
            + "\ndef make():\n    if os.environ.get('APP_ENV') == 'test':\n        return create_engine('sqlite://')\n    return create_engine('postgresql://h/d')\n"
        },
        "database:postgresql=runtime database:sqlite=test",
    ),
    (
        "py-branch-lazy-is-no-choice",
        {
            "app/db.py": SA
            + "engine = None\n\ndef get():\n    global engine\n    if engine is None:\n        engine = create_engine('postgresql://h/d')\n    return engine\n"
        },
        "database:postgresql=runtime",
    ),
    (
        "py-branch-same-engine",
        {
            "app/db.py": OS
            + SA
            + "url = 'postgresql://a' if os.environ.get('ENV') == 'production' else 'postgresql://b'\ne = create_engine(url)\n"
        },
        "database:postgresql=runtime",
    ),
    (
        "py-branch-env-present",
        {
            "app/db.py": OS
            + SA
            + "URL = os.environ.get('DATABASE_URL')\nif URL:\n    e = create_engine(URL)\nelse:\n    e = create_engine('sqlite:///x')\n"
        },
        "database:sqlite=runtime undecided=none",
    ),
    (
        "py-import-fallback",
        {
            "app/db.py": "try:\n    import psycopg2\nexcept ImportError:\n    psycopg2 = None\nimport sqlite3\nc = sqlite3.connect('x')\n"
        },
        "database:sqlite=runtime database:postgresql=optional",
    ),
    (
        "py-dict-by-environment",
        {
            "app/db.py": OS
            + SA
            + "URLS = {'development': 'sqlite:///x', 'test': 'sqlite://', 'production': 'postgresql://h/d'}\ne = create_engine(URLS[os.environ['ENV']])\n"
        },
        "database:postgresql=runtime database:sqlite=development",
    ),
    (
        "py-test-variable",
        {
            "app/db.py": OS
            + SA
            + "e = create_engine(os.environ['DATABASE_URL'] if not os.environ.get('CI') else os.environ.get('TEST_DATABASE_URL', 'sqlite://'))\n",
            ".env": "DATABASE_URL=postgresql://h/d\n",
        },
        "database:postgresql=runtime database:sqlite=test",
    ),
    (
        "py-test-variable-first",
        {
            "app/db.py": OS
            + SA
            + "e = create_engine(os.getenv('TEST_DATABASE_URL') or os.getenv('DATABASE_URL') or 'sqlite:///x')\n"
        },
        "database:sqlite=runtime",
    ),
    (
        "py-connection-that-is-tested",
        {
            "app/db.py": "import psycopg\n\ndef test_connection(dsn):\n    return bool(dsn)\n\ndef get(dsn):\n    if test_connection(dsn):\n        return psycopg.connect(dsn)\n    raise ValueError(dsn)\n"
        },
        "database:postgresql=runtime",
    ),
    (
        "py-switch-on-a-setting",
        {
            "app/db.py": OS
            + SA
            + "\ndef make(config):\n    match config.engine:\n        case 'sqlite':\n            return create_engine('sqlite://')\n        case _:\n            return create_engine('postgresql://h/d')\n"
        },
        "database:postgresql=optional database:sqlite=optional",
    ),
    (
        "py-two-engines-by-two-names",
        {
            "app/db.py": SA
            + "main = create_engine('postgresql://h/d')\narchive = create_engine('sqlite:///old.db')\n"
        },
        "database:postgresql=runtime database:sqlite=runtime",
    ),
    (
        "py-one-setting-two-values",
        {
            "app/db.py": SA
            + "\ndef make(options):\n    url = 'sqlite://'\n    if options.server:\n        url = 'postgresql://h/d'\n    return create_engine(url)\n"
        },
        "database:postgresql=optional database:sqlite=optional",
    ),
    # --- Flask-SQLAlchemy
    (
        "flask-config-item",
        {"app.py": FLASK_SA + "app.config['SQLALCHEMY_DATABASE_URI'] = 'postgresql://h/d'\n"},
        "database:postgresql=runtime framework:flask=runtime orm:sqlalchemy=runtime",
    ),
    (
        "flask-config-object",
        {
            "app.py": FLASK_SA + "app.config.from_object('config.Config')\n",
            "config.py": "import os\n\nclass Config:\n    SQLALCHEMY_DATABASE_URI = os.environ.get('DATABASE_URL') or 'sqlite:///x.db'\n",
        },
        "database:sqlite=runtime",
    ),
    (
        "flask-config-classes",
        {
            "app.py": FLASK_SA,
            "config.py": "class Config:\n    DEBUG = False\n\nclass DevelopmentConfig(Config):\n    SQLALCHEMY_DATABASE_URI = 'postgresql://dev'\n\nclass TestingConfig(Config):\n    SQLALCHEMY_DATABASE_URI = 'sqlite://'\n\nclass ProductionConfig(Config):\n    SQLALCHEMY_DATABASE_URI = 'postgresql://prod'\n",
        },
        "database:postgresql=runtime database:sqlite=test",
    ),
    (
        "flask-config-classes-differ",
        {
            "app.py": FLASK_SA,
            "config.py": "class DevelopmentConfig:\n    SQLALCHEMY_DATABASE_URI = 'sqlite:///dev.db'\n\nclass TestingConfig:\n    SQLALCHEMY_DATABASE_URI = 'sqlite://'\n\nclass ProductionConfig:\n    SQLALCHEMY_DATABASE_URI = 'postgresql://prod'\n",
        },
        "database:postgresql=runtime database:sqlite=development",
    ),
    (
        "flask-config-mapping",
        {
            "app.py": FLASK_SA
            + "app.config.from_mapping(SECRET_KEY='x', SQLALCHEMY_DATABASE_URI='mysql://h/d')\n"
        },
        "database:mysql=runtime",
    ),
    (
        "flask-config-update",
        {"app.py": FLASK_SA + "app.config.update({'SQLALCHEMY_DATABASE_URI': 'sqlite:///x'})\n"},
        "database:sqlite=runtime",
    ),
    (
        "flask-config-setdefault",
        {"app.py": FLASK_SA + "app.config.setdefault('SQLALCHEMY_DATABASE_URI', 'sqlite:///x')\n"},
        "database:sqlite=runtime",
    ),
    (
        "flask-config-in-tests",
        {
            "app.py": FLASK_SA + "app.config['SQLALCHEMY_DATABASE_URI'] = 'postgresql://h/d'\n",
            "tests/conftest.py": "from app import app\napp.config['SQLALCHEMY_DATABASE_URI'] = 'sqlite://'\n",
        },
        "database:postgresql=runtime database:sqlite=test",
    ),
    (
        "flask-key-without-flask-sqlalchemy",
        {
            "app.py": "from flask import Flask\napp = Flask(__name__)\napp.config['SQLALCHEMY_DATABASE_URI'] = 'postgresql://h/d'\n"
        },
        "database:x=none",
    ),
    (
        "flask-binds",
        {
            "app.py": FLASK_SA
            + "app.config['SQLALCHEMY_DATABASE_URI'] = 'postgresql://h/d'\napp.config['SQLALCHEMY_BINDS'] = {'log': 'sqlite:///log.db'}\n"
        },
        "database:postgresql=runtime database:sqlite=runtime",
    ),
    (
        "flask-prefixed-environment",
        {
            ".flaskenv": "FLASK_SQLALCHEMY_DATABASE_URI=postgresql://h/d\n",
            "app.py": FLASK_SA + "app.config.from_prefixed_env()\n",
        },
        "database:postgresql=runtime",
    ),
    # --- Django
    (
        "django-engine",
        {
            "manage.py": "from django.core.management import execute_from_command_line\nexecute_from_command_line()\n",
            "site/settings.py": "DATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql', 'NAME': 'x'}}\n",
        },
        "database:postgresql=runtime framework:django=runtime",
    ),
    (
        "django-two-databases",
        {
            "manage.py": "import django\n",
            "site/settings.py": "DATABASES = {'default': {'ENGINE': 'django.db.backends.mysql'}, 'geo': {'ENGINE': 'django.contrib.gis.db.backends.postgis'}}\n",
        },
        "database:postgresql=runtime database:mysql=runtime",
    ),
    (
        "django-item",
        {
            "manage.py": "import django\n",
            "site/settings.py": "DATABASES = {}\nDATABASES['default'] = {'ENGINE': 'django.db.backends.sqlite3'}\n",
        },
        "database:sqlite=runtime",
    ),
    (
        "django-engine-item",
        {
            "manage.py": "import django\n",
            "site/settings.py": "DATABASES = {'default': {}}\nDATABASES['default']['ENGINE'] = 'django.db.backends.oracle'\n",
        },
        "database:oracle=runtime",
    ),
    (
        "django-url",
        {
            "manage.py": "import django\n",
            "site/settings.py": "import dj_database_url\nDATABASES = {'default': dj_database_url.parse('postgres://h/d')}\n",
        },
        "database:postgresql=runtime",
    ),
    (
        "django-url-default",
        {
            "manage.py": "import django\n",
            "site/settings.py": "import dj_database_url\nDATABASES = {'default': dj_database_url.config(default='sqlite:///x.db', conn_max_age=600)}\n",
        },
        "database:sqlite=runtime",
    ),
    (
        "django-url-environment",
        {
            "manage.py": "import django\n",
            ".env": "DATABASE_URL=postgres://h/d\n",
            "site/settings.py": "import dj_database_url\nDATABASES = {'default': dj_database_url.config()}\n",
        },
        "database:postgresql=runtime",
    ),
    (
        "django-environ",
        {
            "manage.py": "import django\n",
            "site/settings.py": "import environ\nenv = environ.Env()\nDATABASES = {'default': env.db('DATABASE_URL', default='postgres:///x')}\n",
        },
        "database:postgresql=runtime",
    ),
    (
        "django-engine-from-environment",
        {
            "manage.py": "import django\n",
            "site/settings.py": "import os\nDATABASES = {'default': {'ENGINE': os.environ.get('DB_ENGINE', 'django.db.backends.sqlite3')}}\n",
        },
        "database:sqlite=runtime",
    ),
    (
        "django-settings-modules",
        {
            "manage.py": "import django\n",
            "site/settings/base.py": "DEBUG = False\n",
            "site/settings/dev.py": "from .base import *\nDATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3'}}\n",
            "site/settings/production.py": "from .base import *\nDATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql'}}\n",
            "site/settings/test.py": "from .base import *\nDATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3'}}\n",
        },
        "database:postgresql=runtime database:sqlite=development",
    ),
    (
        "django-test-settings",
        {
            "manage.py": "import django\n",
            "site/settings.py": "DATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql'}}\n",
            "site/settings_test.py": "from site.settings import *\nDATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3'}}\n",
        },
        "database:postgresql=runtime database:sqlite=test",
    ),
    (
        "django-branch-in-settings",
        {
            "manage.py": "import django\n",
            "site/settings.py": "import sys\nDATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql'}}\nif 'test' in sys.argv:\n    DATABASES['default'] = {'ENGINE': 'django.db.backends.sqlite3'}\n",
        },
        "database:postgresql=runtime database:sqlite=test",
    ),
    (
        "django-commented-engine",
        {
            "manage.py": "import django\n",
            "site/settings.py": "DATABASES = {'default': {\n    # 'ENGINE': 'django.db.backends.sqlite3',\n    'ENGINE': 'django.db.backends.postgresql',\n}}\n",
        },
        "database:postgresql=runtime",
    ),
    (
        "databases-without-django",
        {"app/settings.py": "DATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql'}}\n"},
        "database:x=none",
    ),
    # --- other ORMs and libraries
    (
        "peewee",
        {"app/db.py": "from peewee import Model, SqliteDatabase\ndb = SqliteDatabase('x.db')\n"},
        "database:sqlite=runtime orm:peewee=runtime",
    ),
    (
        "peewee-url",
        {"app/db.py": "from playhouse.db_url import connect\ndb = connect('postgresql://h/d')\n"},
        "database:postgresql=runtime",
    ),
    (
        "tortoise",
        {
            "app/db.py": "from tortoise import Tortoise\n\nasync def init():\n    await Tortoise.init(db_url='sqlite://x.db', modules={})\n"
        },
        "database:sqlite=runtime orm:tortoise=runtime",
    ),
    (
        "tortoise-config",
        {
            "app/db.py": "from tortoise.contrib.fastapi import register_tortoise\nCONFIG = {'connections': {'default': 'postgres://h/d'}, 'apps': {}}\n\ndef init(app):\n    register_tortoise(app, config=CONFIG)\n"
        },
        "database:postgresql=runtime",
    ),
    (
        "tortoise-config-engine",
        {
            "app/db.py": "from tortoise import Tortoise\nCONFIG = {'connections': {'default': {'engine': 'tortoise.backends.mysql', 'credentials': {}}}}\n\nasync def init():\n    await Tortoise.init(config=CONFIG)\n"
        },
        "database:mysql=runtime",
    ),
    (
        "pony",
        {
            "app/db.py": "from pony.orm import Database\ndb = Database()\ndb.bind(provider='postgres', host='h')\n"
        },
        "database:postgresql=runtime orm:pony=runtime",
    ),
    (
        "pony-in-one",
        {"app/db.py": "from pony.orm import Database\ndb = Database('sqlite', 'x.db')\n"},
        "database:sqlite=runtime",
    ),
    (
        "databases-library",
        {"app/db.py": "from databases import Database\ndatabase = Database('postgresql+asyncpg://h/d')\n"},
        "database:postgresql=runtime",
    ),
    (
        "sqlmodel",
        {
            "app/db.py": "from sqlmodel import SQLModel, create_engine\ne = create_engine('sqlite:///x.db')\n",
            "app/models.py": "from sqlmodel import Field, SQLModel\n\nclass A(SQLModel, table=True):\n    id: int = Field(primary_key=True)\n",
        },
        "database:sqlite=runtime orm:sqlmodel=runtime",
    ),
    (
        "sqlmodel-selects",
        {"app/db.py": "from sqlmodel import create_engine, select\ne = create_engine('sqlite:///x.db')\n"},
        "orm:sqlmodel=runtime",
    ),
    (
        "sqlmodel-schemas-only",
        {
            "app/db.py": "from sqlmodel import Field, SQLModel, create_engine\ne = create_engine('sqlite:///x.db')\n\n"
            "class A(SQLModel):\n    id: int = Field(gt=0)\n",
        },
        "database:sqlite=runtime orm:sqlmodel=none",
    ),
    (
        "mongoengine",
        {"app/db.py": "from mongoengine import Document, connect\nconnect('app')\n"},
        "database:mongodb=runtime orm:mongoengine=runtime",
    ),
    # --- frameworks
    (
        "framework-fastapi-on-starlette",
        {
            "app/main.py": "from fastapi import FastAPI\nfrom starlette.middleware.cors import CORSMiddleware\napp = FastAPI()\n"
        },
        "framework:fastapi=runtime",
    ),
    (
        "framework-aiohttp-client",
        {
            "app/main.py": "import aiohttp\nfrom flask import Flask\n\nasync def f():\n    async with aiohttp.ClientSession() as s:\n        return s\n"
        },
        "framework:flask=runtime",
    ),
    (
        "framework-aiohttp-server",
        {"app/main.py": "from aiohttp import web\napp = web.Application()\n"},
        "framework:aiohttp=runtime",
    ),
    (
        "framework-aiohttp-server-by-member",
        {"app/main.py": "import aiohttp\napp = aiohttp.web.Application()\n"},
        "framework:aiohttp=runtime",
    ),
    (
        "framework-in-tests",
        {"app/main.py": "from fastapi import FastAPI\n", "tests/test_a.py": "from flask import Flask\n"},
        "framework:fastapi=runtime framework:flask=test",
    ),
    (
        "framework-type-only",
        {
            "app/main.py": "from __future__ import annotations\nfrom typing import TYPE_CHECKING\nfrom aiohttp import web\nif TYPE_CHECKING:\n    from flask import Flask\n"
        },
        "framework:aiohttp=runtime",
    ),
    (
        "framework-django-orm-alone",
        {
            "app/main.py": "from flask import Flask\nimport django\nfrom django.conf import settings\nfrom django.db import models\n"
        },
        "framework:flask=runtime orm:django=runtime",
    ),
    (
        "framework-ninja",
        {"app/api.py": "from ninja import NinjaAPI\nfrom django.http import HttpRequest\napi = NinjaAPI()\n"},
        "framework:django-ninja=runtime",
    ),
    (
        "framework-optional",
        {
            "app/main.py": "from fastapi import FastAPI\ntry:\n    from flask import Flask\nexcept ImportError:\n    Flask = None\n"
        },
        "framework:fastapi=runtime framework:flask=optional",
    ),
    # --- ORMs
    (
        "orm-core-connects-only",
        {
            "app/db.py": "from sqlalchemy import create_engine, text\ne = create_engine('sqlite://')\n\ndef f():\n    with e.connect() as c:\n        return c.execute(text('SELECT 1'))\n"
        },
        "orm:x=none database:sqlite=runtime",
    ),
    (
        "orm-core-session-and-text",
        {
            "app/db.py": "from sqlalchemy import create_engine, text\nfrom sqlalchemy.orm import Session, sessionmaker\ne = create_engine('sqlite://')\nS = sessionmaker(e)\n"
        },
        "orm:x=none",
    ),
    (
        "orm-core-tables",
        {
            "app/db.py": "from sqlalchemy import MetaData, Table, create_engine\ne = create_engine('sqlite://')\n"
        },
        "orm:sqlalchemy=runtime",
    ),
    (
        "orm-models",
        {
            "app/db.py": "from sqlalchemy import create_engine\n",
            "app/models.py": "from sqlalchemy.orm import DeclarativeBase\n",
        },
        "orm:sqlalchemy=runtime",
    ),
    ("orm-exceptions-only", {"app/db.py": "from sqlalchemy.exc import IntegrityError\n"}, "orm:x=none"),
    (
        "orm-in-tests-only",
        {
            "app/db.py": "import sqlite3\n",
            "tests/test_a.py": "from sqlalchemy.orm import Session, DeclarativeBase\n",
        },
        "orm:sqlalchemy=test",
    ),
]
