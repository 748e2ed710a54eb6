// Long because each way to be slow is a client of its own. What one who holds connections, headers or bodies can take of the bot.
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { until } from '../../scripts/stack/until.ts';
import { CONNECTIONS_AT_MOST, PATIENCE } from '../../services/alert-bot/src/http/server.ts';
import { bootSupervisor, staying } from '../../services/supervisor/src/harness.ts';
import { atRate, quantileOf } from '../support/load.ts';
import { LoneBot } from './support/lone-bot.ts';

const MB = 1024 * 1024;
/** Node looks for those that are over their time each second; the rest is for a machine that is busy. */
const SLACK = 4_000;

let supervisor: Awaited<ReturnType<typeof bootSupervisor>>;
beforeAll(async () => {
  supervisor = await bootSupervisor(`processes: { api: { command: ${staying()} } }`);
});
afterAll(() => supervisor[Symbol.asyncDispose]());

let bot: LoneBot;
let abusers: Abuser[];
beforeEach(async () => {
  abusers = [];
  // As in its container.
  bot = await LoneBot.make({
    supervisor: supervisor.socket,
    env: { NODE_OPTIONS: '--max-semi-space-size=4' },
  });
  await bot.start();
});
afterEach(async () => {
  for (const { socket } of abusers) socket.destroy();
  await bot[Symbol.asyncDispose]();
});

interface Abuser {
  socket: Socket;
  /** What it was answered so far. */
  heard: string;
  /** How long the bot let it be, in milliseconds; none while it does. */
  lasted: number | null;
}

/** One that says this, and then `more` each second, and never hangs up. */
async function abuser(said: string, more: (second: number) => string = () => ''): Promise<Abuser> {
  const socket = connect(bot.ports.bot, '127.0.0.1');
  const one: Abuser = { socket, heard: '', lasted: null };
  const began = performance.now();
  let seconds = 0;
  const dripping = setInterval(() => {
    const piece = more(seconds++);
    if (piece !== '') socket.write(piece);
  }, 1_000);
  socket.setEncoding('latin1').on('data', (text: string) => {
    one.heard += text;
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    clearInterval(dripping);
    one.lasted = performance.now() - began;
  });
  await once(socket, 'connect');
  socket.write(said);
  abusers.push(one);
  return one;
}

const many = (count: number, make: () => Promise<Abuser>): Promise<Abuser[]> =>
  Promise.all(Array.from({ length: count }, make));

const halfOpen = () => abuser('POST /webhook HTTP/1.1\r\nHost: x\r\nX-Begun: ');
const slowHeaders = () =>
  abuser(
    `GET /healthz HTTP/1.1\r\nHost: x\r\n${`X-Padding: ${'x'.repeat(900)}\r\n`.repeat(16)}`,
    () => 'X: 1\r\n',
  );
const silent = () => abuser('');
const slowBody = () => abuser(head(8 * MB), () => '{');
const keepAlive = () => abuser('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n');
const head = (length: number, token = bot.token('webhook')) =>
  `POST /webhook HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Length: ${length}\r\n\r\n`;

const status = (text: string): string | undefined => /^HTTP\/1\.1 (\d+)/.exec(text)?.[1];
const lasted = (some: readonly Abuser[]): number =>
  Math.max(...some.map((one) => one.lasted ?? Number.POSITIVE_INFINITY));
const over = (some: readonly Abuser[], withinMs: number) =>
  until(() => some.every((one) => one.lasted !== null), { what: 'the bot to close them', withinMs });

const files = (): number => readdirSync(`/proc/${bot.part.pid}/fd`).length;
const memory = (name: 'VmRSS' | 'VmHWM'): number => {
  const [, kB] =
    new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${bot.part.pid}/status`, 'utf8')) ??
    [];
  return Number(kB) * 1024;
};

/** How long each delivery of an honest client took, in milliseconds; fifty a second for some seconds. */
async function honest(seconds: number): Promise<number[]> {
  const body = JSON.stringify({ labels: { alertname: 'Honest' } });
  const headers = { ...bot.headers(), 'content-type': 'application/json' };
  const result = await atRate(bot.url, () => ({ method: 'POST', path: '/webhook', body, headers }), {
    perSecond: 50,
    seconds,
  });
  expect([...result.statuses.keys()]).toEqual([202]);
  return [...result.latencies];
}

/** Of one processor, what the bot took while this went on. */
async function load<T>(work: () => Promise<T>): Promise<{ share: number; result: T }> {
  const ticks = (): number => {
    const fields = readFileSync(`/proc/${bot.part.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return Number(fields[11]) + Number(fields[12]);
  };
  const [began, before] = [performance.now(), ticks()];
  const result = await work();
  return { share: ((ticks() - before) * 10) / (performance.now() - began), result };
}

const p99 = (some: readonly number[]): number =>
  quantileOf(
    some.toSorted((x, y) => x - y),
    0.99,
  );

