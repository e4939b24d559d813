"use strict";

async function drivers(fastify) {
  fastify.route({ method: "GET", url: "/", prefixTrailingSlash: "no-slash", handler: async () => [] });
  fastify.route({ method: "HEAD", url: "/:name", handler: async () => null });
  fastify.route({ method: "GET", url: "/:name", handler: async () => ({}) });
  fastify.get("/licences/*", async () => []);
}

module.exports = { default: drivers };
