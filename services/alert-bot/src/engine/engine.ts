import type { Deps } from '../deps.ts';
import type { Millis } from '../domain/duration.ts';
import { runAttempt } from '../executor/attempt.ts';
import { type Concluded, captureAfter } from '../executor/evidence-after.ts';
import { seekEnd } from '../executor/handed-over.ts';
import { seekProof } from '../executor/prove.ts';
import { recoverAttempt } from '../executor/recover.ts';
import { RECURS } from '../policy/guard-recurring.ts';
import { recordAlive } from '../store/controls.ts';
import { StoreError, write, writeTrouble } from '../store/db.ts';
import { hasBacklog } from '../store/deliveries.ts';
import { actingIncidents, dueIncidents, lastIncident, openIncidentsAfter } from '../store/due.ts';
import { endRecurring } from '../store/escalations.ts';
import { type Incident, incidentById } from '../store/incidents.ts';
import { isStorm } from '../store/storms.ts';
import { forgiveAbsence } from '../store/waits.ts';
import { consider, isFiring, reconsider } from './consider.ts';
import { handOverDefect } from './defect.ts';
import { createOutbox } from './outbox.ts';
import { createPruner, KEPT_UNLESS_SET, type Retention } from './prune.ts';
import { createRepeats } from './repeats.ts';
import { tendStorms } from './storms.ts';
import { SWEEP_EVERY, sweep } from './sweep.ts';
import { triagePending } from './triage-pending.ts';

/** A pass without news still comes this often: waits end, and nothing may hang on a lost wake. */
const PASS_EVERY = 1_000;

const FAILURES_AT_MOST = 3;
const PAUSE_AFTER_FAILURE = 5_000;
/** During a long round. */
const HEAR_EVERY = 20;
/** Between two passes, so that under a stream of deliveries many share one. */
const REST = 10;
/** Of what is new; the rest has its turn when it is heard again. */
const HEARD_AT_ONCE = 10;
/** A log that cannot be written must show before an alert needs it. */
const PROVE_WRITABLE_EVERY = 10_000;

/** Work on one incident; a proof says of which attempt it was. */
type Task = (deps: Deps, id: number) => Promise<Concluded | null> | Promise<void>;

export interface Engine {
  /** When the last pass ended, on `deps.monotonic`; a loop that stands still is not ready. */
  lastPass(): Millis;
  /** What keeps the engine from its work, in a sentence, or null. */
  trouble(): string | null;
  /** Resolves after the next pass: something may have been decided. */
  passed(): Promise<void>;
  /** Resolves once work in progress has come to a point from which the next boot goes on. */
  stopped: Promise<void>;
}

/** What another time than the real one needs to be otherwise (replay). */
export interface Pace {
  /** Takes what came in; @returns incidents that a repeat touched */
  triage(deps: Deps): Promise<Iterable<number>>;
  /** How long a pass without news may be off. */
  rest(): Millis;
  /** Compares what is open with what Alertmanager holds. */
  sweep(deps: Deps): Promise<unknown>;
}
const REAL_PACE: Pace = { triage: triagePending, rest: () => PASS_EVERY, sweep };

/**
 * The loop: triage, sweep, decide, one incident after the other; attempts and proofs run beside it, one task
 * an incident. Everything it needs is in the log, so that a crash at any point is only a longer pause.
 * @param woken resolves when something was committed after it was called
 * @param retention null: nothing is pruned
 */
