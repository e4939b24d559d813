import { Router } from "express";

const router = Router({ caseSensitive: true });
const items = Router();
items.route("/").get((req, res) => res.json([])).post((req, res) => res.sendStatus(201));
items.all("/:sku", (req, res, next) => next());
items.get("/:sku", (req, res) => res.json({}));
router.use("/items", items);
router.get("/tags/:tag", (req, res) => res.json([]));
export { router as default };
