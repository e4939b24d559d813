exports.mountAll = function mountAll(app, base, routers) {
  Object.keys(routers).forEach((path) => {
    app.use(base + path, routers[path]);
  });
};
