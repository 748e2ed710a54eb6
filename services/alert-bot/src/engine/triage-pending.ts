import { collect } from '../collect.ts';
import { tellOwnFailure } from '../decision/own-failure.ts';
import type { Deps } from '../deps.ts';
import type { Bytes } from '../domain/bytes.ts';
import type { Millis } from '../domain/duration.ts';
import type { Platform } from '../domain/platform.ts';
import { type Envelope, openEnvelope, readAlert } from '../intake/payload.ts';
import type { Events } from '../observe/events.ts';
import { cannotWrite, StoreError, savepoint, writeAhead } from '../store/db.ts';
import {
  type AlertOutcome,
  beginTries,
  bodyOf,
  endTry,
  finishDelivery,
  noteProgress,
  outcomesOf,
  type PendingDelivery,
  pendingDeliveries,
  recordOutcome,
} from '../store/deliveries.ts';
import type { Incident } from '../store/incidents.ts';
import { triageAlert } from '../triage/triage.ts';
import { SLICE } from './breath.ts';

/** A body from this size on leaves garbage of several times its size behind, which is then collected at once. */
const LARGE: Bytes = 1024 * 1024;
const BATCH = 100;
/** Then others have their turn, such as a person who is to be told; what is left is taken next time. */
const AT_MOST: Millis = 1_000;
/** Once there is news it is decided about before all that waits behind it is triaged; of one delivery all is, as it may be a storm. */
const WITH_NEWS: Millis = 20;
/** A delivery that cannot be triaged so often is put aside as rejected, and a person is told. */
const TRIES = 3;

/** What it works with; see Deps. */
export interface TriageDeps
  extends Pick<Deps, 'db' | 'boot' | 'now' | 'monotonic' | 'breathe' | 'playbooks'> {
  platform: Pick<Platform, 'targetId'>;
  events: Pick<Events, 'triaged' | 'failed' | 'escalated'>;
}

/** What could not be triaged: one alert, or the whole delivery (null). */
interface Failure {
  index: number | null;
  error: unknown;
}

/** A delivery under way, over however many transactions. */
interface Work {
  delivery: PendingDelivery;
  /** How many tries of it came to nothing. */
  over: number;
  /** What was tried before may be what ended the process. */
  alone: boolean;
  progress: Progress | null;
}

interface Progress {
  envelope: Envelope | null;
  done: ReadonlySet<number>;
  next: number;
  failures: Failure[];
}

/** What one transaction did for a delivery. */
interface Step {
  work: Work;
  outcomes: AlertOutcome[];
  failures: readonly Failure[];
  /** Opened to tell a person, where there was none yet. */
  told: Incident | null;
  isDone: boolean;
}

/**
 * Triages what was acknowledged, oldest first, for some milliseconds a transaction: many small deliveries share one, one of
 * thousands of alerts takes many. None waits for the disk: what a power failure takes is triaged again, and what is decided
 * about it syncs it. A try is counted before it is made, so that a delivery that ends the process does
 * not end it for ever.
 * @returns the incidents that a repeat touched, to be reconsidered where they were dismissed
 */
export async function triagePending(deps: TriageDeps): Promise<Set<number>> {
  const { db } = deps;
  const repeated = new Set<number>();
  let waiting = await begin(deps, pendingDeliveries(db, BATCH));
  const until = deps.monotonic() + AT_MOST;
  let newsUntil = Number.POSITIVE_INFINITY;
  while (waiting.length > 0 && deps.monotonic() < until) {
    if (deps.monotonic() >= newsUntil && waiting.every(({ progress }) => progress === null)) break;
    await deps.breathe();
    const group = await nextGroup(deps, waiting);
    try {
      const steps = await writeAhead(db, () => together(deps, group));
      for (const step of steps) report(deps, step, repeated);
      if (steps.some(hasNews)) newsUntil = Math.min(newsUntil, deps.monotonic() + WITH_NEWS);
      const done = new Set(steps.flatMap(({ work, isDone }) => (isDone ? [work] : [])));
      waiting = waiting.filter((work) => !done.has(work));
      if ([...done].some(({ delivery }) => delivery.size > LARGE)) collect();
    } catch (error) {
      // The log's trouble, not the delivery's: it was acknowledged, and waits until the log can be written.
      if (error instanceof StoreError) throw error;
      if (group.length === 1) {
        deps.events.failed('triage', error);
        waiting = waiting.filter((work) => !group.includes(work));
      }
      // All of it was undone: which of them it was shows when each is tried on its own.
      for (const work of group) Object.assign(work, { alone: true, progress: null });
    }
  }
  return repeated;
}

/** One commit for all that are new. */
async function begin({ db, boot }: TriageDeps, pending: readonly PendingDelivery[]): Promise<Work[]> {
  const fresh = pending.filter(({ tries }) => tries === 0).map(({ id }) => id);
  if (fresh.length > 0) await writeAhead(db, () => beginTries(db, fresh, boot));
  return pending.map((delivery) => {
    // One that this boot has begun is not over.
    const over = delivery.begun === boot ? delivery.tries - 1 : delivery.tries;
    return { delivery, over, alone: over > 0, progress: null };
  });
}

