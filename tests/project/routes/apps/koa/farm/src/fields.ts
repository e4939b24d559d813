import type { Context } from "koa";
import { Controller } from "./controller.ts";

export class FieldController extends Controller {
  async list(ctx: Context): Promise<void> {
    ctx.body = [];
  }

  async show(ctx: Context): Promise<void> {
    ctx.body = {};
  }
}
