import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bootSupervisor, staying } from '../../services/supervisor/src/harness.ts';
import { LoneBot } from './support/lone-bot.ts';

// Many connections post all the while, also when nobody listens, and the bot is killed and started again below them.

const CONNECTIONS = 200;
const KILLS = 20;
/** The flood goes on for so long after a start before the kill, in milliseconds: each time at another point of what it does. */
const lifetime = (kill: number): number => 20 + ((kill * 37) % 200);

let supervisor: Awaited<ReturnType<typeof bootSupervisor>>;
beforeAll(async () => {
  supervisor = await bootSupervisor(`processes: { api: { command: ${staying()} } }`);
});
afterAll(() => supervisor[Symbol.asyncDispose]());

test('G1: under a flood, killed twenty times: each delivery that was acknowledged is in the log, whole', async ({
  annotate,
}) => {
  await using bot = await LoneBot.make({ supervisor: supervisor.socket });
  const began = performance.now();
  const acknowledged = new Map<string, string>();
  const statuses = new Map<number, number>();
  let sent = 0;
  let over = false;
  await bot.start();
  const client = async () => {
    while (!over) {
      sent += 1;
      // Few alerts again and again, as Alertmanager repeats them: how many incidents they make is not what is asked here.
      const alert = {
        labels: { alertname: 'Flood', number: `${sent % 5}` },
        annotations: { sent: `${sent}` },
      };
      const { status, id } = await bot.send(alert).catch(() => ({ status: 0, id: '' }));
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      if (status === 202) acknowledged.set(id, JSON.stringify(alert));
      // Nobody listens: as fast as that can be found out, the flood would only keep the bot from its start.
      if (status === 0) await delay(200);
    }
  };
  const clients = Promise.all(Array.from({ length: CONNECTIONS }, client));
  const perLife: number[] = [];
  try {
    for (let kill = 0; kill < KILLS; kill++) {
      const before = acknowledged.size;
      while (acknowledged.size === before) await delay(5);
      await delay(lifetime(kill));
      await bot.part.kill('SIGKILL');
      perLife.push(acknowledged.size - before);
      await bot.start();
    }
  } finally {
    over = true;
    await clients;
  }
  await bot.part.kill('SIGKILL');

  const lost = bot.read((db) => {
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
    const body = db.prepare('SELECT body FROM deliveries WHERE id = ?').pluck();
    return [...acknowledged].filter(([id, text]) => body.get(id) !== text).map(([id]) => id);
  });
  expect(lost).toEqual([]);
  // Else it was no flood that was killed: each life had acknowledged something, and some were cut off in the middle.
  expect(Math.min(...perLife)).toBeGreaterThan(0);
  expect(statuses.get(0)).toBeGreaterThanOrEqual(CONNECTIONS);
  expect([...statuses.keys()].filter((status) => ![0, 202, 503].includes(status))).toEqual([]);
  await annotate(
    `${acknowledged.size} acknowledged (${Math.min(...perLife)} to ${Math.max(...perLife)} in a life), ${KILLS + 1} kills, ` +
      `0 lost; answers ${JSON.stringify(Object.fromEntries(statuses))}; ${((performance.now() - began) / 1_000).toFixed(1)} s`,
  );
});
