const { Hono } = require("hono");
const { lines } = require("./lines");
const { stops } = require("./stops");

const modules = { "/lines": lines, "/stops": stops };

const app = new Hono();
app.use(async (c, next) => next());
for (const [path, make] of Object.entries(modules)) {
  app.route(path, make());
}
["get", "post"].forEach((method) => app[method]("/search", (c) => c.json([])));
app.options("*", (c) => c.body(null, 204));

module.exports = app;
