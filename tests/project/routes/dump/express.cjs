// Prints the route layers of an Express application: the paths given to its layers are kept on them by a wrapper.
const path = require("node:path");
const { load, print } = require("./load.cjs");

const home = path.dirname(require.resolve("express/package.json"));
const major = Number(require("express/package.json").version.split(".")[0]);
const file = major < 5 ? path.join(home, "lib/router/layer.js") : require.resolve("router/lib/layer", { paths: [home] });
const Layer = require(file);
function Kept(given, options, fn) {
  const layer = new Layer(given, options, fn);
  layer.given = given;
  return layer;
}
Kept.prototype = Layer.prototype;
require.cache[file].exports = Kept;

const express = require("express");
const use = express.application.use;
express.application.use = function (...args) {
  this.subs ??= [];
  this.subs.push(...args.flat(9).filter((item) => typeof item === "function" && item.handle && item.set));
  return use.apply(this, args);
};

const shown = (given) => (given instanceof RegExp ? `/{/${given.source}/}` : given);
function walk(app, router, prefixes, found) {
  for (const layer of router.stack) {
    const own = [layer.given].flat().map((item) => (item === "/" ? "" : shown(item)));
    const below = prefixes.flatMap((prefix) => own.map((item) => prefix.replace(/\/$/, "") + item));
    if (layer.route) {
      const methods = [...new Set(layer.route.stack.map((item) => item.method ?? "*"))];
      for (const method of methods.length > 20 ? ["*"] : methods) for (const at of below) found.push({ method: method.toUpperCase(), path: at || "/" });
    } else if (layer.name === "mounted_app") {
      const sub = app.subs.shift();
      walk(sub, sub._router ?? sub.router, below, found);
    } else if (layer.handle.stack) {
      for (const at of below) walk(app, layer.handle, [at], found);
    }
  }
  return found;
}

load(process.argv[2]).then((app) => print(walk(app, app._router ?? app.router, [""], [])));
