// Long because it has the syscalls and the kills. What G1 promises, on the real process: what was acknowledged was synced before, and is there after kill -9.
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../../scripts/stack/until.ts';
import { bootSupervisor, staying } from '../../services/supervisor/src/harness.ts';
import { saltOf, startLogWriter } from './support/log-writer.ts';
import { LoneBot } from './support/lone-bot.ts';
import { attachStrace, failingSyncs, SYNCS } from './support/strace.ts';

let supervisor: Awaited<ReturnType<typeof bootSupervisor>>;
beforeAll(async () => {
  supervisor = await bootSupervisor(`processes: { api: { command: ${staying()} } }`);
});
afterAll(() => supervisor[Symbol.asyncDispose]());

describe('strace of the running bot', () => {
  test('G1: for each 202 a sync of the log had returned before its first byte was written', async ({
    annotate,
  }) => {
    await using bot = await LoneBot.make({ supervisor: supervisor.socket });
    // Long enough for a whole page of the database, so that a delivery's id is seen in it.
    const trace = await bot.start(['-y', '-s', '5000', '-e', `trace=${[...SYNCS, ...WRITES].join(',')}`]);
    const ids: string[] = [];
    const post = async () => {
      const { status, id } = await bot.post();
      expect(status).toBe(202);
      ids.push(id);
    };
    for (let i = 0; i < 30; i++) await post();
    await Promise.all(Array.from({ length: 30 }, post));
    await bot.part.stop();
    await until(
      () => existsSync(trace) && /\+\+\+ exited with 0 \+\+\+\n$/.test(readFileSync(trace, 'utf8')),
      {
        what: 'strace to have written everything',
      },
    );

    const calls = readCalls(readFileSync(trace, 'utf8'));
    // Commits go to the write-ahead log; the database file itself is written at checkpoints.
    const isLog = (call: Call) => call.rest.includes(`<${bot.log}-wal>`);
    const syncs = calls.filter((call) => SYNCS.includes(call.name) && isLog(call) && call.result === 0);
    const answers = calls.filter((call) => call.rest.includes('HTTP/1.1 202'));
    expect(answers).toHaveLength(60);
    expect(new Set(ids).size).toBe(60);

    const used = new Set<Call>();
    for (const id of ids) {
      const written = calls.find(
        (call) => isLog(call) && !SYNCS.includes(call.name) && call.rest.includes(id),
      );
      // Head and body of the answer are one call, so its first byte is that call's.
      const answer = answers.find((call) => call.rest.includes(id));
      if (written === undefined || answer === undefined) throw new Error(`${id} is not in the trace`);
      const sync = syncs.find((one) => one.began > written.ended);
      expect(sync, `a sync after ${id} was written`).toBeDefined();
      expect(sync?.ended, `the sync of ${id} before its answer`).toBeLessThan(answer.began);
      if (sync !== undefined) used.add(sync);
    }
    await annotate(`60 answers, ${used.size} syncs that cover them`);
  });

  test('G1: a disk that fails to sync: never 202 while it does, well again by itself, and what was acknowledged is kept', async () => {
    await using bot = await LoneBot.make({ supervisor: supervisor.socket });
    await bot.start();
    const acknowledged: string[] = [];
    const post = async () => {
      const { status, id } = await bot.post();
      if (status === 202) acknowledged.push(id);
      return status;
    };
    for (let i = 0; i < 10; i++) expect(await post()).toBe(202);
    const before = saltOf(bot.log);
    {
      await using _ = await attachStrace(bot.part.pid, failingSyncs());
      const answers = [await post(), ...(await Promise.all(Array.from({ length: 20 }, post)))];
      expect(new Set(answers)).toEqual(new Set([503]));
      // G14: and it says so to whoever watches it.
      await until(async () => (await bot.get('/readyz')).status === 503, { what: '/readyz to say so' });
      expect(await post()).toBe(503);
    }
    await until(async () => (await post()) === 202, { what: 'a delivery to be taken' });
    // What the kernel may have dropped is in the file by then: the write-ahead log was begun anew.
    expect(saltOf(bot.log)).not.toEqual(before);
    await until(async () => (await bot.get('/readyz')).status === 200, { what: '/readyz to be well' });
    for (let i = 0; i < 10; i++) expect(await post()).toBe(202);

    await bot.part.kill();
    await bot.start();
    await bot.settled();
    await bot.part.stop();
    expect(bot.lost(acknowledged)).toEqual([]);
  });

  test('G1: a disk that is full: 503 from then on and never 202, and what was acknowledged is kept', async () => {
    await using bot = await LoneBot.make({ supervisor: supervisor.socket });
    // Once without the fault: the log and the tokens are there then.
    await bot.start();
    await bot.part.stop();
    await bot.start(['-e', 'trace=pwrite64', '-e', 'inject=pwrite64:error=ENOSPC:when=150+']);
    const acknowledged: string[] = [];
    let answer = await bot.post();
    while (answer.status === 202 && acknowledged.length < 300) {
      acknowledged.push(answer.id);
      answer = await bot.post();
    }
    expect(acknowledged.length).toBeGreaterThan(0);
    const after = [answer.status];
    for (let i = 0; i < 10; i++) after.push((await bot.post()).status);
    expect(new Set(after)).toEqual(new Set([503]));
    // G14: and it says so to whoever watches it.
    await until(async () => (await bot.get('/readyz')).status === 503, { what: '/readyz to say so' });

    await bot.part.kill();
    await bot.start();
    await bot.settled();
    expect((await bot.post()).status).toBe(202);
    await bot.part.stop();
    expect(bot.lost(acknowledged)).toEqual([]);
  });
});

