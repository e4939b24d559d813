// Prints the layers of the routers of a Koa application; koa-mount and koa-compose keep what they are given.
const { load, print } = require("./load.cjs");

function keep(name, note) {
  let made;
  try {
    made = require(name);
  } catch {
    return;
  }
  require.cache[require.resolve(name)].exports = (...args) => Object.assign(made(...args), note(...args));
}
keep("koa-mount", (prefix, app) => ({ mounted: { prefix, app } }));

function walk(middleware, prefix, found) {
  for (const step of middleware) {
    if (step.mounted) {
      const { app, prefix: below } = step.mounted;
      walk(app.middleware ?? [app], prefix + below, found);
    } else if (step.router) {
      for (const layer of step.router.stack) {
        const methods = layer.methods.length > 10 ? ["*"] : layer.methods;
        for (const method of methods) found.push({ method, path: prefix + layer.path });
      }
    }
  }
  return found;
}

load(process.argv[2]).then((app) => print(walk(app.middleware, "", [])));