/** The oldest, and what follows it as long as none was tried before: those go one by one. */
async function nextGroup({ db, boot }: TriageDeps, waiting: readonly Work[]): Promise<Work[]> {
  const [first] = waiting;
  if (first === undefined || !first.alone) {
    const end = waiting.findIndex(({ alone }) => alone);
    return waiting.slice(0, end < 0 ? waiting.length : end);
  }
  const { id, tries, begun } = first.delivery;
  if (tries > 0 && begun !== boot && first.over < TRIES) {
    await writeAhead(db, () => beginTries(db, [id], boot));
    // Once, over however many transactions.
    first.delivery = { ...first.delivery, begun: boot };
  }
  return [first];
}

function together(deps: TriageDeps, group: readonly Work[]): Step[] {
  const until = deps.monotonic() + SLICE;
  const isOver = () => deps.monotonic() >= until;
  const steps: Step[] = [];
  for (const work of group) {
    if (steps.length > 0 && isOver()) break;
    steps.push(advance(deps, work, isOver));
  }
  return steps;
}

const hasNews = ({ outcomes }: Step): boolean => outcomes.some(({ outcome }) => outcome === 'new');

function report(deps: TriageDeps, { work, outcomes, failures, told }: Step, repeated: Set<number>): void {
  for (const { error } of failures) deps.events.failed('triage', error);
  deps.events.triaged(work.delivery.id, outcomes);
  if (told !== null) deps.events.escalated(told, 'internal_error');
  for (const { outcome, incident } of outcomes)
    if (outcome === 'duplicate' && incident !== undefined) repeated.add(incident);
}

/** Takes each alert that has no outcome yet; a bad one among good ones does not hold them up (G1). */
function advance(deps: TriageDeps, work: Work, isOver: () => boolean): Step {
  const { db } = deps;
  const { id } = work.delivery;
  const outcomes: AlertOutcome[] = [];
  // What could not even be opened is found out in this step.
  const before = work.progress?.failures.length ?? 0;
  const progress = work.progress ?? open(deps, work);
  work.progress = progress;
  const { envelope, done, failures } = progress;
  const { playbooks, limits } = deps.playbooks();
  const context = { playbooks, limits, targetId: (service: string) => deps.platform.targetId(service) };
  for (; envelope !== null && progress.next < envelope.raw.length; progress.next++) {
    const index = progress.next;
    if (done.has(index)) continue;
    // After a crash one at a time: what is kept of the ones before it shows which of them it was.
    if (outcomes.length > 0 && (isOver() || work.over > 0)) {
      noteProgress(db, id);
      return { work, outcomes, failures: failures.slice(before), told: null, isDone: false };
    }
    const outcome = alone(db, failures, index, () => {
      const read = readAlert(envelope, index, work.delivery.receivedAt);
      if (!('alert' in read)) throw new Error(read.message);
      const triaged = {
        index,
        ...triageAlert(db, context, read.alert, work.delivery.source, deps.now()),
      };
      recordOutcome(db, id, triaged);
      return triaged;
    });
    if (outcome !== undefined) outcomes.push(outcome);
  }
  const told = conclude(deps, work, failures, outcomes);
  return { work, outcomes, failures: failures.slice(before), told, isDone: true };
}

function open({ db }: TriageDeps, { delivery, over }: Work): Progress {
  const failures: Failure[] = [];
  const done = new Set(outcomesOf(db, delivery.id).map((outcome) => outcome.index));
  if (over >= TRIES)
    failures.push({ index: null, error: new Error(`each of ${TRIES} tries ended the process`) });
  const envelope =
    over >= TRIES ? null : alone(db, failures, null, () => openEnvelope(bodyOf(db, delivery.id)));
  return { envelope: envelope ?? null, done, next: 0, failures };
}

/** Finishes a delivery, or leaves it to the next try; at last it is put aside, and a person is told. */
function conclude(
  { db, now }: TriageDeps,
  { delivery: { id }, over }: Work,
  failures: readonly Failure[],
  outcomes: AlertOutcome[],
): Incident | null {
  if (failures.length === 0) finishDelivery(db, id, 'triaged');
  else if (over + 1 < TRIES) endTry(db, id);
  if (failures.length === 0 || over + 1 < TRIES) return null;

  for (const { index, error } of failures) {
    if (index === null) continue;
    const rejected = { index, outcome: 'rejected', field: `alerts.${index}`, message: text(error) } as const;
    recordOutcome(db, id, rejected);
    outcomes.push(rejected);
  }
  finishDelivery(db, id, 'rejected');
  return tellOwnFailure(db, id, failures.map(({ error }) => text(error)).join('; '), now());
}

/** What fails is undone alone, and told as a failure of that alert. */
function alone<T>(db: Deps['db'], failures: Failure[], index: number | null, work: () => T): T | undefined {
  try {
    return savepoint(db, work);
  } catch (error) {
    // SQLite has undone the whole transaction by then.
    if (cannotWrite(error)) throw error;
    failures.push({ index, error });
    return undefined;
  }
}

const text = (error: unknown): string => (error instanceof Error ? error.message : String(error));
