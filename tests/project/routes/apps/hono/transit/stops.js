const { Hono } = require("hono");

exports.stops = function () {
  const app = new Hono();
  app.get("/near/:lat/:lon", (c) => c.json([]));
  app.delete("/:id", (c) => c.body(null, 204));
  return app;
};
