// For the tests only: the machine's processes, temporary folders, a real supervisor to talk to.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { tie } from './lifeline.ts';

/** Whether the process runs; a zombie nobody has reaped yet does not. */
export function isAlive(pid: number): boolean {
  return listProcesses().some((found) => found.pid === pid && !found.state.startsWith('Z'));
}

export function childrenOf(pid: number | undefined) {
  return listProcesses().filter((found) => found.parent === pid);
}

function listProcesses() {
  const lines = execFileSync('ps', ['-Ao', 'pid=,ppid=,stat=,comm='], { encoding: 'utf8' })
    .trim()
    .split('\n');
  return lines.map((line) => {
    const [pid, parent, state = '', ...name] = line.trim().split(/\s+/);
    return { pid: Number(pid), parent: Number(parent), state, name: name.join(' ').split('/').at(-1) ?? '' };
  });
}

export function temporaryFolder() {
  const path = mkdtempSync(join(tmpdir(), 'supervisor-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

const processView = z.object({
  id: z.string(),
  name: z.string(),
  state: z.enum(['running', 'exited']),
  pid: z.number().nullable(),
  startedAt: z.string().nullable(),
  finishedAt: z.string().nullable(),
  exitCode: z.number().nullable(),
  signal: z.string().nullable(),
  restartCount: z.number(),
  health: z.enum(['none', 'starting', 'healthy', 'unhealthy']),
  healthLog: z.array(z.object({ at: z.string(), ok: z.boolean(), output: z.string() })),
  labels: z.record(z.string(), z.string()),
  dependsOn: z.array(z.string()),
  stopTimeoutMs: z.number(),
});
const recordView = z.object({
  entries: z.array(z.looseObject({ at: z.string(), name: z.string(), id: z.string(), event: z.string() })),
});

export type Answer = { status: number; text: string };

/** Asks over a Unix socket. With `hangUp` the client leaves as soon as the request is on its way. */
export function ask(socketPath: string, method: string, path: string, hangUp = false): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const sent = request({ socketPath, method, path, agent: false }, async (response) => {
    let text = '';
    for await (const chunk of response.setEncoding('utf8')) text += chunk;
    resolve({ status: response.statusCode ?? 0, text });
  });
  sent.on('error', reject);
  sent.end(() => {
    if (!hangUp) return;
    sent.destroy();
    resolve({ status: 0, text: '' });
  });
  return promise;
}

/** A process that says `ready PID` and stays; what it does otherwise is up to `script`. */
export const staying = (script = '') =>
  JSON.stringify([
    'node',
    '-e',
    `${script}; console.log('ready', process.pid); setInterval(() => {}, 1000);`,
  ]);

export const ignoresSigterm = staying(`process.on('SIGTERM', () => console.log('ignored'))`);

/** Starts the real entry point on `yaml` and waits until it answers; the end of the test ends it. */
export async function bootSupervisor(yaml: string, environment: Record<string, string> = {}, at?: string) {
  const folder = at ?? temporaryFolder().path;
  const socket = join(folder, 's.sock');
  const child = startSupervisor(folder, yaml, environment);
  let output = '';
  child.stdout.on('data', (data) => {
    output += data;
  });
  child.stderr.on('data', (data) => {
    output += data;
  });
  const exit = once(child, 'exit');
  const answers = () =>
    ask(socket, 'GET', '/healthz').then(
      ({ status }) => status === 200,
      () => false,
    );
  while (!(await answers())) {
    if (child.exitCode !== null) throw new Error(`the supervisor ended with ${child.exitCode}: ${output}`);
    await delay(10);
  }
  const get = async (path: string) => JSON.parse((await ask(socket, 'GET', path)).text);
  return {
    folder,
    socket,
    child,
    exit,
    output: () => output,
    ask: (method: string, path: string, hangUp = false) => ask(socket, method, path, hangUp),
    process: async (name: string) => processView.parse(await get(`/processes/${name}`)),
    processes: async () =>
      z.object({ processes: z.array(processView) }).parse(await get('/processes')).processes,
    record: async () => recordView.parse(await get('/record')).entries,
    /** `start 1`-like words: the events of one process, in order. */
    events: async (name: string) =>
      recordView
        .parse(await get('/record'))
        .entries.filter((entry) => entry.name === name)
        .map((entry) => entry.event),
    logs: async (name: string, tail = 200) =>
      (await ask(socket, 'GET', `/processes/${name}/logs?tail=${tail}`)).text,
    recordFile: () => readFileSync(join(folder, 'data', 'record.jsonl'), 'utf8'),
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) {
        // Two different ones: the same signal sent twice may arrive as one.
        child.kill('SIGTERM');
        child.kill('SIGINT');
      }
      await exit;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The bare start, for tests in which it is to fail. */
export function startSupervisor(folder: string, yaml: string, environment: Record<string, string> = {}) {
  const file = join(folder, 'processes.yml');
  if (!existsSync(file)) writeFileSync(file, yaml);
  const child = spawn(process.execPath, [fileURLToPath(new URL('./index.ts', import.meta.url))], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      SUPERVISOR_SOCKET: join(folder, 's.sock'),
      SUPERVISOR_PROCESSES: file,
      SUPERVISOR_DATA_DIR: join(folder, 'data'),
      SUPERVISOR_LOG_LEVEL: 'info',
      ...environment,
    },
  });
  // A test run that is broken off leaves nothing behind.
  tie(child);
  return child;
}
