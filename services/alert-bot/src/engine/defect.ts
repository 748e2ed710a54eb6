import { escalate } from '../decision/conclude.ts';
import type { Deps } from '../deps.ts';
import { giveBack } from '../executor/prove.ts';
import { callsOf, endAttempt, openAttemptOf } from '../store/attempts.ts';
import { write } from '../store/db.ts';
import { addEvent } from '../store/events.ts';
import { incidentById } from '../store/incidents.ts';

/** Hands an incident to a person because the bot failed at its own work on it, again and again. */
export async function handOverDefect(deps: Deps, id: number, error: unknown): Promise<void> {
  const { db } = deps;
  const why = `the bot failed: ${error instanceof Error ? error.message : String(error)}`;
  const now = deps.now();
  const incident = await write(db, () => {
    const current = incidentById(db, id);
    if (current === undefined || current.status === 'closed' || current.status === 'escalated') return null;
    const attempt = openAttemptOf(db, id);
    if (attempt !== undefined) {
      const called = callsOf(db, attempt.id).length > 0;
      endAttempt(db, attempt.id, called ? 'lost' : 'not_called', why, now);
      if (!called) giveBack(deps, attempt);
    }
    addEvent(db, id, now, 'escalation', why, {});
    escalate(db, current, 'internal_error', now);
    return current;
  });
  if (incident !== null) deps.events.escalated(incident, 'internal_error');
  deps.wake();
}