describe('beside clients that are slow', () => {
  test('G12: an honest one is answered as before, and each of them is closed in its time', async ({
    annotate,
  }) => {
    await honest(1);
    const before = { files: files(), memory: memory('VmRSS') };
    const [quiet, beside]: [number[], number[]] = [[], []];
    const shares = { quiet: [] as number[], beside: [] as number[] };
    const [allHalf, allBodies]: [Abuser[], Abuser[]] = [[], []];
    let mostFiles = 0;
    // In turns, so that what else this machine does meets both.
    for (let round = 0; round < 5; round++) {
      const alone = await load(() => honest(3));
      quiet.push(p99(alone.result));
      shares.quiet.push(alone.share);
      const half = [...(await many(500, halfOpen)), ...(await many(50, slowHeaders))];
      const others = [...(await many(50, silent)), ...(await many(50, keepAlive))];
      if (round === 0) allBodies.push(...(await many(50, slowBody)));
      mostFiles = Math.max(mostFiles, files());
      const crowded = await load(() => honest(3));
      beside.push(p99(crowded.result));
      shares.beside.push(crowded.share);
      await over([...half, ...others], PATIENCE.headersTimeout + SLACK);
      allHalf.push(...half);
    }
    await over(allBodies, PATIENCE.requestTimeout + SLACK);

    const peak = memory('VmHWM');
    await annotate(
      `p99 of an honest client in turns: ${quiet.map((ms) => ms.toFixed(1))} ms, beside 700 slow ones ` +
        `${beside.map((ms) => ms.toFixed(1))} ms; of a processor it took ${shares.quiet.map((share) => share.toFixed(2))} ` +
        `and ${shares.beside.map((share) => share.toFixed(2))}; ${allHalf.length} of them closed after at most ` +
        `${Math.round(lasted(allHalf))} ms (headers), ${allBodies.length} after ${Math.round(lasted(allBodies))} ms (bodies); ` +
        `files ${before.files}, at most ${mostFiles}, then ${files()}; ` +
        `memory ${Math.round(before.memory / MB)} MB, at most ${Math.round(peak / MB)} MB`,
    );
    expect(mostFiles - before.files).toBeGreaterThan(500);
    // The best of the turns: what others do on this machine, and the making of so many connections, can only add to it. A few
    // milliseconds are its scheduling.
    const ratios = beside.map((ms, round) => (ms - 5) / (quiet[round] ?? Number.NaN));
    expect(Math.min(...ratios)).toBeLessThan(2);
    expect(lasted(allHalf)).toBeLessThan(PATIENCE.headersTimeout + SLACK);
    expect(lasted(allBodies)).toBeLessThan(PATIENCE.requestTimeout + SLACK);
    await until(() => files() <= before.files + 10, { what: 'their files to be closed' });
    expect(peak - before.memory).toBeLessThan(64 * MB);
    for (const { heard } of [...allHalf, ...allBodies]) {
      expect(status(heard)).toBe('503');
      expect(JSON.parse(heard.split('\r\n\r\n')[1] ?? '')).toMatchObject({ code: 'too_slow' });
    }
    // They are refused; nothing of it is a failure of the bot.
    expect(await bot.metric('alert_bot_failures_total{where="http"}')).toBe(0);
    expect(await bot.metric('alert_bot_webhook_refused_total{why="broken_off"}')).toBe(allBodies.length);
  });

  test('G12: who has no token is answered before the body has come', async () => {
    const stranger = await abuser(head(8 * MB, 'wrong'));
    await until(() => status(stranger.heard) === '401', { what: 'the refusal', withinMs: 2_000 });
    await over([stranger], SLACK);
    expect(stranger.socket.bytesWritten).toBeLessThan(1_000);
  });

  test('G12: many large bodies at once stay within bounds, and a small one is taken beside them', async ({
    annotate,
  }) => {
    await honest(1);
    const before = memory('VmRSS');
    const senders = await many(40, () => abuser(head(8 * MB)));
    const body = JSON.stringify({ labels: { alertname: 'Large' }, annotations: { d: 'x'.repeat(8 * MB) } });
    const part = 256 * 1024;
    // All but the end, so that all of them are held at once.
    for (let at = 0; at < 8 * MB - part; at += part) {
      for (const { socket } of senders) if (!socket.destroyed) socket.write(body.slice(at, at + part));
      await delay(20);
    }
    const { status: small } = await bot.send({ labels: { alertname: 'Small' } });
    const refused = senders.filter(({ heard }) => status(heard) === '503').length;
    await annotate(
      `40 bodies of 8 MB: ${refused} refused, memory ${Math.round(before / MB)} MB, at most ${Math.round(memory('VmHWM') / MB)} MB`,
    );
    expect(small).toBe(202);
    expect(refused).toBeGreaterThanOrEqual(38);
    expect(memory('VmHWM') - before).toBeLessThan(100 * MB);
    expect(await bot.metric('alert_bot_webhook_refused_total{why="overloaded"}')).toBe(refused);
  });

  test('G12: connections are bounded, and who comes later gets in when the first are closed', async ({
    annotate,
  }) => {
    const crowd = await many(CONNECTIONS_AT_MOST + 200, silent);
    await until(() => crowd.filter((one) => one.lasted !== null).length >= 200, {
      what: 'the surplus to be closed',
    });
    const most = files();
    expect(most).toBeLessThan(CONNECTIONS_AT_MOST + 100);
    const began = performance.now();
    await until(async () => (await bot.get('/healthz')).ok, {
      what: 'an answer',
      withinMs: PATIENCE.headersTimeout + SLACK,
    });
    await annotate(
      `${crowd.length} connections: ${most} files at most, an answer after ${Math.round(performance.now() - began)} ms`,
    );
  });
});
