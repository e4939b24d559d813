"""Cases for test_stack taken from common templates and tutorials; see stack_cases_python."""

from __future__ import annotations

CASES: list[tuple[str, dict[str, str], str]] = [
    (
        "fastapi-template-with-built-url",
        {
            "backend/pyproject.toml": "[project]\nname = 'app'\ndependencies = ['fastapi', 'sqlmodel', 'psycopg']\n",
            "backend/app/core/config.py": "from pydantic import PostgresDsn, computed_field\nfrom pydantic_core import MultiHostUrl\nfrom pydantic_settings import BaseSettings\n\nclass Settings(BaseSettings):\n    POSTGRES_SERVER: str\n\n    @computed_field\n    @property\n    def SQLALCHEMY_DATABASE_URI(self) -> PostgresDsn:\n        return MultiHostUrl.build(scheme='postgresql+psycopg', host=self.POSTGRES_SERVER)\n\nsettings = Settings()\n",
            "backend/app/core/db.py": "from sqlmodel import create_engine\nfrom app.core.config import settings\nengine = create_engine(str(settings.SQLALCHEMY_DATABASE_URI))\n",
            "backend/app/main.py": "from fastapi import FastAPI\napp = FastAPI()\n",
        },
        "database:postgresql=runtime framework:fastapi=runtime",
    ),
    (
        "django-template-with-environ",
        {
            "manage.py": "import os\nfrom django.core.management import execute_from_command_line\n",
            "config/settings/base.py": "import environ\nenv = environ.Env()\nDATABASES = {'default': env.db('DATABASE_URL')}\n",
            "config/settings/local.py": "from .base import *\n",
            "requirements/base.txt": "django\n",
            "requirements/production.txt": "-r base.txt\npsycopg[c]==3.1\n",
            "requirements/local.txt": "-r base.txt\npsycopg[binary]\n",
        },
        "database:postgresql=runtime framework:django=runtime",
    ),
    (
        "django-heroku-style",
        {
            "manage.py": "import django\n",
            "site/settings.py": "import os\nimport dj_database_url\nDATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': 'db.sqlite3'}}\nif 'DATABASE_URL' in os.environ:\n    DATABASES['default'] = dj_database_url.config(conn_max_age=600)\n",
        },
        "database:sqlite=runtime",
    ),
    (
        "django-heroku-style-with-env-file",
        {
            "manage.py": "import django\n",
            ".env": "DATABASE_URL=postgres://h/d\n",
            "site/settings.py": "import os\nimport dj_database_url\nDATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': 'db.sqlite3'}}\nif 'DATABASE_URL' in os.environ:\n    DATABASES['default'] = dj_database_url.config(conn_max_age=600)\n",
        },
        "database:postgresql=optional database:sqlite=optional",
    ),
    (
        "flask-tutorial-of-three-configs",
        {
            "flasky.py": "from app import create_app\napp = create_app('default')\n",
            "app/__init__.py": "from flask import Flask\nfrom flask_sqlalchemy import SQLAlchemy\nfrom config import config\ndb = SQLAlchemy()\n\ndef create_app(name):\n    app = Flask(__name__)\n    app.config.from_object(config[name])\n    db.init_app(app)\n    return app\n",
            "config.py": "import os\nbasedir = os.path.abspath(os.path.dirname(__file__))\n\nclass Config:\n    SECRET_KEY = 'x'\n\nclass DevelopmentConfig(Config):\n    SQLALCHEMY_DATABASE_URI = os.environ.get('DEV_DATABASE_URL') or 'sqlite:///' + os.path.join(basedir, 'dev.sqlite')\n\nclass TestingConfig(Config):\n    SQLALCHEMY_DATABASE_URI = os.environ.get('TEST_DATABASE_URL') or 'sqlite://'\n\nclass ProductionConfig(Config):\n    SQLALCHEMY_DATABASE_URI = os.environ.get('DATABASE_URL') or 'sqlite:///' + os.path.join(basedir, 'data.sqlite')\n\nconfig = {'development': DevelopmentConfig, 'default': DevelopmentConfig}\n",
        },
        "database:sqlite=runtime framework:flask=runtime orm:sqlalchemy=runtime",
    ),
    (
        "flask-factory-with-test-config",
        {
            "app/__init__.py": "from flask import Flask\nfrom flask_sqlalchemy import SQLAlchemy\ndb = SQLAlchemy()\n\ndef create_app(test_config=None):\n    app = Flask(__name__)\n    if test_config is None:\n        app.config.from_mapping(SQLALCHEMY_DATABASE_URI='postgresql://h/d')\n    else:\n        app.config.update(test_config)\n    return app\n",
            "tests/conftest.py": "from app import create_app\n\ndef app():\n    return create_app({'SQLALCHEMY_DATABASE_URI': 'sqlite://'})\n",
        },
        "database:postgresql=runtime database:sqlite=test",
    ),
    (
        "settings-behind-a-cached-function",
        {
            "app/config.py": "from functools import lru_cache\nfrom pydantic_settings import BaseSettings\n\nclass Settings(BaseSettings):\n    db_url: str = 'postgresql+asyncpg://h/d'\n\n@lru_cache\ndef get_settings():\n    return Settings()\n",
            "app/db.py": "from sqlalchemy.ext.asyncio import create_async_engine\nfrom app.config import get_settings\nengine = create_async_engine(get_settings().db_url, echo=False)\n",
        },
        "database:postgresql=runtime",
    ),
    (
        "dataclass-settings",
        {
            "app/config.py": "import os\nfrom dataclasses import dataclass\n\n@dataclass(frozen=True)\nclass Config:\n    dsn: str = os.environ.get('DSN', 'sqlite:///app.db')\n\nconfig = Config()\n",
            "app/db.py": "from sqlalchemy import create_engine\nfrom app.config import config\ne = create_engine(config.dsn)\n",
        },
        "database:sqlite=runtime",
    ),
    (
        "connection-in-a-class",
        {
            "app/db.py": "import sqlite3\nfrom contextlib import closing\n\nclass Database:\n    def __init__(self, path):\n        self.path = path\n\n    def query(self, sql):\n        with closing(sqlite3.connect(self.path)) as connection:\n            return connection.execute(sql).fetchall()\n"
        },
        "database:sqlite=runtime",
    ),
    (
        "import-inside-a-function",
        {"app/db.py": "def get():\n    import sqlite3\n\n    return sqlite3.connect('x')\n"},
        "database:sqlite=runtime",
    ),
    (
        "engine-arguments-are-spread",
        {
            "app/db.py": "from sqlalchemy import create_engine\n\ndef make(**options):\n    return create_engine(**options)\n"
        },
        "database:x=none undecided=1",
    ),
    (
        "aiohttp-with-yaml-settings",
        {
            "config/api.yaml": "postgres:\n  host: x\n",
            "api/main.py": "import aiopg.sa\nfrom aiohttp import web\nimport yaml\n\nasync def init_pg(app):\n    conf = app['config']['postgres']\n    app['db'] = await aiopg.sa.create_engine(database=conf['database'])\n",
        },
        "database:postgresql=runtime framework:aiohttp=runtime",
    ),
    (
        "alembic-tells",
        {
            "requirements.txt": "sqlalchemy\n",
            "alembic.ini": "[alembic]\nsqlalchemy.url = mysql+pymysql://h/d\n",
            "app/db.py": "from sqlalchemy import create_engine\n\ndef make(settings):\n    return create_engine(settings['url'])\n",
        },
        "database:mysql=runtime",
    ),
    (
        "alembic-template-tells-nothing",
        {
            "alembic.ini": "[alembic]\nsqlalchemy.url = driver://user:pass@localhost/dbname\n",
            "app/db.py": "from sqlalchemy import create_engine\n\ndef make(settings):\n    return create_engine(settings['url'])\n",
        },
        "database:x=none undecided=1",
    ),
    (
        "migrations-are-not-the-program",
        {
            "app/db.py": "import psycopg\nc = psycopg.connect('x')\n",
            "migrations/env.py": "from sqlalchemy import create_engine, Table\ne = create_engine('sqlite://')\n",
        },
        "database:postgresql=runtime database:sqlite=development orm:sqlalchemy=development",
    ),
    (
        "everything-is-an-example",
        {
            "demo/app.py": "from flask import Flask\nimport sqlite3\napp = Flask(__name__)\nc = sqlite3.connect('x')\n"
        },
        "database:sqlite=runtime framework:flask=runtime",
    ),
    (
        "configured-example",
        {
            "examples/blog/constraintlint.toml": "framework = 'flask'\n",
            "examples/blog/app.py": "from flask import Flask\nimport sqlite3\napp = Flask(__name__)\nc = sqlite3.connect('x')\n",
        },
        "database:sqlite=runtime framework:flask=runtime",
    ),
    # --- JavaScript and TypeScript
    (
        "nest-registered-config",
        {
            "package.json": '{"name": "a", "dependencies": {"@nestjs/core": "10", "@nestjs/typeorm": "10", "typeorm": "0.3", "pg": "8"}}',
            "src/database.config.ts": "import { registerAs } from '@nestjs/config';\nexport default registerAs('database', () => ({ type: process.env.DATABASE_TYPE }));\n",
            "src/app.module.ts": "import { Module } from '@nestjs/common';\nimport { ConfigService } from '@nestjs/config';\nimport { TypeOrmModule } from '@nestjs/typeorm';\n@Module({ imports: [TypeOrmModule.forRootAsync({ inject: [ConfigService], useFactory: (c: ConfigService) => c.get('database') })] })\nexport class AppModule {}\n",
        },
        "database:postgresql=runtime framework:nestjs=runtime",
    ),
    (
        "nest-mongoose",
        {
            "src/app.module.ts": "import { Module } from '@nestjs/common';\nimport { MongooseModule } from '@nestjs/mongoose';\n@Module({ imports: [MongooseModule.forRoot('mongodb://x')] })\nexport class AppModule {}\n"
        },
        "database:mongodb=runtime orm:mongoose=runtime",
    ),
    (
        "typeorm-options-elsewhere",
        {
            "src/options.ts": "import { DataSourceOptions } from 'typeorm';\nexport const base: DataSourceOptions = { type: 'postgres', host: 'x' };\n",
            "src/source.ts": "import { DataSource } from 'typeorm';\nimport { base } from './options';\nexport const source = new DataSource({ ...base, entities: [] });\n",
        },
        "database:postgresql=runtime",
    ),
    (
        "sequelize-typescript",
        {
            "src/db.ts": "import { Sequelize } from 'sequelize-typescript';\nimport { config } from './config';\nexport const s = new Sequelize({ dialect: config.dialect as any, models: [] });\n",
            "src/config.ts": "export const config = { dialect: process.env.DIALECT ?? 'mysql' };\n",
        },
        "database:mysql=runtime",
    ),
    (
        "knex-client-from-environment",
        {
            "src/db.js": "import knexFactory from 'knex';\nconst client = process.env.DB_CLIENT || 'pg';\nexport default knexFactory({ client, connection: process.env.DATABASE_URL });\n"
        },
        "database:postgresql=runtime",
    ),
    (
        "fastify-plugin-required-inline",
        {
            "src/app.js": "const fastify = require('fastify')();\nfastify.register(require('@fastify/postgres'), { connectionString: 'x' });\n"
        },
        "database:postgresql=runtime framework:fastify=runtime",
    ),
    (
        "pg-required-inside-a-function",
        {
            "src/db.js": "exports.connect = () => {\n  const { Client } = require('pg');\n  return new Client();\n};\n"
        },
        "database:postgresql=runtime",
    ),
    (
        "bun-sqlite",
        {"src/db.ts": "import { Database } from 'bun:sqlite';\nexport const db = new Database('x');\n"},
        "database:sqlite=runtime",
    ),
    (
        "hono-with-d1",
        {
            "wrangler.toml": "name = 'api'\n[[d1_databases]]\nbinding = 'BLOG_DB'\ndatabase_id = 'x'\n",
            "src/index.ts": "import { Hono } from 'hono';\nconst app = new Hono<{ Bindings: { BLOG_DB: D1Database } }>();\napp.get('/', async (c) => c.json(await c.env.BLOG_DB.prepare('SELECT 1').all()));\nexport default app;\n",
        },
        "database:sqlite=runtime framework:hono=runtime",
    ),
    (
        "config-package",
        {
            "package.json": '{"name": "a", "dependencies": {"config": "3", "sequelize": "6", "mysql2": "3"}}',
            "src/db.js": "const config = require('config');\nconst { Sequelize, DataTypes } = require('sequelize');\nmodule.exports = new Sequelize(config.get('db'));\n",
        },
        "database:mysql=runtime",
    ),
    (
        "sequelize-wrong-dialect-name",
        {
            "src/db.js": "const { Sequelize, Model } = require('sequelize');\nmodule.exports = new Sequelize({ dialect: 'postgresql' });\n"
        },
        "database:postgresql=runtime",
    ),
    (
        "commonjs-settings-object",
        {
            "src/settings.js": "const settings = {\n  db: { dialect: 'sqlite', storage: ':memory:' },\n};\nmodule.exports = settings;\n",
            "src/db.js": "const { Sequelize, Model } = require('sequelize');\nconst settings = require('./settings');\nmodule.exports = new Sequelize(settings.db);\n",
        },
        "database:sqlite=runtime",
    ),
    (
        "esm-configuration-barrel",
        {
            "src/config/index.ts": "export * from './database';\n",
            "src/config/database.ts": "export const DATABASE_URL = process.env.DATABASE_URL || 'postgres://h/d';\n",
            "src/db.ts": "import { Sequelize } from 'sequelize';\nimport { DATABASE_URL } from './config';\nexport const s = new Sequelize(DATABASE_URL);\n",
        },
        "database:postgresql=runtime",
    ),
    (
        "mongo-in-memory-server-in-tests",
        {
            "src/db.ts": "import { Sequelize } from 'sequelize';\nexport const s = new Sequelize('postgres://h/d');\n",
            "test/setup.ts": "import mongoose from 'mongoose';\nmongoose.connect('mongodb://x');\n",
        },
        "database:postgresql=runtime database:mongodb=test",
    ),
]
