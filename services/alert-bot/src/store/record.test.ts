import { describe, expect, test } from 'vitest';
import { anIncident, NOON, type TestLog, temporaryLog } from '../testing/log.ts';
import { median, playbookRecord, RELAPSE_WITHIN } from './record.ts';

const MINUTE = 60_000;

/** An incident of a target that is over. */
function past(
  { db }: TestLog,
  target: string,
  openedAt: number,
  { outcome, took = 5 * MINUTE, attempt }: { outcome: string; took?: number; attempt?: string },
): void {
  const { id } = anIncident(db, { target: `supervisor:${target}` }, openedAt);
  db.prepare("UPDATE incidents SET status = 'closed', outcome = ?, closed_at = ? WHERE id = ?").run(
    outcome,
    openedAt + took,
    id,
  );
  if (attempt !== undefined)
    db.prepare(
      `INSERT INTO attempts (incident_id, target_id, step, number, reason, boot, grace, reserved_at, ended_at, outcome,
         circuit_before) VALUES (?, ?, 0, 1, 'first_attempt', 1, 0, ?, ?, ?, '{}')`,
    ).run(id, `supervisor:${target}`, openedAt, openedAt, attempt);
}

describe('the record of a playbook', () => {
  test('counts a relapse within an hour of the same target as failure, and no other', () => {
    using log = temporaryLog();
    const closed = NOON + 5 * MINUTE;
    past(log, 'soon', NOON, { outcome: 'healed' });
    past(log, 'late', NOON, { outcome: 'healed' });
    past(log, 'never', NOON, { outcome: 'healed' });
    past(log, 'none_of_ours', NOON, { outcome: 'healed' });
    past(log, 'none_of_ours', closed + MINUTE, { outcome: 'dismissed' });
    past(log, 'soon', closed + RELAPSE_WITHIN, { outcome: 'recovered' });
    past(log, 'late', closed + RELAPSE_WITHIN + 1, { outcome: 'recovered' });
    expect(playbookRecord(log.db, 'restart-on-errors', 100)).toMatchObject({
      counted: 7,
      since: NOON,
      last: 7,
      open: 0,
      healed: 4,
      recovered: 2,
      dismissed: 1,
      relapsed: 1,
      successRate: 0.75,
      medianTimeToHeal: 5 * MINUTE,
    });
  });

  test('judges only what was acted on: what a person had without an attempt is no failure of it', () => {
    using log = temporaryLog();
    past(log, 'a', NOON, { outcome: 'handed_over', attempt: 'did_not_help' });
    past(log, 'b', NOON, { outcome: 'handed_over', attempt: 'not_called' });
    past(log, 'c', NOON, { outcome: 'handed_over' });
    past(log, 'd', NOON, { outcome: 'healed', attempt: 'helped', took: 10_000 });
    past(log, 'e', NOON, { outcome: 'healed', attempt: 'helped', took: 20_000 });
    anIncident(log.db, { target: 'supervisor:f' }, NOON);
    expect(playbookRecord(log.db, 'restart-on-errors', 100)).toMatchObject({
      counted: 6,
      open: 1,
      handedOver: 3,
      healed: 2,
      successRate: 2 / 3,
      medianTimeToHeal: 15_000,
    });
  });

  test('is of its latest incidents, and says so; of none it says nothing', () => {
    using log = temporaryLog();
    past(log, 'a', NOON, { outcome: 'handed_over', attempt: 'failed' });
    past(log, 'b', NOON + 1, { outcome: 'healed' });
    expect(playbookRecord(log.db, 'restart-on-errors', 1)).toMatchObject({
      counted: 1,
      since: NOON + 1,
      successRate: 1,
    });
    expect(playbookRecord(log.db, 'other', 10)).toMatchObject({
      counted: 0,
      since: null,
      last: null,
      successRate: null,
      medianTimeToHeal: null,
    });
  });

  test.each([
    [[], null],
    [[3], 3],
    [[9, 1], 5],
    [[9, 1, 2], 2],
  ])('the median of %j is %s', (values, middle) => {
    expect(median(values)).toBe(middle);
  });
});
