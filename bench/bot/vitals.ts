import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** What the bot says of itself at a scrape. */
export async function metric({ url }: { url: string }, name: RegExp): Promise<number> {
  const text = await (await fetch(`${url}/metrics`, { headers: { connection: 'close' } })).text();
  return [...text.matchAll(new RegExp(`^(?:${name.source}) (.+)$`, 'gm'))].reduce(
    (sum, [, n]) => sum + Number(n),
    0,
  );
}

/** Until everything that was delivered is triaged and decided about. */
export async function idle(bot: { url: string }): Promise<void> {
  // One after the other: what is triaged becomes new.
  for (const name of [/alert_bot_pending_deliveries/, /alert_bot_incidents{status="new"}/])
    while ((await metric(bot, name)) > 0) await delay(200);
}

/** What the kernel says of its memory: `VmRSS` is what is resident now, `VmHWM` the most that ever was. */
export const megabytes = ({ pid }: { pid: number | undefined }, what: 'VmRSS' | 'VmHWM'): number =>
  Number(new RegExp(`${what}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

/** The most that ever was is from now on what is. */
export const forgetPeak = ({ pid }: { pid: number | undefined }): void =>
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
