import express from "express";
import { createAdmin } from "./admin.js";
import catalog from "./catalog.js";
import { cartRoutes } from "./cart.js";

export async function build({ currency }) {
  const app = express();
  const session = (req, res, next) => next();
  const limit = (max) => (req, res, next) => next();

  app.use("/admin", limit(10), createAdmin());
  app.use(session);
  app.use(["/catalog", "/c"], catalog);
  app.use("/cart", cartRoutes({ currency, guard: limit(5) }));
  await register(app, [
    ["GET", "/orders", listOrders],
    ["POST", "/orders", placeOrder],
    ["GET", "/orders{/:year}", listOrders],
    ["GET", "/files/*path", sendFile],
  ]);
  app.use((req, res) => res.status(404).end());
  return app;
}

async function register(app, table) {
  for (const [method, path, handler] of table) {
    app[method.toLowerCase()](path, handler);
  }
}

function listOrders(req, res) {
  res.json([]);
}
function placeOrder(req, res) {
  res.sendStatus(201);
}
function sendFile(req, res) {
  res.send(req.params.path);
}

export default await build({ currency: "EUR" });
