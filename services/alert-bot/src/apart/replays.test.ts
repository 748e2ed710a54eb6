import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { write } from '../store/db.ts';
import { insertDelivery } from '../store/deliveries.ts';
import { keepObservations, noteObservation } from '../store/observations.ts';
import { PLAYBOOKS } from '../testing/bot.ts';
import { NOON, type TestLog, temporaryLog } from '../testing/log.ts';
import { createReplays } from './replays.ts';

/** A log in which one alert fired, and again a minute later. */
async function recorded(): Promise<TestLog> {
  const log = temporaryLog();
  const alert = { labels: { alertname: 'HighErrorRate', service: 'api' }, status: 'firing' };
  const body = JSON.stringify({ version: '4', groupKey: 'g', alerts: [alert] });
  await write(log.db, () => {
    for (const [i, id] of ['d0', 'd1'].entries())
      insertDelivery(log.db, {
        ...{ id, receivedAt: NOON + i * 60_000, source: 'alertmanager', groupKey: 'g', body },
      });
    noteObservation(log.db, { kind: 'fleet', subject: '', at: NOON, since: null, value: '{"size":0}' });
    keepObservations(log.db);
  });
  return log;
}

const files = ({ folder }: TestLog) => readdirSync(folder).filter((name) => name.includes('replay'));
const never = new AbortController().signal;
afterEach(() => vi.unstubAllEnvs());

describe('replays', () => {
  test('one at a time: whoever asks meanwhile is told, and the next has its turn', async () => {
    using log = await recorded();
    const replays = createReplays(log.db, never);
    const first = replays.run({ playbooks: PLAYBOOKS });
    expect(await replays.run({ playbooks: PLAYBOOKS })).toEqual({ refused: 'busy' });
    expect(await first).toMatchObject({ replayed: { totals: { now: { incidents: 1 } } } });
    expect(await replays.run({ playbooks: PLAYBOOKS })).toHaveProperty('replayed');
    expect(files(log)).toEqual([]);
  });

  test('this thread has its turns meanwhile', async () => {
    using log = await recorded();
    let turns = 0;
    const beat = setInterval(() => turns++, 10);
    await createReplays(log.db, never).run({ playbooks: PLAYBOOKS });
    clearInterval(beat);
    expect(turns).toBeGreaterThan(5);
  });

  test('one that takes too long is ended, and leaves nothing', async () => {
    using log = await recorded();
    const replays = createReplays(log.db, never);
    expect(await replays.run({ playbooks: PLAYBOOKS }, 1)).toEqual({ refused: 'too_long' });
    expect(files(log)).toEqual([]);
    expect(await replays.run({ playbooks: PLAYBOOKS })).toHaveProperty('replayed');
  });

  test('ends with the bot', async () => {
    using log = await recorded();
    const stopping = new AbortController();
    const replays = createReplays(log.db, stopping.signal);
    const running = replays.run({ playbooks: PLAYBOOKS });
    await vi.waitFor(() => expect(existsSync(join(log.folder, 'replay-playbooks.yml'))).toBe(true));
    stopping.abort();
    expect(await running).toHaveProperty('refused');
    expect(await replays.run({ playbooks: PLAYBOOKS })).toEqual({ refused: 'busy' });
    expect(files(log)).toEqual([]);
  });

  test('mistakes are told of what was sent, and by their own name of the overrides that the bot has', async () => {
    using log = await recorded();
    const replays = createReplays(log.db, never);
    const wrong = { playbooks: 'playbooks: 7', overrides: 'limit: {}' };
    expect(await replays.run(wrong)).toMatchObject({
      errors: [
        { file: 'playbooks', line: 1, path: 'playbooks', value: '7', message: expect.any(String) },
        { file: 'overrides', line: 1 },
      ],
    });
    vi.stubEnv('ALERT_BOT_OVERRIDES', '/nonexistent/over.yml');
    expect(await replays.run({ playbooks: PLAYBOOKS })).toMatchObject({
      errors: [{ file: '/nonexistent/over.yml', message: expect.stringContaining('does not exist') }],
    });
    expect(await replays.run({ playbooks: PLAYBOOKS, overrides: '{}' })).toHaveProperty('replayed');
  });

  test.for([
    [{ since: '-x' }, 'replay --since "-x" is not a length of time'],
    [{ since: '1h', from: '2020-01-01', to: '2020-01-02' }, 'takes --since or --from'],
    [{ to: '2020-01-01' }, 'nothing is recorded of that time: the record goes from'],
  ] as const)('%j is told in a sentence', async ([time, told]) => {
    using log = await recorded();
    expect(await createReplays(log.db, never).run({ playbooks: PLAYBOOKS, ...time })).toEqual({
      failed: expect.stringContaining(told),
    });
  });
});
