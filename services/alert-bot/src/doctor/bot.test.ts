import { expect, test } from 'vitest';
import { standIn } from '../cli/harness.ts';
import { checkBot } from './signals.ts';

const NOW = Date.UTC(2026, 0, 31, 12);
const METRICS = [
  `alert_bot_heartbeat_timestamp_seconds ${NOW / 1_000 - 20}`,
  'process_start_time_seconds 1',
  'alert_bot_pending_deliveries 0',
].join('\n');

async function found(readyz: () => Response) {
  await using bot = await standIn((path) => (path === '/readyz' ? readyz() : new Response(METRICS)));
  return (await checkBot(bot.url, () => NOW)).map(({ level, what, says }) => `${level} ${what}: ${says}`);
}

test('what a running bot notes is told, and the heartbeat once', async () => {
  const notes = ['a person paused all: alert-bot resume ends it', 'the heartbeat last arrived 9m ago'];
  expect((await found(() => Response.json({ status: 'ready', notes }))).slice(1)).toEqual([
    'warn note: a person paused all: alert-bot resume ends it',
    'ok heartbeat: arrived 20s ago',
  ]);
});

test('a bot that is not ready fails, also where its answer is no JSON of ours', async () => {
  for (const answer of [
    () => Response.json(['x'], { status: 503 }),
    () => new Response('busy', { status: 503 }),
  ])
    expect((await found(answer))[0]).toMatch(/^fail .*\/readyz answers 503$/);
});
