import express, { type Application, type NextFunction, type Request, type Response } from "express";
import type { Controller } from "./controllers/controller.ts";

export class App {
  public readonly server: Application;

  constructor(controllers: Controller[]) {
    this.server = express();
    this.middleware();
    this.routes(controllers);
  }

  private middleware(): void {
    this.server.use(express.json(), this.stamp);
  }

  private stamp = (req: Request, res: Response, next: NextFunction): void => {
    next();
  };

  private routes(controllers: Controller[]): void {
    const api = express.Router();
    controllers.forEach((controller) => {
      api.use(controller.path, controller.router);
    });
    this.server.use("/clinic", api);
    this.server.get(/^\/status$/, (req: Request, res: Response) => {
      res.send("ok");
    });
  }
}
