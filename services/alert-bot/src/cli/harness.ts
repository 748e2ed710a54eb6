import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';
import type { TestBot } from '../testing/bot.ts';
import type { Command, Surroundings } from './command.ts';

export const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
export const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));

export interface Ended {
  code: number | null;
  out: string;
  err: string;
}

/** Runs a script of ours in a real process, with nothing of this shell's ALERT_BOT variables. */
export function start(args: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended: Ended = { code: null, out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    ended.out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    ended.err += text;
  });
  const end = once(child, 'close').then((): Ended => ({ ...ended, code: child.exitCode }));
  return { child, end };
}

/** Of a command that runs in the test's own process. */
export const surroundings = (
  env: NodeJS.ProcessEnv = {},
  print: (line: string) => void = () => {},
): Surroundings => ({ env, print, note: () => {} });

/** What was broken to fit into 80 columns, as the lines it was: of check, and of doctor, whose remedies begin with an arrow. */
export const unfold = (text: string): string => text.replace(/\n(?: {2}| {6}(?!->)| {9})(?=\S)/g, ' ');

/** Lines that a terminal of 80 columns would break. */
export const tooWide = (text: string): string[] => text.split('\n').filter((line) => [...line].length > 80);

/** Runs the command line to its end. */
export const cli = (
  args: readonly string[],
  env: Record<string, string> = {},
  node: readonly string[] = [],
) => start([...node, MAIN, ...args], env).end;

export interface Seen {
  path: string;
  authorization: string | undefined;
  body: unknown;
}

/** A small HTTP server in the bot's place, which keeps what it was sent. */
export async function standIn(answer: (path: string) => Response) {
  const seen: Seen[] = [];
  const app = new Hono();
  app.all('*', async (c) => {
    const { pathname, search } = new URL(c.req.url);
    seen.push({
      path: `${pathname}${search}`,
      authorization: c.req.header('authorization'),
      body: c.req.method === 'GET' ? null : await c.req.json(),
    });
    return answer(pathname);
  });
  const server = createAdaptorServer({ fetch: app.fetch });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = portOf(server.address());
  return {
    seen,
    port,
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.close();
      await once(server, 'close');
    },
  };
}

function portOf(address: string | AddressInfo | null): AddressInfo {
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return address;
}

/** A bot on a port, and what a person at a terminal does with it. */
export async function atTerminal(bot: TestBot) {
  const server = createAdaptorServer({ fetch: bot.app.fetch });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = portOf(server.address());
  const env = { ALERT_BOT_DATA_DIR: bot.folder, ALERT_BOT_URL: `http://127.0.0.1:${port}` };
  return {
    bot,
    env,
    port,
    server,
    /** @returns what it printed; throws as the command does, and where it ends with another code than 0 */
    async run(command: Pick<Command, 'run'>, ...args: string[]): Promise<string> {
      const lines: string[] = [];
      const code = await command.run(
        args,
        surroundings(env, (line) => lines.push(line)),
      );
      if (code !== 0) throw new Error(`ended with ${code}`);
      return lines.join('\n');
    },
    async [Symbol.asyncDispose]() {
      if ('closeAllConnections' in server) server.closeAllConnections();
      server.close();
      await bot[Symbol.asyncDispose]();
    },
  };
}
