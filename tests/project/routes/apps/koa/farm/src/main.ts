import Koa from "koa";
import { registerRoutes } from "./routes.ts";

const app = new Koa();
registerRoutes(app);
export default app;
