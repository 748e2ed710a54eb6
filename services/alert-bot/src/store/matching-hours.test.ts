import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { OUTCOMES, type Outcome } from '../domain/incident.ts';
import { temporaryLog } from '../testing/log.ts';
import type { Db } from './db.ts';
import { HOUR, type Span, type Stretch, spanOf, stretches } from './hours.ts';
import { type DrawnFilter, matchingStretches } from './matching-hours.ts';

/** Times in minutes: some hours, so that few incidents meet in one. */
const minute = fc.integer({ min: 0, max: 600 });
const row = fc.record({
  service: fc.constantFrom('api', 'payments', null),
  playbook: fc.constantFrom('errors', 'latency', null),
  reason: fc.constantFrom('lost', 'storm', null),
  severity: fc.constantFrom('critical', 'warning'),
  opened: minute,
  /** null: still open. */
  ended: fc.option(fc.record({ after: minute, outcome: fc.constantFrom(...OUTCOMES) }), { nil: null }),
  /** When something was done about it. */
  calls: fc.array(minute, { maxLength: 3 }),
});
type Row = typeof row extends fc.Arbitrary<infer T> ? T : never;

const maybe = <T>(...values: T[]) => fc.option(fc.constantFrom(...values), { nil: undefined });
const filter: fc.Arbitrary<DrawnFilter> = fc.record({
  service: maybe('api', 'nobody'),
  playbook: maybe('errors'),
  reason: maybe('lost' as const),
  outcome: maybe(...OUTCOMES),
  severity: maybe('critical'),
  status: maybe('closed' as const, 'open' as const, 'new' as const),
});

const MINUTE = 60_000;
const never = () => false;

function fill(db: Db, rows: readonly Row[]): void {
  db.exec(`DELETE FROM calls; DELETE FROM attempts; DELETE FROM incidents; DELETE FROM incident_hours;
    DELETE FROM action_hours; DELETE FROM sqlite_sequence`);
  const open = db.prepare(
    `INSERT INTO incidents (service, title, severity, playbook, steps, status, reason, next_look_at, deadline, opened_at,
       updated_at) VALUES (?, 'x', ?, ?, '[]', 'new', ?, 0, 0, ?, 0)`,
  );
  const close = db.prepare("UPDATE incidents SET status = 'closed', outcome = ?, closed_at = ? WHERE id = ?");
  const attempt = db.prepare(
    `INSERT INTO attempts (incident_id, target_id, step, number, reason, boot, grace, reserved_at, ended_at, circuit_before)
       VALUES (?, 'x', 0, 1, 'x', 1, 0, 0, 0, '{}')`,
  );
  const call = db.prepare(
    "INSERT INTO calls (attempt_id, instance_id, verb, before, calling_at) VALUES (?, ?, 'restart', '{}', ?)",
  );
  for (const { service, severity, playbook, reason, opened, ended, calls } of rows) {
    const at = opened * MINUTE;
    const { lastInsertRowid: id } = open.run(service, severity, playbook, reason, at);
    const { lastInsertRowid: made } = attempt.run(id);
    for (const [i, after] of calls.entries()) {
      // While it is open, as the bot does.
      const within = ended === null ? after : Math.min(after, ended.after);
      call.run(made, String(i), at + within * MINUTE);
    }
    if (ended !== null) close.run(ended.outcome, at + ended.after * MINUTE, id);
  }
}

const matches = (one: Row, wanted: DrawnFilter): boolean =>
  (['service', 'playbook', 'reason', 'severity'] as const).every(
    (key) => wanted[key] === undefined || wanted[key] === one[key],
  ) &&
  (wanted.outcome === undefined || wanted.outcome === one.ended?.outcome) &&
  (wanted.status === undefined || (wanted.status === 'closed') === (one.ended !== null));

/** Counted in the plainest way. */
function counted(rows: readonly Row[], { first, last, hours }: Span): Stretch[] {
  const all: Stretch[] = [];
  for (let hour = first; hour <= last; hour += hours) {
    const has = (at: number) => Math.floor(at / 60) >= hour && Math.floor(at / 60) < hour + hours;
    const ended = rows.flatMap(({ opened, ended: end }) =>
      end !== null && has(opened + end.after) && Math.floor((opened + end.after) / 60) <= last ? [end] : [],
    );
    const of = (outcome: Outcome) => ended.filter((one) => one.outcome === outcome);
    const healed = new Map<number, number>();
    for (const { after } of of('healed')) {
      const within = 2 ** Math.max(0, Math.ceil(Math.log2(Math.max(1, after * 60))));
      healed.set(within, (healed.get(within) ?? 0) + 1);
    }
    const done = rows
      .flatMap(({ opened, ended: end, calls }) =>
        calls.map((after) => opened + (end === null ? after : Math.min(after, end.after))),
      )
      .filter((at) => has(at) && Math.floor(at / 60) <= last);
    const opened = rows.filter((one) => has(one.opened) && Math.floor(one.opened / 60) <= last);
    all.push({
      ...{ from: hour * HOUR, opened: opened.length, actions: done.length, healed },
      closed: {
        healed: of('healed').length,
        recovered: of('recovered').length,
        handed_over: of('handed_over').length,
        dismissed: of('dismissed').length,
      },
    });
  }
  return all;
}

describe('what matches, by the hour', () => {
  test('follows every filter exactly, and is what was counted as it happened where all match', () => {
    using log = temporaryLog();
    fc.assert(
      fc.property(
        fc.array(row, { maxLength: 20 }),
        fc.array(filter, { minLength: 6, maxLength: 6 }),
        ...[minute, minute, fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 9 })],
        (rows, filters, from, length, hours, atOnce) => {
          fill(log.db, rows);
          const span = spanOf(from * MINUTE, (from + length) * MINUTE, hours);
          for (const wanted of filters)
            expect(matchingStretches(log.db, wanted, span, never, atOnce)).toEqual(
              counted(
                rows.filter((one) => matches(one, wanted)),
                span,
              ),
            );
          const whole = stretches(log.db, from * MINUTE, (from + length) * MINUTE, hours);
          expect(matchingStretches(log.db, {}, span, never)).toEqual(whole);
        },
      ),
      { seed: 7, numRuns: 60 },
    );
  });

  test('stops between two parts when its time is over', () => {
    using log = temporaryLog();
    const one = { service: 'api', playbook: null, reason: null, severity: 'critical' } as const;
    fill(
      log.db,
      Array.from({ length: 30 }, () => ({ ...one, opened: 0, ended: null, calls: [] })),
    );
    let looks = 0;
    const isOver = () => ++looks > 2;
    expect(matchingStretches(log.db, {}, spanOf(0, HOUR, 1), isOver, 10)).toBeNull();
    expect(looks).toBe(3);
  });
});
