import fp from "fastify-plugin";

export default fp(async (fastify) => {
  fastify.decorate("money", { currency: "EUR" });
  fastify.addHook("preHandler", async function check(request) {});
});
