const express = require("express");
const router = express.Router({ mergeParams: true });

for (const method of ["get", "head"]) {
  router[method]("/", (req, res) => res.json([]));
}
router.get("/:number", (req, res) => res.json({ isbn: req.params.isbn, number: req.params.number }));

module.exports = router;
