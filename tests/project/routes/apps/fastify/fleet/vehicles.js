"use strict";

const schema = { params: { type: "object", properties: { id: { type: "integer" } } } };

module.exports = function vehicles(fastify, options, done) {
  fastify.get("/", async () => []);
  fastify.post("/", { schema: { body: { type: "object" } } }, async (request, reply) => {
    reply.code(201);
    return request.body;
  });
  fastify.get("/:id(^\\d+$)", { schema }, show);
  fastify.delete("/:id", { exposeHeadRoute: false, handler: async () => null });
  fastify.register(trips, { prefix: "/:id/trips" });
  done();
};

async function show(request) {
  return { id: request.params.id };
}

async function trips(fastify) {
  for (const state of ["planned", "done"]) {
    fastify.get(`/${state}`, { exposeHeadRoute: false }, async () => []);
  }
}
