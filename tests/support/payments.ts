/** A real services/payments process of one's own, for tests. It knows nothing of vitest; whoever starts one stops it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';

const source = join(import.meta.dirname, '../../services/payments/src/index.ts');
const listening = z.object({ msg: z.literal('listening'), port: z.number() });
const token = 'faults-of-payments';

export interface Payments {
  readonly url: string;
  /** Of the process that runs now. */
  pid(): number;
  /** The value of one series, 0 when it does not exist. */
  metric(series: string): Promise<number>;
  /** Sets one fault. */
  fault(fault: object): Promise<void>;
  /** Clears all faults. */
  heal(): Promise<void>;
  /** SIGSTOP and SIGCONT: it keeps its connections and says nothing. */
  freeze(): void;
  thaw(): void;
  /** Ends it at once. */
  kill(): Promise<void>;
  /** Starts it again on the same port, with nothing remembered. */
  start(): Promise<void>;
  /** Ends it and removes its files. */
  stop(): Promise<void>;
}

/** Starts one on a free port of 127.0.0.1 that neither fails nor declines, unless its variables say so. */
export async function startPayments(env: Record<string, string> = {}): Promise<Payments> {
  const folder = mkdtempSync(join(tmpdir(), 'shop-payments-'));
  const tokenFile = join(folder, 'token');
  writeFileSync(tokenFile, `${token}\n`);
  let port = 0;

  const launch = async () => {
    const child = spawn(process.execPath, [source], {
      env: {
        PATH: process.env['PATH'],
        PAYMENTS_LISTEN: `127.0.0.1:${port}`,
        PAYMENTS_FAULTS_TOKEN_FILE: tokenFile,
        PAYMENTS_FAILURE_RATE: '0',
        PAYMENTS_DECLINE_RATE: '0',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines = createInterface(child.stdout);
    for await (const line of lines) {
      const said = listening.safeParse(JSON.parse(line));
      if (!said.success) continue;
      port = said.data.port;
      // What it says from here on is nobody's, but a full pipe would stop it.
      child.stdout.resume();
      return child;
    }
    throw new Error('payments ended before it listened');
  };

  let child = await launch();
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
  const url = `http://127.0.0.1:${port}`;
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
    pid() {
      if (child.pid === undefined) throw new Error('payments does not run');
      return child.pid;
    },
    async metric(series) {
      const text = await (await fetch(`${url}/metrics`)).text();
      const line = text.split('\n').find((candidate) => candidate.startsWith(`${series} `));
      return line === undefined ? 0 : Number(line.slice(series.length));
    },
    fault: (fault) => faults('POST', JSON.stringify(fault)),
    heal: () => faults('DELETE'),
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
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
