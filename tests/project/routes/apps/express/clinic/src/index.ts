import { App } from "./app.ts";
import { PatientController } from "./controllers/patients.ts";
import { VisitController } from "./controllers/visits.ts";
import { PatientService } from "./services.ts";

const patients = new PatientService();
export default new App([new PatientController(patients), new VisitController(patients, "/visits")]).server;
