import type { Request, Response } from "express";
import type { PatientService } from "../services.ts";
import { Controller } from "./controller.ts";

interface Endpoint {
  method: "get" | "post" | "put";
  path: string;
  handler: (req: Request, res: Response) => void;
}

export class VisitController extends Controller {
  private readonly endpoints: Endpoint[] = [
    { method: "get", path: "/", handler: (req, res) => res.json([]) },
    { method: "post", path: "/", handler: (req, res) => res.sendStatus(201) },
    { method: "put", path: "/:visitId/notes/:noteId", handler: (req, res) => res.sendStatus(204) },
  ];

  constructor(private readonly patients: PatientService, path: string) {
    super(path);
    this.router.use(this.secured("doctor", "nurse"));
    for (const { method, path, handler } of this.endpoints) {
      this.router[method](path, handler);
    }
  }
}
