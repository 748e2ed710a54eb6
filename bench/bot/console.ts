import { quantileOf } from '../../tests/support/load.ts';
import type { Figure } from '../figure.ts';
import type { startBot } from './bot.ts';
import { NAMES, type Sample } from './sample.ts';

type Bot = Awaited<ReturnType<typeof startBot>>;

const TIMES = 100;
const AT_ONCE = 8;

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

/** Those that people look at. */
const SHOWN = ({ middle, acted }: Sample): readonly string[] => [
  '/',
  `/incidents/${middle}`,
  `/incidents/${acted}`,
  '/history',
  '/history?since=1y&outcome=handed_over',
  '/history?since=1y&service=p-0&reason=observe_only',
  '/targets',
  '/playbooks',
  '/try',
];
/** Counted in a thread of its own, and put into a page that is shown already. */
const CHARTS = '/history/charts?service=p-0&since=30d';

/** Milliseconds. */
export interface Shown {
  /** The p99 of the first byte, by the page. */
  alone: Map<string, number>;
  charts: number;
  /** Of all of them, each beside seven others. */
  busy: number;
}

async function firstByte(bot: Bot, path: string, cookie: string): Promise<number> {
  const began = performance.now();
  // Resolves with the headers, which come with the first bytes of the body.
  const response = await fetch(`${bot.url}${path}`, { headers: { cookie }, redirect: 'manual' });
  const took = performance.now() - began;
  if (response.status !== 200) throw new Error(`${path} was answered ${response.status}`);
  await response.arrayBuffer();
  return took;
}

/** The first bytes of so many pages, of which some are asked for side by side. @returns their p99 */
async function p99Of(paths: readonly string[], atOnce: number, ask: (path: string) => Promise<number>) {
  const took: number[] = [];
  const left = paths.values();
  const one = async (): Promise<void> => {
    for (const path of left) took.push(await ask(path));
  };
  await Promise.all(Array.from({ length: atOnce }, one));
  return quantileOf(
    took.sort((a, b) => a - b),
    0.99,
  );
}

export async function pages(bot: Bot, of: Sample): Promise<Shown> {
  const cookie = await signIn(bot);
  const ask = (path: string) => firstByte(bot, path, cookie);
  const paths = SHOWN(of);
  const names = SHOWN(NAMES);
  const often = (path: string): string[] => Array.from({ length: TIMES }, () => path);
  const alone = new Map<string, number>();
  for (const [i, path] of paths.entries()) alone.set(names[i] ?? path, await p99Of(often(path), 1, ask));
  const charts = await p99Of(often(CHARTS), 1, ask);
  const busy = await p99Of(Array.from({ length: TIMES }, () => paths).flat(), AT_ONCE, ask);
  return { alone, charts, busy };
}

export function pageFigures(
  few: Shown,
  many: Shown,
  { few: base, many: of }: Record<'few' | 'many', string>,
): Figure[] {
  const line = (
    name: string,
    page: string,
    [before = Number.NaN, value = Number.NaN]: (number | undefined)[],
  ): Figure => ({
    ...{ name, what: `p99 of the first byte of ${page} with ${of}`, value, unit: 'ms' },
    baseline: { what: base, value: before },
  });
  return [
    ...[...many.alone].map(
      ([page, value]): Figure => ({
        ...line('page', page, [few.alone.get(page), value]),
        bar: { of: 'value', atMost: 100 },
      }),
    ),
    line('page-count', CHARTS, [few.charts, many.charts]),
    line('page-busy', `all of these, ${AT_ONCE} side by side,`, [few.busy, many.busy]),
  ];
}
