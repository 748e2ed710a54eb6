import { setTimeout as delay } from 'node:timers/promises';
import { createAlertmanager } from '../../services/alert-bot/src/signals/alertmanager.ts';
import type { startBot } from './bot.ts';
import { alertsOf } from './payload.ts';
import { shoot } from './shoot.ts';
import { idle, metric } from './vitals.ts';

/** Of no playbook: they are compared, and nothing follows from it. */
const SWEPT = { alertname: 'Swept', service: 'checkout', from: 0 };
export const SWEPT_ALERTS = 2_000;
/** It comes each half minute. */
const WITHIN = 90_000;
const LOOK_EVERY = 5;

const SWEPT_AT = /alert_bot_sweep_timestamp_seconds/;

/**
 * The bot tells when it had read Alertmanager, and tells so once it has compared what it read: a scrape that first shows it
 * comes at the end. Reading itself is not in it, and does not know how large the log is.
 * @returns milliseconds
 */
export async function sweepTook(
  bot: Awaited<ReturnType<typeof startBot>>,
  alertmanagerUrl: string,
): Promise<number> {
  const startsAt = Date.now();
  const send = (endsAt: number) =>
    createAlertmanager([new URL(alertmanagerUrl)]).send(
      alertsOf({ ...SWEPT, to: SWEPT_ALERTS }, { startsAt, endsAt }),
    );
  await send(startsAt + 2 * WITHIN);
  const token = bot.token('webhook');
  const orders = { url: bot.url, token, alerts: 100, connections: 8, seconds: 60 };
  await shoot({ ...orders, ...SWEPT, upTo: SWEPT_ALERTS });
  await idle(bot);
  const before = await metric(bot, SWEPT_AT);
  for (const until = performance.now() + WITHIN; performance.now() < until; await delay(LOOK_EVERY)) {
    const at = await metric(bot, SWEPT_AT);
    if (at === before) continue;
    const took = Date.now() - at * 1_000;
    await send(Date.now());
    return took;
  }
  throw new Error(`no sweep came within ${WITHIN / 1_000} s`);
}
