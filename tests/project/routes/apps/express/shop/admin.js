import express from "express";

export const createAdmin = () => {
  const admin = express();
  admin.get("/", (req, res) => res.send("admin"));
  admin.use("/reports", reports());
  return admin;
};

const reports = () =>
  express
    .Router()
    .get("/daily", (req, res) => res.json([]))
    .get("/:kind/export.csv", (req, res) => res.send(""));
