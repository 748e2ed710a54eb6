import type { Deps } from '../deps.ts';
import type { Instance } from '../domain/target.ts';
import { type Attempt, attemptsOf, callsOf } from '../store/attempts.ts';
import { StoreError, write } from '../store/db.ts';
import { hasAfter } from '../store/evidence.ts';
import type { Incident } from '../store/incidents.ts';
import { captureEvidence, keepEvidence } from './evidence.ts';
import { instancesNow } from './look.ts';

/** An attempt whose proof is over: good, bad or out of time. */
export interface Concluded {
  incident: Incident;
  attempt: Attempt;
  /** The instances as they were last looked at; null where the platform could not say. */
  seen: readonly Instance[] | null;
}

/**
 * Captures evidence once more, when it is committed how an attempt ended, so that what the action made of it can be read
 * beside what was captured before it (G9). It is nobody's duty: run it beside everything else, and wait for it at a stop
 * only. What a stop or a crash cuts off, or the log does not take, is dropped. Never throws.
 */
export async function captureAfter(deps: Deps, concluded: Concluded): Promise<void> {
  const { incident, attempt } = concluded;
  try {
    const instances = concluded.seen ?? calledIn(deps, attempt);
    const evidence = await captureEvidence(deps, incident, 'after', instances, createStates(deps, attempt));
    if (evidence.length === 0 || deps.stopping.aborted) return;
    await write(deps.db, () => {
      // It may have been pruned meanwhile.
      const isThere = attemptsOf(deps.db, incident.id).some(({ id }) => id === attempt.id);
      if (isThere && !hasAfter(deps.db, attempt.id)) keepEvidence(deps, attempt, evidence);
    });
  } catch (error) {
    // That the log cannot be written is found out, and told, by those who have to write.
    if (!deps.stopping.aborted && !(error instanceof StoreError)) deps.events.failed('captureAfter', error);
  }
}

/** Where the platform did not say who is there: whom the attempt called. */
function calledIn(deps: Deps, attempt: Attempt): Instance[] {
  const called = new Map<string, Instance>();
  for (const call of callsOf(deps.db, attempt.id)) called.set(call.instance_id, call.after ?? call.before);
  return [...called.values()];
}

/** How each instance is now, by one question for all of them. */
function createStates(deps: Deps, attempt: Attempt): (instance: Instance) => Promise<Instance> {
  let asked: ReturnType<typeof instancesNow> | null = null;
  return async ({ id, name }) => {
    asked ??= instancesNow(deps, attempt);
    const now = (await asked).find((instance) => instance.id === id);
    if (now === undefined) throw new Error(`${name} is gone`);
    return now;
  };
}
