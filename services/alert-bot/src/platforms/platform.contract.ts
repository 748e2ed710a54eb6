// What every platform adapter must do, written once; each adapter's test runs it over the real platform.
import { once } from 'node:events';
import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Millis } from '../domain/duration.ts';
import { type Platform, PlatformError, type PlatformErrorCode } from '../domain/platform.ts';
import type { Instance, Target } from '../domain/target.ts';

/** A real platform with these services, one instance each. */
export interface PlatformUnderTest extends AsyncDisposable {
  /** Where the platform listens. */
  socketPath: string;
  /** The adapter over whatever listens at the path; `atMost` limits its questions. */
  connect(socketPath: string, atMost: Millis): Platform;
  services: {
    /** Runs, prints over 100 lines when it starts, carries the label `alert-bot.enable=true`. */
    steady: string;
    /** Ignores the polite request to stop: prints `ready …` once it does, and some other line when asked. */
    stubborn: string;
    /** Has ended by itself with exit code 3. */
    ended: string;
    /** Runs, and after `spoil` cannot be started again. */
    spoilable: string;
  };
  spoil(): Promise<void>;
  /** The id of an instance, well formed, that does not exist. */
  unknownInstance: string;
  /** Whether restarts by the adapter are counted: Docker counts only those of its restart policy. */
  countsRestarts: boolean;
}

const GRACE = 2_000;
const AT_MOST = 15_000;

