const { Hono } = require("hono");

exports.lines = () => {
  const app = new Hono();
  const stops = new Hono();
  stops.get("/", (c) => c.json([]));
  stops.get("/:stop", (c) => c.json({}));
  app.get("/", (c) => c.json([]));
  app.route("/:line/stops", stops);
  return app;
};
