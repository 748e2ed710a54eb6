/**
 * Requests at a constant rate, whatever the answers take (an open loop): due times do not wait for a slow server, and
 * latency counts from when a request was due. Tools that send the next request when the last one was answered hide
 * exactly the pauses that a quantile is asked for. And as fast as possible, by a number of connections (a closed loop).
 */
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Shot {
  method: 'GET' | 'POST';
  path: string;
  body?: string;
  headers?: Record<string, string>;
}

export interface LoadResult {
  /** Answers by status; 0 stands for no answer. */
  statuses: Map<number, number>;
  /** Milliseconds, sorted. */
  latencies: Float64Array;
  /** Answers a second. */
  rate: number;
}

/** Sends `perSecond` requests for `seconds`, evenly spread. */
export async function atRate(
  base: string,
  shot: () => Shot,
  { perSecond, seconds }: { perSecond: number; seconds: number },
): Promise<LoadResult> {
  const gun = createGun(base, 256);
  const total = Math.round(perSecond * seconds);
  const started = performance.now();
  const flying: Promise<void>[] = [];
  for (let sent = 0; sent < total; ) {
    const due = Math.min(total, Math.floor(((performance.now() - started) / 1_000) * perSecond) + 1);
    for (; sent < due; sent++) flying.push(gun.fire(shot(), started + (sent / perSecond) * 1_000));
    await sleep(1);
  }
  await Promise.all(flying);
  return gun.result(performance.now() - started);
}

/** Keeps `connections` requests under way, for some seconds or for some requests, whichever ends first. */
export async function flatOut(
  base: string,
  shot: () => Shot,
  {
    connections,
    seconds = Number.POSITIVE_INFINITY,
    requests = Number.POSITIVE_INFINITY,
  }: { connections: number; seconds?: number; requests?: number },
): Promise<LoadResult> {
  const gun = createGun(base, connections);
  const started = performance.now();
  let left = requests;
  const worker = async () => {
    while (left-- > 0 && performance.now() - started < seconds * 1_000)
      await gun.fire(shot(), performance.now());
  };
  await Promise.all(Array.from({ length: connections }, worker));
  return gun.result(performance.now() - started);
}

/** The latency that this share of the requests stayed under, in milliseconds. */
export const quantile = ({ latencies }: LoadResult, share: number): number => quantileOf(latencies, share);

/** Of numbers that are sorted. */
export const quantileOf = (sorted: ArrayLike<number>, share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))] ?? Number.NaN;

function createGun(base: string, maxSockets: number) {
  const { hostname, port } = new URL(base);
  const agent = new Agent({ keepAlive: true, maxSockets, scheduling: 'fifo' });
  const statuses = new Map<number, number>();
  const latencies: number[] = [];
  const note = (status: number, due: number) => {
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    latencies.push(performance.now() - due);
  };
  return {
    fire: ({ method, path, body, headers = {} }: Shot, due: number) =>
      new Promise<void>((resolve) => {
        const ended = (status: number) => {
          note(status, due);
          resolve();
        };
        const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
        const sent = request(
          { agent, hostname, port, method, path, headers: { ...headers, ...length } },
          (answer) => {
            answer.once('end', () => ended(answer.statusCode ?? 0)).resume();
          },
        );
        sent.once('error', () => ended(0)).end(body);
      }),
    result(ms: number): LoadResult {
      agent.destroy();
      return {
        statuses,
        latencies: Float64Array.from(latencies).sort(),
        rate: (latencies.length / ms) * 1_000,
      };
    },
  };
}
