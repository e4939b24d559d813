import Router from "@koa/router";
import type Koa from "koa";
import { AnimalController } from "./animals.ts";
import { FieldController } from "./fields.ts";

const resources = {
  animals: new AnimalController(),
  fields: new FieldController(),
};

export function registerRoutes(app: Koa): void {
  const farm = new Router();
  farm.prefix("/farm");
  for (const [name, controller] of Object.entries(resources)) {
    const router = new Router({ prefix: `/${name}` });
    controller.mount(router);
    farm.use(router.routes(), router.allowedMethods());
  }
  app.use(farm.routes());
  app.use(farm.allowedMethods());
}
