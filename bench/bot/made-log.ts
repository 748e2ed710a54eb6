import { execFileSync } from 'node:child_process';
import { constants, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bench } from '../bench.ts';
import { startBot } from './bot.ts';
import { PLAYBOOKS } from './latency.ts';
import { shoot } from './shoot.ts';
import { idle } from './vitals.ts';

/** Alerts that fire before those of them end that fired first. */
const AT_ONCE = 20_000;
export const ROOM = { ALERT_BOT_LOG_MAX: '1000GB' };

type Bot = Awaited<ReturnType<typeof startBot>>;

/** Has the engine make incidents, each of an alert that fires, is decided about and ends. */
async function grow(bot: Bot, incidents: number, { step }: Bench): Promise<void> {
  const orders = { url: bot.url, token: bot.token('webhook'), alerts: 100, connections: 8, seconds: 100_000 };
  for (let from = 0; from < incidents; from += AT_ONCE) {
    const upTo = Math.min(incidents, from + AT_ONCE);
    for (const status of ['firing', 'resolved'] as const) {
      await shoot({ ...orders, from, upTo, status });
      await idle(bot);
    }
    if (from % (10 * AT_ONCE) === 0) step(`${upTo} of ${incidents} incidents are made`);
  }
}

/** A log of so many incidents, of a hundred days ago. */
export async function make(folder: string, incidents: number, bench: Bench): Promise<void> {
  await using bot = await startBot({
    ...{ playbooks: PLAYBOOKS, folder },
    env: { ...ROOM, NODE_OPTIONS: `--import ${join(import.meta.dirname, 'long-ago.mjs')}` },
  });
  await grow(bot, incidents, bench);
}

/** A million take half an hour: they are made once, and what is measured changes a copy. */
export async function takeKept(kept: string, folder: string, bench: Bench): Promise<void> {
  const note = join(kept, 'incidents');
  if (!existsSync(note)) {
    if (existsSync(kept) && readdirSync(kept).length > 0)
      throw new Error(
        `--log ${kept} has something else in it, or a log that was not finished: remove it, or name another folder`,
      );
    mkdirSync(kept, { recursive: true });
    await make(kept, bench.incidents, bench);
    writeFileSync(note, `${bench.incidents}`);
  }
  const made = readFileSync(note, 'utf8');
  if (made !== `${bench.incidents}`)
    throw new Error(
      `--log ${kept} has ${made} incidents: ask with --incidents ${made}, or name another folder`,
    );
  bench.step(`the log of ${made} incidents is copied`);
  copyTo(kept, folder);
}

/** On disk before anything is measured: each sync would wait for gigabytes that are on their way. */
export function copyTo(from: string, to: string): void {
  cpSync(from, to, { recursive: true, mode: constants.COPYFILE_FICLONE });
  execFileSync('sync');
}
