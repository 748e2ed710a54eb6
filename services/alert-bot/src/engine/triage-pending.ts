import { tellOwnFailure } from '../decision/own-failure.ts';
import type { Deps } from '../deps.ts';
import type { Platform } from '../domain/platform.ts';
import { type Payload, parsePayload } from '../intake/payload.ts';
import type { Events } from '../observe/events.ts';
import { cannotWrite, StoreError, write } from '../store/db.ts';
import {
  type AlertOutcome,
  beginTries,
  endTry,
  finishDelivery,
  outcomesOf,
  type PendingDelivery,
  pendingDeliveries,
  recordOutcome,
} from '../store/deliveries.ts';
import type { Incident } from '../store/incidents.ts';
import { triageAlert } from '../triage/triage.ts';

const BATCH = 100;
/** A delivery that cannot be triaged so often is put aside as rejected, and a person is told. */
const TRIES = 3;

/** What it works with; see Deps. */
export interface TriageDeps extends Pick<Deps, 'db' | 'boot' | 'now' | 'playbooks'> {
  platform: Pick<Platform, 'targetId'>;
  events: Pick<Events, 'triaged' | 'failed' | 'escalated'>;
}

/** What could not be triaged: one alert, or the whole delivery (null). */
interface Failure {
  index: number | null;
  error: unknown;
}

interface Triaged {
  outcomes: AlertOutcome[];
  failures: Failure[];
  /** Opened to tell a person, where there was none yet. */
  told: Incident | null;
}

/**
 * Triages what was acknowledged, oldest first, a transaction per delivery. A try is counted before it is made,
 * so that a delivery that ends the process does not end it for ever.
 * @returns the incidents that a repeat touched, to be reconsidered where they were dismissed
 */
export async function triagePending(deps: TriageDeps): Promise<Set<number>> {
  const { db, boot } = deps;
  const repeated = new Set<number>();
  const pending = pendingDeliveries(db, BATCH);
  const begin = (some: readonly PendingDelivery[]) =>
    write(db, () =>
      beginTries(
        db,
        some.map(({ id }) => id),
        boot,
      ),
    );
  // One commit for all that are new. What was tried before may be what ended the process: each on its own.
  const fresh = pending.filter(({ tries }) => tries === 0);
  if (fresh.length > 0) await begin(fresh);
  for (const delivery of pending) {
    const isBegun = delivery.begun === boot || delivery.tries === 0;
    const over = delivery.begun === boot ? delivery.tries - 1 : delivery.tries;
    if (!isBegun && over < TRIES) await begin([delivery]);
    try {
      const done = await write(db, () => tryOnce(deps, delivery, over));
      for (const { error } of done.failures) deps.events.failed('triage', error);
      deps.events.triaged(delivery.id, done.outcomes);
      if (done.told !== null) deps.events.escalated(done.told, 'internal_error');
      for (const { outcome, incident } of done.outcomes)
        if (outcome === 'duplicate' && incident !== undefined) repeated.add(incident);
    } catch (error) {
      // The log's trouble, not the delivery's: it was acknowledged, and waits until the log can be written.
      if (error instanceof StoreError) throw error;
      deps.events.failed('triage', error);
    }
  }
  return repeated;
}

/** @param over how many tries of it came to nothing */
function tryOnce(deps: TriageDeps, delivery: PendingDelivery, over: number): Triaged {
  const { db } = deps;
  const now = deps.now();
  const outcomes: AlertOutcome[] = [];
  const failures: Failure[] =
    over < TRIES
      ? triageDelivery(deps, delivery, outcomes)
      : [{ index: null, error: new Error(`each of ${TRIES} tries ended the process`) }];
  if (failures.length === 0) finishDelivery(db, delivery.id, 'triaged');
  else if (over + 1 < TRIES) endTry(db, delivery.id);
  if (failures.length === 0 || over + 1 < TRIES) return { outcomes, failures, told: null };

  for (const { index, error } of failures) {
    if (index === null) continue;
    const rejected = { index, outcome: 'rejected', field: `alerts.${index}`, message: text(error) } as const;
    recordOutcome(db, delivery.id, rejected);
    outcomes.push(rejected);
  }
  finishDelivery(db, delivery.id, 'rejected');
  const why = failures.map(({ error }) => text(error)).join('; ');
  return { outcomes, failures, told: tellOwnFailure(db, delivery.id, why, now) };
}

/** Takes each alert that has no outcome yet; a bad one among good ones does not hold them up (G1). */
function triageDelivery(deps: TriageDeps, delivery: PendingDelivery, outcomes: AlertOutcome[]): Failure[] {
  const { db } = deps;
  const { playbooks, limits } = deps.playbooks();
  const context = { playbooks, limits, targetId: (service: string) => deps.platform.targetId(service) };
  const done = new Set(outcomesOf(db, delivery.id).map((outcome) => outcome.index));
  const failures: Failure[] = [];
  const attempt = <T>(index: number | null, work: () => T): T | undefined => {
    try {
      // A nested transaction is a savepoint.
      return db.transaction(work)();
    } catch (error) {
      // SQLite has undone the whole transaction by then.
      if (cannotWrite(error)) throw error;
      failures.push({ index, error });
      return undefined;
    }
  };
  const payload = attempt(null, (): Payload => parsePayload(delivery.body, delivery.receivedAt));
  for (const { index, alert } of payload?.alerts ?? []) {
    if (done.has(index)) continue;
    const outcome = attempt(index, () => {
      const triaged = { index, ...triageAlert(db, context, alert, delivery.source, deps.now()) };
      recordOutcome(db, delivery.id, triaged);
      return triaged;
    });
    if (outcome !== undefined) outcomes.push(outcome);
  }
  return failures;
}

const text = (error: unknown): string => (error instanceof Error ? error.message : String(error));
