import type Router from "@koa/router";
import type { Context } from "koa";
import { Controller } from "./controller.ts";

export class AnimalController extends Controller {
  async list(ctx: Context): Promise<void> {
    ctx.body = [];
  }

  async show(ctx: Context): Promise<void> {
    ctx.body = ctx.params.id;
  }

  protected extra(router: Router): void {
    router.post("/:id/feed", async (ctx) => {
      ctx.status = 204;
    });
    router.get(["/old", "/young"], async (ctx) => {
      ctx.body = [];
    });
  }
}
