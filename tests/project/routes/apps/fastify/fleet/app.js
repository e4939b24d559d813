"use strict";

const fastify = require("fastify");
const vehicles = require("./vehicles");
const auth = require("./auth");

function build(options) {
  const app = fastify(options);

  app.register(auth, { secret: "not a secret" });
  app.get("/", async () => ({ name: "fleet" }));
  app.route({
    method: ["PUT", "PATCH"],
    url: "/settings",
    handler: async () => ({}),
  });
  app.register(
    async (api) => {
      api.addHook("preHandler", api.authenticate);
      api.register(vehicles, { prefix: "/vehicles" });
      api.register(require("./drivers"), { prefix: "drivers" });
    },
    { prefix: "/api" },
  );
  return app;
}

module.exports = build({ logger: false });