export function startEngine(
  deps: Deps,
  woken: () => Promise<void>,
  retention: Retention | null = KEPT_UNLESS_SET,
  pace: Pace = REAL_PACE,
): Engine {
  const { triage, sweep: sweepNow } = pace;
  const tasks = new Map<number, Promise<void>>();
  /** What nobody waits for but the stop: the next task of its incident does not. */
  const asides = new Set<Promise<void>>();
  const outbox = createOutbox(deps);
  const pruner = retention === null ? null : createPruner(deps, retention);
  const repeats = createRepeats(deps.db, deps.monotonic);
  // What is `acting` without a task was left by an earlier process, or by a task that failed.
  const orphaned = new Set(actingIncidents(deps.db));
  const failures = new Map<number, { count: number; notBefore: Millis }>();
  let lastPass = deps.monotonic();
  let trouble: string | null = null;
  let backlog = false;
  let provedAt = Number.NEGATIVE_INFINITY;
  let sweptAt = Number.NEGATIVE_INFINITY;
  let heardAt = Number.NEGATIVE_INFINITY;
  let toldAt = Number.NEGATIVE_INFINITY;
  /** The youngest incident that was looked at, or is about to be. */
  let newest = lastIncident(deps.db);
  let passing = Promise.withResolvers<void>();

  function run(incident: Incident, task: Task): void {
    if (tasks.has(incident.id)) return;
    const whole = async () => {
      const concluded = await task(deps, incident.id);
      if (concluded) aside(captureAfter(deps, concluded));
      // A recovery only undoes what failed; whether it works now shows the next attempt.
      if (task !== recoverAttempt) failures.delete(incident.id);
    };
    const done = whole()
      .catch(async (error: unknown) => {
        if (!deps.stopping.aborted) await failed(incident.id, task.name, error);
      })
      .finally(() => {
        tasks.delete(incident.id);
        if (!deps.stopping.aborted) deps.wake();
      });
    tasks.set(incident.id, done);
  }

  function aside(work: Promise<void>): void {
    const done = work.finally(() => asides.delete(done));
    asides.add(done);
  }

  /** A defect of ours must neither loop nor hide: three failures in a row, and a person has the incident. */
  async function failed(id: number, where: string, error: unknown): Promise<void> {
    deps.events.failed(where, error);
    orphaned.add(id);
    const count = (failures.get(id)?.count ?? 0) + 1;
    failures.set(id, { count, notBefore: deps.monotonic() + PAUSE_AFTER_FAILURE });
    if (count < FAILURES_AT_MOST || error instanceof StoreError) return;
    failures.delete(id);
    await handOverDefect(deps, id, error).catch((also: unknown) => deps.events.failed('hand over', also));
  }

  async function look(id: number): Promise<void> {
    const incident = incidentById(deps.db, id);
    if (incident !== undefined) await lookAt(incident).catch((error: unknown) => failed(id, 'decide', error));
  }

  async function lookAt(incident: Incident): Promise<void> {
    if (isStorm(deps.db, incident)) return;
    switch (incident.status) {
      case 'new':
      case 'deferred':
      case 'awaiting_approval':
        if (incident.nextLookAt <= deps.now() || !isFiring(deps, incident)) await consider(deps, incident.id);
        return;
      case 'escalated':
        if (!isFiring(deps, incident)) return run(incident, seekEnd);
        if (incident.nextLookAt <= deps.now()) await consider(deps, incident.id);
        return;
      case 'queued':
        return run(incident, runAttempt);
      case 'acting':
        if (orphaned.delete(incident.id)) run(incident, recoverAttempt);
        return;
      case 'proving':
        return run(incident, seekProof);
      case 'lost':
      case 'closed':
        return;
    }
  }

  async function tell(): Promise<void> {
    await tendStorms(deps);
    await outbox.flush();
    toldAt = deps.monotonic();
  }

  /** Triages what came in, and decides about what is new. */
  async function hear(): Promise<void> {
    repeats.note(await triage(deps));
    backlog = hasBacklog(deps.db, deps.boot);
    const news = openIncidentsAfter(deps.db, newest, HEARD_AT_ONCE);
    newest = news.at(-1) ?? newest;
    for (const id of news) {
      await deps.breathe();
      await look(id);
    }
    heardAt = deps.monotonic();
    tellWaiting();
  }

  /** Between any two pieces of work: neither news nor a person who is to be told may wait behind a thousand others. */
  async function between(): Promise<void> {
    await deps.breathe();
    if (deps.monotonic() - heardAt >= HEAR_EVERY) await hear();
    if (deps.monotonic() - toldAt >= PASS_EVERY) await tell();
  }

  async function pass(): Promise<void> {
    // While it cannot be written nothing else is begun, and each pass finds out whether it can be again.
    if (writeTrouble(deps.db) !== null || deps.monotonic() - provedAt >= PROVE_WRITABLE_EVERY) {
      const isFirst = provedAt === Number.NEGATIVE_INFINITY;
      await write(deps.db, () => {
        if (isFirst) forgiveAbsence(deps.db, deps.now());
        recordAlive(deps.db, deps.now());
        endRecurring(deps.db, { before: deps.now() - RECURS.per }, deps.now());
      });
      provedAt = deps.monotonic();
    }
    await hear();
    if (deps.monotonic() - sweptAt >= SWEEP_EVERY) {
      // Between two pieces of it the loop goes on with what is new.
      await sweepNow({ ...deps, breathe: between });
      sweptAt = deps.monotonic();
      pruner?.begin();
    }
    await tell();
    const due = dueIncidents(deps.db, deps.now());
    newest = lastIncident(deps.db);
    for (const id of due) {
      if (deps.stopping.aborted) return;
      if (!tasks.has(id) && (failures.get(id)?.notBefore ?? 0) <= deps.monotonic()) await look(id);
      await between();
    }
    for (let id = repeats.next(); id !== null && !deps.stopping.aborted; id = repeats.next()) {
      await reconsider(deps, id);
      await between();
    }
  }

  /** Something may have been decided that somebody waits for. */
  function tellWaiting(): void {
    passing.resolve();
    passing = Promise.withResolvers();
  }

  async function loop(): Promise<void> {
    while (!deps.stopping.aborted) {
      const news = woken();
      await pass().then(
        () => {
          trouble = null;
        },
        (error: unknown) => {
          // The log's is told by `writeTrouble`, which is over before the next pass is.
          const isLog = writeTrouble(deps.db) !== null;
          trouble = isLog ? null : error instanceof Error ? error.message : String(error);
          backlog = false;
          deps.events.failed('loop', error);
        },
      );
      lastPass = deps.monotonic();
      tellWaiting();
      // More was delivered than one pass takes: the next one comes as soon as may be.
      if (!backlog) await sooner(deps, news, pace.rest());
      if (deps.monotonic() - lastPass < REST) await deps.sleep(REST).catch(() => undefined);
    }
    await Promise.all([...tasks.values(), pruner?.idle()]);
    await Promise.all(asides);
  }

  return { lastPass: () => lastPass, trouble: () => trouble, passed: () => passing.promise, stopped: loop() };
}

/** Made once: a reason of its own for each is dear, and nobody reads it. */
const WOKEN = new Error('woken before the time was over');

/** Resolves with the promise, after a time, or when stopping: whichever comes first. */
async function sooner(deps: Deps, promise: Promise<void>, atMost: Millis): Promise<void> {
  const timer = new AbortController();
  await Promise.race([promise, deps.sleep(atMost, timer.signal).catch(() => undefined)]);
  timer.abort(WOKEN);
}
