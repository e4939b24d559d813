import * as express from "express";

export function cartRoutes({ currency, guard }) {
  const router = express.Router();
  router.use(guard);
  const actions = { add: "post", remove: "delete", clear: "delete" };
  for (const name in actions) {
    router[actions[name]](`/${name}`, (req, res) => res.json({ currency }));
  }
  return router;
}
