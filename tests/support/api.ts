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
  /** Every line of its log so far, parsed. */
  log(): Record<string, unknown>[];
  /** The value of one series, 0 when it does not exist. */
  metric(series: string): Promise<number>;
  /** Sets one fault. */
  fault(fault: object): Promise<void>;
  /** Clears all faults. */
  heal(): Promise<void>;
  /** Ends it at once. */
  kill(): Promise<void>;
  /** Starts it again on the same port. */
  start(): Promise<void>;
  /** Ends it and removes its files. */
  stop(): Promise<void>;
}

/** Starts one on a free port of 127.0.0.1. */
export async function startApi(databaseUrl: string, paymentsUrl: string): Promise<Api> {
  const token = 'faults-of-the-api';
  const folder = mkdtempSync(join(tmpdir(), 'shop-api-'));
  const tokenFile = join(folder, 'token');
  writeFileSync(tokenFile, `${token}\n`);
  const lines: string[] = [];
  let port = 0;

  const launch = async () => {
    const child = spawn(process.execPath, [source], {
      env: {
        PATH: process.env['PATH'],
        API_LISTEN: `127.0.0.1:${port}`,
        API_DATABASE_URL: databaseUrl,
        API_PAYMENTS_URL: paymentsUrl,
        API_FAULTS_TOKEN_FILE: tokenFile,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const output = createInterface(child.stdout);
    const ready = new Promise<number>((resolve, reject) => {
      output.on('line', (line) => {
        lines.push(line);
        const said = listening.safeParse(JSON.parse(line));
        if (said.success) resolve(said.data.port);
      });
      child.once('exit', () => reject(new Error(`api ended before it listened:\n${lines.join('\n')}`)));
    });
    port = await ready;
    return child;
  };

  let child = await launch();
  const url = `http://127.0.0.1:${port}`;
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
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
    log: () => lines.map((line) => z.record(z.string(), z.unknown()).parse(JSON.parse(line))),
    async metric(series) {
      const text = await (await fetch(`${url}/metrics`)).text();
      const line = text.split('\n').find((candidate) => candidate.startsWith(`${series} `));
      return line === undefined ? 0 : Number.parseFloat(line.slice(series.length));
    },
    fault: (fault) => faults('POST', JSON.stringify(fault)),
    heal: () => faults('DELETE'),
    kill,
    async start() {
      child = await launch();
    },
    async stop() {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
