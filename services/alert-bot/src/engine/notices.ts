import type { Deps } from '../deps.ts';
import type { Millis } from '../domain/duration.ts';
import { NOTICE_KINDS, NoticeError, type NoticeKind, type Send, type Senders } from '../domain/notice.ts';
import { write } from '../store/db.ts';
import {
  beginTry,
  dueNotice,
  type Notice,
  recordFailedTry,
  recordSent,
  wantedSince,
  wantNotices,
} from '../store/notices.ts';

const LOOK_EVERY: Millis = 1_000;
const FIRST_BACKOFF: Millis = 5_000;
const BACKOFF_AT_MOST: Millis = 5 * 60_000;
/** So long one is tried; afterwards nobody wants to know. */
export const KEEP_TRYING: Millis = 24 * 3_600_000;
/** What the other side may ask for. */
const RETRY_AFTER_AT_MOST: Millis = 3_600_000;
/** Between a failure and the next of the same kind: the other side is probably away for all of them. */
const PAUSE_AFTER_FAILURE: Millis = 2_000;

export interface NoticesDeps extends Pick<Deps, 'db' | 'now' | 'stopping'> {
  sleep(length: Millis): Promise<void>;
  /** From 0 to 1, so that many who wait for one server do not come back together. */
  random(): number;
  events: Pick<Deps['events'], 'noticeSent' | 'noticeFailed' | 'noticeGivenUp' | 'failed'>;
}

/**
 * Tells other systems what the log says that they are to be told, a task of its own for each kind: nothing waits for them, and
 * one that hangs holds up neither an action nor another kind. At least once: what was sent and not yet marked is sent again.
 * @returns resolves when the process stops; never rejects
 */
export async function tellOthers(deps: NoticesDeps, senders: Senders): Promise<void> {
  await Promise.all(
    NOTICE_KINDS.map((kind) => {
      const send = senders[kind];
      return send === undefined ? undefined : tellKind(deps, kind, send);
    }),
  );
}

/** Notes which kinds are wanted from now on; before anything is done that would be told. */
export async function wantKinds(
  deps: Pick<NoticesDeps, 'db' | 'events'>,
  senders: Senders,
  now: number,
): Promise<void> {
  const wanted = NOTICE_KINDS.filter((kind) => senders[kind] !== undefined);
  // As at the last start: nothing is written, and a full disk keeps no bot from starting.
  if (NOTICE_KINDS.every((kind) => wanted.includes(kind) === (wantedSince(deps.db, kind) !== null))) return;
  for (const { kind, count } of await write(deps.db, () => wantNotices(deps.db, wanted, now)))
    deps.events.noticeGivenUp(kind, 'it is not configured any more', count);
}

async function tellKind(deps: NoticesDeps, kind: NoticeKind, send: Send): Promise<void> {
  let failing = false;
  while (!deps.stopping.aborted) {
    let pause = LOOK_EVERY;
    try {
      const notice = dueNotice(deps.db, kind, deps.now());
      if (notice !== null) {
        const sent: boolean = await tellOne(deps, kind, notice, send, failing);
        failing = !sent;
        if (sent) continue;
        pause = PAUSE_AFTER_FAILURE;
      }
    } catch (error) {
      // The log cannot be written, and what was sent not be marked: it is due again after its backoff, not at once.
      deps.events.failed('notices', error);
      pause = FIRST_BACKOFF;
    }
    await deps.sleep(pause).catch(() => undefined);
  }
}

/** @returns whether it was taken */
async function tellOne(
  deps: NoticesDeps,
  kind: NoticeKind,
  { id, payload, tries }: Notice,
  send: Send,
  again: boolean,
): Promise<boolean> {
  const { db, events } = deps;
  await write(db, () => beginTry(db, id, deps.now() + backoff(tries, deps.random())));
  const failure = await send(payload).then(
    () => null,
    (error: unknown) => asNoticeError(deps, error),
  );
  if (failure === null) {
    await write(db, () => recordSent(db, id, deps.now()));
    events.noticeSent(kind);
    return true;
  }
  // A stop cuts it off; that says nothing of the other side, and the next process tries again.
  if (deps.stopping.aborted) return false;
  const { message: error, retryAfter } = failure;
  const givenUp = await write(db, () => {
    const now = deps.now();
    const notBefore = now + Math.min(retryAfter, RETRY_AFTER_AT_MOST);
    return recordFailedTry(db, id, { error, notBefore, keepTrying: KEEP_TRYING }, now);
  });
  events.noticeFailed(kind, error, again);
  if (givenUp) events.noticeGivenUp(kind, error);
  return false;
}

/** Doubles up to five minutes, and is between half of that and all of it. */
export const backoff = (tries: number, random: number): Millis =>
  Math.round(Math.min(BACKOFF_AT_MOST, FIRST_BACKOFF * 2 ** Math.min(tries, 16)) * (0.5 + random / 2));

/** What is no answer of the other side is a defect of ours, and no reason to stop telling. */
function asNoticeError({ events }: NoticesDeps, error: unknown): NoticeError {
  if (error instanceof NoticeError) return error;
  events.failed('notices', error);
  return new NoticeError('the bot failed at it; its log says why');
}
