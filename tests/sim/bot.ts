import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { createClock } from '../../services/alert-bot/src/clock.ts';
import type { Deps } from '../../services/alert-bot/src/deps.ts';
import type { Millis } from '../../services/alert-bot/src/domain/duration.ts';
import { startEngine } from '../../services/alert-bot/src/engine/engine.ts';
import type { Retention } from '../../services/alert-bot/src/engine/prune.ts';
import { createIntake, deliveryId, type Intake } from '../../services/alert-bot/src/intake/intake.ts';
import { checkPayload, PayloadError, parsePayload } from '../../services/alert-bot/src/intake/payload.ts';
import { keepTime } from '../../services/alert-bot/src/keep-time.ts';
import { createEvents, type Events } from '../../services/alert-bot/src/observe/events.ts';
import { createMetrics, NO_INCIDENTS } from '../../services/alert-bot/src/observe/metrics.ts';
import { recordObservations } from '../../services/alert-bot/src/replay/record.ts';
import { lastLogTime } from '../../services/alert-bot/src/store/controls.ts';
import { openLog } from '../../services/alert-bot/src/store/db.ts';
import { jumpInLog } from '../../services/alert-bot/src/store/leaps.ts';
import { createHttp } from '../../services/alert-bot/src/surface.ts';
import { silent } from '../../services/alert-bot/src/testing/silent.ts';
import type { Crashes } from './crash-points.ts';
import { Died, withCrashes } from './dying-log.ts';
import type { Life } from './life.ts';
import { createPorts } from './ports.ts';
import type { World } from './world/world.ts';

/** So short that a run prunes deliveries. Incidents stay: decisions may look back at them for a day. */
const RETENTION = { keep: 45_000, max: 1024 ** 3 };

const metrics = createMetrics({
  incidents: () => NO_INCIDENTS,
  pendingDeliveries: () => 0,
  heartbeatAt: () => 0,
  paused: () => false,
});

/** One process of the bot, from boot to death. */
interface Process extends Life {
  deps: Deps;
  intake: Intake;
  app: ReturnType<typeof createHttp>;
  stopped: Promise<void>;
  stop(reason: Error): void;
  close(): void;
}

export type Bot = ReturnType<typeof createBot>;

