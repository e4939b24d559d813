const Router = require("@koa/router");
const guard = require("./guard");

const router = new Router();
const list = async (ctx) => {
  ctx.body = [];
};

router.get("/", list).get("/:id", async (ctx) => {
  ctx.body = ctx.params.id;
});
router.use(guard("curator"));
router.post("/", async (ctx) => {
  ctx.status = 201;
});
router.put("/:id/rooms/:room", async (ctx) => {
  ctx.status = 204;
});
router.del("/:id", async (ctx) => {
  ctx.status = 204;
});

module.exports = router;
