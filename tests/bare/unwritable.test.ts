// Long because each way in which a log cannot be written is a real one: a full disk, a lock, sealed files, a broken disk.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { repository } from '../../scripts/stack/places.ts';
import { until } from '../../scripts/stack/until.ts';
import { bootSupervisor, staying } from '../../services/supervisor/src/harness.ts';
import { botClient } from './support/bot.ts';
import { LoneBot } from './support/lone-bot.ts';
import { mountExt4, mountTmpfs, whyNoMounts } from './support/mounts.ts';
import { type Steady, steadily } from './support/steady.ts';

const WRITABLE = 'alert_bot_store_writable';
const readiness = z.object({ problems: z.array(z.string()) });
const TRIES = 20;
/** One and the same, as new ones would make a storm, in which nothing is done. */
const REPEATED = { labels: { alertname: 'Repeated' } };

interface Trouble {
  break(): Promise<void> | void;
  mend(): Promise<void> | void;
}

/** What breaks it, on a data folder of its own. */
const TROUBLES = {
  'a full disk': () => {
    const disk = mountTmpfs('8m');
    return { data: disk.path, disk, trouble: () => ({ break: disk.fill, mend: disk.empty }) };
  },
  'a lock that another process holds (BEGIN IMMEDIATE)': () => locked('IMMEDIATE'),
  'a lock that another process holds (BEGIN EXCLUSIVE)': () => locked('EXCLUSIVE'),
  'files that the kernel lets nobody write': () => {
    const disk = mountExt4('32M');
    const seal = (sealed: boolean) => {
      for (const file of ['incidents.db', 'incidents.db-wal']) disk.seal(file, sealed);
    };
    return { data: disk.path, disk, trouble: () => ({ break: () => seal(true), mend: () => seal(false) }) };
  },
} satisfies Record<string, () => { data: string; disk: Disposable; trouble(bot: LoneBot): Trouble }>;

