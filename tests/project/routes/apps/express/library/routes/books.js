const { Router } = require("express");
const chapters = require("./chapters");

const router = Router();
const list = (req, res) => res.json([]);

router.use(function trace(req, res, next) {
  next();
});
router.param("isbn", (req, res, next) => next());
router.get("/", list).post("/", [requireStaff, validate("book")], (req, res) => res.sendStatus(201));
router.get("/search", list);
router.get("/:isbn", (req, res) => res.json({ isbn: req.params.isbn }));
router.patch("/:isbn", requireStaff, (req, res) => res.sendStatus(204));
router.use("/:isbn/chapters", chapters);

function requireStaff(req, res, next) {
  next();
}
function validate(kind) {
  return (req, res, next) => (req.body[kind] ? next() : res.sendStatus(422));
}

module.exports = router;
