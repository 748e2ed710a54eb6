import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { pinned } from '../machine.ts';
import { CLIENT_CORE } from './bot.ts';
import type { Orders } from './gun.ts';

const answered = z.object({ statuses: z.record(z.string(), z.number()) });
const result = answered.extend({
  /** Answers a second. */
  rate: z.number(),
  /** Milliseconds. */
  p50: z.number(),
  p99: z.number(),
  worst: z.number(),
  /** The number of the next alert. */
  next: z.number(),
});
export type Hits = z.output<typeof result>;

const AS_USUAL = {
  path: '/webhook',
  connections: 32,
  perSecond: null,
  alerts: 10,
  service: 'checkout',
  alertname: 'Flood',
  from: 0,
  different: null,
  upTo: null,
  status: 'firing' as const,
  byHand: false,
};

/**
 * Posts from a process of its own on a core of its own.
 * @param over ends what is sent at a rate before its time
 * @throws Error where an answer was not 202: a rate of failures is no rate
 */
export async function shoot(
  orders: Pick<Orders, 'url' | 'token' | 'seconds'> & Partial<Orders>,
  over?: AbortSignal,
): Promise<Hits> {
  const { command, args } = pinned(
    [process.execPath, join(import.meta.dirname, 'gun.ts'), JSON.stringify({ ...AS_USUAL, ...orders })],
    CLIENT_CORE,
  );
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  over?.addEventListener('abort', () => child.kill('SIGTERM'), { once: true });
  const [said, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  if (code !== 0) throw new Error(`the load generator ended with ${code}`);
  const answer: unknown = JSON.parse(said);
  const { statuses } = answered.parse(answer);
  if (Object.keys(statuses).join() !== '202')
    throw new Error(`not every answer was 202: ${JSON.stringify(statuses)}`);
  return result.parse(answer);
}
