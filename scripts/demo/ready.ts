import { answersWell } from '../stack/until.ts';
import type { Run } from './act.ts';

/** Three seconds of good requests: an honest state to compare the trouble with. */
const goodInARow = 30;

/** Nothing is broken before everything that is to notice it works. */
export async function isReady({ sources, stages, prober, screen }: Run, bot: string): Promise<void> {
  await stages.reach({
    name: 'ready',
    awaited: 'the bot and Prometheus to watch, and three seconds of good requests',
    withinMs: 30_000,
    ask: async () => {
      if (prober.goodInARow() < goodInARow) return undefined;
      return (await answersWell(`${bot}/readyz`)) && (await sources.areUp(['api', 'alert-bot']))
        ? true
        : undefined;
    },
    missed: () => 'nothing was broken yet, as not everything was ready',
    look: `${bot}/readyz; ${sources.look.prometheus}; ${prober.file}`,
  });
  screen.text(`Ready: Prometheus watches the API and the bot, ${prober.goodInARow()} good requests in a row`);
}
