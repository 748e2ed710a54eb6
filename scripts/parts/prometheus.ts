import { join } from 'node:path';
import { z } from 'zod';
import { partEnvironment } from '../stack/environment.ts';
import type { PartSpec } from '../stack/part.ts';
import { type Places, repository } from '../stack/places.ts';
import { answersWell } from '../stack/until.ts';
import { tool } from '../tools.ts';

/** `resendDelay`: how long Prometheus waits before it tells Alertmanager of the same alert again. */
export async function prometheusPart(places: Places, port: number, resendDelay: string): Promise<PartSpec> {
  const { path, cwd = repository, env } = await tool('prometheus');
  return {
    name: 'prometheus',
    command: path,
    args: [
      `--config.file=${join(places.rendered, 'prometheus.yml')}`,
      `--storage.tsdb.path=${places.prometheusData}`,
      `--web.listen-address=127.0.0.1:${port}`,
      `--web.external-url=http://127.0.0.1:${port}`,
      `--rules.alert.resend-delay=${resendDelay}`,
    ],
    cwd,
    env: partEnvironment(env),
    logFile: join(places.logs, 'prometheus.log'),
    ready: async () => {
      const address = `http://127.0.0.1:${port}`;
      return (await answersWell(`${address}/-/ready`)) && watches(address);
    },
  };
}

const knownTargets = z.object({
  data: z.object({ activeTargets: z.array(z.object({ health: z.string() })).min(1) }),
});
const knownAlertmanagers = z.object({ data: z.object({ activeAlertmanagers: z.array(z.unknown()) }) });

/**
 * It calls itself ready some five seconds before it scrapes for the first time and knows where to send alerts.
 * Trouble in between would be found late, or, with counters that begin in it, not at all.
 */
async function watches(address: string): Promise<boolean> {
  const ask = async (question: string): Promise<unknown> =>
    (await fetch(`${address}/api/v1/${question}`, { signal: AbortSignal.timeout(2_000) })).json();
  const targets = knownTargets.parse(await ask('targets?state=active')).data.activeTargets;
  const peers = knownAlertmanagers.parse(await ask('alertmanagers')).data.activeAlertmanagers;
  return targets.every(({ health }) => health !== 'unknown') && peers.length > 0;
}
