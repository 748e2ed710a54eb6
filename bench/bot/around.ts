// A process of its own: a real supervisor with processes that do nothing, a real Alertmanager with the alerts that the load
// generator repeats, and what answers as Prometheus does.
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { z } from 'zod';
import { tool } from '../../scripts/tools.ts';
import { createAlertmanager } from '../../services/alert-bot/src/signals/alertmanager.ts';
import { startServer } from '../../services/alert-bot/src/signals/testing/server.ts';
import { startSignals } from '../../services/alert-bot/src/testing/signals.ts';
import { bootSupervisor } from '../../services/supervisor/src/harness.ts';
import { tie } from '../../services/supervisor/src/lifeline.ts';
import { alertsOf, type Numbered } from './payload.ts';

const list = z.object({ processes: z.array(z.looseObject({})) });
const digest = (text: string): string => createHash('sha256').update(text).digest('hex');

/** How many processes there are, `p-0` and on; how many more are told of; and which alerts fire. */
export interface Surroundings {
  processes: number;
  more?: number;
  firing: readonly Numbered[];
}

const { processes, more = 0, firing }: Surroundings = JSON.parse(process.argv[2] ?? '{}');
const one = "{ command: [sleep, infinity], labels: { alert-bot.enable: 'true' } }";
const supervisor = await bootSupervisor(
  ['processes:', ...Array.from({ length: processes }, (_, i) => `  p-${i}: ${one}`)].join('\n'),
);
const supervisorSocket = more === 0 ? supervisor.socket : await tellMore(supervisor, more);
const signals = await startSignals();
const alertmanager = await startServer({
  program: await tool('alertmanager'),
  files: { 'alertmanager.yml': 'route: { receiver: nobody }\nreceivers: [{ name: nobody }]\n' },
  args: (folder, address) => [
    `--config.file=${folder}/alertmanager.yml`,
    `--storage.path=${folder}/data`,
    `--web.listen-address=${address}`,
    '--cluster.listen-address=',
  ],
  tie,
});
const now = Date.now();
await createAlertmanager([alertmanager.url]).send(
  firing.flatMap((some) => alertsOf(some, { startsAt: now, endsAt: now + 3_600_000 })),
);
process.on('SIGTERM', async () => {
  await Promise.all([supervisor[Symbol.asyncDispose](), alertmanager[Symbol.asyncDispose]()]);
  process.exit(0);
});
console.log(
  JSON.stringify({
    url: alertmanager.url,
    supervisorSocket,
    alertmanagerUrl: alertmanager.url,
    prometheusUrl: signals.scene('bench').prometheusUrl,
  }),
);

/**
 * Ten thousand processes take minutes to start. The list has that many of the last one, with names and ids of their own; all
 * else is the supervisor's answer.
 * @returns the socket to ask at
 */
async function tellMore({ folder, ask }: typeof supervisor, count: number): Promise<string> {
  const at = join(folder, 'more.sock');
  const server = createServer(async ({ method = 'GET', url = '/' }, response) => {
    const { status, text } = await ask(method, url);
    response.writeHead(status, { connection: 'close' });
    response.end(url === '/processes' ? multiplied(text, count) : text);
  });
  await new Promise<void>((resolve) => server.listen(at, resolve));
  return at;
}

function multiplied(text: string, count: number): string {
  const { processes } = list.parse(JSON.parse(text));
  const last = processes.at(-1);
  const copies = Array.from({ length: count }, (_, i) => ({ ...last, name: `m-${i}`, id: digest(`m-${i}`) }));
  return JSON.stringify({ processes: [...processes, ...copies] });
}
