import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { z } from 'zod';
import { until } from '../../../scripts/stack/until.ts';
import type { FuzzedBot } from './bot.ts';
import type { Run, Tally } from './lanes.ts';
import { playbookText } from './playbook-texts.ts';

const readiness = z.object({ notes: z.array(z.string()) });

/** Puts mutated files in the place of a running bot's playbooks. What it had goes on to hold; the last one is good. */
export async function reloads(bot: FuzzedBot, { seed, runs }: Run): Promise<Tally> {
  const tally: Tally = { sent: 0, statuses: new Map(), slowest: [] };
  for (const text of fc.sample(playbookText(bot.shipped), { seed, numRuns: runs })) {
    const before = await loads(bot);
    await bot.reload(text);
    await until(async () => (await loads(bot)) !== before, { what: 'the file to be read', withinMs: 30_000 });
    tally.sent += 1;
  }
  await bot.reload(bot.shipped);
  const notes = async () =>
    readiness.parse(await (await fetch(`http://127.0.0.1:${bot.port}/readyz`)).json()).notes.join('\n');
  await until(async () => !(await notes()).includes('the playbook file is wrong'), {
    what: 'the good file to hold',
    withinMs: 30_000,
  });
  return tally;
}

/** Differs as soon as a file was read: the log tells of one that is refused, a metric of one that is taken. */
async function loads({ log, port }: FuzzedBot): Promise<string> {
  const refused = (await readFile(log, 'utf8')).split('playbooks not taken over').length;
  const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  return `${refused} ${/^alert_bot_config_last_reload_success_timestamp_seconds .*$/m.exec(metrics)?.[0]}`;
}
