import { setTimeout as delay } from 'node:timers/promises';
import { quantileOf } from '../../tests/support/load.ts';
import type { Bench } from '../bench.ts';
import type { Figure } from '../figure.ts';
import { median } from '../machine.ts';
import { startBot } from './bot.ts';
import { shoot } from './shoot.ts';

type Bot = Awaited<ReturnType<typeof startBot>>;

const TIMES = 100;
const STREAMS = 200;
/** With and without alternate so often. */
const ROUNDS = 3;

/** The cookie of somebody who has signed in. */
export async function signIn(bot: Pick<Bot, 'url' | 'token'>): Promise<string> {
  const response = await fetch(`${bot.url}/sign-in`, {
    method: 'POST',
    redirect: 'manual',
    body: new URLSearchParams({ by: 'bench', token: bot.token('admin') }),
  });
  const cookie = response.headers.getSetCookie()[0]?.split(';')[0];
  if (cookie === undefined) throw new Error(`the sign-in was answered ${response.status}`);
  return cookie;
}

/** The p99 of the first byte of each page, in milliseconds. @param incidents how many the log has */
export async function pages(bot: Bot, incidents: number): Promise<Map<string, number>> {
  const cookie = await signIn(bot);
  const middle = Math.floor(incidents / 2);
  const took = new Map<string, number>();
  for (const path of [
    '/',
    `/incidents/${middle}`,
    '/history',
    '/history?since=1y&outcome=handed_over',
    '/history?since=1y&service=p-0&reason=observe_only',
    '/targets',
    '/playbooks',
    '/try',
  ]) {
    const times: number[] = [];
    for (let i = 0; i < TIMES; i++) {
      const began = performance.now();
      // Resolves with the headers, which come with the first bytes of the body.
      const response = await fetch(`${bot.url}${path}`, { headers: { cookie }, redirect: 'manual' });
      times.push(performance.now() - began);
      if (response.status !== 200) throw new Error(`${path} was answered ${response.status}`);
      await response.arrayBuffer();
    }
    took.set(
      path.replace(String(middle), 'N'),
      quantileOf(
        times.sort((a, b) => a - b),
        0.99,
      ),
    );
  }
  return took;
}

export const pageFigures = (took: ReadonlyMap<string, number>, incidents: number): Figure[] =>
  [...took].map(([path, value]) => ({
    ...{
      name: 'page',
      what: `p99 of the first byte of ${path} with ${incidents} incidents`,
      value,
      unit: 'ms',
    },
    bar: { of: 'value', atMost: 100 },
  }));

/** Pages that are open and told of each change. */
async function listen(bot: Bot, count: number): Promise<AsyncDisposable> {
  const cookie = await signIn(bot);
  const gone = new AbortController();
  const reading = Array.from({ length: count }, async () => {
    const response = await fetch(`${bot.url}/console/news`, { headers: { cookie }, signal: gone.signal });
    if (!response.ok) throw new Error(`a stream was answered ${response.status}`);
    return response;
  });
  const streams = await Promise.all(reading);
  const read = streams.map(async ({ body }) => {
    for await (const _ of body ?? []);
  });
  return {
    async [Symbol.asyncDispose]() {
      gone.abort();
      await Promise.allSettled(read);
      await delay(0);
    },
  };
}

/** What open pages cost the intake. */
export async function streams({ seconds, step }: Bench): Promise<Figure[]> {
  const rates: Record<'without' | 'listened', number[]> = { without: [], listened: [] };
  for (let round = 1; round <= ROUNDS; round++)
    for (const [name, count] of [
      ['without', 0],
      ['listened', STREAMS],
    ] as const) {
      step(`deliveries with ${count} open pages, round ${round}`);
      await using bot = await startBot();
      await using _ = await listen(bot, count);
      const token = bot.token('webhook');
      const before = await shoot({ url: bot.url, token, seconds: seconds / 3 });
      rates[name].push((await shoot({ url: bot.url, token, seconds, from: before.next })).rate);
    }
  return [
    {
      ...{ name: 'streams', what: `deliveries while ${STREAMS} pages listen`, value: median(rates.listened) },
      ...{ unit: 'a second', baseline: { what: 'none', value: median(rates.without) } },
      bar: { of: 'ratio', atLeast: 0.9 },
    },
  ];
}
