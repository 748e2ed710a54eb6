/** What the tests of this service share: an app on a free port with its log kept, and ways to ask it. */
import { z } from 'zod';
import { startPayments } from '../../../../tests/support/payments.ts';
import { startPostgres } from '../../../../tests/support/postgres.ts';
import { createApp, type Overrides } from '../app.ts';
import type { Config } from '../config.ts';

export const token = 'token-for-tests';

const logLine = z.looseObject({ level: z.string(), time: z.iso.datetime(), msg: z.string() });
export type LogLine = z.infer<typeof logLine>;

/** Starts an app on a free port. Stop it with `stop`. */
export async function startApp(databaseUrl: string, overrides: Overrides = {}, config: Partial<Config> = {}) {
  const lines: string[] = [];
  const app = createApp(
    {
      listen: { host: '127.0.0.1', port: 0 },
      databaseUrl,
      // Nobody listens there: a test that makes transactions gives the address of a gateway.
      paymentsUrl: 'http://127.0.0.1:9',
      faultsTokens: [token],
      logLevel: 'info',
      ...config,
    },
    { logStream: { write: (line) => lines.push(line) }, random: () => 0.5, ...overrides },
  );
  const { port } = await app.start();
  const base = `http://127.0.0.1:${port}`;

  const ask = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const sent = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) };
    const response = await fetch(base + path, { method, headers, ...sent });
    const text = await response.text();
    const json: unknown =
      text !== '' && response.headers.get('content-type')?.includes('json') ? JSON.parse(text) : undefined;
    return { status: response.status, headers: response.headers, text, json };
  };

  return {
    base,
    router: app.router,
    stop: app.stop,
    ask,
    get: (path: string) => ask('GET', path),
    /** Asks /faults with a valid token. */
    faults: (method: string, body?: unknown) =>
      ask(method, '/faults', body, { authorization: `Bearer ${token}` }),
    /** The value of one series, or undefined when it does not exist. */
    async metric(series: string): Promise<number | undefined> {
      const { text } = await ask('GET', '/metrics');
      const line = text.split('\n').find((candidate) => candidate.startsWith(`${series} `));
      return line === undefined ? undefined : Number(line.slice(series.length));
    },
    /** Every log line so far; throws when one is not a JSON object with level, time and msg. */
    log: (): LogLine[] => lines.map((line) => logLine.parse(JSON.parse(line))),
  };
}

export type RunningApp = Awaited<ReturnType<typeof startApp>>;

/** An app with a PostgreSQL and a gateway of its own. Stop all of it with `stop`. */
export async function startShop() {
  const [postgres, payments] = await Promise.all([startPostgres(), startPayments()]);
  const app = await startApp(postgres.url, {}, { paymentsUrl: payments.url });
  return {
    postgres,
    payments,
    app,
    async stop() {
      await app.stop();
      await Promise.all([postgres.stop(), payments.stop()]);
    },
  };
}

export const errorAnswer = z.object({
  error: z.looseObject({ code: z.string(), message: z.string(), request_id: z.string() }),
});
