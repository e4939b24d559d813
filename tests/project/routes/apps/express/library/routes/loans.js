const express = require("express");

const loans = express.Router();
loans.post("/", (req, res) => res.sendStatus(201));
loans.delete("/:loanId", (req, res) => res.sendStatus(204));

exports.loans = loans;
exports.fines = (kind) => {
  const router = express.Router();
  router.get("/", (req, res) => res.json({ kind }));
  if (kind === "late") {
    router.post("/:id/waive", (req, res) => res.sendStatus(204));
  }
  return router;
};
