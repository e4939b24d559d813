import { Hono } from "hono";

export function orders(options: { tables: number }) {
  const app = new Hono();
  app.use("/orders/*", async (c, next) => {
    c.header("x-tables", String(options.tables));
    await next();
  });
  app.get("/orders", (c) => c.json([]));
  app.get("/orders/:number", (c) => c.json({}));
  app.get("/files/*", (c) => c.text("file"));
  return app;
}
