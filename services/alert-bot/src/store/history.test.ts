import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { OUTCOMES, STATUSES } from '../domain/incident.ts';
import { anIncident, NOON, temporaryLog } from '../testing/log.ts';
import { type HistoryFilter, type HistoryPage, incidentHistory } from './history.ts';

/** What the filters are compared with: few values, so that they meet often. */
const row = fc.record({
  service: fc.constantFrom('api', 'payments', null),
  playbook: fc.constantFrom('errors', 'latency', null),
  reason: fc.constantFrom('lost', 'storm', null),
  outcome: fc.constantFrom(...OUTCOMES),
  severity: fc.constantFrom('critical', 'warning'),
  status: fc.constantFrom(...STATUSES),
  target: fc.constantFrom('a', 'b', null),
  /** Some are written a little later than they began. */
  late: fc.integer({ min: 0, max: 3 }),
});
type Row = typeof row extends fc.Arbitrary<infer T> ? T : never;

const maybe = <T>(...values: T[]) => fc.option(fc.constantFrom(...values), { nil: undefined });
const filter: fc.Arbitrary<HistoryFilter> = fc.record({
  service: maybe('api', 'payments', 'nobody'),
  playbook: maybe('errors', 'latency'),
  reason: maybe('lost', 'storm', 'settle'),
  outcome: maybe(...OUTCOMES),
  severity: maybe('critical', 'warning'),
  status: maybe(...STATUSES, 'open' as const),
  target: maybe('a', 'b'),
  from: fc.option(fc.integer({ min: -2, max: 25 }), { nil: undefined }),
  to: fc.option(fc.integer({ min: -2, max: 25 }), { nil: undefined }),
  before: fc.option(fc.integer({ min: 1, max: 25 }), { nil: undefined }),
});

const matches = (one: Row & { id: number; at: number }, wanted: HistoryFilter): boolean =>
  (['service', 'playbook', 'reason', 'outcome', 'severity', 'target'] as const).every(
    (key) => wanted[key] === undefined || wanted[key] === one[key],
  ) &&
  (wanted.status === undefined ||
    (wanted.status === 'open' ? one.status !== 'closed' : wanted.status === one.status)) &&
  one.at >= (wanted.from ?? -99) &&
  one.at < (wanted.to ?? 99) &&
  one.id < (wanted.before ?? 99);

/** Every page after the other. */
function pages(ask: (before: number | undefined) => HistoryPage): HistoryPage[] {
  const all: HistoryPage[] = [];
  for (let before: number | undefined; ; ) {
    const page = ask(before);
    all.push(page);
    if (page.next === null) return all;
    if (before !== undefined && page.next >= before) throw new Error('it does not go on');
    before = page.next;
  }
}

describe('the history of incidents', () => {
  test('is what every filter leaves, newest first, whatever the size of a page and however few are looked at', () => {
    using log = temporaryLog();
    const insert = log.db.prepare(
      `INSERT INTO incidents (target_id, service, title, severity, playbook, steps, status, reason, outcome, next_look_at,
         deadline, opened_at, updated_at) VALUES (?, ?, 'x', ?, ?, '[]', ?, ?, ?, 0, 0, ?, 0)`,
    );
    fc.assert(
      fc.property(
        fc.array(row, { maxLength: 24 }),
        fc.array(filter, { minLength: 8, maxLength: 8 }),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 6 }),
        (rows, filters, limit, scattered) => {
          log.db.exec("DELETE FROM incidents; DELETE FROM sqlite_sequence WHERE name = 'incidents'");
          const open = new Set<string | null>();
          const kept = rows.map((one, i) => {
            // A target has one open incident at most.
            const status = one.target !== null && open.has(one.target) ? 'closed' : one.status;
            if (status !== 'closed') open.add(one.target);
            const at = i - one.late;
            const { target, service, severity, playbook, reason, outcome } = one;
            insert.run(target, service, severity, playbook, status, reason, outcome, at);
            return { ...one, status, id: i + 1, at };
          });
          for (const wanted of filters) {
            const all = pages((before) =>
              incidentHistory(log.db, { ...wanted, before: before ?? wanted.before }, limit, {
                scattered,
                inARow: scattered + 1,
              }),
            );
            const expected = kept.filter((one) => matches(one, wanted)).map(({ id }) => id);
            expect(all.flatMap(({ incidents }) => incidents.map(({ id }) => id))).toEqual(expected.reverse());
            for (const { incidents } of all) expect(incidents.length).toBeLessThanOrEqual(limit);
          }
        },
      ),
      { seed: 7, numRuns: 120 },
    );
  });

  test('a rare combination is answered in parts, and each says where to go on', () => {
    using log = temporaryLog();
    for (let i = 0; i < 100; i++)
      anIncident(log.db, { target: `supervisor:${i}`, severity: i === 0 ? 'warning' : 'critical' });
    const examine = { scattered: 5, inARow: 30 };
    const first = incidentHistory(log.db, { severity: 'warning' }, 10, examine);
    expect(first).toEqual({ incidents: [], next: 71 });
    const all = pages((before) => incidentHistory(log.db, { severity: 'warning', before }, 10, examine));
    expect(all).toHaveLength(4);
    expect(all.at(-1)).toMatchObject({ incidents: [{ id: 1 }], next: null });
  });

  test('a condition that holds for few answers at once, however common the other one is', () => {
    using log = temporaryLog();
    for (let i = 0; i < 100; i++)
      anIncident(log.db, { target: `supervisor:${i}`, playbook: i === 0 ? 'rare' : 'common' });
    const page = incidentHistory(log.db, { service: 'api', playbook: 'rare', severity: 'critical' }, 10, {
      scattered: 5,
      inARow: 30,
    });
    expect(page).toMatchObject({ incidents: [{ id: 1 }], next: null });
  });

  test('the end of a page that is full is no end of the list, and the other way round', () => {
    using log = temporaryLog();
    for (let i = 0; i < 4; i++) anIncident(log.db, { target: `supervisor:${i}` }, NOON + i);
    expect(incidentHistory(log.db, {}, 3)).toMatchObject({
      incidents: [{ id: 4 }, { id: 3 }, { id: 2 }],
      next: 2,
    });
    expect(incidentHistory(log.db, {}, 4).next).toBeNull();
    expect(incidentHistory(log.db, { from: NOON + 4 }, 4)).toEqual({ incidents: [], next: null });
    expect(incidentHistory(log.db, { to: NOON }, 4)).toEqual({ incidents: [], next: null });
  });
});
