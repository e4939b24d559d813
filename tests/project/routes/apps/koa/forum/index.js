const Koa = require("koa");
const compose = require("koa-compose");
const mount = require("koa-mount");
const { board } = require("./board");
const { moderation } = require("./moderation");

function createApp({ audit = true } = {}) {
  const app = new Koa();
  const steps = [timing];
  if (audit) steps.push(auditing);
  app.use(compose(steps));
  app.use(mount("/board", board()));
  app.use(mount("/mod", moderation));
  return app;
}

async function timing(ctx, next) {
  await next();
}
async function auditing(ctx, next) {
  await next();
}

module.exports = createApp();
