import { Hono } from "hono";
import { createFactory } from "hono/factory";

const factory = createFactory();
const signed = factory.createMiddleware(async (c, next) => {
  await next();
});
const create = factory.createHandlers((c) => c.json({}, 201));

export const paintings = new Hono();
paintings.get("/", (c) => c.json([]));
paintings.use(signed);
paintings.post("/", ...create);
paintings.patch("/:id", (c) => c.body(null, 204));
