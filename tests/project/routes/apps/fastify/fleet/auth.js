"use strict";

const fp = require("fastify-plugin");

module.exports = fp(async function auth(fastify, options) {
  fastify.decorate("authenticate", async (request, reply) => {
    if (!request.headers.authorization) reply.code(401);
  });
  fastify.get("/whoami", { preHandler: [fastify.authenticate] }, async (request) => ({}));
});
