import { join } from 'node:path';
import { z } from 'zod';
import type { Bench } from '../bench.ts';
import { startBeside } from '../beside.ts';
import type { Figure } from '../figure.ts';
import type { Surroundings } from './around.ts';
import { type BotOptions, startBot } from './bot.ts';
import { type Hits, shoot } from './shoot.ts';

const aroundShape = z.object({
  supervisorSocket: z.string(),
  alertmanagerUrl: z.string(),
  prometheusUrl: z.string(),
});

export const PLAYBOOKS = 'bench/bot/playbooks.yml';

/** A real supervisor and Alertmanager, and what answers as Prometheus does, in a process of their own. */
export async function startAround(surroundings: Surroundings) {
  const beside = await startBeside(join(import.meta.dirname, 'around.ts'), {
    args: [JSON.stringify(surroundings)],
    signal: 'SIGTERM',
  });
  return { ...aroundShape.parse(beside.said), [Symbol.asyncDispose]: beside[Symbol.asyncDispose] };
}

/** Alerts that fire all the time, of which the load generator sends repeats. */
const KNOWN = { alertname: 'Known', service: 'checkout', from: 0, to: 20 };
const WATCHED = { alertname: 'Watched', service: 'p-0', byHand: true };
const A_SECOND = 20;
const REPEATS_A_SECOND = 1_000;

type Asked = { url: string; token(kind: 'webhook'): string };

/** New alerts about a target, twenty a second, each answered once it was decided about. */
export const decisions = (bot: Asked, seconds: number, from: number, over?: AbortSignal): Promise<Hits> =>
  shoot(
    {
      ...{ url: bot.url, token: bot.token('webhook'), path: '/webhook?wait=10s', connections: 8, alerts: 1 },
      ...{ ...WATCHED, from, seconds, perSecond: A_SECOND },
    },
    over,
  );

const repeats = (bot: Asked, seconds: number): Promise<Hits> =>
  shoot({
    ...{ url: bot.url, token: bot.token('webhook'), alerts: 1, ...KNOWN, different: KNOWN.to, seconds },
    perSecond: REPEATS_A_SECOND,
  });

export async function decision({ seconds, step }: Bench): Promise<Figure[]> {
  await using around = await startAround({ processes: 10, firing: [KNOWN] });
  await using bot = await startBot({ ...around, playbooks: PLAYBOOKS } satisfies BotOptions);
  step('from delivery to decision, idle');
  const before = await decisions(bot, seconds / 3, 1_000);
  const idle = await decisions(bot, seconds, before.next);
  step(`from delivery to decision, with ${REPEATS_A_SECOND} repeats a second`);
  await repeats(bot, seconds / 3);
  const [busy] = await Promise.all([decisions(bot, seconds, idle.next), repeats(bot, seconds)]);
  const what = 'p99 from the request to the answer that says what was decided';
  return [
    {
      ...{ name: 'decision', what: `${what}, idle`, value: idle.p99, unit: 'ms' },
      bar: { of: 'value', atMost: 20 },
    },
    {
      ...{ name: 'busy', what: `${what}, beside ${REPEATS_A_SECOND} repeats a second`, value: busy.p99 },
      ...{ unit: 'ms', baseline: { what: 'idle', value: idle.p99 }, bar: { of: 'value', atMost: 100 } },
    },
  ];
}
