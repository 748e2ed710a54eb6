/** Simulated users as a process of its own, until it has been disposed of. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { freePort } from '../../../packages/service/src/testing/free-port.ts';
import { repository } from '../../../scripts/stack/places.ts';
import { until } from '../../../scripts/stack/until.ts';

export interface Traffic extends AsyncDisposable {
  url: string;
  /** What it printed so far. */
  said(): string;
}

/** Answers when the first users have done something. */
export async function startTraffic(api: string): Promise<Traffic> {
  const port = await freePort();
  const child = spawn(process.execPath, [join(repository, 'services/traffic/src/index.ts')], {
    env: {
      PATH: process.env['PATH'],
      TRAFFIC_URL: api,
      TRAFFIC_LISTEN: `127.0.0.1:${port}`,
      TRAFFIC_OUTPUT: 'json',
      TRAFFIC_RATE: '20',
      TRAFFIC_EVERY: '1s',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => (said += text));
  const url = `http://127.0.0.1:${port}`;
  await until(
    async () => /^traffic_requests_total\{.*\} [1-9]/m.test(await (await fetch(`${url}/metrics`)).text()),
    {
      what: 'the users to do something',
      stillPossible: () => {
        if (child.exitCode !== null) throw new Error(`traffic has ended with ${child.exitCode}: ${said}`);
      },
    },
  );
  return {
    url,
    said: () => said,
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}
