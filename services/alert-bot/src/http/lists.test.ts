import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { bootSupervisor, staying } from '../../../supervisor/src/harness.ts';
import { startBot, type TestBot } from '../testing/bot.ts';
import { anIncident, NOON } from '../testing/log.ts';
import { get, order } from './harness.ts';

let supervisor: Awaited<ReturnType<typeof bootSupervisor>>;
beforeAll(async () => {
  supervisor = await bootSupervisor(`processes: { api: { command: ${staying()} } }`);
});
afterAll(() => supervisor[Symbol.asyncDispose]());
const idle = () => startBot(supervisor.socket, { idle: true });

const page = z.looseObject({ next: z.string().nullable() });
const ids = z.array(z.looseObject({ id: z.number() }));

/** The ids of all pages of a list. */
async function walk(bot: TestBot, path: string, key: string): Promise<number[][]> {
  const pages: number[][] = [];
  const sign = path.includes('?') ? '&' : '?';
  for (let cursor = ''; ; ) {
    const { status, json } = await get(bot, path + cursor);
    expect(status).toBe(200);
    pages.push(ids.parse(json[key]).map(({ id }) => id));
    const { next } = page.parse(json);
    if (next === null) return pages;
    cursor = `${sign}cursor=${next}`;
  }
}

describe('a list', () => {
  test('goes on where its cursor says, to its end, whatever comes in between', async () => {
    await using bot = idle();
    const { db } = bot.deps;
    for (let i = 1; i <= 7; i++)
      anIncident(db, { target: `supervisor:${i}`, service: i % 2 === 1 ? 'api' : 'web' }, NOON + i);
    expect(await walk(bot, '/incidents?limit=3', 'incidents')).toEqual([[7, 6, 5], [4, 3, 2], [1]]);
    expect(await walk(bot, '/incidents?service=api&limit=2', 'incidents')).toEqual([
      [7, 5],
      [3, 1],
    ]);
    const first = await get(bot, '/incidents?limit=3');
    anIncident(db, { target: 'supervisor:8' }, NOON + 8);
    const second = await get(bot, `/incidents?limit=10&cursor=${first.json['next']}`);
    expect(ids.parse(second.json['incidents']).map(({ id }) => id)).toEqual([4, 3, 2, 1]);
  });

  test('of what people did, were asked, and of what happened goes on likewise', async () => {
    await using bot = idle();
    const { id } = anIncident(bot.deps.db);
    for (let i = 0; i < 5; i++)
      expect((await order(bot, `/incidents/${id}/note`, { by: 'ada', note: `${i}` })).status).toBe(200);
    expect(await walk(bot, '/audit?limit=2', 'audit')).toEqual([[5, 4], [3, 2], [1]]);
    expect(await walk(bot, '/events?after=1&limit=2', 'events')).toEqual([
      [2, 3],
      [4, 5],
    ]);
    const ask = bot.deps.db.prepare(
      `INSERT INTO approvals (incident_id, step, instances, asked_at, expires_at, ended_at)
       VALUES (?, 0, '[]', 0, 0, ?)`,
    );
    for (const ended of [1, 2, null]) ask.run(id, ended);
    expect(await walk(bot, '/approvals?limit=1', 'approvals')).toEqual([[3], [2], [1]]);
    expect(await walk(bot, '/approvals?open=true', 'approvals')).toEqual([[3]]);
    expect(await walk(bot, '/approvals?open=false&limit=1', 'approvals')).toEqual([[2], [1]]);
  });

  test('by time takes what was opened from then on, and before', async () => {
    await using bot = idle();
    for (let i = 0; i < 4; i++) anIncident(bot.deps.db, { target: `supervisor:${i}` }, NOON + i * 86_400_000);
    const found = (query: string) => walk(bot, `/incidents${query}`, 'incidents');
    expect(await found('?from=2026-02-01')).toEqual([[4, 3, 2]]);
    expect(await found('?from=2026-02-01&to=2026-02-02')).toEqual([[2]]);
    expect(await found('?to=2026-01-31T13:00:00%2B01:00')).toEqual([[]]);
    expect(await found('?to=2026-01-31T13:00:01%2B01:00')).toEqual([[1]]);
  });

  const cursor = (...parts: unknown[]) => Buffer.from(JSON.stringify(parts)).toString('base64url');
  test.each([
    ['/incidents?cursor=x', 'cursor', 'cursor: "x" is none: take it from "next" of the page before'],
    [`/incidents?cursor=${cursor('/incidents', {}, -1)}`, 'cursor', 'is none'],
    [`/incidents?cursor=${cursor('/incidents', {}, 1e99)}`, 'cursor', 'is none'],
    [`/incidents?cursor=${cursor('/incidents', { service: 'api' })}`, 'cursor', 'is none'],
    [
      `/incidents?cursor=${cursor('/audit', {}, 3)}`,
      'cursor',
      'cursor: this one is of /audit, not of /incidents: leave it out to begin anew',
    ],
    [
      `/incidents?service=web&cursor=${cursor('/incidents', { service: 'api' }, 3)}`,
      'cursor',
      'cursor: this one is of a list with another "service": repeat the query that gave it, or leave it out to begin anew',
    ],
    [`/incidents?cursor=${cursor('/incidents', { service: 'api' }, 3)}`, 'cursor', 'another "service"'],
    [`/incidents?status=open&cursor=${cursor('/incidents', {}, 3)}`, 'cursor', 'another "status"'],
    [
      `/decisions?incident=1&cursor=${cursor('/decisions', { incident: 2 }, 3)}`,
      'cursor',
      'another "incident"',
    ],
    [`/incidents?cursor=${'x'.repeat(8_001)}`, 'cursor', 'cursor: no cursor is that long'],
    ['/incidents?from=yesterday', 'from', 'from: a time such as 2026-01-31T12:00:00Z'],
    ['/incidents?from=2026-02-30', 'from', 'from: a time such as'],
    ['/incidents?from=2026-02-02&to=2026-02-01', 'to', 'to: it is not after "from"'],
    ['/incidents?reason=because', 'reason', 'reason: one of docs/reasons.md'],
    ['/incidents?outcome=fine', 'outcome', 'outcome: one of healed, recovered'],
    [`/incidents?service=${'x'.repeat(301)}`, 'service', 'service: longer than any: at most 300 characters'],
    ['/incidents?service=', 'service', 'service: it is empty: write a value, or leave it out'],
    ['/events?after=%20', 'after', 'after: it is empty'],
    ['/decisions', 'incident', 'incident: an incident number'],
    ['/approvals?open=yes', 'open', 'open: true or false'],
    ['/stats?by=week', 'by', 'by: hour or day'],
    ['/stats?from=2020-01-01&to=2026-01-01', 'from', 'from: over 100 days are too many'],
    ['/stats?outcome=fine', 'outcome', 'outcome: one of healed, recovered'],
    ['/stats?status=old', 'status', 'status: one of open, new'],
    ['/stats?service=', 'service', 'service: it is empty'],
    ['/stats?before=3', '(query)', 'there is no "before"; there are from, to, by, status, target, service'],
    ['/stats?from=2026-01-02&to=2026-01-01', 'to', 'to: it is not after "from"'],
  ])('%.60s is refused by field', async (path, field, told) => {
    await using bot = idle();
    anIncident(bot.deps.db);
    expect(await get(bot, path)).toMatchObject({
      status: 400,
      json: { code: 'invalid', field, detail: expect.stringContaining(told) },
    });
  });
});

test('what people did is told with why, and by which way it came', async () => {
  await using bot = idle();
  anIncident(bot.deps.db);
  await order(bot, '/pause', { by: 'ada', why: 'a deploy' });
  await order(bot, '/incidents/1/note', { by: 'bob', note: ' <b>disk</b> ' });
  expect((await get(bot, '/audit')).json).toMatchObject({
    audit: [
      { by: 'bob', why: '<b>disk</b>', action: 'note', subject: 'incident 1, supervisor:api', via: 'api' },
      { by: 'ada', why: 'a deploy', action: 'pause', subject: 'all', via: 'api' },
    ],
    next: null,
  });
  expect((await get(bot, '/incidents/1')).json['timeline']).toMatchObject([
    { kind: 'person', text: 'bob: <b>disk</b>', data: { by: 'bob', note: '<b>disk</b>' } },
  ]);
  const refused = await order(bot, '/incidents/9/note', { by: 'bob', note: 'x' });
  expect(refused).toMatchObject({ status: 404, json: { code: 'not_found' } });
});
