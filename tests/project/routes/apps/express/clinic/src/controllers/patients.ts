import type { Request, Response } from "express";
import type { PatientService } from "../services.ts";
import { Controller, wrap } from "./controller.ts";

export class PatientController extends Controller {
  private service: PatientService;

  constructor(service: PatientService) {
    super("/patients");
    this.service = service;
    this.router.get("/", wrap(this.list));
    this.router.post("/", this.secured("doctor"), wrap(this.create.bind(this)));
    this.router.get("/:id", this.show.bind(this));
    this.router.delete("/:id", this.secured("admin"), (req, res) => this.remove(req, res));
  }

  list = async (req: Request, res: Response): Promise<void> => {
    res.json(this.service.all());
  };

  async create(req: Request, res: Response): Promise<void> {
    res.status(201).json(this.service.add(req.body));
  }

  show(req: Request, res: Response): void {
    res.json(this.service.find(req.params.id));
  }

  remove(req: Request, res: Response): void {
    res.sendStatus(204);
  }
}
