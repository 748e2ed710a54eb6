// For crash.test.ts only: the real bot, as `alert-bot serve` runs it, and an alert that is sent until it is
// acknowledged, as Alertmanager does.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { freePort } from '../../packages/service/src/testing/free-port.ts';
import type { Scene } from '../../services/alert-bot/src/testing/signals.ts';
import { tie } from '../../services/supervisor/src/lifeline.ts';

const MAIN = fileURLToPath(new URL('../../services/alert-bot/src/cli/main.ts', import.meta.url));
const CRASH = fileURLToPath(new URL('./crash-at-commit.ts', import.meta.url));
const TOKEN = 'a-token-of-the-test';

export type Source = 'alertmanager' | 'manual';

export interface Crash {
  /** Number of the transaction, or the function whose first one it is; with `-n`, whose n-th. */
  at: number | string;
  when: 'before' | 'after';
}

const detailShape = z.looseObject({
  id: z.number(),
  status: z.string(),
  outcome: z.string().nullable(),
  reason: z.string().nullable(),
  attempts: z.array(
    z.looseObject({
      step: z.number(),
      number: z.number(),
      boot: z.number(),
      outcome: z.string().nullable(),
      calls: z.array(z.looseObject({ verb: z.string(), result: z.string().nullable() })),
    }),
  ),
  timeline: z.array(z.looseObject({ text: z.string() })),
});
export type Detail = z.output<typeof detailShape>;

export async function prepareBot(options: {
  scene: Scene;
  socket: string;
  service: string;
  grace: string;
  source: Source;
  /** Attempts per half hour. */
  budget?: number;
  /** PromQL that is bad above 0. */
  query?: string;
}) {
  const { scene, socket, service, source } = options;
  const folder = mkdtempSync(join(tmpdir(), 'crash-'));
  const url = `http://127.0.0.1:${await freePort()}`;
  mkdirSync(join(folder, 'data', 'tokens'), { recursive: true, mode: 0o700 });
  for (const kind of ['webhook', 'admin'])
    writeFileSync(join(folder, 'data', 'tokens', kind), `${TOKEN}\n`, { mode: 0o600 });
  const playbooks = join(folder, 'playbooks.yml');
  writeFileSync(playbooks, playbookFile(options));

  const running = new Set<ReturnType<typeof spawn>>();
  let acknowledged = false;
  let failure: string | null = null;
  const over = new AbortController();

  const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
  const labels = { alertname: 'Broken', service };
  const alert = { status: 'firing', labels };
  const body = JSON.stringify(
    source === 'manual' ? alert : { version: '4', groupKey: '{}', status: 'firing', alerts: [alert] },
  );

  return {
    labels,
    isAcknowledged: () => acknowledged,

    /** Starts the bot; `ended` has what it said and how it ended. */
    start(crash?: Crash | 'watched') {
      const child = spawn(
        process.execPath,
        [...(crash === undefined ? [] : ['--import', CRASH]), MAIN, 'serve'],
        {
          cwd: folder,
          stdio: ['ignore', 'ignore', 'pipe'],
          env: {
            PATH: process.env['PATH'],
            ALERT_BOT_PLATFORM: 'supervisor',
            ALERT_BOT_DATA_DIR: join(folder, 'data'),
            ALERT_BOT_PLAYBOOKS: playbooks,
            ALERT_BOT_ALERTMANAGER_URLS: scene.alertmanagerUrl,
            ALERT_BOT_PROMETHEUS_URL: scene.prometheusUrl,
            ALERT_BOT_SUPERVISOR_SOCKET: socket,
            ALERT_BOT_LISTEN: new URL(url).host,
            ALERT_BOT_LOG_LEVEL: 'warn',
            ...(typeof crash === 'object' ? { CRASH_AT: String(crash.at), CRASH_WHEN: crash.when } : {}),
          },
        },
      );
      tie(child);
      running.add(child);
      let said = '';
      child.stderr?.on('data', (text) => {
        said += text;
      });
      const ended = once(child, 'close').then(() => {
        running.delete(child);
        if (child.exitCode !== null) failure = `the bot ended with ${child.exitCode}: ${said}`;
        return { said, signal: child.signalCode, code: child.exitCode };
      });
      return { child, ended };
    },

    /** Sends the alert until it is acknowledged, and never again. */
    async deliver(onAnswering: () => void): Promise<void> {
      while (!acknowledged && !over.signal.aborted) {
        const answer = await fetch(`${url}/healthz`)
          .then(() => {
            onAnswering();
            return fetch(`${url}/webhook`, { method: 'POST', headers, body });
          })
          .then(async (response) => ({ status: response.status, text: await response.text() }))
          // Not there yet, or killed before it answered.
          .catch(() => null);
        if (failure !== null) throw new Error(failure);
        if (answer?.status === 202) acknowledged = true;
        else if (answer !== null) throw new Error(`the bot answered ${answer.status}: ${answer.text}`);
        else await delay(30);
      }
    },

    /** Every incident as the bot's API tells it; undefined while it does not answer. */
    async incidents(): Promise<Detail[] | undefined> {
      try {
        const list = z
          .object({ incidents: z.array(z.looseObject({ id: z.number() })) })
          .parse(await get('/api/v1/incidents'));
        return await Promise.all(
          list.incidents.map(async ({ id }) => detailShape.parse(await get(`/api/v1/incidents/${id}`))),
        );
      } catch (error) {
        if (error instanceof TypeError) return undefined;
        throw error;
      }
    },

    /** A figure of `/metrics`. */
    async metric(name: string): Promise<number> {
      const text = await (await fetch(`${url}/metrics`)).text();
      return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
    },

    async [Symbol.asyncDispose]() {
      over.abort();
      for (const child of running) {
        child.kill('SIGKILL');
        await once(child, 'close');
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };

  async function get(path: string): Promise<unknown> {
    const response = await fetch(`${url}${path}`, { headers });
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
    return response.json();
  }
}

const playbookFile = ({ service, grace, budget = 3, query }: Parameters<typeof prepareBot>[0]): string => `
defaults:
  mode: act
  cooldown: 1m
  backoff: { initial: 200ms, factor: 1, max: 1s }
  budgets: [ { attempts: ${budget}, per: 30m } ]
  prove: { within: 30s, stable: 500ms }
playbooks:
  - name: restart
    matchers: [ 'service="${service}"' ]
    target: { service: '{{ $labels.service }}' }
    steps:
      - restart: { timeout: ${grace}, attempts: 5 }
      - escalate: {}
    ${query === undefined ? '' : `prove: { query: '${query}', above: 0 }`}
`;
