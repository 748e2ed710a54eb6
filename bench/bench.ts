/** What a measurement is given. */
export interface Bench {
  /** A database of that name, on a PostgreSQL that syncs every commit. */
  database(name: string): Promise<string>;
  /** Of each measurement. A third of it goes before, unmeasured. */
  seconds: number;
  /** How many incidents a large log has. */
  incidents: number;
  /** Where a large log is kept once it is made, or null. */
  log: string | null;
  /** How many deliveries are replayed. */
  deliveries: number;
  step(what: string): void;
}
