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

const answers = z.object({
  data: z.object({
    result: z.array(z.unknown()).default([]),
    activeAlertmanagers: z.array(z.unknown()).default([]),
  }),
});

/**
 * It calls itself ready some five seconds before it scrapes for the first time and knows where to send alerts.
 * Trouble in between would be found late, or, with counters that begin in it, not at all.
 */
async function watches(address: string): Promise<boolean> {
  const [scraped, sendsTo] = await Promise.all(
    ['query?query=up{tier="workload"}', 'alertmanagers'].map(async (question) => {
      const response = await fetch(`${address}/api/v1/${question}`, { signal: AbortSignal.timeout(2_000) });
      return answers.parse(await response.json()).data;
    }),
  );
  return Number(scraped?.result.length) > 0 && Number(sendsTo?.activeAlertmanagers.length) > 0;
}