// The kernel may drop what it could not write, and says so once: what is synced after it stands behind a gap, and is not read
// again when the power fails. So all of it has to go into the file first.
describe('after a sync that failed', () => {
  test('G1, G3: a write that could not be synced, with others before it that were not yet', async () => {
    await using writer = await startLogWriter();
    await writer.ahead(1);
    const before = writer.salt();
    {
      await using _ = await attachStrace(writer.pid, failingSyncs());
      expect(await writer.write()).toContain('the incident log cannot be written: disk I/O error');
    }
    expect(writer.salt()).toBe(before);
    expect(await writer.write()).toBe('ok');
    expect(writer.salt()).not.toBe(before);
    expect(await writer.sync()).toBe('ok');
  });

  test('G1, G3: a write-ahead log that is moved into the file because it is long', async () => {
    await using writer = await startLogWriter();
    const before = writer.salt();
    {
      await using _ = await attachStrace(writer.pid, failingSyncs('1'));
      expect(await writer.ahead(5_000)).toBe('ok');
    }
    expect(await writer.sync()).toContain('a sync before has failed');
    expect(await writer.write()).toBe('ok');
    expect(writer.salt()).not.toBe(before);
    expect(await writer.sync()).toBe('ok');
  });

  test('G1: and a process that was killed before it could', async () => {
    await using writer = await startLogWriter();
    await writer.ahead(1);
    const before = writer.salt();
    await writer.restart('SIGKILL');
    expect(writer.salt()).not.toBe(before);
  });
});

