// For the tests only: asking the bot in this process as a client with a token would.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { fingerprint } from '../domain/alert.ts';
import { write } from '../store/db.ts';
import { changeStatus } from '../store/incidents.ts';
import { keepObservations, noteObservation } from '../store/observations.ts';
import type { TestBot } from '../testing/bot.ts';
import { again } from '../testing/log.ts';
import { triageAlert } from '../triage/triage.ts';

export const tokenOf = ({ folder }: TestBot, kind: 'webhook' | 'admin'): string =>
  readFileSync(join(folder, 'tokens', kind), 'utf8').trim();

const json = z.looseObject({});

async function ask(bot: TestBot, path: string, kind: 'webhook' | 'admin', body?: unknown) {
  const response = await bot.app.request(path, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${tokenOf(bot, kind)}` },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  return { status: response.status, json: json.parse(await response.json()) };
}

export const get = (bot: TestBot, path: string) => ask(bot, `/api/v1${path}`, 'admin');
export const order = (bot: TestBot, path: string, body: unknown) => ask(bot, `/api/v1${path}`, 'admin', body);
export const fire = (bot: TestBot, service: string, more: Readonly<Record<string, string>> = {}) =>
  ask(bot, '/webhook?wait=10s', 'webhook', {
    status: 'firing',
    labels: { alertname: 'HighErrorRate', service, ...more },
  });

/** As many new incidents at once as are a storm; those of these services are held by it. */
export function rage({ deps }: TestBot): void {
  const { db } = deps;
  const context = { ...deps.playbooks(), targetId: (service: string) => `supervisor:${service}` };
  for (let i = 0; i < context.limits.storm.incidents; i++) {
    const labels = { alertname: 'HighErrorRate', service: `s${i}` };
    const alert = { labels, fingerprint: fingerprint(labels), status: 'firing' as const };
    const whole = { ...alert, annotations: {}, startsAt: deps.now(), endsAt: null, generatorURL: '' };
    const { incident = 0 } = triageAlert(db, context, whole, 'alertmanager', deps.now());
    const change = { reason: 'storm' as const, nextLookAt: deps.now() + 3_600_000 };
    changeStatus(db, again(db, incident), 'deferred', change, deps.now());
  }
}

/** What the bot saw after what was delivered, without which nothing can be replayed. */
export const observe = ({ deps: { db, now } }: TestBot) =>
  write(db, () => {
    noteObservation(db, { kind: 'fleet', subject: '', at: now(), since: null, value: '{"size":0}' });
    keepObservations(db);
  });
