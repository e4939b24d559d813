import Fastify, { type FastifyInstance } from "fastify";
import { MovieController } from "./movies.ts";
import { screeningRoutes } from "./screenings.ts";
import sessions from "./sessions.ts";

export async function createServer(): Promise<FastifyInstance> {
  const server = Fastify({ exposeHeadRoutes: false });
  await server.register(sessions);
  const movies = new MovieController(server);
  await server.register(movies.routes.bind(movies), { prefix: "/movies" });
  await server.register(screeningRoutes("/screenings"));
  server.all("/ping", async () => "pong");
  await server.ready();
  return server;
}

export default await createServer();
