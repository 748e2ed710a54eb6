import type { Hono } from 'hono';
import { raw } from 'hono/html';
import { stream } from 'hono/streaming';
import type { ReplayResult } from '../apart/replay-result.ts';
import type { ReplayAsked, Replays } from '../apart/replays.ts';
import type { Deps } from '../deps.ts';
import type { Millis } from '../domain/duration.ts';
import { shorten } from '../http/input.ts';
import type { Passed } from '../http/operation.ts';
import { inUtc, orderOf } from './forms.ts';
import type { Frames } from './frames.ts';
import { type ReplayForm, replayCard, replayResult, WORKING } from './replay-card.ts';
import { simulateIn } from './simulate.ts';
import { EXAMPLE, tryPage } from './try-page.ts';

const SINCE = '7d';
/** A connection that says nothing for long is ended, by this server or a proxy. */
const BEAT_EVERY: Millis = 10_000;
const HERE = '<!-- the answer -->';

/** No time is written longer; and what is, no process takes as its argument. */
const LONGEST = 40;

/** What a form asks for, or why that is nothing. A time that begins somewhere is not one of a length as well. */
function askedBy({ playbooks, since, from, to }: ReplayForm): ReplayAsked | { failed: string } {
  const odd = [since, from, to].find((written) => written.length > LONGEST || written.includes('\0'));
  if (odd !== undefined)
    return { failed: `"${shorten(odd)}" is no time: choose one, or leave the field empty.` };
  if (from !== '' && to !== '' && Date.parse(inUtc(to)) <= Date.parse(inUtc(from)))
    return { failed: 'It ends before it begins: choose a later end, or an earlier beginning.' };
  return {
    // A browser sends other line ends than a file has, and the bytes of a file are counted.
    playbooks: playbooks.replaceAll('\r\n', '\n'),
    ...(from === '' ? { since } : { from: inUtc(from) }),
    ...(to === '' ? {} : { to: inUtc(to) }),
  };
}

/** `/try`: an alert as it would be decided about now, and the past under another playbook file. */
export function tryRoutes(
  app: Hono,
  api: Hono<Passed>,
  { replays, playbooks, events }: { replays: Replays } & Pick<Deps, 'playbooks' | 'events'>,
  frames: Frames,
): void {
  const { show, frame, signedIn } = frames;
  /** The page is half sent by then: whatever happens is told on it. */
  async function replayed(form: ReplayForm): Promise<ReplayResult> {
    const asked = askedBy(form);
    if ('failed' in asked) return asked;
    try {
      return await replays.run(asked);
    } catch (error) {
      events.failed('console', error);
      return { failed: 'The bot failed at its own work; its log says why.' };
    }
  }
  /** A change is tried from what is in force. */
  const untouched = () => ({ playbooks: playbooks().text, since: SINCE, from: '', to: '' });
  show('/try', '/try', async (_, session) => ({
    title: 'Try',
    main: tryPage({ labels: EXAMPLE, result: null }, session, replayCard(session, untouched())),
  }));

  app.post('/try', async (c) => {
    const session = signedIn(c);
    const { labels = '' } = await orderOf(c.req.raw, session);
    const view = { labels, result: await simulateIn(api, labels) };
    const main = tryPage(view, session, replayCard(session, untouched()));
    return c.html(frame(c, session, '/try', { title: 'Try', main }));
  });

  // Where a sign-in leads back to, or a reload, once it is not known any more.
  app.get('/try/replay', (c) => c.redirect('/try', 303));

  // Sent in two parts: the page at once, and what became of it when that is known.
  app.post('/try/replay', async (c) => {
    const session = signedIn(c);
    const form = { ...untouched(), ...(await orderOf(c.req.raw, session)) };
    const asked = replayCard(session, form);
    const main = tryPage(
      { labels: EXAMPLE, result: null },
      session,
      raw(`${await asked}${await WORKING}${HERE}`),
    );
    const [before = '', after = ''] = String(await frame(c, session, '/try', { title: 'Try', main })).split(
      HERE,
    );
    c.header('content-type', 'text/html; charset=utf-8');
    return stream(c, async (out) => {
      await out.write(before);
      const beat = setInterval(() => void out.write('<!-- -->'), BEAT_EVERY);
      try {
        await out.write(`${await replayResult(await replayed(form))}${after}`);
      } finally {
        clearInterval(beat);
      }
    });
  });
}
