import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { pinned } from './machine.ts';

const ready = z.object({ url: z.string() });

export interface Beside {
  env?: Record<string, string>;
  /** The core that it may use; any, where left out. */
  core?: number;
  flags?: readonly string[];
  args?: readonly string[];
  /** What it is started below, such as strace with its arguments. */
  below?: readonly string[];
  /** What ends it. */
  signal?: NodeJS.Signals;
}

/** Runs a file as a process of its own, which says its address in its first line. */
export async function startBeside(
  file: string,
  { env = {}, core, flags = [], args: own = [], signal = 'SIGKILL', below = [] }: Beside = {},
) {
  const { command, args } = pinned([...below, process.execPath, ...flags, file, ...own], core);
  const child = spawn(command, args, {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await Promise.race([
    once(createInterface(child.stdout), 'line'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`${file} ended with ${code} before it listened`);
    }),
  ]);
  const said: unknown = JSON.parse(z.string().parse(line));
  return {
    ...ready.parse(said),
    said,
    async [Symbol.asyncDispose]() {
      const ended = once(child, 'exit');
      child.kill(signal);
      await ended;
    },
  };
}
