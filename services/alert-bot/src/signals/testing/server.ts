// For the tests only: a real Prometheus or Alertmanager on a free port of this machine.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '@shop/service/testing/free-port';

export interface Program {
  path: string;
  cwd?: string;
  env: Readonly<Record<string, string>>;
}

export interface ServerOptions {
  program: Program;
  /** Files to write first, by name; `{{address}}` in them is where the server will listen. */
  files: Readonly<Record<string, string>>;
  args(folder: string, address: string): string[];
  /** Path under which the server answers, with slashes at both ends. */
  prefix?: string;
  /** Ends the server with this process however that ends; given, since an adapter may not import it. */
  tie(child: ChildProcess): unknown;
}

export interface Server extends AsyncDisposable {
  url: URL;
}

const READY_WITHIN = 20_000;

/** Starts the program and waits until it says that it is ready. Throws with its output if it ends before. */
export async function startServer(options: ServerOptions): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), 'signals-'));
  const address = `127.0.0.1:${await freePort()}`;
  for (const [name, text] of Object.entries(options.files))
    writeFileSync(join(folder, name), text.replaceAll('{{address}}', address));

  const { program } = options;
  const child = spawn(program.path, options.args(folder, address), {
    cwd: program.cwd ?? folder,
    env: { PATH: process.env['PATH'], ...program.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  options.tie(child);
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => output.push(text));

  const exited = once(child, 'exit');
  const url = new URL(options.prefix ?? '/', `http://${address}`);
  const server: Server = {
    url,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
  const giveUp = AbortSignal.timeout(READY_WITHIN);
  while (!(await isReady(url))) {
    if (child.exitCode === null && !giveUp.aborted) await delay(20);
    else {
      await server[Symbol.asyncDispose]();
      throw new Error(`${program.path} is not ready: ${output.join('')}`);
    }
  }
  return server;
}

async function isReady(url: URL): Promise<boolean> {
  try {
    const response = await fetch(new URL('-/ready', url), { signal: AbortSignal.timeout(1_000) });
    await response.text();
    return response.ok;
  } catch {
    return false;
  }
}
