import type { Deps } from '../deps.ts';
import type { Bytes } from '../domain/bytes.ts';
import type { Millis } from '../domain/duration.ts';
import { type Platform, PlatformError } from '../domain/platform.ts';
import type { Events } from '../observe/events.ts';
import type { PRUNED } from '../observe/metrics.ts';
import { longestMemory } from '../policy/memory.ts';
import { moveLongWal, write } from '../store/db.ts';
import { leaptInAll, pruneLeaps } from '../store/leaps.ts';
import {
  halfPruned,
  oldestPrunable,
  pruneAudit,
  pruneDeliveries,
  pruneEvidence,
  pruneHeartbeats,
  pruneIncident,
  pruneNotices,
  pruneObservations,
  recordPruning,
} from '../store/retention.ts';
import { giveBack, usedBytes } from '../store/space.ts';

/** What bounds the incident log. */
export interface Retention {
  /** What is over is kept so long. */
  keep: Millis;
  /** The rows take up no more than this, as far as nothing that is needed has to go. */
  max: Bytes;
}

const HOUR: Millis = 3_600_000;
const DAY: Millis = 24 * HOUR;
export const KEPT_UNLESS_SET: Retention = { keep: 90 * DAY, max: 1024 ** 3 };
/** Long enough to see that the heartbeat comes; it adds a delivery a minute. */
const HEARTBEATS_KEPT = HOUR;
/** What people did outlasts what the bot did. */
const AUDIT_KEPT = 2 * 365 * DAY;
/** Long enough to see that they arrive, and that a day has one report. */
const NOTICES_KEPT = 7 * DAY;
/** Also with a full log a delivery can be looked at for so long. */
const DELIVERIES_AT_LEAST = HOUR;

/** The event loop is not held up for longer by one batch, but for the sync at its end. */
const BATCH_AT_MOST: Millis = 2;
const ROWS_AT_ONCE = 500;
/** Between two batches, for everything else; and so many times what the last one took with its commit, which may be long. */
const BREATH: Millis = 5;
const TIMES_AS_LONG = 4;

/**
 * What is removed stood all over the file, so that its pages are moved there a few at a time, the first time with what the
 * engine has written (`npm run bench -- --only log`, prune-p99).
 */
const SHORT_WAL = 250;

type Prunable = (typeof PRUNED)[number];
interface Step {
  what: Prunable;
  /** @returns rows removed; 0 where there is nothing more */
  prune(): number;
}

/** What it works with; see Deps. */
export interface PrunerDeps
  extends Pick<Deps, 'db' | 'now' | 'monotonic' | 'sleep' | 'playbooks' | 'stopping'> {
  platform: Pick<Platform, 'list'>;
  events: Pick<Events, 'pruned' | 'logTooLarge' | 'failed'>;
}

