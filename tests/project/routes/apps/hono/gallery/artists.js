import { Hono } from "hono";

export class ArtistController {
  constructor(path) {
    this.path = path;
    this.app = new Hono();
    this.app.get("/", this.list);
    this.app.get("/:name", (c) => this.show(c));
    this.app.put("/:name", this.requireKey, this.update.bind(this));
  }

  list = (c) => c.json([]);

  async requireKey(c, next) {
    await next();
  }

  show(c) {
    return c.json({ name: c.req.param("name") });
  }

  update(c) {
    return c.body(null, 204);
  }
}
