// Prints app.routes of a Hono application; what takes `next` is middleware.
const { load, print } = require("./load.cjs");

load(process.argv[2]).then((app) => {
  const handlers = app.routes.filter((route) => route.handler.length < 2);
  print(handlers.map(({ method, path }) => ({ method: method === "ALL" ? "*" : method, path })));
});