/** The bot as the world sees it: a webhook, an API, and a process that dies and comes back on the same log. */
export function createBot(
  world: World,
  crashesOf: (died: (point: string) => void) => Crashes,
  folder: string,
  retention: Retention = RETENTION,
) {
  const { ground } = world;
  const { time, trace } = ground;
  const random = ground.random('bot');
  const reasons = new Map<string, number>();
  let current: Process | null = null;
  let boots = 0;
  const crashes = crashesOf((point) => {
    trace.event('crash', `at ${point}`);
    die();
  });

  /** The process is gone: what it awaited never comes, what it has not committed never was. */
  function die(): void {
    if (current === null) return;
    const process = current;
    current = null;
    process.isDead = true;
    process.close();
    world.notes.ends.push(time.now());
    comeBack();
  }

  const comeBack = (): void => {
    time.after(random.chance(0.8) ? random.int(300, 3_000) : random.int(3_000, 25_000), () => {
      if (current === null) boot();
    });
  };

  function boot(): void {
    const began = time.now();
    const { db, boot: number, close } = openLog(join(folder, 'log'));
    boots = number;
    trace.event('boot', `boot ${number}`);
    world.notes.boots.push(began);
    const stopping = new AbortController();
    const life: Life = { boot: number, isDead: false, sleepers: new Set(), stopping: stopping.signal };
    // A crash ends the transaction first, then the process: nothing of it may go on.
    withCrashes(db, life, crashes);
    const monotonic = (): Millis => time.now() - began;
    const clock = createClock({
      ...{ latest: lastLogTime(db), jumped: jumpInLog(db) },
      ...{ wall: ground.wall, monotonic },
    });
    const waker = createWaker(life);
    const ports = createPorts(world, life, crashes, monotonic);
    const heard = recordObservations(ports, { db, now: clock.now });
    const deps: Deps = {
      db,
      boot: number,
      now: clock.now,
      monotonic,
      sleep: ports.sleep,
      // Nobody else wants a turn.
      breathe: () => Promise.resolve(),
      clockJump: clock.jump,
      behind: clock.behind,
      newFrom: clock.newFrom,
      ...heard,
      playbooks: () => world.playbooks(),
      events: listen(life),
      wake: waker.wake,
      stopping: stopping.signal,
    };
    const intake = createIntake(db, number, waker.wake, {
      sleep: (length) => new Promise((over) => void time.after(length, () => over(undefined))),
      sync: () => Promise.resolve(),
    });
    const keeper = keepTime(deps, clock);
    const engine = startEngine(deps, waker.woken, retention);
    const app = createHttp(deps, {
      intake,
      passed: () => engine.passed(),
      tokens: { accepts: () => true, sign: () => '', signed: () => false, warnings: () => [] },
      metrics,
      readiness: { problems: () => [], notes: () => [] },
      grafana: null,
    });
    current = Object.assign(life, {
      deps,
      intake,
      app,
      stopped: Promise.all([engine.stopped, keeper]).then(() => undefined),
      stop: (reason: Error) => {
        stopping.abort(reason);
        for (const wake of [...life.sleepers]) wake(reason);
      },
      close,
    });
  }

  /** What the bot reports of itself: counted, and part of the trace; the oracle does not look at it. */
  function listen(life: Life): Events {
    const events = createEvents(silent, metrics);
    const reached = (kind: string, reason: string) => {
      const key = `${kind} ${reason}`;
      reasons.set(key, (reasons.get(key) ?? 0) + 1);
    };
    const tell = (kind: string, text: string) => {
      if (!life.isDead) trace.event(kind, text);
    };
    return {
      ...events,
      decided(incident, decision) {
        if (life.isDead) return;
        reached(decision.kind, decision.reason);
        const because = decision.guards.find((guard) => guard.answer !== 'allow')?.because ?? '';
        tell('decides', `${incident.id} ${incident.target}: ${decision.kind} ${decision.reason}: ${because}`);
      },
      escalated(incident, reason) {
        if (life.isDead) return;
        reached('escalate', reason);
        tell('escalates', `${incident.id} ${incident.target}: ${reason}`);
      },
      called: (incident, verb, result) => tell('called', `${incident.id} ${verb}: ${result}`),
      attemptEnded: (incident, outcome, detail) =>
        tell('attempt', `${incident.id} ${incident.target} ${outcome}: ${detail}`),
      closed: (incident, outcome) => tell('closed', `${incident.id} ${incident.target} ${outcome}`),
      failed(where, error) {
        if (life.isDead || error instanceof Died) return;
        tell('failed', `${where}: ${error instanceof Error ? error.message : String(error)}`);
        world.notes.failures.push({ at: time.now(), where, error });
      },
    };
  }

  return {
    boot,
    die,
    reasons,
    crashes,
    boots: () => boots,
    isThere: () => current !== null,
    /** A webhook arrives: parsed, committed, acknowledged, as behind `POST /webhook`. */
    post(body: string, source: string, answered: (isOk: boolean) => void): void {
      const process = current;
      if (process === null) {
        time.after(20, () => answered(false));
        return;
      }
      const now = process.deps.now();
      try {
        const payload = parsePayload(body, now);
        const { groupKey } = payload;
        const delivery = {
          id: deliveryId(now, random.hex(12)),
          receivedAt: now,
          source: payload.source,
          groupKey,
          body,
        };
        const accepted = process.intake.accept({ delivery, payload: checkPayload(body) });
        // Requests of one turn are committed together.
        time.needsTurns(accepted);
        accepted.then(
          () => {
            if (process.isDead) return;
            trace.event('delivery', `${source}: accepted`);
            world.acknowledged(payload);
            answered(true);
          },
          () => process.isDead || answered(false),
        );
      } catch (error) {
        if (!(error instanceof PayloadError)) throw error;
        answered(false);
      }
    },
    /** A person's order. @returns the status of the answer; `unknown` where the process died over it */
    async order(path: string, body: object): Promise<number | 'nobody' | 'unknown'> {
      const process = current;
      if (process === null) return 'nobody';
      const answered = Promise.resolve(
        process.app.request(`/api/v1${path}`, {
          method: 'POST',
          headers: { authorization: 'Bearer x', 'content-type': 'application/json' },
          body: JSON.stringify(body),
        }),
      );
      // A body is a stream.
      time.needsTurns(answered);
      const response = await answered;
      if (process.isDead) return 'unknown';
      trace.event('order', `${path}: ${response.status}`);
      return response.status;
    },
    /** Asked to stop, as on SIGTERM: it may finish what it has begun. */
    async stop(): Promise<void> {
      const process = current;
      if (process === null) return;
      trace.event('stop', `boot ${process.boot} is asked to stop`);
      process.stop(new Error('the bot stops'));
      await process.stopped;
      if (current !== process) return;
      trace.event('stop', `boot ${process.boot} has stopped`);
      die();
    },
    /** The end of the run. */
    end(): void {
      crashes.stop();
      if (current !== null) {
        current.isDead = true;
        current.close();
      }
      current = null;
      rmSync(join(folder, 'log'), { recursive: true, force: true });
    },
  };
}

/** Lets the engine sleep until something was committed; as in app.ts. */
function createWaker(life: Life) {
  let next = Promise.withResolvers<void>();
  return {
    wake: () => {
      if (life.isDead) return;
      next.resolve();
      next = Promise.withResolvers();
    },
    woken: () => next.promise,
  };
}
