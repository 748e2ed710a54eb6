// A process of its own: posts as fast as it is answered, or at a rate, over plain sockets. A client library would use more
// of its core than the service that it measures does of its own, and hide what that can do.
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { quantileOf } from '../../tests/support/load.ts';
import { fill, webhookBody, webhookRequest } from './payload.ts';

const orders = z.object({
  url: z.url(),
  token: z.string(),
  path: z.string(),
  connections: z.number(),
  seconds: z.number(),
  /** Requests a second; null is as fast as they are answered. */
  perSecond: z.number().nullable(),
  alerts: z.number(),
  service: z.string(),
  alertname: z.string(),
  /** The number of the first alert. */
  from: z.number(),
  /** After so many numbers they begin anew: repeats of known alerts. */
  different: z.number().nullable(),
  /** The number after the last one to send; null is without end. */
  upTo: z.number().nullable(),
  status: z.enum(['firing', 'resolved']),
  byHand: z.boolean(),
});
export type Orders = z.output<typeof orders>;

/** Whoever does not know how long it takes says when it is over. */
let isOver = false;
process.once('SIGTERM', () => {
  isOver = true;
});

const { connections, seconds, perSecond, ...order } = orders.parse(JSON.parse(process.argv[2] ?? ''));
const { hostname, port } = new URL(order.url);
const body = webhookBody(order);
const LATE_AT_MOST = 20_000;
const statuses: Record<string, number> = {};
const latencies: number[] = [];
let next = order.from;
const idle: Connection[] = [];
const waiting: number[] = [];

interface Connection {
  /** @param due what its latency counts from */
  send(due: number): void;
  socket: Socket;
}

function open(): Promise<Connection> {
  const request = webhookRequest(body, order.token, order.path);
  let due = 0;
  let answer = '';
  const socket = connect(Number(port), hostname).setNoDelay(true).setEncoding('latin1');
  const connection: Connection = {
    socket,
    send(at) {
      due = at;
      if (order.different !== null && next >= order.from + order.different) next = order.from;
      next = fill(request, next);
      // A copy: the kernel may take the bytes later than the next numbers are written.
      socket.write(Buffer.from(request.bytes));
    },
  };
  socket.on('data', (chunk: string) => {
    answer += chunk;
    const head = answer.indexOf('\r\n\r\n');
    if (head < 0) return;
    const length = Number(/content-length: (\d+)/i.exec(answer.slice(0, head))?.[1] ?? 0);
    if (answer.length < head + 4 + length) return;
    const status = answer.slice(9, 12);
    answer = '';
    statuses[status] = (statuses[status] ?? 0) + 1;
    latencies.push(performance.now() - due);
    free(connection);
  });
  socket.on('error', (error) => {
    statuses[error.message] = (statuses[error.message] ?? 0) + 1;
  });
  return new Promise((resolve) => socket.once('connect', () => resolve(connection)));
}

/** Those that have nothing more to send; when all are, it is over. */
const done = Promise.withResolvers<void>();
function over(connection: Connection): void {
  idle.push(connection);
  if (idle.length === connections) done.resolve();
}

function free(connection: Connection): void {
  const isDone =
    performance.now() - began > seconds * 1_000 || next >= (order.upTo ?? Number.POSITIVE_INFINITY);
  if (perSecond === null && isDone) {
    over(connection);
    return;
  }
  const due = perSecond === null ? performance.now() : waiting.shift();
  if (due === undefined) idle.push(connection);
  else connection.send(due);
}

let began = Number.POSITIVE_INFINITY;
const all = await Promise.all(Array.from({ length: connections }, open));
began = performance.now();
for (const connection of all) free(connection);
if (perSecond === null) await done.promise;
else {
  const total = Math.round(perSecond * seconds);
  for (let sent = 0; sent < total && !isOver; ) {
    const due = Math.min(total, Math.floor(((performance.now() - began) / 1_000) * perSecond) + 1);
    for (; sent < due; sent++) {
      const at = began + (sent / perSecond) * 1_000;
      // Each in its turn: one that is silent for seconds is closed.
      const connection = idle.shift();
      if (connection === undefined) waiting.push(at);
      else connection.send(at);
    }
    await delay(1);
  }
}
const took = performance.now() - began;
// What was asked at a rate is measured to its answer, however late; what never comes shows as missing.
for (
  let i = 0;
  perSecond !== null && i < LATE_AT_MOST / 10 && (waiting.length > 0 || idle.length < connections);
  i++
)
  await delay(10);
const unanswered = perSecond === null ? 0 : waiting.length + connections - idle.length;
for (const { socket } of all) socket.destroy();
const sorted = latencies.toSorted((a, b) => a - b);
console.log(
  JSON.stringify({
    rate: (sorted.length / took) * 1_000,
    statuses: unanswered > 0 ? { ...statuses, unanswered } : statuses,
    p50: quantileOf(sorted, 0.5),
    p99: quantileOf(sorted, 0.99),
    worst: quantileOf(sorted, 1),
    next,
  }),
);
