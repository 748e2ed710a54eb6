import type { Deps } from '../deps.ts';
import type { Millis } from '../domain/duration.ts';
import { runAttempt } from '../executor/attempt.ts';
import { seekEnd } from '../executor/handed-over.ts';
import { seekProof } from '../executor/prove.ts';
import { recoverAttempt } from '../executor/recover.ts';
import { RECURS } from '../policy/guard-recurring.ts';
import { recordAlive } from '../store/controls.ts';
import { StoreError, write } from '../store/db.ts';
import { endRecurring } from '../store/escalations.ts';
import { type Incident, openIncidents } from '../store/incidents.ts';
import { isStorm } from '../store/storms.ts';
import { forgiveAbsence } from '../store/waits.ts';
import { consider, isFiring, reconsider } from './consider.ts';
import { handOverDefect } from './defect.ts';
import { createOutbox } from './outbox.ts';
import { createPruner, KEPT_UNLESS_SET, type Retention } from './prune.ts';
import { tendStorms } from './storms.ts';
import { SWEEP_EVERY, sweep } from './sweep.ts';
import { triagePending } from './triage-pending.ts';

/** A pass without news still comes this often: waits end, and nothing may hang on a lost wake. */
const PASS_EVERY = 1_000;

const FAILURES_AT_MOST = 3;
const PAUSE_AFTER_FAILURE = 5_000;
/** Of what came in during a long round; the rest has its turn in the next one. */
const HEARD_AT_ONCE = 50;
/** A log that cannot be written must show before an alert needs it. */
const PROVE_WRITABLE_EVERY = 10_000;

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

/**
 * The loop: triage, sweep, decide, one incident after the other; attempts and proofs run beside it, one task
 * an incident. Everything it needs is in the log, so that a crash at any point is only a longer pause.
 * @param woken resolves when something was committed after it was called
 */
export function startEngine(
  deps: Deps,
  woken: () => Promise<void>,
  retention: Retention = KEPT_UNLESS_SET,
): Engine {
  const tasks = new Map<number, Promise<void>>();
  const outbox = createOutbox(deps);
  const pruner = createPruner(deps, retention);
  // What is `acting` without a task was left by an earlier process, or by a task that failed.
  const orphaned = new Set(
    openIncidents(deps.db)
      .filter((incident) => incident.status === 'acting')
      .map((incident) => incident.id),
  );
  const failures = new Map<number, { count: number; notBefore: Millis }>();
  let lastPass = deps.monotonic();
  let trouble: string | null = null;
  let provedAt = Number.NEGATIVE_INFINITY;
  let sweptAt = Number.NEGATIVE_INFINITY;
  let passing = Promise.withResolvers<void>();

  function run(incident: Incident, task: (deps: Deps, id: number) => Promise<void>): void {
    if (tasks.has(incident.id)) return;
    const done = task(deps, incident.id)
      .then(() => {
        // A recovery only undoes what failed; whether it works now shows the next attempt.
        if (task !== recoverAttempt) failures.delete(incident.id);
      })
      .catch(async (error: unknown) => {
        if (!deps.stopping.aborted) await failed(incident.id, task.name, error);
      })
      .finally(() => {
        tasks.delete(incident.id);
        if (!deps.stopping.aborted) deps.wake();
      });
    tasks.set(incident.id, done);
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

  async function look(incident: Incident): Promise<void> {
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
  }

  /**
   * Takes what came in during a long round: it must not wait behind a thousand others.
   * @returns the youngest incident that was looked at
   */
  async function hear(after: number): Promise<number> {
    for (const id of await triagePending(deps)) await reconsider(deps, id);
    const news = openIncidents(deps.db, after).slice(0, HEARD_AT_ONCE);
    for (const incident of news)
      await look(incident).catch((error: unknown) => failed(incident.id, 'decide', error));
    return news.at(-1)?.id ?? after;
  }

  async function pass(): Promise<void> {
    if (deps.monotonic() - provedAt >= PROVE_WRITABLE_EVERY) {
      const isFirst = provedAt === Number.NEGATIVE_INFINITY;
      await write(deps.db, () => {
        if (isFirst) forgiveAbsence(deps.db, deps.now());
        recordAlive(deps.db, deps.now());
        endRecurring(deps.db, { before: deps.now() - RECURS.per }, deps.now());
      });
      provedAt = deps.monotonic();
    }
    const repeated = await triagePending(deps);
    for (const id of repeated) await reconsider(deps, id);
    if (deps.monotonic() - sweptAt >= SWEEP_EVERY) {
      await sweep(deps);
      sweptAt = deps.monotonic();
      pruner.begin();
    }
    await tell();
    let toldAt = deps.monotonic();
    const open = openIncidents(deps.db);
    let newest = open.at(-1)?.id ?? 0;
    for (const incident of open) {
      if (deps.stopping.aborted) return;
      if (tasks.has(incident.id)) continue;
      if ((failures.get(incident.id)?.notBefore ?? 0) > deps.monotonic()) continue;
      await look(incident).catch((error: unknown) => failed(incident.id, 'decide', error));
      // A round over a thousand incidents must not keep a person from being told.
      if (deps.monotonic() - toldAt < PASS_EVERY) continue;
      newest = await hear(newest);
      await tell();
      toldAt = deps.monotonic();
    }
  }

  async function loop(): Promise<void> {
    while (!deps.stopping.aborted) {
      const news = woken();
      await pass().then(
        () => {
          trouble = null;
        },
        (error: unknown) => {
          trouble = error instanceof Error ? error.message : String(error);
          deps.events.failed('loop', error);
        },
      );
      lastPass = deps.monotonic();
      passing.resolve();
      passing = Promise.withResolvers();
      await sooner(deps, news, PASS_EVERY);
    }
    await Promise.all([...tasks.values(), pruner.idle()]);
  }

  return { lastPass: () => lastPass, trouble: () => trouble, passed: () => passing.promise, stopped: loop() };
}

/** Resolves with the promise, after a time, or when stopping: whichever comes first. */
async function sooner(deps: Deps, promise: Promise<void>, atMost: Millis): Promise<void> {
  const timer = new AbortController();
  await Promise.race([promise, deps.sleep(atMost, timer.signal).catch(() => undefined)]);
  timer.abort();
}
