const Router = require("@koa/router");

module.exports = function tickets(options) {
  const router = new Router(options);
  router.param("code", (code, ctx, next) => next());
  router.get("/", (ctx) => {
    ctx.body = [];
  });
  router.get("ticket", "/:code", (ctx) => {
    ctx.body = ctx.params.code;
  });
  router.register("/:code/scan", ["POST", "PUT"], (ctx) => {
    ctx.status = 204;
  });
  return router;
};
