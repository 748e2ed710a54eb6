import type { Bench } from '../bench.ts';
import type { Figure } from '../figure.ts';
import { startBot } from './bot.ts';
import { decisions, PLAYBOOKS, startAround } from './latency.ts';

const FEW = 10;
const MANY = 10_000;

/** A decision about one of ten thousand targets, beside one of ten. */
export async function targets(bench: Bench): Promise<Figure[]> {
  const few = await among(FEW, bench);
  const many = await among(MANY, bench);
  const baseline = { what: `among ${FEW}`, value: few.p50 };
  return [
    {
      ...{
        name: 'targets',
        what: `median to a decision, among ${MANY} targets`,
        value: many.p50,
        unit: 'ms',
      },
      ...{ baseline, bar: { of: 'ratio', atMost: 2 } },
    },
    {
      ...{ name: 'targets-p99', what: 'p99 of the same', value: many.p99, unit: 'ms' },
      baseline: { what: `among ${FEW}`, value: few.p99 },
    },
  ];
}

async function among(count: number, { seconds, step }: Bench) {
  await using around = await startAround({ processes: FEW, more: count - FEW, firing: [] });
  await using bot = await startBot({ ...around, playbooks: PLAYBOOKS });
  step(`from delivery to decision, among ${count} targets`);
  const before = await decisions(bot, seconds / 3, 1_000);
  // Awaited here: what it asks ends with this function.
  return await decisions(bot, seconds, before.next);
}
