/** A real services/api process of one's own, for tests. It knows nothing of vitest; whoever starts one stops it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';

const source = join(import.meta.dirname, '../../services/api/src/index.ts');
const listening = z.object({ msg: z.literal('listening'), port: z.number() });

export interface Api {
  readonly url: string;
  /** What opens /faults. */
  readonly token: string;
  /** Of the process that runs now. */
  pid(): number;
  /** Every line of its log so far, parsed. */
  log(): Record<string, unknown>[];
  /** What it said on stderr so far. */
  said(): string;
  /** The whole of /metrics. */
  metrics(): Promise<string>;
  /** The value of one series, 0 when it does not exist. */
  metric(series: string): Promise<number>;
  /** Sets one fault. */
  fault(fault: object): Promise<void>;
  /** Clears all faults. */
  heal(): Promise<void>;
  /** Ends it at once. */
  kill(): Promise<void>;
  /** Ends it with SIGTERM; the time that took, in milliseconds, and its exit code. */
  terminate(): Promise<{ ms: number; code: number | null }>;
  /** Starts it again on the same port. */
  start(): Promise<void>;
  /** Ends it and removes its files. */
  stop(): Promise<void>;
}

export interface ApiOptions {
  /** Further variables. */
  env?: Record<string, string>;
  /** What stands between `node` and the source file. */
  nodeArguments?: string[];
  /** Forget its log once it listens: for millions of lines. */
  forgetful?: boolean;
}

/** Starts one on a free port of 127.0.0.1. */
export async function startApi(
  databaseUrl: string,
  paymentsUrl: string,
  { env = {}, nodeArguments = [], forgetful = false }: ApiOptions = {},
): Promise<Api> {
  const token = 'faults-of-the-api';
  const folder = mkdtempSync(join(tmpdir(), 'shop-api-'));
  const tokenFile = join(folder, 'token');
  writeFileSync(tokenFile, `${token}\n`);
  const lines: string[] = [];
  let said = '';
  let port = 0;

  const launch = async () => {
    const child = spawn(process.execPath, [...nodeArguments, source], {
      env: {
        PATH: process.env['PATH'],
        API_LISTEN: `127.0.0.1:${port}`,
        API_DATABASE_URL: databaseUrl,
        API_PAYMENTS_URL: paymentsUrl,
        API_FAULTS_TOKEN_FILE: tokenFile,
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    const output = createInterface(child.stdout);
    const ready = new Promise<number>((resolve, reject) => {
      output.on('line', (line) => {
        lines.push(line);
        const heard = listening.safeParse(JSON.parse(line));
        if (heard.success) resolve(heard.data.port);
      });
      child.once('close', (code) =>
        reject(new Error(`api ended with ${code} before it listened: ${said}${lines.join('\n')}`)),
      );
    });
    port = await ready;
    if (forgetful) {
      output.close();
      // What it says from here on is nobody's, but a full pipe would stop it.
      child.stdout.resume();
    }
    return child;
  };

  let child = await launch();
  const url = `http://127.0.0.1:${port}`;
  const end = async (signal: 'SIGKILL' | 'SIGTERM') => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'close');
    child.kill(signal);
    await ended;
  };
  const kill = () => end('SIGKILL');
  const metrics = async () => (await fetch(`${url}/metrics`)).text();
  const faults = async (method: string, body?: string) => {
    const headers = { authorization: `Bearer ${token}` };
    const response = await fetch(`${url}/faults`, {
      method,
      headers,
      ...(body === undefined ? {} : { body }),
    });
    if (!response.ok) throw new Error(`/faults answers ${response.status} ${await response.text()}`);
  };

  return {
    url,
    token,
    pid() {
      if (child.pid === undefined) throw new Error('the api does not run');
      return child.pid;
    },
    log: () => lines.map((line) => z.record(z.string(), z.unknown()).parse(JSON.parse(line))),
    said: () => said,
    metrics,
    async metric(series) {
      const line = (await metrics()).split('\n').find((candidate) => candidate.startsWith(`${series} `));
      return line === undefined ? 0 : Number.parseFloat(line.slice(series.length));
    },
    fault: (fault) => faults('POST', JSON.stringify(fault)),
    heal: () => faults('DELETE'),
    kill,
    async terminate() {
      const started = performance.now();
      await end('SIGTERM');
      return { ms: performance.now() - started, code: child.exitCode };
    },
    async start() {
      child = await launch();
    },
    async stop() {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
