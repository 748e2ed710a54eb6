import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { type Postgres, startPostgres } from '../../../tests/support/postgres.ts';

let postgres: Postgres;
const folder = mkdtempSync(join(tmpdir(), 'api-process-'));
const tokenFile = join(folder, 'tokens');
const authorization = { authorization: 'Bearer of-the-process' };
/** Nobody listens there, and nothing here pays. */
const nowhere = 'http://127.0.0.1:9';
const children = new Set<ReturnType<typeof launch>['child']>();

beforeAll(async () => {
  writeFileSync(tokenFile, 'of-the-process\n');
  postgres = await startPostgres();
});
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  children.clear();
});
afterAll(async () => {
  await postgres?.stop();
  rmSync(folder, { recursive: true });
});

/** Runs the service as people run it: node, the source file, the environment. */
function launch(env: Record<string, string>) {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'index.ts')], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.add(child);
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = once(child, 'close').then(([code]) => z.number().nullable().parse(code));
  return { child, ended, stdout: () => stdout, stderr: () => stderr };
}

const listening = z.object({ msg: z.literal('listening'), port: z.number() });

async function launchServing() {
  const env = {
    API_DATABASE_URL: postgres.url,
    API_PAYMENTS_URL: nowhere,
    API_LISTEN: '127.0.0.1:0',
    API_FAULTS_TOKEN_FILE: tokenFile,
  };
  const run = launch(env);
  const { port } = await vi.waitFor(
    () => {
      const lines = run.stdout().split('\n').slice(0, -1);
      const found = lines.map((line) => listening.safeParse(JSON.parse(line))).find(({ success }) => success);
      return listening.parse(found?.data);
    },
    { timeout: 10_000, interval: 20 },
  );
  const base = `http://127.0.0.1:${port}`;
  const setFault = (fault: object) =>
    fetch(`${base}/faults`, { method: 'POST', headers: authorization, body: JSON.stringify(fault) });
  /** Sends a request and waits until the service is busy with it. */
  const putInFlight = async () => {
    const answer = fetch(`${base}/transactions`).then(
      ({ status }) => status,
      () => 'closed' as const,
    );
    await vi.waitFor(async () => {
      const text = await (await fetch(`${base}/metrics`)).text();
      // The scrape itself is one.
      expect(Number(/^http_requests_in_flight (\d+)$/m.exec(text)?.[1])).toBe(2);
    });
    return { answer };
  };
  return { ...run, base, port, setFault, putInFlight };
}

describe('asked to stop', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)(
    'by %s while idle, it ends at once with code 0',
    async (signal) => {
      const run = await launchServing();
      await fetch(`${run.base}/livez`);
      const started = performance.now();
      run.child.kill(signal);
      expect(await run.ended).toBe(0);
      expect(performance.now() - started).toBeLessThan(1_000);
      expect(run.stderr()).toBe('');
    },
  );

  test('it answers a request of 1 s that is in flight, and takes no new ones', async () => {
    const run = await launchServing();
    await run.setFault({ kind: 'latency', ms: 1_000 });
    const { answer } = await run.putInFlight();
    const started = performance.now();
    run.child.kill('SIGTERM');
    await vi.waitFor(() => expect(fetch(`${run.base}/livez`)).rejects.toThrow());
    expect(await answer).toBe(200);
    expect(await run.ended).toBe(0);
    expect(performance.now() - started).toBeLessThan(2_000);
  });

  test('it closes a request of 10 s that is in flight, and is gone within 2 s', async () => {
    const run = await launchServing();
    await run.setFault({ kind: 'latency', ms: 10_000 });
    const { answer } = await run.putInFlight();
    const started = performance.now();
    run.child.kill('SIGTERM');
    expect(await answer).toBe('closed');
    expect(await run.ended).toBe(0);
    const took = performance.now() - started;
    expect(took).toBeGreaterThan(1_400);
    expect(took).toBeLessThan(2_000);
  });
});

test('a crash fault answers 202 and ends the process with a code that is not 0', async () => {
  const run = await launchServing();
  const { status } = await run.setFault({ kind: 'crash' });
  expect(status).toBe(202);
  expect(await run.ended).toBe(70);
});

test('every line on stdout is JSON, from the first to the last', async () => {
  const run = await launchServing();
  await fetch(`${run.base}/error`);
  run.child.kill('SIGTERM');
  await run.ended;
  const lines = run.stdout().trimEnd().split('\n');
  const messages = lines.map((line) => z.looseObject({ msg: z.string() }).parse(JSON.parse(line)).msg);
  expect(messages).toEqual(['database prepared', 'listening', 'request', 'stopped']);
});

test('a taken port is one sentence and exit code 1', async () => {
  const { port } = await launchServing();
  const second = launch({
    API_DATABASE_URL: postgres.url,
    API_PAYMENTS_URL: nowhere,
    API_LISTEN: `127.0.0.1:${port}`,
  });
  expect(await second.ended).toBe(1);
  expect(second.stderr()).toBe(
    `api: Cannot listen on 127.0.0.1:${port}: another process uses this port. Stop it, or set API_LISTEN to another host:port.\n`,
  );
});

test('an environment that cannot be used is one line with every problem and exit code 2', async () => {
  const run = launch({ API_LISTEN: 'nowhere', API_PAYMENTS_URL: nowhere, API_LOG_LEVEL: 'info' });
  expect(await run.ended).toBe(2);
  expect(run.stdout()).toBe('');
  expect(run.stderr()).toBe(
    'api: API_LISTEN is "nowhere": give host:port, for example 127.0.0.1:8000; ' +
      'API_DATABASE_URL is missing: set it to the database, for example postgres://user:password@127.0.0.1:5432/shop\n',
  );
});
