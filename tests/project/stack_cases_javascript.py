"""Cases for test_stack in JavaScript and TypeScript; see stack_cases_python."""

from __future__ import annotations

PKG = '{"name": "api", "dependencies": {"express": "^4"}}\n'

CASES: list[tuple[str, dict[str, str], str]] = [
    # --- drivers
    (
        "js-pg-pool",
        {"src/db.js": "const { Pool } = require('pg');\nmodule.exports = new Pool();\n"},
        "database:postgresql=runtime",
    ),
    (
        "js-pg-default",
        {"src/db.ts": "import pg from 'pg';\nexport const pool = new pg.Pool({ host: 'x' });\n"},
        "database:postgresql=runtime",
    ),
    (
        "js-pg-namespace",
        {"src/db.ts": "import * as pg from 'pg';\nexport const client = new pg.Client();\n"},
        "database:postgresql=runtime",
    ),
    (
        "js-postgres",
        {
            "src/db.ts": "import postgres from 'postgres';\nexport const sql = postgres(process.env.DATABASE_URL!);\n"
        },
        "database:postgresql=runtime",
    ),
    (
        "js-postgres-other-name",
        {
            "src/db.ts": "import connect from 'postgres';\nconst options = { max: 3 };\nexport const sql = connect(options);\n"
        },
        "database:postgresql=runtime",
    ),
    (
        "js-pg-promise",
        {"src/db.js": "const pgp = require('pg-promise')();\nmodule.exports = pgp('postgres://x');\n"},
        "database:postgresql=runtime",
    ),
    (
        "js-better-sqlite3",
        {"src/db.js": "import Database from 'better-sqlite3';\nexport const db = new Database('x.db');\n"},
        "database:sqlite=runtime",
    ),
    (
        "js-sqlite3",
        {
            "src/db.js": "const sqlite3 = require('sqlite3').verbose();\nconst db = new sqlite3.Database('x.db');\n"
        },
        "database:sqlite=runtime",
    ),
    (
        "js-sqlite-wrapper",
        {
            "src/db.js": "import { open } from 'sqlite';\nimport sqlite3 from 'sqlite3';\nexport const db = await open({ filename: 'x', driver: sqlite3.Database });\n"
        },
        "database:sqlite=runtime",
    ),
    (
        "js-node-sqlite",
        {
            "src/db.ts": "import { DatabaseSync } from 'node:sqlite';\nexport const db = new DatabaseSync('x');\n"
        },
        "database:sqlite=runtime",
    ),
    (
        "js-mysql2",
        {
            "src/db.js": "import mysql from 'mysql2/promise';\nexport const pool = mysql.createPool({ host: 'x' });\n"
        },
        "database:mysql=runtime",
    ),
    (
        "js-mongoose",
        {"src/db.js": "const mongoose = require('mongoose');\nmongoose.connect(process.env.MONGO_URI);\n"},
        "database:mongodb=runtime orm:mongoose=runtime",
    ),
    (
        "js-mongodb",
        {
            "src/db.ts": "import { MongoClient } from 'mongodb';\nexport const client = new MongoClient('mongodb://x');\n"
        },
        "database:mongodb=runtime",
    ),
    (
        "js-libsql",
        {
            "src/db.ts": "import { createClient } from '@libsql/client';\nexport const db = createClient({ url: process.env.TURSO_URL! });\n"
        },
        "database:sqlite=runtime",
    ),
    (
        "js-redis-is-no-engine",
        {
            "src/cache.js": "import { createClient } from 'redis';\nimport Redis from 'ioredis';\nexport const a = createClient();\nexport const b = new Redis();\n"
        },
        "database:x=none",
    ),
    (
        "js-fastify-plugin",
        {
            "src/app.js": "import Fastify from 'fastify';\nimport postgres from '@fastify/postgres';\nconst app = Fastify();\napp.register(postgres, { connectionString: 'x' });\n"
        },
        "database:postgresql=runtime framework:fastify=runtime",
    ),
    # --- what is no evidence
    (
        "js-comment",
        {
            "src/db.js": "// const { Pool } = require('pg'); new Pool()\n/* import Database from 'better-sqlite3' */\nmodule.exports = {};\n"
        },
        "database:x=none",
    ),
    (
        "js-string",
        {"src/db.js": "export const help = \"const { Pool } = require('pg'); new Pool()\";\n"},
        "database:x=none",
    ),
    (
        "ts-type-only",
        {
            "src/db.ts": "import type { Pool } from 'pg';\nimport Database from 'better-sqlite3';\nexport const db = new Database('x');\nexport type P = Pool;\n"
        },
        "database:sqlite=runtime",
    ),
    (
        "ts-inline-type-only",
        {"src/db.ts": "import { type Pool } from 'pg';\nexport type P = Pool;\n"},
        "database:x=none",
    ),
    (
        "js-unused-dependency",
        {
            "package.json": '{"name": "a", "dependencies": {"pg": "8", "express": "4"}}',
            "src/a.js": "import express from 'express';\nexport const app = express();\n",
        },
        "database:x=none framework:express=runtime",
    ),
    (
        "js-lock-file",
        {
            "package-lock.json": '{"packages": {"node_modules/pg": {}}}',
            "package.json": PKG,
            "src/a.js": "import express from 'express';\n",
        },
        "database:x=none",
    ),
    (
        "js-own-pool",
        {
            "src/pool.js": "export class Pool {}\n",
            "src/db.js": "import { Pool } from './pool.js';\nexport const p = new Pool();\n",
        },
        "database:x=none",
    ),
    # --- tests
    (
        "js-test-engine",
        {
            "src/db.js": "import pg from 'pg';\nexport const p = new pg.Pool();\n",
            "src/db.test.js": "import Database from 'better-sqlite3';\nnew Database(':memory:');\n",
        },
        "database:postgresql=runtime database:sqlite=test",
    ),
    (
        "js-test-directory",
        {
            "src/db.js": "import pg from 'pg';\nexport const p = new pg.Pool();\n",
            "__tests__/setup.js": "import { MongoMemoryServer } from 'mongodb-memory-server';\nimport mongoose from 'mongoose';\nmongoose.connect('x');\n",
        },
        "database:postgresql=runtime database:mongodb=test",
    ),
    # --- Sequelize
    (
        "js-sequelize-dialect",
        {
            "src/db.js": "const { Sequelize, DataTypes } = require('sequelize');\nmodule.exports = new Sequelize('d', 'u', 'p', { dialect: 'postgres' });\n"
        },
        "database:postgresql=runtime orm:sequelize=runtime",
    ),
    (
        "js-sequelize-options",
        {
            "src/db.js": "import { Sequelize } from 'sequelize';\nexport const s = new Sequelize({ dialect: 'sqlite', storage: 'x.db' });\n"
        },
        "database:sqlite=runtime",
    ),
    (
        "js-sequelize-url",
        {
            "src/db.js": "const Sequelize = require('sequelize');\nmodule.exports = new Sequelize('mysql://h/d');\n"
        },
        "database:mysql=runtime",
    ),
    (
        "js-sequelize-url-and-dialect",
        {
            "src/db.ts": "import { Sequelize } from 'sequelize';\nexport const s = new Sequelize(process.env.DATABASE_URL!, { dialect: 'postgres', logging: false });\n"
        },
        "database:postgresql=runtime",
    ),
    (
        "js-sequelize-environment-dialect",
        {
            "src/db.ts": "import { Sequelize } from 'sequelize';\nexport const s = new Sequelize({ dialect: (process.env.DB_DIALECT || 'sqlite') as any });\n"
        },
        "database:sqlite=runtime",
    ),
    (
        "js-sequelize-ternary",
        {
            "src/db.js": "import { Sequelize } from 'sequelize';\nexport const s = process.env.NODE_ENV === 'test'\n  ? new Sequelize('sqlite::memory:')\n  : new Sequelize(process.env.DATABASE_URL, { dialect: 'postgres' });\n"
        },
        "database:postgresql=runtime database:sqlite=test",
    ),
    (
        "js-sequelize-ternary-dialect",
        {
            "src/db.js": "import { Sequelize } from 'sequelize';\nconst test = process.env.NODE_ENV === 'test';\nexport const s = new Sequelize({ dialect: test ? 'sqlite' : 'postgres' });\n"
        },
        "database:postgresql=runtime database:sqlite=test",
    ),
    (
        "js-sequelize-config-by-environment",
        {
            "config/config.js": "module.exports = {\n  development: { dialect: 'sqlite', storage: 'x' },\n  test: { dialect: 'sqlite' },\n  production: { dialect: 'postgres', use_env_variable: 'DATABASE_URL' },\n};\n",
            "models/index.js": "const { Sequelize } = require('sequelize');\nconst env = process.env.NODE_ENV || 'development';\nconst config = require('../config/config.js')[env];\nconst s = new Sequelize(config.database, config.username, config.password, config);\nmodule.exports = { s };\n",
        },
        "database:postgresql=runtime database:sqlite=development",
    ),
    (
        "js-sequelize-config-json",
        {
            "config/config.json": '{"development": {"dialect": "postgres"}, "test": {"dialect": "sqlite"}, "production": {"dialect": "postgres"}}',
            "models/index.js": "const path = require('path');\nconst Sequelize = require('sequelize');\nconst env = process.env.NODE_ENV || 'development';\nconst config = require(path.join(__dirname, '/../config/config.json'))[env];\nlet sequelize;\nif (config.use_env_variable) {\n  sequelize = new Sequelize(process.env[config.use_env_variable], config);\n} else {\n  sequelize = new Sequelize(config.database, config.username, config.password, config);\n}\nmodule.exports = sequelize;\n",
        },
        "database:postgresql=runtime database:sqlite=test",
    ),
    (
        "js-sequelize-connects-only",
        {
            "src/db.js": "const { Sequelize, QueryTypes } = require('sequelize');\nconst s = new Sequelize('postgres://h/d');\nmodule.exports = (q) => s.query(q, { type: QueryTypes.SELECT });\n"
        },
        "orm:x=none database:postgresql=runtime",
    ),
    (
        "js-sequelize-define",
        {
            "src/db.js": "const { Sequelize } = require('sequelize');\nconst s = new Sequelize('postgres://h/d');\nmodule.exports = s.define('User', { name: Sequelize.STRING });\n"
        },
        "orm:sequelize=runtime",
    ),
    # --- Knex
    (
        "js-knex",
        {"src/db.js": "import knex from 'knex';\nexport default knex({ client: 'pg', connection: 'x' });\n"},
        "database:postgresql=runtime orm:knex=runtime",
    ),
    (
        "js-knex-inline",
        {
            "src/db.js": "module.exports = require('knex')({ client: 'better-sqlite3', connection: { filename: 'x' } });\n"
        },
        "database:sqlite=runtime",
    ),
    (
        "js-knex-named",
        {"src/db.ts": "import { knex } from 'knex';\nexport const db = knex({ client: 'mysql2' });\n"},
        "database:mysql=runtime",
    ),
    (
        "js-knexfile",
        {
            "knexfile.js": "module.exports = {\n  development: { client: 'sqlite3' },\n  production: { client: 'pg' },\n};\n",
            "src/db.js": "const knex = require('knex');\nconst config = require('../knexfile');\nmodule.exports = knex(config[process.env.NODE_ENV || 'development']);\n",
        },
        "database:postgresql=runtime database:sqlite=development",
    ),
    (
        "js-knexfile-flat",
        {
            "knexfile.js": "module.exports = { client: 'pg', connection: process.env.DATABASE_URL };\n",
            "src/db.js": "const knex = require('knex');\nmodule.exports = knex(require('../knexfile'));\n",
        },
        "database:postgresql=runtime",
    ),
    # --- TypeORM
    (
        "ts-typeorm",
        {
            "src/data-source.ts": "import { DataSource } from 'typeorm';\nexport const source = new DataSource({ type: 'postgres', url: process.env.DATABASE_URL });\n"
        },
        "database:postgresql=runtime orm:typeorm=runtime",
    ),
    (
        "ts-typeorm-nest",
        {
            "src/app.module.ts": "import { Module } from '@nestjs/common';\nimport { TypeOrmModule } from '@nestjs/typeorm';\n@Module({ imports: [TypeOrmModule.forRoot({ type: 'mysql', host: 'x' })] })\nexport class AppModule {}\n"
        },
        "database:mysql=runtime framework:nestjs=runtime",
    ),
    (
        "ts-typeorm-nest-async",
        {
            "src/app.module.ts": "import { Module } from '@nestjs/common';\nimport { ConfigService } from '@nestjs/config';\nimport { TypeOrmModule } from '@nestjs/typeorm';\n@Module({ imports: [TypeOrmModule.forRootAsync({ useFactory: (config: ConfigService) => ({ type: 'postgres', host: config.get('H') }) })] })\nexport class AppModule {}\n"
        },
        "database:postgresql=runtime",
    ),
    # --- Prisma
    (
        "ts-prisma",
        {
            "prisma/schema.prisma": 'datasource db {\n  provider = "postgresql"\n  url = env("DATABASE_URL")\n}\n',
            "src/db.ts": "import { PrismaClient } from '@prisma/client';\nexport const db = new PrismaClient();\n",
        },
        "database:postgresql=runtime orm:prisma=runtime",
    ),
    (
        "ts-prisma-generated",
        {
            "prisma/schema.prisma": 'datasource db {\n  provider = "sqlite"\n  url = "file:./dev.db"\n}\n',
            "src/db.ts": "import { PrismaClient } from './generated/client';\nexport const db = new PrismaClient();\n",
        },
        "database:sqlite=runtime",
    ),
    (
        "ts-prisma-unused",
        {
            "prisma/schema.prisma": 'datasource db {\n  provider = "postgresql"\n}\n',
            "src/db.ts": "import pg from 'pg';\nexport const p = 1;\n",
        },
        "database:postgresql=runtime",
    ),
    (
        "ts-prisma-schema-alone",
        {
            "prisma/schema.prisma": 'datasource db {\n  provider = "mysql"\n}\n',
            "src/a.ts": "export const a = 1;\n",
        },
        "database:x=none",
    ),
    # --- Drizzle, Kysely, MikroORM
    (
        "ts-drizzle",
        {
            "src/db.ts": "import { drizzle } from 'drizzle-orm/node-postgres';\nexport const db = drizzle(process.env.DATABASE_URL!);\n"
        },
        "database:postgresql=runtime orm:drizzle=runtime",
    ),
    (
        "ts-drizzle-config-alone",
        {
            "drizzle.config.ts": "import { defineConfig } from 'drizzle-kit';\nexport default defineConfig({ dialect: 'mysql', schema: './x.ts' });\n",
            "src/db.ts": "import { drizzle } from 'drizzle-orm/better-sqlite3';\nimport Database from 'better-sqlite3';\nexport const db = drizzle(new Database('x'));\n",
        },
        "database:sqlite=runtime",
    ),
    (
        "ts-kysely",
        {
            "src/db.ts": "import { Kysely, PostgresDialect } from 'kysely';\nimport { Pool } from 'pg';\nexport const db = new Kysely<any>({ dialect: new PostgresDialect({ pool: new Pool() }) });\n"
        },
        "database:postgresql=runtime orm:kysely=runtime",
    ),
    (
        "ts-kysely-variable",
        {
            "src/db.ts": "import { Kysely, MysqlDialect } from 'kysely';\nconst dialect = new MysqlDialect({ pool: null as any });\nexport const db = new Kysely<any>({ dialect });\n"
        },
        "database:mysql=runtime",
    ),
    (
        "ts-mikro-orm",
        {
            "src/db.ts": "import { MikroORM } from '@mikro-orm/core';\nimport { PostgreSqlDriver } from '@mikro-orm/postgresql';\nexport const orm = await MikroORM.init({ driver: PostgreSqlDriver, dbName: 'x' });\n"
        },
        "database:postgresql=runtime orm:mikro-orm=runtime",
    ),
    # --- environment
    (
        "js-env-or-default",
        {
            "src/db.js": "import { Sequelize } from 'sequelize';\nexport const s = new Sequelize(process.env.DATABASE_URL || 'sqlite://x.db');\n"
        },
        "database:sqlite=runtime",
    ),
    (
        "js-env-nullish-default",
        {
            "src/config.ts": "export const config = { url: process.env.DATABASE_URL ?? 'postgres://h/d' };\n",
            "src/db.ts": "import { Sequelize } from 'sequelize';\nimport { config } from './config';\nexport const s = new Sequelize(config.url);\n",
        },
        "database:postgresql=runtime",
    ),
    (
        "js-env-set-in-env-file",
        {
            ".env": "DATABASE_URL=postgres://h/d\n",
            "src/db.js": "import { Sequelize } from 'sequelize';\nexport const s = new Sequelize(process.env.DATABASE_URL || 'sqlite://x.db');\n",
        },
        "database:postgresql=runtime database:sqlite=optional",
    ),
    (
        "js-switch",
        {
            "src/db.js": "import { Sequelize } from 'sequelize';\nfunction make() {\n  switch (process.env.NODE_ENV) {\n    case 'test': return new Sequelize('sqlite::memory:');\n    default: return new Sequelize('postgres://h/d');\n  }\n}\nexport const s = make();\n"
        },
        "database:postgresql=runtime database:sqlite=test",
    ),
    (
        "js-lazy-is-no-choice",
        {
            "src/db.js": "import pg from 'pg';\nlet pool;\nexport function get() {\n  if (!pool) {\n    pool = new pg.Pool();\n  }\n  return pool;\n}\n"
        },
        "database:postgresql=runtime",
    ),
    # --- frameworks
    (
        "js-framework-express",
        {"src/a.js": "const express = require('express');\nconst app = express();\n"},
        "framework:express=runtime",
    ),
    (
        "js-framework-hono-client",
        {
            "src/a.ts": "import { hc } from 'hono/client';\nimport express from 'express';\nexport const c = hc('x');\nexport const app = express();\n"
        },
        "framework:express=runtime",
    ),
    (
        "js-framework-hono",
        {
            "src/a.ts": "import { Hono } from 'hono';\nimport { serve } from '@hono/node-server';\nserve(new Hono());\n"
        },
        "framework:hono=runtime",
    ),
    (
        "ts-framework-nest-over-express",
        {
            "src/a.ts": "import { NestFactory } from '@nestjs/core';\nimport express from 'express';\nexport const x = [NestFactory, express];\n"
        },
        "framework:nestjs=runtime",
    ),
    (
        "ts-framework-type-only",
        {
            "src/a.ts": "import Fastify from 'fastify';\nimport type { Request } from 'express';\nexport const app = Fastify();\nexport type R = Request;\n"
        },
        "framework:fastify=runtime",
    ),
    (
        "ts-framework-types-without-the-word",
        {
            "src/a.ts": "import Fastify from 'fastify';\nimport { Request, NextFunction } from 'express';\nexport const app = Fastify();\nexport type R = Request | NextFunction;\n"
        },
        "framework:fastify=runtime",
    ),
    (
        "ts-framework-a-type-and-a-value",
        {
            "src/a.ts": "import { Request, Router } from 'express';\nexport const router = Router();\nexport type R = Request;\n"
        },
        "framework:express=runtime",
    ),
    (
        "js-framework-in-test",
        {
            "src/a.js": "import Koa from 'koa';\nexport const app = new Koa();\n",
            "test/a.test.js": "import express from 'express';\n",
        },
        "framework:koa=runtime framework:express=test",
    ),
]