describe('kill -9', () => {
  // After this many acknowledgements of a run the bot is killed, in the middle of the others.
  const ROUNDS = [1, 2, 3, 5, 8, 13, 21, 34, 55, 89];
  const CLIENTS = 8;

  test('G1: right after a 202, under load: nothing acknowledged is lost', async ({ annotate }) => {
    await using bot = await LoneBot.make({ supervisor: supervisor.socket });
    const acknowledged: string[] = [];
    let unanswered = 0;
    for (const killAfter of ROUNDS) {
      await bot.start();
      let alive = true;
      let here = 0;
      const killed = Promise.withResolvers<void>();
      const client = async () => {
        while (alive) {
          const answer = await bot.post().catch(() => null);
          if (answer?.status === 202) {
            acknowledged.push(answer.id);
            here += 1;
          } else unanswered += 1;
          if (here < killAfter || !alive) continue;
          alive = false;
          bot.part.kill('SIGKILL').then(killed.resolve, killed.reject);
        }
      };
      await Promise.all(Array.from({ length: CLIENTS }, client));
      await killed.promise;
    }
    // In the middle of triage and decisions as well: it goes on where it was.
    await bot.start();
    await bot.part.kill();
    await bot.start();
    await bot.settled();
    await bot.part.stop();

    expect(acknowledged.length).toBeGreaterThanOrEqual(ROUNDS.reduce((sum, n) => sum + n, 0));
    expect(new Set(acknowledged).size).toBe(acknowledged.length);
    expect(bot.lost(acknowledged)).toEqual([]);
    bot.read((db) => {
      expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
      expect(db.pragma('foreign_key_check')).toEqual([]);
      // Every alert was another one: none made two incidents, whatever was begun when the bot died.
      const twice = 'SELECT fingerprint FROM episodes GROUP BY fingerprint HAVING count(*) > 1';
      expect(db.prepare(twice).all()).toEqual([]);
    });
    // G12: and all the while no token in what it printed.
    for (const kind of ['webhook', 'admin'] as const) expect(bot.output()).not.toContain(bot.token(kind));
    await annotate(
      `${acknowledged.length} acknowledged over ${ROUNDS.length + 1} kills, 0 lost; ${unanswered} unanswered`,
    );
  });

  test('G1: a client that hangs up before the answer leaves the bot whole', async () => {
    await using bot = await LoneBot.make({ supervisor: supervisor.socket });
    await bot.start();
    const { port } = new URL((await bot.get('/healthz')).url);
    const body = JSON.stringify({ labels: { alertname: 'HungUp' } });
    const socket = connect(Number(port), '127.0.0.1');
    await once(socket, 'connect');
    socket.end(
      `POST /webhook HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${bot.token('webhook')}\r\n` +
        `Content-Length: ${body.length}\r\n\r\n${body}`,
      () => socket.destroy(),
    );
    await once(socket, 'close');
    const { status, id } = await bot.post();
    expect(status).toBe(202);
    await bot.settled();
    await bot.part.stop();
    expect(bot.lost([id])).toEqual([]);
  });
});

const WRITES = ['write', 'writev', 'pwrite64', 'pwritev', 'sendto', 'sendmsg'];

interface Call {
  name: string;
  /** Arguments as strace shows them. */
  rest: string;
  result: number;
  /** Line of the trace in which it began, and in which it had returned. */
  began: number;
  ended: number;
}

/** Reads the output of `strace -f`, in which a call that another thread's interrupts is on two lines. */
function readCalls(trace: string): Call[] {
  const calls: Call[] = [];
  const open = new Map<string, Call>();
  for (const [line, text] of trace.split('\n').entries()) {
    const [, pid, what] = /^(\d+) +[\d:.]+ (.*)$/.exec(text) ?? [];
    if (pid === undefined || what === undefined) continue;
    const [, result] = / = (-?\d+)[^=]*$/.exec(what) ?? [];
    const [, begun, rest] = /^(\w+)\((.*)$/.exec(what) ?? [];
    if (begun !== undefined && rest !== undefined) {
      const call = { name: begun, rest, result: Number(result), began: line, ended: line };
      calls.push(call);
      if (rest.endsWith('<unfinished ...>')) open.set(pid, call);
    } else if (/^<\.\.\. \w+ resumed>/.test(what)) {
      const call = open.get(pid);
      if (call === undefined) continue;
      call.ended = line;
      call.result = Number(result);
      open.delete(pid);
    }
  }
  return calls;
}
