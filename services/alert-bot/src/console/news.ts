import { type Context, Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import type { Deps } from '../deps.ts';
import type { Millis } from '../domain/duration.ts';
import { HttpError } from '../http/errors.ts';
import { lastChange } from '../store/events.ts';

/** How soon after a commit the pages hear of it. */
const LOOK_EVERY: Millis = 500;
/** For each page that is open: 200 of them hear of it each two seconds, since each is asked for again more seldom still. */
const LOOK_EVERY_PER_PAGE: Millis = 10;
/** A proxy, or this server, ends what says nothing for long. */
const BEAT_EVERY: Millis = 15_000;
/** Each is an open connection; of these there are 1000 in all. */
const STREAMS_AT_MOST = 300;

type Listener = (change: string) => void;

/** Tells pages that something changed. One look at the log for all of them, and none while nobody listens. */
export function createNews({ db, stopping }: Pick<Deps, 'db' | 'stopping'>) {
  const listeners = new Set<Listener>();
  let timer: NodeJS.Timeout | undefined;
  let last = '';
  let told = 0;

  /** What is told: the state of the log, and how many pages are told so; the more there are the less often each asks. */
  const line = (): string => `${last} ${listeners.size}`;

  function lookLater(): void {
    timer = setTimeout(
      () => {
        look();
        if (listeners.size > 0) lookLater();
      },
      Math.max(LOOK_EVERY, listeners.size * LOOK_EVERY_PER_PAGE),
    );
  }

  function look(): void {
    const now = lastChange(db);
    if (now === last) return;
    last = now;
    told += 1;
    for (const tell of listeners) tell(line());
  }

  return {
    count: () => listeners.size,
    /** How it is now, as it would be told. */
    line: () => `${lastChange(db)} ${listeners.size}`,
    /** Grows whenever a page is told how it is. */
    told: () => told,
    stopping,
    /** @returns how to stop listening */
    listen(listener: Listener): () => void {
      listeners.add(listener);
      // It is told at once.
      told += 1;
      if (listeners.size === 1) {
        last = lastChange(db);
        lookLater();
      }
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0) clearTimeout(timer);
      };
    },
  };
}

export type News = ReturnType<typeof createNews>;

/**
 * `GET /console/news`: server-sent events. `change` names the state of the log, so that a page that was away for a moment
 * knows whether it missed something; a beat each 15 s, without which a page says that it is not live any more; `over`, and
 * the end, once whoever listens may not any more.
 */
export function newsRoute(
  news: News,
  mayListen: (c: Context) => boolean,
  beatEvery: Millis = BEAT_EVERY,
): Hono {
  const app = new Hono();
  app.get('/console/news', (c) => {
    if (!mayListen(c)) throw new HttpError('unauthorized', 'sign in first');
    if (news.count() >= STREAMS_AT_MOST)
      throw new HttpError('overloaded', `${STREAMS_AT_MOST} pages are open already; reload this one later`);
    return streamSSE(c, async (stream) => {
      const { promise: ended, resolve: end } = Promise.withResolvers<void>();
      // Only the latest matters: to a reader that is slow nothing piles up.
      let sending = false;
      let pending: string | null = null;
      const mayGoOn = async (): Promise<boolean> => {
        if (mayListen(c)) return true;
        await stream.writeSSE({ event: 'over', data: '' });
        end();
        return false;
      };
      const send = async (): Promise<void> => {
        if (sending) return;
        sending = true;
        while (pending !== null && !stream.aborted && (await mayGoOn())) {
          const data = pending;
          pending = null;
          await stream.writeSSE({ event: 'change', data });
        }
        sending = false;
      };
      const stop = news.listen((change) => {
        pending = change;
        void send();
      });
      const beat = setInterval(async () => {
        if (await mayGoOn()) await stream.writeSSE({ event: 'beat', data: '' });
      }, beatEvery);
      const over = (): void => end();
      stream.onAbort(over);
      news.stopping.addEventListener('abort', over, { once: true });
      pending = news.line();
      await send();
      await ended;
      news.stopping.removeEventListener('abort', over);
      clearInterval(beat);
      stop();
    });
  });
  return app;
}
