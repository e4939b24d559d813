module.exports = (role) => async (ctx, next) => {
  if (ctx.get("role") !== role) ctx.throw(403);
  await next();
};
