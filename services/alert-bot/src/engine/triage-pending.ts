import type { Deps } from '../deps.ts';
import { parsePayload } from '../intake/payload.ts';
import { StoreError, write } from '../store/db.ts';
import {
  type AlertOutcome,
  countTry,
  type Delivery,
  finishDelivery,
  outcomesOf,
  pendingDeliveries,
  recordOutcome,
} from '../store/deliveries.ts';
import { triageAlert } from '../triage/triage.ts';

const BATCH = 100;
/** A delivery that cannot be triaged so often is put aside as rejected. */
const TRIES = 3;

/**
 * Triages what was acknowledged, oldest first, a transaction per delivery.
 * @returns the incidents that a repeat touched, to be reconsidered where they were dismissed
 */
export async function triagePending(deps: Deps): Promise<Set<number>> {
  const repeated = new Set<number>();
  for (const delivery of pendingDeliveries(deps.db, BATCH)) {
    try {
      const outcomes = await write(deps.db, () => triageDelivery(deps, delivery));
      deps.events.triaged(delivery.id, outcomes);
      for (const { outcome, incident } of outcomes)
        if (outcome === 'duplicate' && incident !== undefined) repeated.add(incident);
    } catch (error) {
      // The log's trouble, not the delivery's: it was acknowledged, and waits until the log can be written.
      if (error instanceof StoreError) throw error;
      deps.events.failed('triage', error);
      await write(deps.db, () => {
        if (countTry(deps.db, delivery.id) >= TRIES) finishDelivery(deps.db, delivery.id, 'rejected');
      });
    }
  }
  return repeated;
}

function triageDelivery(deps: Deps, delivery: Delivery): AlertOutcome[] {
  const { db } = deps;
  const { playbooks, limits } = deps.playbooks();
  const context = { playbooks, limits, targetId: (service: string) => deps.platform.targetId(service) };
  const { alerts } = parsePayload(delivery.body, delivery.receivedAt);
  const done = new Set(outcomesOf(db, delivery.id).map((outcome) => outcome.index));
  const outcomes: AlertOutcome[] = [];
  for (const { index, alert } of alerts) {
    if (done.has(index)) continue;
    const outcome = {
      index,
      ...triageAlert(db, context, alert, delivery.source, deps.now()),
    };
    recordOutcome(db, delivery.id, outcome);
    outcomes.push(outcome);
  }
  finishDelivery(db, delivery.id, 'triaged');
  return outcomes;
}
