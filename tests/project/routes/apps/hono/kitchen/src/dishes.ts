import { Hono } from "hono";
import type { MiddlewareHandler } from "hono";

const cook: MiddlewareHandler = async (c, next) => {
  await next();
};

export const dishes = new Hono<{ Variables: { cook: string } }>()
  .get("/", (c) => c.json([]))
  .post(cook, (c) => c.json({}, 201))
  .get("/:id{[0-9]+}", (c) => c.json({ id: c.req.param("id") }))
  .get("/:id/photos/:size?", (c) => c.json([]))
  .use("/:id/*", cook)
  .delete("/:id/photos/:photo", (c) => c.body(null, 204));
