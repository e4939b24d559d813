import type { FastifyInstance } from "fastify";
import fp from "fastify-plugin";

export default fp(
  async (instance: FastifyInstance) => {
    instance.decorateRequest("session", "");
    instance.addHook("onRequest", async (request) => {});
    instance.post("/session", async () => ({}));
    instance.register(async (inner) => {
      inner.delete("/session", async () => null);
    });
  },
  { name: "sessions" },
);
