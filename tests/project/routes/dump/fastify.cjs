// Prints the routes that Fastify announces to an onRoute hook, which is added to every application as it is made.
const { subscribe } = require("node:diagnostics_channel");
const { load, print } = require("./load.cjs");

const found = [];
subscribe("fastify.initialization", ({ fastify }) => {
  fastify.addHook("onRoute", ({ method, url, prefix, routePath, prefixTrailingSlash }) => {
    const methods = [method].flat();
    const below = prefix && routePath === "" && (prefixTrailingSlash ?? "both") === "both";
    for (const one of methods.length > 7 ? ["*"] : methods) found.push({ method: one, url: url || "/", below });
  });
});

// "/" below a prefix is announced once, and answers with and without the slash at its end
const slashed = (app, { method, url }) => !app.initialConfig.ignoreTrailingSlash && app.hasRoute({ method, url: `${url}/` });

load(process.argv[2]).then(async (app) => {
  await app.ready();
  const more = found.filter((route) => route.below && slashed(app, route)).map((route) => ({ ...route, url: `${route.url}/` }));
  const all = [...found, ...more].map(({ method, url }) => JSON.stringify({ method, path: url }));
  print([...new Set(all)].map((route) => JSON.parse(route)));
});
