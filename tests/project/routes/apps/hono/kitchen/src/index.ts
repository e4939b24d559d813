import { Hono } from "hono";
import { logger } from "hono/logger";
import { dishes } from "./dishes";
import { orders } from "./orders";

const app = new Hono().basePath("/api");
app.use("*", logger());
app.get("/", (c) => c.text("kitchen"));
app.route("/dishes", dishes);
app.route("/", orders({ tables: 12 }));
app.on(["PUT", "PURGE"], ["/cache", "/cache/:key"], (c) => c.body(null, 204));
app.all("/any", (c) => c.text(c.req.method));
app.notFound((c) => c.text("nothing here", 404));

export default app;
