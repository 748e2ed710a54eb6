import { join } from 'node:path';
import { z } from 'zod';
import type { Bench } from '../bench.ts';
import { startBeside } from '../beside.ts';
import type { Figure } from '../figure.ts';
import { median } from '../machine.ts';
import { CLIENT_CORE, startBot } from './bot.ts';
import { signIn } from './console.ts';
import type { PageOrders } from './open-pages.ts';
import { shoot } from './shoot.ts';

type Bot = Awaited<ReturnType<typeof startBot>>;

const PAGES = 200;
/** With and without alternate so often. */
const ROUNDS = 3;

const answer = z.object({ fetched: z.number(), failure: z.string().nullable() });

/** Pages that are open on the load generator's core, are told of each change and fetch themselves again. */
async function openPages(bot: Bot, count: number) {
  const orders: PageOrders = { url: bot.url, cookie: await signIn(bot), count };
  const beside = await startBeside(join(import.meta.dirname, 'open-pages.ts'), {
    args: [JSON.stringify(orders)],
    core: CLIENT_CORE,
  });
  return {
    /** How many were fetched until now. @throws Error where one was not answered well: a rate of failures is no rate */
    async fetched(): Promise<number> {
      const { fetched, failure } = answer.parse(await (await fetch(beside.url)).json());
      if (failure !== null) throw new Error(`of the open pages: ${failure}`);
      return fetched;
    },
    [Symbol.asyncDispose]: beside[Symbol.asyncDispose],
  };
}

/** Deliveries while so many pages are open. @returns their rate, and how many pages were fetched meanwhile */
async function beside(count: number, seconds: number): Promise<{ rate: number; fetched: number }> {
  await using bot = await startBot();
  await using pages = await openPages(bot, count);
  const token = bot.token('webhook');
  const before = await shoot({ url: bot.url, token, seconds: seconds / 3 });
  const until = await pages.fetched();
  const { rate } = await shoot({ url: bot.url, token, seconds, from: before.next });
  return { rate, fetched: (await pages.fetched()) - until };
}

/** What open pages cost the intake. */
export async function streams({ seconds, step }: Bench): Promise<Figure[]> {
  const without: number[] = [];
  const listened: number[] = [];
  const fetched: number[] = [];
  for (let round = 1; round <= ROUNDS; round++) {
    step(`deliveries with no open page, round ${round}`);
    without.push((await beside(0, seconds)).rate);
    step(`deliveries with ${PAGES} open pages, round ${round}`);
    const open = await beside(PAGES, seconds);
    listened.push(open.rate);
    fetched.push(open.fetched);
  }
  const what = `deliveries while ${PAGES} pages listen and were fetched ${fetched.join(', ')} times`;
  return [
    {
      ...{ name: 'streams', what, value: median(listened), unit: 'a second' },
      ...{ baseline: { what: 'none', value: median(without) }, bar: { of: 'ratio', atLeast: 0.9 } },
    },
  ];
}
