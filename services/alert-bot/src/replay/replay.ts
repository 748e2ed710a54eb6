import Database from 'better-sqlite3';
import type { Instant, Millis } from '../domain/duration.ts';
import type { PlaybookFile } from '../domain/playbook.ts';
import { longestMemory } from '../policy/memory.ts';
import { type Db, logFile, StoreError } from '../store/db.ts';
import { refuseNewer, versionOf } from '../store/migrate.ts';
import { compare, type Outlook } from './compare.ts';
import { extentOf } from './extent.ts';
import { type Lived, live } from './live.ts';
import { pairUp } from './pair.ts';
import { storiesOf } from './stories.ts';

export interface Window {
  /** Incidents opened from then on; the last week of the record, where neither this nor `since` is given. */
  from?: Instant | undefined;
  to?: Instant | undefined;
  /** So far back from the end of the window. */
  since?: Millis | undefined;
}

export interface ReplayOptions {
  signal?: AbortSignal | undefined;
  /** Told some times a second how much of it is done, from 0 to 1. */
  onProgress?: ((done: number) => void) | undefined;
}

/** What is assumed where the record does not say, with how often that was needed; null: always. */
export interface Assumption {
  text: string;
  count: number | null;
}

export interface Replay extends Outlook {
  from: Instant;
  to: Instant;
  /** It lived from then on, so that budgets, cooldowns and quarantines of before the window count. */
  began: Instant;
  read: { deliveries: number; alerts: number; observations: number; commands: number };
  assumptions: readonly Assumption[];
  /** What of the window could not be replayed at all, and why; sentences. */
  gaps: readonly string[];
}

const WEEK: Millis = 7 * 24 * 3_600_000;
/** What is begun in the window is followed for so long after its end. */
const FOLLOWED: Millis = 6 * 3_600_000;
const MINUTE: Millis = 60_000;

/** Opens the log of a data folder to read, also while a bot writes to it: it holds no lock. @throws StoreError */
export function openToRead(dataDir: string): Db {
  const file = logFile(dataDir);
  const db = openFile(file);
  try {
    refuseNewer(db, file);
    if (db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'observations'").get() === undefined)
      throw new StoreError(
        `${file} has log version ${versionOf(db)}, from before observations were kept: start this version of the bot on it, and replay what it has seen since`,
      );
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function openFile(file: string): Db {
  try {
    return new Database(file, { readonly: true, fileMustExist: true });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new StoreError(`${file} cannot be read (${why}): set ALERT_BOT_DATA_DIR to the bot's data folder`);
  }
}

/**
 * What a playbook file would have made of the recorded past. The same log and the same file give the same answer. It computes
 * for as long as it takes and gives other work a turn some times a second: beside a bot, run it in another process.
 * @param log open to read
 * @throws StoreError where nothing of the window is recorded; the signal's reason
 */
export async function replay(
  log: Db,
  file: PlaybookFile,
  window: Window = {},
  { signal, onProgress }: ReplayOptions = {},
): Promise<Replay> {
  const extent = extentOf(log);
  if (extent === null)
    throw new StoreError(
      'nothing is recorded yet: a replay needs deliveries and what the bot saw after them',
    );
  const to = Math.min(window.to ?? extent.end, extent.end);
  const wanted = window.from ?? to - (window.since ?? WEEK);
  const from = Math.max(wanted, extent.begin);
  if (from >= to)
    throw new StoreError(
      `nothing is recorded of that time: the record goes from ${iso(extent.begin)} to ${iso(extent.end)}`,
    );
  const memory = longestMemory(file, []);
  const began = Math.max(extent.begin, from - memory);
  const end = Math.min(to + FOLLOWED, extent.end);
  const lived = await live(log, file, {
    ...{ from: began, to: end + MINUTE, signal },
    onProgress: (at) => onProgress?.(Math.min(1, (at - began) / (end - began))),
  });
  try {
    const was = [...storiesOf(log, from, to, end)];
    // What ends right after the end of the record ended with it then.
    const now = [...storiesOf(lived.db, from, to, end, end + MINUTE)];
    return {
      ...compare(pairUp(was, now), { ...lived, memory }),
      ...{ from, to, began },
      read: {
        deliveries: lived.feed.deliveries,
        alerts: lived.feed.alerts,
        observations: lived.observations,
        commands: lived.people.commands,
      },
      assumptions: assumptionsOf(lived),
      gaps: [
        ...(wanted < from && window.from !== undefined
          ? [`The record begins at ${iso(extent.begin)}: nothing is known of before.`]
          : []),
        ...(extent.leaps > 0
          ? [
              `The clock leapt ${extent.leaps} times; the replay does not hold everything meanwhile, as the bot did.`,
            ]
          : []),
        ...(extent.boots > 1
          ? [
              `The bot was started ${extent.boots} times since the log began. It is replayed as if it had never been away.`,
            ]
          : []),
        ...(lived.failures.length > 0
          ? [`${lived.failures.length} looks failed; the first: ${lived.failures[0]}.`]
          : []),
      ],
    };
  } finally {
    lived.db.close();
  }
}

const iso = (at: Instant): string => new Date(at).toISOString();

function assumptionsOf({ assumed, people, unknownServices }: Lived): Assumption[] {
  return [
    {
      text: 'What was done then and would be done now within 15 s of it has the effect that was seen.',
      count: null,
    },
    {
      text: 'What would be done at another time is carried out, and changes nothing: the alert ends when it ended.',
      count: null,
    },
    {
      text: 'What was done then and would not be done now is as if it had not been: the alert ends when it ended.',
      count: null,
    },
    {
      text: 'People paused, resumed, reset and answered when they did, whatever would have gone otherwise.',
      count: null,
    },
    { text: 'Nobody answers a question that nobody was asked then.', count: null },
    {
      text: 'Between two looks of the bot a change is as late as may be, at most 60 s before it was seen.',
      count: null,
    },
    counted('Answers of people to a question that would not have been asked: left out.', people.unasked),
    counted(
      'Rules that the bot never saw: they look back 1m and let go when the alert ended.',
      assumed.rules.size,
    ),
    counted('Services whose scrapes the bot never asked for: scraped well each 15s.', assumed.scrapes.size),
    counted('Proof queries that the bot never asked: without an answer.', assumed.queries.size),
    counted('Services that the record does not know: a check that cannot be made.', unknownServices.size),
  ].filter(({ count }) => count !== 0);
}

const counted = (text: string, count: number): Assumption => ({ text, count });
