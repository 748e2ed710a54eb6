import { quantileOf } from '../../tests/support/load.ts';
import type { Figure } from '../figure.ts';
import type { startBot } from './bot.ts';

type Bot = Awaited<ReturnType<typeof startBot>>;

const TIMES = 100;

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
