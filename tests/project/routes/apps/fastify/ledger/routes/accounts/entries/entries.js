export default async (fastify) => {
  fastify.get("/latest", async () => []);
  fastify.options("/", async () => null);
};
