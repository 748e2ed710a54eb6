// For the tests only: a log in which a night has happened.
import { closeIncident, escalate } from '../decision/conclude.ts';
import type { Decision } from '../domain/decision.ts';
import type { Instant, Millis } from '../domain/duration.ts';
import { facts } from '../policy/facts.fixture.ts';
import { askApproval } from '../store/approvals.ts';
import { endAttempt } from '../store/attempts.ts';
import { addPause } from '../store/controls.ts';
import type { Db } from '../store/db.ts';
import { recordDecision } from '../store/decisions.ts';
import { acknowledgeEscalations } from '../store/escalations.ts';
import { changeStatus } from '../store/incidents.ts';
import { setCircuit } from '../store/targets.ts';
import { again, anAttempt, anIncident, NOON } from '../testing/log.ts';

export const MINUTE: Millis = 60_000;
export const HOUR: Millis = 60 * MINUTE;
/** The night is from ten hours before noon to noon. */
export const NIGHT = { from: NOON - 10 * HOUR, to: NOON };

/** An incident that a restart healed. @returns its number */
export function heal(
  db: Db,
  target: string,
  at: Instant,
  took: Millis,
  weak: 'no_traffic' | null = null,
): number {
  const incident = anIncident(db, { target }, at);
  changeStatus(db, incident, 'queued', { reason: 'first_attempt' }, at);
  const attempt = anAttempt(db, incident, at);
  changeStatus(db, again(db, incident.id), 'acting', {}, at);
  changeStatus(db, again(db, incident.id), 'proving', {}, at);
  endAttempt(db, attempt.id, 'helped', 'proven after the restart', at + took);
  closeIncident(db, again(db, incident.id), 'healed', { weakProof: weak }, at + took);
  return incident.id;
}

export const wait = (reason: Extract<Decision, { kind: 'defer' }>['reason']): Decision => ({
  kind: 'defer',
  reason,
  until: null,
  also: [],
  guards: [],
});

/** Something of each kind that a report tells of. */
export function aNight(db: Db): void {
  heal(db, 'supervisor:api', NIGHT.from + HOUR, 41_000);
  heal(db, 'supervisor:api', NIGHT.from + 3 * HOUR, 62_000);
  heal(db, 'supervisor:payments', NIGHT.from + 3 * HOUR + MINUTE, 12_000, 'no_traffic');
  // Before the night, and so not of it.
  heal(db, 'supervisor:old', NIGHT.from - HOUR, 1_000);

  const recovered = anIncident(db, { target: 'supervisor:cache' }, NIGHT.from + 4 * HOUR);
  recordDecision(db, recovered.id, wait('silenced'), facts(), NIGHT.from + 4 * HOUR);
  changeStatus(db, recovered, 'deferred', { reason: 'silenced' }, NIGHT.from + 4 * HOUR);
  changeStatus(db, again(db, recovered.id), 'proving', { reason: null }, NIGHT.from + 5 * HOUR);
  closeIncident(db, again(db, recovered.id), 'recovered', {}, NIGHT.from + 5 * HOUR);

  for (const name of ['db', 'mail']) {
    const dismissed = anIncident(db, { target: `supervisor:${name}` }, NIGHT.from + 5 * HOUR);
    closeIncident(db, dismissed, 'dismissed', { reason: 'not_opted_in' }, NIGHT.from + 5 * HOUR);
  }

  const held = anIncident(db, { target: 'supervisor:held' }, NIGHT.to - HOUR);
  changeStatus(db, held, 'deferred', { reason: 'maintenance' }, NIGHT.to - HOUR);

  const given = anIncident(db, { target: 'supervisor:queue' }, NIGHT.to - 2 * HOUR);
  escalate(db, given, 'budget_exhausted', NIGHT.to - 2 * HOUR + MINUTE);
  acknowledgeEscalations(db, given.id, 'ada', NIGHT.to - HOUR);
  setCircuit(db, 'supervisor:queue', { open: true, until: NIGHT.to + HOUR, times: 1 });

  const asking = anIncident(db, { target: 'supervisor:shop' }, NIGHT.to - 10 * MINUTE);
  changeStatus(db, asking, 'awaiting_approval', { reason: 'approval_required' }, NIGHT.to - 10 * MINUTE);
  askApproval(
    db,
    { incident: asking.id, step: 0, expiresAt: NIGHT.to + 20 * MINUTE, instances: [] },
    NIGHT.to - 10 * MINUTE,
  );
  addPause(db, { by: 'bo', why: 'moving it' }, null, NIGHT.to - MINUTE, 'target:supervisor:mail');
}
