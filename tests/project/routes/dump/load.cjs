// Loads an application's main module (run by `node --import tsx`) and prints what is found in it.
const path = require("node:path");
const { pathToFileURL } = require("node:url");

exports.load = async (folder) => {
  const { main } = require(path.resolve(folder, "package.json"));
  const file = path.resolve(folder, main);
  const found = await import(pathToFileURL(file).href);
  const app = found.default?.default ?? found.default;
  return app;
};

exports.print = (routes) => {
  console.log(JSON.stringify(routes));
  process.exit(0);
};