function locked(how: 'IMMEDIATE' | 'EXCLUSIVE') {
  const tmpfs = mountTmpfs('8m');
  let holder: ChildProcess | undefined;
  const trouble = (bot: LoneBot): Trouble => ({
    async break() {
      const script = `const db = require('better-sqlite3')(process.argv[1]); db.exec('BEGIN ${how}');
      console.log('held'); setInterval(() => {}, 1_000);`;
      const child = spawn(process.execPath, ['-e', script, bot.log], {
        cwd: repository,
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      holder = child;
      await once(child.stdout, 'data');
    },
    async mend() {
      if (holder === undefined || holder.exitCode !== null) return;
      holder.kill('SIGKILL');
      await once(holder, 'exit');
    },
  });
  const disk = {
    // Also where the case ended before it was mended.
    [Symbol.dispose]() {
      holder?.kill('SIGKILL');
      tmpfs[Symbol.dispose]();
    },
  };
  return { data: tmpfs.path, disk, trouble };
}

const problemsOf = async (bot: LoneBot): Promise<string[]> =>
  readiness
    .parse(await (await bot.get('/readyz')).json())
    .problems.filter((problem) => problem.includes('log'));

/** A machine that is busy is so before as well; a lock that blocks the loop would take five seconds. */
const within50 = (during: Steady, quiet: Steady) => Math.max(50, 3 * quiet.worst) - during.worst;
const told = ({ worst, p99, asked }: Steady) =>
  `worst ${worst.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms of ${asked}`;

const why = whyNoMounts();
describe.skipIf(why !== null)(`the log cannot be written${why === null ? '' : `: not run, ${why}`}`, () => {
  let supervisor: Awaited<ReturnType<typeof bootSupervisor>>;
  beforeAll(async () => {
    const processes = Object.keys(TROUBLES).map(
      (_, i) => `  api-${i}: { command: ${staying()}, labels: { alert-bot.enable: 'true' } }`,
    );
    supervisor = await bootSupervisor(`processes:\n${processes.join('\n')}`);
  });
  afterAll(() => supervisor[Symbol.asyncDispose]());

  test.for(Object.entries(TROUBLES).map(([name, make], i) => ({ name, make, service: `api-${i}` })))(
    'G1, G2, G14: $name: 503 and nothing begun, alive all the while, and on by itself afterwards',
    async ({ make, service }, { annotate }) => {
      const { data, disk, trouble } = make();
      using _disk = disk;
      await using bot = await LoneBot.make({ supervisor: supervisor.socket, data });
      const { break: breakIt, mend } = trouble(bot);
      await bot.start();
      const admin = botClient(bot.url, `${data}/tokens/admin`);
      expect(await bot.metric(WRITABLE)).toBe(1);
      expect(await problemsOf(bot)).toEqual([]);
      const quiet = await steadily(bot.url, '/healthz', async () => {
        // As many as later on, so that only the trouble differs.
        for (const until = performance.now() + 4_000; performance.now() < until; await delay(100)) {
          const answered = await Promise.all(Array.from({ length: TRIES }, () => bot.send(REPEATED)));
          expect(new Set(answered.map(({ status }) => status))).toEqual(new Set([202]));
        }
      });

      // It would be acted upon in six seconds, when nothing can be written.
      const headers = { ...bot.headers('admin'), 'content-type': 'application/json' };
      const pause = JSON.stringify({ by: 'a test', why: 'to have something pending', for: '6s' });
      await fetch(`${bot.url}/api/v1/pause`, { method: 'POST', headers, body: pause });
      const pausedUntil = performance.now() + 6_000;
      const alert = { labels: { alertname: 'HighErrorRate', service, severity: 'critical' } };
      const pending = await bot.send(alert);
      expect(pending.status).toBe(202);
      const incident = await until(
        async () => (await admin.incidents()).find(({ reason }) => reason === 'paused')?.id,
        { what: 'the incident to wait' },
      );

      await breakIt();
      const acknowledged = [pending.id];
      const answers: number[] = [];
      const durations: number[] = [];
      const ask = async () => {
        const began = performance.now();
        const { status, id } = await bot.send(REPEATED);
        durations.push(performance.now() - began);
        return { status, id };
      };
      const during = await steadily(bot.url, '/healthz', async () => {
        // On a full disk the write-ahead log may have room left: what is acknowledged in it is kept like any other.
        for (let { status, id } = await ask(); status === 202; { status, id } = await ask())
          acknowledged.push(id);
        await until(async () => (await bot.metric(WRITABLE)) === 0, { what: 'the gauge to tell' });
        await until(
          async () => (await problemsOf(bot))[0]?.startsWith('the incident log cannot be written: '),
          {
            what: '/readyz to tell',
          },
        );
        do {
          const answered = await Promise.all(Array.from({ length: TRIES }, ask));
          answers.push(...answered.map(({ status }) => status));
          await delay(100);
        } while (performance.now() < pausedUntil + 3_000);
      });
      expect(new Set(answers)).toEqual(new Set([503]));
      // Long enough by now for the room in the write-ahead log to be used up by the smallest write as well.
      expect(await bot.metric(WRITABLE)).toBe(0);
      expect((await admin.incident(incident)).attempts).toEqual([]);
      expect(await supervisor.events(service)).toEqual(['start']);

      await mend();
      const mended = performance.now();
      // By itself: nothing is sent to it.
      await until(async () => (await bot.metric(WRITABLE)) === 1, {
        what: 'the log to be writable',
        withinMs: 12_000,
      });
      const recovered = performance.now() - mended;
      expect(await problemsOf(bot)).toEqual([]);
      await until(async () => (await supervisor.events(service)).length === 4, { what: 'the one restart' });
      expect((await bot.send(alert)).status).toBe(202);
      const [slowest = 0, second = 0] = durations.toSorted((x, y) => y - x).map(Math.round);
      await annotate(
        `${answers.length} times 503 after ${acknowledged.length - 1} more acknowledged, one within ${slowest} ms and all others within ` +
          `${second} ms; /healthz before: ${told(quiet)}; meanwhile: ${told(during)}; ` +
          `writable ${Math.round(recovered)} ms after it could be`,
      );
      expect(within50(during, quiet)).toBeGreaterThan(0);
      // Once: a second one would come at once, or after the backoff of a second.
      await delay(4_000);
      expect(await supervisor.events(service)).toEqual(['start', 'stop', 'die', 'start']);
      expect((await admin.incident(incident)).attempts).toHaveLength(1);
      await bot.part.stop();
      expect(bot.lost(acknowledged)).toEqual([]);
    },
  );

  test('G1: a disk that the kernel turned read-only: 503 until it is repaired, and what was acknowledged is there', async () => {
    using disk = mountExt4('32M');
    await using bot = await LoneBot.make({ supervisor: supervisor.socket, data: disk.path });
    await bot.start();
    const acknowledged: string[] = [];
    for (let i = 0; i < TRIES; i++) acknowledged.push((await bot.send(REPEATED)).id);
    disk.breakDown();
    const answers: number[] = [];
    for (let i = 0; i < TRIES; i++) answers.push((await bot.send(REPEATED)).status);
    expect(new Set(answers)).toEqual(new Set([503]));
    expect(await bot.metric(WRITABLE)).toBe(0);
    expect((await bot.get('/healthz')).status).toBe(200);
    // Such a disk cannot be mounted for writing again while anybody has a file of it open.
    await bot.part.kill('SIGKILL');
    disk.repair();
    await bot.start();
    expect((await bot.send(REPEATED)).status).toBe(202);
    await bot.settled();
    await bot.part.stop();
    expect(bot.lost(acknowledged)).toEqual([]);
  });
});
