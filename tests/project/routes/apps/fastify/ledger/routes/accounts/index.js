export default async function accounts(fastify, opts) {
  fastify.get("/", async () => []);
  fastify.get("/:iban", async (request) => ({ iban: request.params.iban }));
  fastify.post("/:iban/close", { preValidation: async () => {} }, async () => null);
}
