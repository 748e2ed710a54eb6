import { describe, expect, test } from 'vitest';
import { aDelivery, anIncident, NOON, temporaryLog } from '../testing/log.ts';
import type { Db } from './db.ts';
import {
  ALERT_OUTCOMES,
  beginTries,
  bodyOf,
  countPending,
  endTry,
  finishDelivery,
  insertDelivery,
  outcomesOf,
  pendingDeliveries,
  recordOutcome,
} from './deliveries.ts';

const pending = (db: Db, limit = 100) => pendingDeliveries(db, limit).map(({ id }) => id);

describe('deliveries that wait for triage', () => {
  test('come in the order of their arrival, also within a millisecond', () => {
    using log = temporaryLog();
    // Log time stands still while a wall clock that was set back catches up; the rest of an id is random.
    for (const id of ['t-9', 't-1', 't-5']) insertDelivery(log.db, aDelivery(id));
    expect(pending(log.db)).toEqual(['t-9', 't-1', 't-5']);
    expect(pending(log.db, 2)).toEqual(['t-9', 't-1']);
  });

  test('G12: come without their bodies, which are read when they have their turn', () => {
    using log = temporaryLog();
    insertDelivery(log.db, aDelivery('large', { body: 'ä'.repeat(1_000_000) }));
    const [waiting] = pendingDeliveries(log.db, 100);
    expect(waiting).toMatchObject({ id: 'large', size: 2_000_000 });
    expect(JSON.stringify(waiting).length).toBeLessThan(200);
  });

  test('are found without reading those that are done', () => {
    using log = temporaryLog();
    const plan = log.db
      .prepare("EXPLAIN QUERY PLAN SELECT * FROM deliveries WHERE state = 'pending' ORDER BY rowid LIMIT 9")
      .all();
    expect(plan).toHaveLength(1);
    expect(plan).toMatchObject([{ detail: expect.stringContaining('USING INDEX deliveries_pending') }]);
  });

  test.each(['triaged', 'rejected'] as const)('are none any more when they are %s', (state) => {
    using log = temporaryLog();
    insertDelivery(log.db, aDelivery('a'));
    insertDelivery(log.db, aDelivery('b'));
    finishDelivery(log.db, 'a', state);
    expect(pending(log.db)).toEqual(['b']);
    expect(countPending(log.db)).toBe(1);
  });

  test('come back as they went in', () => {
    using log = temporaryLog();
    const { body, ...delivery } = aDelivery('a', {
      ...{ source: 'alertmanager', groupKey: '{}:{a="b"}', body: '{ "x": 1 }' },
    });
    insertDelivery(log.db, { ...delivery, body });
    expect(bodyOf(log.db, 'a')).toBe(body);
    const { groupKey, ...waiting } = delivery;
    expect(log.db.prepare('SELECT group_key FROM deliveries').pluck().get()).toBe(groupKey);
    expect(pendingDeliveries(log.db, 1)).toEqual([{ ...waiting, size: 10, tries: 0, begun: null }]);
    beginTries(log.db, ['a'], 7);
    expect(pendingDeliveries(log.db, 1)).toEqual([{ ...waiting, size: 10, tries: 1, begun: 7 }]);
    endTry(log.db, 'a');
    beginTries(log.db, ['a'], 8);
    endTry(log.db, 'a');
    expect(pendingDeliveries(log.db, 1)).toEqual([{ ...waiting, size: 10, tries: 2, begun: null }]);
  });

  test('an id is given once', () => {
    using log = temporaryLog();
    insertDelivery(log.db, aDelivery('a', { receivedAt: NOON }));
    expect(() => insertDelivery(log.db, aDelivery('a', { receivedAt: NOON + 1 }))).toThrow('UNIQUE');
  });
});

describe('what became of an alert', () => {
  test.each(ALERT_OUTCOMES)('%s is kept', (outcome) => {
    using log = temporaryLog();
    insertDelivery(log.db, aDelivery('a'));
    const incident = anIncident(log.db).id;
    recordOutcome(log.db, 'a', { index: 3, outcome, fingerprint: 'f', incident });
    expect(outcomesOf(log.db, 'a')).toEqual([{ index: 3, outcome, fingerprint: 'f', incident }]);
  });

  test('is told once: the first holds', () => {
    using log = temporaryLog();
    insertDelivery(log.db, aDelivery('a'));
    recordOutcome(log.db, 'a', { index: 0, outcome: 'rejected', field: 'alerts.0', message: 'no' });
    recordOutcome(log.db, 'a', { index: 0, outcome: 'new' });
    expect(outcomesOf(log.db, 'a')).toMatchObject([{ outcome: 'rejected' }]);
  });
});
