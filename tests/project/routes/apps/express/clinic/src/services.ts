export class PatientService {
  private patients: object[] = [];

  all(): object[] {
    return this.patients;
  }

  find(id: string): object | undefined {
    return this.patients[Number(id)];
  }

  add(patient: object): object {
    this.patients.push(patient);
    return patient;
  }
}
