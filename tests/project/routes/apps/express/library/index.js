const express = require("express");
const { mountAll } = require("./mounting");
const books = require("./routes/books");
const { loans, fines } = require("./routes/loans");

const PREFIX = process.env.API_PREFIX || "/api";
const app = express();
app.disable("x-powered-by");
app.use(express.json());

app.get("/", (req, res) => res.send("library"));
app.get("/health", function health(req, res) {
  res.json({ up: true });
});

mountAll(app, `${PREFIX}/v1`, { "/books": books, "/loans": loans });
for (const [name, router] of [["fines", fines("late")], ["damages", fines("damage")]]) {
  app.use(`${PREFIX}/${name}`, router);
}

app
  .route(`${PREFIX}/members/:memberId`)
  .get((req, res) => res.json({ id: req.params.memberId }))
  .put((req, res) => res.sendStatus(204))
  .delete((req, res) => res.sendStatus(204));

app.get(["/about", "/imprint"], (req, res) => res.send("about"));
app.all("/echo", (req, res) => res.json(req.query));

app.use((err, req, res, next) => {
  res.status(500).json({ error: err.message });
});

module.exports = app;
