import { setImmediate as nextTurn } from 'node:timers/promises';
import Database from 'better-sqlite3';
import type { Deps } from '../deps.ts';
import type { Instant, Millis } from '../domain/duration.ts';
import type { PlaybookFile } from '../domain/playbook.ts';
import { startEngine } from '../engine/engine.ts';
import { SWEEP_EVERY, sweep } from '../engine/sweep.ts';
import { shareListing } from '../platforms/shared-listing.ts';
import type { Db } from '../store/db.ts';
import { ongoingEpisodeOf } from '../store/episodes.ts';
import { openIncidentOf } from '../store/incidents.ts';
import { migrate } from '../store/migrate.ts';
import { keepStatements } from '../store/statements.ts';
import { unfinishedStorms } from '../store/storms.ts';
import type { PastCall } from './calls.ts';
import { createFeed, type FeedCounts } from './feed.ts';
import { createPeople, type PeopleCounts } from './people.ts';
import { createReplayPlatform, type MadeCall } from './platform.ts';
import { type Look, readRecord } from './record-read.ts';
import { type Assumed, createReplayAlertmanager, createReplayPrometheus } from './signals.ts';
import { createTime, settled } from './time.ts';
import { unheard } from './unheard.ts';
import { createWorld } from './world.ts';

const PASS: Millis = 1_000;
const LONGEST_REST: Millis = 3_600_000;
/** Of the real time: a signal is heard, and progress told, so often. */
const TURN_EVERY: Millis = 50;
/** Steps between two looks at the real clock. */
const STEPS = 64;

/** What became of the past under another file. */
export interface Lived {
  /** The incident log under that file, in memory; close it. */
  db: Db;
  made: readonly MadeCall[];
  notMade: readonly PastCall[];
  unknownServices: ReadonlySet<string>;
  assumed: Assumed;
  feed: FeedCounts;
  people: PeopleCounts;
  observations: number;
  failures: readonly string[];
}

export interface LiveOptions {
  from: Instant;
  to: Instant;
  signal?: AbortSignal | undefined;
  /** Called some times a second, with the time that was reached. */
  onProgress?: ((at: Instant) => void) | undefined;
}

/**
 * Lives through the past under another playbook file: the bot's own engine over a log in memory, with a time of its own, told
 * what was told then. Of the past it reads deliveries, observations and what people did, and nothing that the bot made of them.
 * @param log the past, read only
 * @throws the signal's reason
 */
export async function live(log: Db, file: PlaybookFile, options: LiveOptions): Promise<Lived> {
  const { from, to, signal } = options;
  const record = readRecord(log, to);
  const world = createWorld(record);
  world.goTo(from);
  const time = createTime(from);
  const db = memoryLog();
  const failures: string[] = [];
  const stopping = new AbortController();
  let news = Promise.withResolvers<void>();
  const wake = (): void => {
    news.resolve();
    news = Promise.withResolvers();
  };
  const platform = createReplayPlatform(world, time);
  const alertmanager = createReplayAlertmanager(
    world,
    time,
    (fingerprint) => ongoingEpisodeOf(db, fingerprint) !== undefined,
  );
  const prometheus = createReplayPrometheus(world, time);
  const monotonic = () => time.now() - from;
  const context = {
    ...file,
    targetId: platform.targetId,
  };
  const feed = createFeed(log, db, world, () => context, { from, to });
  const people = createPeople(log, db, { from, to });
  const deps: Deps = {
    db,
    boot: 1,
    now: time.now,
    monotonic,
    sleep: time.sleep,
    breathe: () => Promise.resolve(),
    clockJump: () => null,
    behind: () => 0,
    newFrom: time.now,
    platform: shareListing(platform, monotonic),
    // Not shared for some time, as in the bot: an answer takes no time here, and a delivery changes the next one.
    alertmanager,
    prometheus,
    playbooks: () => file,
    events: unheard((where, error) => {
      failures.push(`${where}: ${error instanceof Error ? error.message : String(error)}`);
    }),
    wake,
    stopping: stopping.signal,
  };
  const engine = startEngine(deps, () => news.promise, null, {
    triage: async () => feed.repeated(),
    rest() {
      waitForCalls();
      return restOf(db, time.now());
    },
    sweep: (its) => sweep({ ...its, alertmanager: { ...alertmanager, read: alertmanager.readOfDelivered } }),
  });
  const sweeps = timesFrom(
    record.sweeps.map((at) => ({ at })),
    from,
  );
  const looks = timesFrom(record.looks, from);

  /** One that changed something then is made at the same time. */
  async function sweepAgain(): Promise<void> {
    const reads = { ...alertmanager, read: alertmanager.readForSweep };
    await sweep({ ...deps, alertmanager: reads }).catch((error: unknown) =>
      deps.events.failed('sweep', error),
    );
    wake();
  }

  /**
   * What waits is looked at when the bot looked then: else it would be seconds before it heard of what changed, and act at
   * another time than the past did.
   */
  function lookAgain({ kind, subject }: Look): boolean {
    const id = kind === 'alert' ? ongoingEpisodeOf(db, subject)?.incident : openIncidentOf(db, subject)?.id;
    if (id === undefined) return false;
    const { changes } = db
      .prepare(`UPDATE incidents SET next_look_at = ? WHERE id = ? AND ${kind === 'call' ? MAY_ACT : WAITS}`)
      .run(time.now(), id);
    if (changes > 0) wake();
    return changes > 0;
  }

  /**
   * What a person has is looked at each 30 s, and when is the bot's own time. Where it acted then, it had not looked shortly
   * before: so it does not now.
   */
  function waitForCalls(): void {
    for (const { at, kind, subject } of looks.within(time.now() + 2 * LOOK_AT_ESCALATED))
      if (kind === 'call')
        db.prepare(WAIT_FOR_CALL).run({ at, target: subject, since: at - LOOK_AT_ESCALATED });
  }

  /** Lets the next thing happen. @returns whether anybody has to go on after it */
  function step(at: Instant): boolean {
    world.goTo(at);
    time.goTo(at);
    if (people.next() <= at) {
      people.take();
      wake();
      return true;
    }
    if (feed.next() <= at) {
      const isNews = feed.take();
      if (isNews) wake();
      return isNews;
    }
    if (sweeps.take(at) !== null) void sweepAgain();
    else {
      const look = looks.take(at);
      if (look !== null) return lookAgain(look);
      time.wakeNext();
    }
    return true;
  }

  try {
    let turned = performance.now();
    await settled();
    for (let steps = 1; ; steps++) {
      const at = Math.min(people.next(), feed.next(), sweeps.next(), looks.next(), time.next());
      if (at > to) break;
      if (step(at)) await settled();
      if (steps % STEPS !== 0 || performance.now() - turned < TURN_EVERY) continue;
      await nextTurn();
      signal?.throwIfAborted();
      options.onProgress?.(at);
      turned = performance.now();
    }
    await stop();
  } catch (error) {
    await stop();
    db.close();
    throw error;
  }

  /** What the engine has begun ends, without another look. */
  async function stop(): Promise<void> {
    feed.close();
    const over = new Error('the replay is over');
    stopping.abort(over);
    time.end(over);
    await engine.stopped;
  }

  return {
    db,
    made: platform.made,
    notMade: world.calls.notMade(),
    unknownServices: platform.unknown,
    assumed: prometheus.assumed,
    feed: feed.counts,
    people: people.counts,
    observations: record.told.length + record.calls.length,
    failures,
  };
}

