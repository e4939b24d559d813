import type { FastifyPluginAsync, RouteOptions } from "fastify";

export const screeningRoutes = (prefix: string): FastifyPluginAsync => {
  const routes: RouteOptions[] = [
    { method: "GET", url: prefix, handler: async () => [] },
    { method: "POST", url: prefix, handler: async () => ({}) },
    { method: ["GET"], url: `${prefix}/:day-:month`, handler: async () => [], exposeHeadRoute: true },
  ];
  return async (instance) => {
    routes.forEach((route) => instance.route(route));
  };
};
