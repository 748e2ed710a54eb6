import type { ApprovalFact } from '../domain/facts.ts';
import type { Db } from '../store/db.ts';
import type { Incident } from '../store/incidents.ts';

/** What a person was asked about an incident, and has answered (mode `approve`). Reads the log as it is now. */
export function approvalFact(_db: Db, _incident: Incident): ApprovalFact | null {
  return null;
}