/** What has a time, in order, each of which is taken once. */
function timesFrom<T extends { at: Instant }>(all: readonly T[], from: Instant) {
  let i = all.findIndex(({ at }) => at >= from);
  if (i < 0) i = all.length;
  return {
    next: (): Instant => all[i]?.at ?? Number.POSITIVE_INFINITY,
    /** Those that come until then. */
    *within(until: Instant): Generator<T> {
      for (let k = i; k < all.length; k++) {
        const one = all[k];
        if (one === undefined || one.at > until) return;
        yield one;
      }
    },
    /** @returns null where the next one is later */
    take(now: Instant): T | null {
      const one = all[i];
      if (one === undefined || one.at > now) return null;
      i += 1;
      return one;
    },
  };
}

const WAITS = "status <> 'closed' AND status IN ('deferred', 'awaiting_approval')";
/** Between two looks at what a person has, with the second in which it comes round. */
const LOOK_AT_ESCALATED: Millis = 31_000;
const WAIT_FOR_CALL = `UPDATE incidents SET next_look_at = :at
  WHERE target_id = :target AND status <> 'closed' AND status = 'escalated' AND next_look_at BETWEEN :since AND :at - 1`;
/** A trial comes after a person was told. */
const MAY_ACT = "status <> 'closed' AND status IN ('deferred', 'awaiting_approval', 'escalated')";

function memoryLog(): Db {
  const db = new Database(':memory:');
  migrate(db, 'the log of the replay');
  db.pragma('foreign_keys = ON');
  keepStatements(db);
  return db;
}

/** How long nothing can happen of itself: nobody looks at what waits for nothing. */
function restOf(db: Db, now: Instant): Millis {
  const isBusy =
    db
      .prepare("SELECT 1 FROM incidents WHERE status <> 'closed' AND status IN ('new', 'queued') LIMIT 1")
      .get() !== undefined;
  if (isBusy || unfinishedStorms(db).length > 0) return PASS;
  const next = db
    .prepare(
      `SELECT min(next_look_at) FROM incidents
       WHERE status <> 'closed' AND status IN ('deferred', 'awaiting_approval', 'escalated')`,
    )
    .pluck()
    .get();
  // The bot looks each second, and so half a second after it is due.
  const due = typeof next !== 'number' ? LONGEST_REST : next > now ? next - now + PASS / 2 : PASS;
  const fires = db
    .prepare('SELECT 1 FROM episodes INDEXED BY episodes_open WHERE closed_at IS NULL LIMIT 1')
    .get();
  return Math.min(due, fires === undefined ? LONGEST_REST : SWEEP_EVERY);
}
