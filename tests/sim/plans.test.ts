// Every question that is asked of the log while it is used: by simulated lives, by a scrape and by people through the API.
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { get, order, tokenOf } from '../../services/alert-bot/src/http/harness.ts';
import type { Db } from '../../services/alert-bot/src/store/db.ts';
import { startBot } from '../../services/alert-bot/src/testing/bot.ts';
import { temporaryLog } from '../../services/alert-bot/src/testing/log.ts';
import { logFolder } from './folder.ts';
import { runSeed } from './run.ts';

/**
 * Read from end to end, and why that may be: they stay small, or the query takes only what it needs of their end. What is
 * told of a plan is the alias, where the query has one.
 */
const SMALL = [
  'json_each',
  'meta',
  'leaps',
  'pauses',
  'storms',
  's',
  'targets',
  'incident_counts',
  'pragma_',
  'sqlite_schema',
];
/** Indexes of what is open, waits or is not sent: never many, whatever the log holds. */
const OF_FEW = [
  'incidents_open',
  'episodes_open',
  'episodes_one_open',
  'deliveries_pending',
  'attempts_one_open_per_target',
  'approvals_one_open',
  'escalations_open',
  'delivery_alerts_heartbeat',
  'evidence_kept',
];
/** From the youngest on, for as many rows as are wanted. */
const FROM_THE_END = /ORDER BY (e\.)?id DESC\s+LIMIT/;
/** People's deeds, oldest first: those that are too old stand at the front. */
const AUDIT = /FROM audit WHERE at < \+*\? ORDER BY id LIMIT/;

const asked = new Set<string>();
let folder: ReturnType<typeof logFolder>;

beforeAll(async () => {
  folder = logFolder();
  using log = temporaryLog();
  const databases: Db = Object.getPrototypeOf(log.db);
  const { prepare } = databases;
  vi.spyOn(databases, 'prepare').mockImplementation(function (this: Db, sql: string) {
    asked.add(sql);
    return prepare.call(this, sql);
  });
  for (let seed = 1; seed <= 12; seed++) await runSeed(seed, folder.path);
  await useTheApi();
  vi.restoreAllMocks();
}, 120_000);
afterAll(() => folder[Symbol.dispose]());

async function useTheApi(): Promise<void> {
  await using bot = startBot('/nonexistent.sock');
  const ada = { by: 'ada', why: 'a test' };
  const alert = { labels: { alertname: 'HighErrorRate', service: 'api' } };
  const sent = await bot.app.request('/webhook?wait=10s', {
    method: 'POST',
    headers: { authorization: `Bearer ${tokenOf(bot, 'webhook')}` },
    body: JSON.stringify(alert),
  });
  expect(sent.status).toBe(202);
  const filters = [
    'status=open',
    'status=closed',
    'status=deferred',
    'target=supervisor:api',
    'service=api',
    'playbook=errors',
    'reason=lost',
    'outcome=healed',
    'severity=critical',
    'from=2026-01-31',
    'to=2999-01-01',
    'before=9',
  ];
  const pairs = filters.flatMap((one) => filters.map((other) => `?${one}&${other}`));
  for (const query of ['', ...pairs, `?${filters.slice(2).join('&')}`])
    expect((await get(bot, `/incidents${query}`)).status).toBe(200);
  for (const path of [
    '/status',
    '/decisions?incident=1',
    '/audit',
    '/approvals',
    '/approvals?open=true',
    '/approvals?open=false',
    '/playbooks',
    '/pauses',
    '/storm',
    '/stats',
  ])
    expect([path, (await get(bot, path)).status]).toEqual([path, 200]);
  expect((await get(bot, '/incidents/1/evidence/1')).status).toBe(404);
  expect((await order(bot, '/incidents/1/note', { by: 'ada', note: 'x' })).status).toBe(200);
  expect((await get(bot, '/incidents/1')).status).toBe(200);
  expect((await get(bot, '/events?after=0')).status).toBe(200);
  expect((await get(bot, '/events')).status).toBe(200);
  expect((await get(bot, '/report')).status).toBe(200);
  for (const path of [
    '/pause',
    '/resume',
    '/targets/supervisor%3Aapi/reset',
    '/incidents/1/acknowledge',
    '/incidents/1/approve',
  ])
    await order(bot, path, ada);
  expect((await order(bot, '/simulate', alert)).status).toBeLessThan(600);
  expect((await bot.app.request('/metrics')).status).toBe(200);
}

/** What SQLite would do, with nothing bound. */
function planOf(db: Db, sql: string): string[] {
  const names = Object.fromEntries([...sql.matchAll(/[:@](\w+)/g)].map(([, name]) => [name, null]));
  const marks = (sql.match(/\?/g) ?? []).map(() => null);
  const plan = db.prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`);
  return plan.all(...marks, ...(Object.keys(names).length === 0 ? [] : [names])).map(({ detail }) => detail);
}

const isScan = (detail: string): boolean =>
  /^SCAN /.test(detail) &&
  !SMALL.some((name) => detail.startsWith(`SCAN ${name}`)) &&
  !detail.startsWith('SCAN (subquery') &&
  !OF_FEW.some((index) => detail.endsWith(` ${index}`));

describe('a log of a million incidents', () => {
  it('is never read from end to end', () => {
    using log = temporaryLog();
    const questions = [...asked].filter(
      // The simulation copies its log with statements of its own.
      (sql) => /^\s*(SELECT|UPDATE|DELETE|WITH)/i.test(sql) && !/\blog\./.test(sql),
    );
    expect(questions.length).toBeGreaterThan(120);
    const scans = questions
      .filter((sql) => !FROM_THE_END.test(sql) && !AUDIT.test(sql))
      .flatMap((sql) =>
        planOf(log.db, sql)
          .filter(isScan)
          .map((detail) => `${detail}: ${sql}`),
      );
    expect(scans).toEqual([]);
  });

  it('the check finds a question without an index', () => {
    using log = temporaryLog();
    expect(planOf(log.db, "SELECT * FROM incidents WHERE status = 'acting'").some(isScan)).toBe(true);
    expect(planOf(log.db, 'SELECT * FROM incidents WHERE id = ?').some(isScan)).toBe(false);
  });
});
