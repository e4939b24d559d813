import { Router } from "express";
import type { NextFunction, Request, RequestHandler, Response } from "express";

export abstract class Controller {
  readonly router = Router();

  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  protected secured(...roles: string[]): RequestHandler {
    return (req: Request, res: Response, next: NextFunction) => (roles.length ? next() : next());
  }
}

export const wrap =
  (handler: (req: Request, res: Response) => Promise<unknown>): RequestHandler =>
  (req, res, next) =>
    handler(req, res).catch(next);
