import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { quantileOf } from '../../tests/support/load.ts';
import type { Bench } from '../bench.ts';
import type { Figure } from '../figure.ts';
import { median } from '../machine.ts';
import { askApi, startBot } from './bot.ts';
import { PLAYBOOKS, startAround } from './latency.ts';
import { shoot } from './shoot.ts';

/** So many targets are acted on, one after the other. */
const ACTIONS = 40;
const SETTLED = 6_000;

const at = z.string().transform((text) => Date.parse(text));
const detail = z.object({
  decisions: z.array(z.object({ kind: z.string(), at })),
  attempts: z.array(z.object({ calls: z.array(z.object({ callingAt: at })) })),
  evidence: z.array(z.object({ moment: z.string(), tookMs: z.number() })),
});

export async function action({ step }: Bench): Promise<Figure[]> {
  await using around = await startAround({ processes: ACTIONS, firing: [] });
  await using bot = await startBot({ ...around, playbooks: PLAYBOOKS });
  // What was started a moment ago is being deployed, and left alone.
  await delay(SETTLED);
  step(`from decision to call, ${ACTIONS} actions`);
  const took: Took[] = [];
  for (let i = 0; i < ACTIONS; i++) {
    const orders = { url: bot.url, token: bot.token('webhook'), path: '/webhook?wait=10s', alerts: 1 };
    const alert = { alertname: 'Acted', service: `p-${i}`, from: i, byHand: true };
    await shoot({
      ...{ ...orders, ...alert, connections: 1, seconds: 0.2, perSecond: 5 },
    });
    took.push(await tookOf(bot, i + 1));
  }
  const late = took.map(({ total, evidence }) => total - evidence).sort((a, b) => a - b);
  const p95 = quantileOf(late, 0.95).toFixed(0);
  return [
    {
      ...{
        name: 'action',
        what: `median of ${ACTIONS} from decision to call, but for evidence; p95 ${p95} ms`,
        unit: 'ms',
      },
      ...{ value: median(late), spread: { least: Math.min(...late), most: Math.max(...late) } },
      bar: { of: 'value', atMost: 20 },
    },
    {
      ...{ name: 'evidence', what: 'the slowest evidence of these', unit: 'ms' },
      value: Math.max(...took.map(({ evidence }) => evidence)),
      bar: { of: 'value', atMost: 3_000 },
    },
  ];
}

interface Took {
  total: number;
  evidence: number;
}

/** By the log: pieces of evidence are captured side by side, so that the slowest is what all of them took. */
async function tookOf(bot: Parameters<typeof askApi>[0], incident: number): Promise<Took> {
  for (let i = 0; i < 200; i++) {
    const { decisions, attempts, evidence } = detail.parse(await askApi(bot, `/incidents/${incident}`));
    const decided = decisions.find(({ kind }) => kind === 'act');
    const [call] = attempts.flatMap(({ calls }) => calls);
    if (decided !== undefined && call !== undefined)
      return {
        total: call.callingAt - decided.at,
        evidence: Math.max(
          0,
          ...evidence.filter(({ moment }) => moment === 'before').map(({ tookMs }) => tookMs),
        ),
      };
    await delay(50);
  }
  throw new Error(`incident ${incident} was not acted on within 10 s`);
}