/** Removes what is too old, and what is oldest where the log is too large, a little at a time beside the engine. */
export function createPruner(deps: PrunerDeps, { keep, max }: Retention) {
  const { db } = deps;
  let running: Promise<void> | null = null;
  let full = false;
  const tooLarge = () => usedBytes(db) > max;

  /** How far back a decision may look, or null where that cannot be known: then no incident goes. */
  async function askMemory(): Promise<Millis | null> {
    try {
      return longestMemory(deps.playbooks(), await deps.platform.list());
    } catch (error) {
      if (error instanceof PlatformError) return null;
      throw error;
    }
  }

  function stepsWith(memory: Millis | null): Step[] {
    const now = deps.now();
    // By what log time has leapt since, what it needs lies farther back.
    const reach = memory === null ? null : memory + leaptInAll(db);
    const whenTooLarge = (prune: () => number) => () => (tooLarge() ? prune() : 0);
    const incident = (age: Millis, sparing: boolean) => () => {
      const id = oldestPrunable(db, now - age, sparing);
      return id === null ? 0 : pruneIncident(db, id);
    };
    const rest = () => {
      const id = halfPruned(db);
      return id === null ? 0 : pruneIncident(db, id);
    };
    return [
      { what: 'incidents', prune: rest },
      { what: 'heartbeats', prune: () => pruneHeartbeats(db, now - HEARTBEATS_KEPT) },
      { what: 'deliveries', prune: () => pruneDeliveries(db, now - keep) },
      { what: 'notices', prune: () => pruneNotices(db, now - NOTICES_KEPT) },
      { what: 'observations', prune: () => pruneObservations(db, now - keep) },
      { what: 'audit', prune: () => pruneAudit(db, now - Math.max(keep, AUDIT_KEPT)) },
      { what: 'audit', prune: () => pruneLeaps(db, now - Math.max(keep, AUDIT_KEPT)) },
      { what: 'deliveries', prune: whenTooLarge(() => pruneDeliveries(db, now - DELIVERIES_AT_LEAST)) },
      // They are for looking back at deliveries, and go with them.
      {
        what: 'observations',
        prune: whenTooLarge(() => pruneObservations(db, now - DELIVERIES_AT_LEAST)),
      },
      ...(reach === null
        ? []
        : ([
            { what: 'incidents', prune: incident(Math.max(keep, reach), false) },
            { what: 'evidence', prune: whenTooLarge(() => pruneEvidence(db, now - reach)) },
            { what: 'incidents', prune: () => rest() || (tooLarge() ? incident(reach, true)() : 0) },
          ] satisfies Step[])),
    ];
  }

  /** @returns rows removed, by kind, and whether there may be more */
  function batch(steps: readonly Step[]) {
    return write(db, () => {
      const began = deps.monotonic();
      const removed = new Map<Prunable, number>();
      let rows = 0;
      const isOver = () => rows >= ROWS_AT_ONCE || deps.monotonic() - began >= BATCH_AT_MOST;
      for (const { what, prune } of steps) {
        for (let some = prune(); some > 0; some = isOver() ? 0 : prune()) {
          rows += some;
          removed.set(what, (removed.get(what) ?? 0) + some);
        }
        if (rows > 0 && isOver()) break;
      }
      if (rows > 0) recordPruning(db, deps.now());
      return { removed, more: rows > 0 && isOver() };
    });
  }

  const breathe = (began: Millis): Promise<void> =>
    deps.sleep(Math.max(BREATH, (deps.monotonic() - began) * TIMES_AS_LONG));

  async function removeRows(): Promise<void> {
    const isWanted =
      tooLarge() ||
      oldestPrunable(db, deps.now() - Math.max(keep, longestMemory(deps.playbooks(), [])), false) !== null;
    const steps = stepsWith(isWanted ? await askMemory() : null);
    for (;;) {
      const began = deps.monotonic();
      const { removed, more } = await batch(steps);
      for (const [what, rows] of removed) deps.events.pruned(what, rows);
      if (removed.size > 0) moveLongWal(db, SHORT_WAL);
      if (!more) return;
      await breathe(began);
    }
  }

  async function giveSpaceBack(): Promise<void> {
    for (;;) {
      const began = deps.monotonic();
      const more = await write(db, () => {
        for (let i = 0; giveBack(db); i++)
          if (i >= ROWS_AT_ONCE || deps.monotonic() - began >= BATCH_AT_MOST) return true;
        return false;
      });
      if (!more) return;
      moveLongWal(db, SHORT_WAL);
      await breathe(began);
    }
  }

  async function run(): Promise<void> {
    await removeRows();
    await giveSpaceBack();
    const isFull = tooLarge();
    if (isFull && !full) deps.events.logTooLarge(usedBytes(db), max);
    full = isFull;
  }

  return {
    /** Begins a round, unless one is going on. It never rejects. */
    begin(): void {
      running ??= run()
        .catch((error: unknown) => {
          if (!deps.stopping.aborted) deps.events.failed('prune', error);
        })
        .finally(() => {
          running = null;
        });
    },
    /** Resolves when no round is going on. */
    idle: async (): Promise<void> => {
      await running;
    },
  };
}
