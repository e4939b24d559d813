const Router = require("@koa/router");
const Koa = require("koa");

exports.board = () => {
  const app = new Koa();
  const threads = new Router({ prefix: "/threads" });
  const posts = new Router();
  posts.get("/", (ctx) => (ctx.body = []));
  posts.post("/", (ctx) => (ctx.status = 201));
  posts.delete("/:postId", (ctx) => (ctx.status = 204));
  threads.get("/", (ctx) => (ctx.body = []));
  threads.use("/:threadId/posts", posts.routes());
  posts.get("/late", (ctx) => (ctx.body = "added after it was nested"));
  app.use(threads.routes());
  return app;
};
