import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import autoload from "@fastify/autoload";
import { fastify } from "fastify";

const here = dirname(fileURLToPath(import.meta.url));

const app = fastify({ ignoreTrailingSlash: true });
app.register(autoload, { dir: join(here, "plugins") });
app.register(autoload, {
  dir: join(here, "routes"),
  options: { prefix: "/v1" },
});

export default app;
