const Koa = require("koa");
const Router = require("@koa/router");
const exhibits = require("./exhibits");
const tickets = require("./tickets");

const app = new Koa();
const root = new Router();
const api = new Router({ prefix: "/api" });

app.use(async (ctx, next) => {
  ctx.set("x-museum", "1");
  await next();
});

root.get("/", (ctx) => {
  ctx.body = "museum";
});
root.get("health", "/health", (ctx) => {
  ctx.body = "ok";
});

api.use("/exhibits", exhibits.routes(), exhibits.allowedMethods());
api.use(tickets({ prefix: "/tickets" }).routes());
api.all("/any", (ctx) => {
  ctx.body = ctx.method;
});

app.use(root.routes()).use(root.allowedMethods());
app.use(api.routes());

module.exports = app;
