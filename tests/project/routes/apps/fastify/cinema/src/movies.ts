import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

export class MovieController {
  private readonly server: FastifyInstance;

  constructor(server: FastifyInstance) {
    this.server = server;
  }

  async routes(instance: FastifyInstance): Promise<void> {
    instance.addHook("onRequest", this.count);
    instance.get("/", this.list);
    instance.get<{ Params: { id: string } }>("/:id", { preHandler: this.count }, this.show.bind(this));
    instance.put("/:id/poster", this.poster);
  }

  private count = async (request: FastifyRequest): Promise<void> => {};

  private list = async (): Promise<object[]> => [];

  private async show(request: FastifyRequest<{ Params: { id: string } }>): Promise<object> {
    return { id: request.params.id };
  }

  private async poster(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    reply.code(204);
  }
}
