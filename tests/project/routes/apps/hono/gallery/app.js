import { Hono } from "hono";
import { ArtistController } from "./artists.js";
import { paintings } from "./paintings.js";

const controllers = [new ArtistController("/artists"), new ArtistController("/sculptors")];

const createApp = () => {
  const app = new Hono({ strict: false });
  const v1 = new Hono();
  for (const controller of controllers) v1.route(controller.path, controller.app);
  v1.route("/paintings", paintings);
  app.route("/v1", v1);
  v1.get("/too-late", (c) => c.text("added after it was mounted"));
  const v2 = app.basePath("/v2");
  v2.get("/paintings", (c) => c.json([]));
  v2.basePath("/admin").post("/reset", (c) => c.body(null, 204));
  app.get("/up", (c) => c.text("up"));
  return app;
};

export default createApp();
