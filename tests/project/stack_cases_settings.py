"""Cases for test_stack: variables set by files beside the code, components of a monorepo; see stack_cases_python."""

from __future__ import annotations

DB = "import os\nfrom sqlalchemy import create_engine\ne = create_engine(os.environ.get('DATABASE_URL', 'sqlite:///dev.db'))\n"
STRICT = "import os\nfrom sqlalchemy import create_engine\ne = create_engine(os.environ['DATABASE_URL'])\n"
PG = "postgresql://u:p@db/app"

CASES: list[tuple[str, dict[str, str], str]] = [
    (
        "set-by-env-file",
        {".env": f"DATABASE_URL={PG}\n", "app/db.py": DB},
        "database:postgresql=runtime database:sqlite=optional",
    ),
    (
        "set-by-quoted-env-file",
        {".env": f'export DATABASE_URL="{PG}" # main\n', "app/db.py": STRICT},
        "database:postgresql=runtime",
    ),
    (
        "set-by-production-env-file",
        {".env.production": f"DATABASE_URL={PG}\n", "app/db.py": DB},
        "database:postgresql=runtime database:sqlite=optional",
    ),
    (
        "set-by-test-env-file",
        {".env.test": f"DATABASE_URL={PG}\n", "app/db.py": DB},
        "database:sqlite=runtime database:postgresql=test",
    ),
    (
        "set-by-development-env-file",
        {".env.development": f"DATABASE_URL={PG}\n", "app/db.py": DB},
        "database:sqlite=runtime database:postgresql=development",
    ),
    (
        "sample-does-not-overrule",
        {".env.example": f"DATABASE_URL={PG}\n", "app/db.py": DB},
        "database:sqlite=runtime database:postgresql=optional",
    ),
    (
        "sample-where-nothing-else",
        {".env.example": f"DATABASE_URL={PG}\n", "app/db.py": STRICT},
        "database:postgresql=runtime",
    ),
    (
        "set-by-compose",
        {
            "docker-compose.yml": f"services:\n  db:\n    image: postgres:16\n  web:\n    build: .\n    environment:\n      DATABASE_URL: {PG}\n",
            "app/db.py": DB,
        },
        "database:postgresql=runtime database:sqlite=optional",
    ),
    (
        "set-by-compose-list",
        {
            "compose.yaml": f"services:\n  web:\n    build: .\n    environment:\n      - DATABASE_URL={PG}\n",
            "app/db.py": DB,
        },
        "database:postgresql=runtime database:sqlite=optional",
    ),
    (
        "set-by-compose-default",
        {
            "compose.yaml": "services:\n  web:\n    build: .\n    environment:\n      DATABASE_URL: ${DATABASE_URL:-mysql://h/d}\n",
            "app/db.py": DB,
        },
        "database:mysql=runtime database:sqlite=optional",
    ),
    (
        "passed-through-compose",
        {
            "compose.yaml": "services:\n  web:\n    build: .\n    environment:\n      DATABASE_URL: ${DATABASE_URL}\n",
            "app/db.py": DB,
        },
        "database:sqlite=runtime",
    ),
    (
        "passed-through-compose-to-env",
        {
            ".env": f"DATABASE_URL={PG}\n",
            "compose.yaml": "services:\n  web:\n    build: .\n    environment:\n      DATABASE_URL: ${DATABASE_URL}\n",
            "app/db.py": DB,
        },
        "database:postgresql=runtime database:sqlite=optional",
    ),
    (
        "set-by-compose-env-file",
        {
            "compose.yaml": "services:\n  web:\n    build: .\n    env_file: deploy/prod.env\n",
            "deploy/prod.env": f"DATABASE_URL={PG}\n",
            "app/db.py": DB,
        },
        "database:postgresql=runtime database:sqlite=optional",
    ),
    (
        "set-by-test-compose",
        {
            "docker-compose.test.yml": f"services:\n  web:\n    build: .\n    environment:\n      DATABASE_URL: {PG}\n",
            "app/db.py": DB,
        },
        "database:sqlite=runtime database:postgresql=test",
    ),
    (
        "set-by-test-profile",
        {
            "compose.yml": f"services:\n  web:\n    build: .\n    profiles: [test]\n    environment:\n      DATABASE_URL: {PG}\n",
            "app/db.py": DB,
        },
        "database:sqlite=runtime database:postgresql=test",
    ),
    (
        "set-by-dockerfile",
        {"Dockerfile": f"FROM python:3.12\nENV DATABASE_URL={PG}\nCMD python app.py\n", "app/db.py": DB},
        "database:postgresql=runtime database:sqlite=optional",
    ),
    (
        "set-by-other-stage",
        {
            "Dockerfile": f"FROM python:3.12 AS check\nENV DATABASE_URL={PG}\nFROM python:3.12\nCMD python app.py\n",
            "app/db.py": DB,
        },
        "database:sqlite=runtime",
    ),
    (
        "set-by-base-stage",
        {
            "Dockerfile": f"FROM python:3.12 AS base\nENV DATABASE_URL={PG}\nFROM base\nCMD python app.py\n",
            "app/db.py": DB,
        },
        "database:postgresql=runtime database:sqlite=optional",
    ),
    (
        "set-by-platform",
        {"fly.toml": f'[env]\nDATABASE_URL = "{PG}"\n', "app/db.py": DB},
        "database:postgresql=runtime database:sqlite=optional",
    ),
    (
        "set-by-blueprint",
        {
            "render.yaml": "services:\n  - name: web\n    envVars:\n      - key: DATABASE_URL\n        fromDatabase: {name: db, property: connectionString}\n",
            "app/db.py": DB,
        },
        "database:postgresql=runtime database:sqlite=optional",
    ),
    (
        "set-to-the-same-engine",
        {".env": "DATABASE_URL=sqlite:///prod.db\n", "app/db.py": DB},
        "database:sqlite=runtime",
    ),
    (
        "assembled-in-env-file",
        {".env": "DB_SCHEME=postgresql\nDATABASE_URL=${DB_SCHEME}://h/d\n", "app/db.py": STRICT},
        "database:postgresql=runtime",
    ),
    (
        "set-by-start-script",
        {
            "package.json": '{"name": "a", "scripts": {"start": "DB_DIALECT=postgres node a.js", "test": "DB_DIALECT=sqlite jest"}}',
            "src/db.js": "import { Sequelize } from 'sequelize';\nexport const s = new Sequelize({ dialect: process.env.DB_DIALECT });\n",
        },
        "database:postgresql=runtime database:sqlite=test",
    ),
    (
        "service-nobody-talks-to",
        {"docker-compose.yml": "services:\n  db:\n    image: postgres:16\n", "app/main.py": "items = {}\n"},
        "database:x=none",
    ),
    (
        "service-decides",
        {
            "docker-compose.yml": "services:\n  db:\n    image: postgres:16\n  cache:\n    image: redis:7\n",
            "app/db.py": "import os\nfrom sqlalchemy import create_engine\ne = create_engine(os.environ['DB'])\n",
        },
        "database:postgresql=runtime",
    ),
    (
        "service-beside-sqlite",
        {
            "docker-compose.yml": "services:\n  db:\n    image: postgres:16\n",
            "app/db.py": "import sqlite3\nc = sqlite3.connect('x')\n",
        },
        "database:sqlite=runtime",
    ),
    # --- components
    (
        "sibling-service",
        {
            "constraintlint.toml": "framework = 'flask'\n",
            "api/requirements.txt": "flask\n",
            "api/app.py": "from flask import Flask\nimport psycopg\nc = psycopg.connect('x')\n",
            "stats/requirements.txt": "fastapi\npymongo\n",
            "stats/app.py": "from fastapi import FastAPI\nimport pymongo\nm = pymongo.MongoClient()\n",
        },
        "database:postgresql=runtime framework:flask=runtime",
    ),
    (
        "sibling-frontend",
        {
            "backend/pyproject.toml": "[project]\nname = 'b'\ndependencies = ['fastapi']\n",
            "backend/app.py": "from fastapi import FastAPI\nimport sqlite3\nc = sqlite3.connect('x')\n",
            "frontend/package.json": '{"name": "f", "dependencies": {"react": "18"}}',
            "frontend/src/a.ts": "import React from 'react';\n",
        },
        "database:sqlite=runtime framework:fastapi=runtime",
    ),
    (
        "workspace-package-is-imported",
        {
            "package.json": '{"name": "root", "workspaces": ["packages/*", "apps/*"]}',
            "apps/api/package.json": '{"name": "api", "dependencies": {"express": "4", "@x/db": "*"}}',
            "apps/api/src/a.js": "import express from 'express';\nimport { pool } from '@x/db';\nexport const app = express();\napp.pool = pool;\n",
            "packages/db/package.json": '{"name": "@x/db", "main": "index.js", "dependencies": {"pg": "8"}}',
            "packages/db/index.js": "import pg from 'pg';\nexport const pool = new pg.Pool();\n",
            "packages/other/package.json": '{"name": "@x/other", "dependencies": {"mysql2": "3"}}',
            "packages/other/index.js": "import mysql from 'mysql2';\nexport const p = mysql.createPool({});\n",
        },
        "database:postgresql=runtime framework:express=runtime",
    ),
    (
        "root-with-its-own-code",
        {
            "requirements.txt": "flask\n",
            "app.py": "from flask import Flask\nimport sqlite3\nc = sqlite3.connect('x')\n",
            "worker/requirements.txt": "pymongo\n",
            "worker/main.py": "import pymongo\nm = pymongo.MongoClient()\n",
        },
        "database:sqlite=runtime framework:flask=runtime",
    ),
    (
        "compose-of-a-monorepo",
        {
            "constraintlint.toml": "framework = 'fastapi'\n",
            "docker-compose.yml": f"services:\n  api:\n    build: ./api\n    environment:\n      DATABASE_URL: {PG}\n  jobs:\n    build: ./jobs\n    environment:\n      DATABASE_URL: mysql://h/d\n",
            "api/requirements.txt": "fastapi\n",
            "api/main.py": "from fastapi import FastAPI\n" + STRICT,
            "jobs/requirements.txt": "celery\n",
            "jobs/main.py": STRICT,
        },
        "database:postgresql=runtime",
    ),
    (
        "env-file-of-a-sibling",
        {
            "constraintlint.toml": "framework = 'fastapi'\n",
            "api/requirements.txt": "fastapi\n",
            "api/main.py": "from fastapi import FastAPI\n" + DB,
            "jobs/requirements.txt": "celery\n",
            "jobs/.env": f"DATABASE_URL={PG}\n",
            "jobs/main.py": "x = 1\n",
        },
        "database:sqlite=runtime",
    ),
    (
        "module-type-makes-no-component",
        {
            "package.json": '{"name": "a", "dependencies": {"pg": "8"}}',
            "src/package.json": '{"type": "module"}',
            "src/db.js": "import pg from 'pg';\nexport const p = new pg.Pool();\n",
        },
        "database:postgresql=runtime",
    ),
    (
        "requirements-of-tests-make-no-component",
        {
            "requirements.txt": "flask\n",
            "app.py": "from flask import Flask\nimport psycopg\nc = psycopg.connect('x')\n",
            "tests/requirements.txt": "aiosqlite\n",
            "tests/conftest.py": "import aiosqlite\nc = aiosqlite.connect('x')\n",
        },
        "database:postgresql=runtime database:sqlite=test",
    ),
]
