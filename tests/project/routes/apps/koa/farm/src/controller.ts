import type Router from "@koa/router";
import type { Context, Middleware, Next } from "koa";

export abstract class Controller {
  protected guards: Middleware[] = [async (ctx: Context, next: Next) => next()];

  mount(router: Router): void {
    router.use(...this.guards);
    router.get("/", this.list.bind(this));
    router.get("/:id", this.show.bind(this));
    this.extra(router);
  }

  protected extra(router: Router): void {}

  abstract list(ctx: Context): Promise<void>;
  abstract show(ctx: Context): Promise<void>;
}