/** Runs the suite; `start` is called once. */
export function platformContract(name: string, start: () => Promise<PlatformUnderTest>): void {
  describe(`${name} keeps the contract of platforms`, () => {
    let under: PlatformUnderTest;
    let platform: Platform;

    beforeAll(async () => {
      under = await start();
      platform = under.connect(under.socketPath, 5_000);
    });
    afterAll(() => under[Symbol.asyncDispose]());

    const targetOf = async (service: string): Promise<Target> => only(await platform.find(service));
    const instanceOf = async (service: string): Promise<Instance> =>
      only((await targetOf(service)).instances);

    /** Waits until the stubborn one is deaf: before that, it would stop like any other. */
    async function deaf(): Promise<Instance> {
      const instance = await instanceOf(under.services.stubborn);
      await vi.waitFor(async () => expect(await platform.logs(instance.id, 1)).toMatch(/^ready/));
      return instance;
    }

    test('find: none of an unknown name, one of a known', async () => {
      expect(await platform.find('nobody')).toEqual([]);
      const target = await targetOf(under.services.steady);
      expect(target).toMatchObject({
        id: platform.targetId(under.services.steady),
        service: under.services.steady,
        labels: { 'alert-bot.enable': 'true' },
        protectedBecause: null,
      });
      expect(only(target.instances)).toMatchObject({ running: true, finishedAt: null, exitCode: null });
    });

    test('list: all, opted in or not', async () => {
      const listed = (await platform.list()).map(({ service }) => service);
      expect(listed).toEqual(expect.arrayContaining(Object.values(under.services)));
    });

    test('inspect: one as it is now, and not_found where it is gone', async () => {
      const target = await targetOf(under.services.stubborn);
      expect(await platform.inspect(target.id)).toEqual(target);
      expect(await codeOf(platform.inspect(`${target.id}-gone`))).toBe('not_found');
    });

    test('inspect: one that ended, with its exit code and times', async () => {
      await vi.waitFor(async () =>
        expect(await instanceOf(under.services.ended)).toMatchObject({ running: false }),
      );
      const { startedAt, finishedAt, exitCode } = await instanceOf(under.services.ended);
      expect(exitCode).toBe(3);
      expect(startedAt).toBeLessThanOrEqual(finishedAt ?? 0);
      expect(Math.abs(Date.now() - (startedAt ?? 0))).toBeLessThan(120_000);
    });

    test('restart: when it resolves, a later start is there to see', async () => {
      const before = await instanceOf(under.services.steady);
      await platform.act('restart', before.id, GRACE, AT_MOST);
      const after = await instanceOf(under.services.steady);
      expect(after.running).toBe(true);
      expect(after.id).toBe(before.id);
      expect(after.startedAt).toBeGreaterThan(before.startedAt ?? Number.POSITIVE_INFINITY);
      expect(after.restartCount - before.restartCount).toBe(under.countsRestarts ? 1 : 0);
    });

    test('restart: what ignores the request to stop is killed after its grace time', async () => {
      const before = await deaf();
      const began = performance.now();
      await platform.act('restart', before.id, 1_000, AT_MOST);
      expect(performance.now() - began).toBeGreaterThan(900);
      expect((await instanceOf(under.services.stubborn)).startedAt).toBeGreaterThan(before.startedAt ?? 0);
    });

    test('G3: restart given up as timed_out, it is still carried out', async () => {
      const before = await deaf();
      expect(await codeOf(platform.act('restart', before.id, 1_000, 200))).toBe('timed_out');
      await vi.waitFor(
        async () => {
          const after = await instanceOf(under.services.stubborn);
          expect(after.startedAt).toBeGreaterThan(before.startedAt ?? Number.POSITIVE_INFINITY);
        },
        { timeout: 10_000 },
      );
    });

    test('start: starts what ended, and is content with what runs', async () => {
      await vi.waitFor(async () =>
        expect(await instanceOf(under.services.ended)).toMatchObject({ running: false }),
      );
      const before = await instanceOf(under.services.ended);
      await platform.act('start', before.id, GRACE, AT_MOST);
      const after = await instanceOf(under.services.ended);
      expect(after.startedAt).toBeGreaterThan(before.startedAt ?? Number.POSITIVE_INFINITY);

      const running = await instanceOf(under.services.steady);
      await platform.act('start', running.id, GRACE, AT_MOST);
      expect((await instanceOf(under.services.steady)).startedAt).toBe(running.startedAt);
    });

    test('an instance that does not exist is not_found', async () => {
      const id = under.unknownInstance;
      expect(await codeOf(platform.act('restart', id, GRACE, AT_MOST))).toBe('not_found');
      expect(await codeOf(platform.act('start', id, GRACE, AT_MOST))).toBe('not_found');
      expect(await codeOf(platform.logs(id, 10))).toBe('not_found');
    });

    test('logs: the last lines and no more', async () => {
      const { id } = await instanceOf(under.services.steady);
      // Its lines may still be coming in, so both are asked until they agree.
      await vi.waitFor(async () => {
        const ten = linesOf(await platform.logs(id, 10));
        const twenty = linesOf(await platform.logs(id, 20));
        expect(ten).toHaveLength(10);
        expect(twenty).toHaveLength(20);
        expect(twenty.slice(-10)).toEqual(ten);
      });
    });

    test('restart: stopped but not started is start_failed, and stays down', async () => {
      const before = await instanceOf(under.services.spoilable);
      expect(before.running).toBe(true);
      await under.spoil();
      expect(await codeOf(platform.act('restart', before.id, GRACE, AT_MOST))).toBe('start_failed');
      expect(await instanceOf(under.services.spoilable)).toMatchObject({
        running: false,
        startedAt: before.startedAt,
      });
    });

    describe('when the platform', () => {
      const folder = mkdtempSync(join(tmpdir(), 'platform-'));
      afterAll(() => rmSync(folder, { recursive: true, force: true }));

      /** The outcome of every method against what listens at the path. */
      async function codes(socketPath: string): Promise<Record<string, PlatformErrorCode>> {
        const at = under.connect(socketPath, 300);
        const calls: Record<string, Promise<unknown>> = {
          find: at.find(under.services.steady),
          list: at.list(),
          inspect: at.inspect(at.targetId(under.services.steady)),
          restart: at.act('restart', under.unknownInstance, 0, 300),
          start: at.act('start', under.unknownInstance, 0, 300),
          logs: at.logs(under.unknownInstance, 10),
        };
        const outcomes = Object.entries(calls).map(
          async ([verb, call]) => [verb, await codeOf(call)] as const,
        );
        return Object.fromEntries(await Promise.all(outcomes));
      }
      const all = (code: PlatformErrorCode) =>
        Object.fromEntries(
          ['find', 'list', 'inspect', 'restart', 'start', 'logs'].map((verb) => [verb, code]),
        );

      /** A socket that does with each connection what it is told. */
      async function listening(path: string, onConnection: (socket: Socket) => void) {
        const open = new Set<Socket>();
        const server = createServer((socket) => {
          open.add(socket);
          socket.on('error', () => {});
          onConnection(socket);
        }).listen(path);
        await once(server, 'listening');
        return {
          async [Symbol.asyncDispose]() {
            for (const socket of open) socket.destroy();
            server.close();
            await once(server, 'close');
          },
        };
      }

      test('is not there: unavailable, since nothing was sent', async () => {
        expect(await codes(join(folder, 'nothing.sock'))).toEqual(all('unavailable'));
      });

      test('left a dead socket behind: unavailable', async () => {
        const dead = join(folder, 'dead.sock');
        {
          await using _ = await listening(`${dead}.new`, () => {});
          // Closing a server removes its socket; renamed, it stays, as after a kill.
          renameSync(`${dead}.new`, dead);
        }
        expect(await codes(dead)).toEqual(all('unavailable'));
      });

      test('accepts and never answers: timed_out', async () => {
        const path = join(folder, 'hanging.sock');
        await using _ = await listening(path, (socket) => socket.resume());
        expect(await codes(path)).toEqual(all('timed_out'));
      });

      test('answers halfway and stops: timed_out', async () => {
        const path = join(folder, 'halfway.sock');
        await using _ = await listening(path, (socket) =>
          socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"proc')),
        );
        expect(await codes(path)).toEqual(all('timed_out'));
      });

      test('G3: loses the connection after the request: in_doubt', async () => {
        const path = join(folder, 'dropping.sock');
        await using _ = await listening(path, (socket) => socket.once('data', () => socket.destroy()));
        expect(await codes(path)).toEqual(all('in_doubt'));
      });

      test('loses the connection in its answer: in_doubt', async () => {
        const path = join(folder, 'breaking.sock');
        await using _ = await listening(path, (socket) =>
          socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"proc')),
        );
        expect(await codes(path)).toEqual(all('in_doubt'));
      });

      test('answers something else than HTTP: in_doubt', async () => {
        const path = join(folder, 'other.sock');
        await using _ = await listening(path, (socket) =>
          socket.once('data', () => socket.end('SSH-2.0-OpenSSH_9.2\r\n')),
        );
        expect(await codes(path)).toEqual(all('in_doubt'));
      });
    });
  });
}

/** How a call failed. Adapters reject with nothing but a PlatformError whose message names what to look at. */
async function codeOf(asked: Promise<unknown>): Promise<PlatformErrorCode> {
  const error: unknown = await asked.then(
    () => new Error('it did not fail'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof PlatformError)) throw error;
  expect(error.message.length).toBeGreaterThan(20);
  return error.code;
}

function only<T>(found: readonly T[]): T {
  const [one, ...others] = found;
  if (one === undefined || others.length > 0) throw new Error(`${found.length} found where one was expected`);
  return one;
}

const linesOf = (text: string): string[] => text.split('\n').filter((line) => line !== '');
