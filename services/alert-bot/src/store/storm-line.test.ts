import { expect, test } from 'vitest';
import { again, anIncident, NOON, temporaryLog } from '../testing/log.ts';
import { endAttempt, reserveAttempt } from './attempts.ts';
import type { Db } from './db.ts';
import { addEscalation } from './escalations.ts';
import { type Change, changeStatus, type Incident } from './incidents.ts';
import {
  countHeld,
  countMembers,
  countToldByIt,
  goBefore,
  hasWork,
  holdIn,
  lookAtHeld,
  nextInLine,
  standInLine,
} from './storm-line.ts';
import { beginStorm, endStorm, openStorm, releaseStorm, unfinishedStorms } from './storms.ts';

function aStorm(db: Db): number {
  return beginStorm(db, anIncident(db, { target: null, service: null, playbook: null }).id, NOON);
}

/** An incident that the storm holds. */
function held(
  db: Db,
  storm: number,
  service: string,
  { severity = 'critical', depth = 0 }: { severity?: string; depth?: number } = {},
): Incident {
  const { id } = anIncident(db, { target: `supervisor:${service}`, service, severity });
  db.prepare('UPDATE incidents SET depth = ? WHERE id = ?').run(depth, id);
  holdIn(db, storm, id);
  return turn(db, id, 'deferred', { reason: 'storm', nextLookAt: NOON + 60_000 });
}

function turn(db: Db, id: number, to: Incident['status'], change: Change = {}): Incident {
  changeStatus(db, again(db, id), to, change, NOON);
  return again(db, id);
}

const reserve = (db: Db, incident: Incident) =>
  reserveAttempt(
    db,
    {
      incident: incident.id,
      target: incident.target ?? '',
      step: 0,
      reason: 'first_attempt',
      boot: 1,
      grace: 1_000,
      circuitBefore: { open: false, until: null, times: 0 },
    },
    NOON,
  );

const before = (db: Db, storm: number, incident: Incident) => goBefore(db, storm, incident, 50);

test('G6: what others depend on goes first, then the severest, then the oldest', () => {
  using log = temporaryLog();
  const { db } = log;
  const storm = aStorm(db);
  const web = held(db, storm, 'web', { depth: 2 });
  const warning = held(db, storm, 'cache', { severity: 'warning' });
  const old = held(db, storm, 'db');
  const young = held(db, storm, 'queue');
  const order = [old, young, warning, web].map(({ id }) => id);
  for (const [place, id] of order.entries())
    expect(before(db, storm, again(db, id)).toSorted()).toEqual(order.slice(0, place).toSorted());
  expect(nextInLine(db, storm, NOON)).toBe(old.id);
});

test('G6: what comes after the release stands behind what was held, in the order in which it came', () => {
  using log = temporaryLog();
  const { db } = log;
  const storm = aStorm(db);
  const web = held(db, storm, 'web', { severity: 'warning', depth: 2 });
  releaseStorm(db, storm, NOON + 1);
  const late = (service: string, severity: string) => {
    const { id } = anIncident(db, { target: `supervisor:${service}`, service, severity }, NOON + 2);
    holdIn(db, storm, id);
    return turn(db, id, 'deferred', { reason: 'storm', nextLookAt: NOON + 60_000 });
  };
  const [first, second] = [late('low', 'warning'), late('db', 'critical')];
  expect(before(db, storm, first)).toEqual([web.id]);
  expect(before(db, storm, second)).toEqual([web.id, first.id]);
  expect(nextInLine(db, storm, NOON + 2)).toBe(web.id);
});

test('G6: what was begun is ended before another is begun, but one that was never called was not begun', () => {
  using log = temporaryLog();
  const { db } = log;
  const storm = aStorm(db);
  const [first, begun, notCalled] = ['db', 'web', 'cart'].map((name, depth) =>
    held(db, storm, name, { depth }),
  );
  if (first === undefined || begun === undefined || notCalled === undefined) throw new Error('three');
  endAttempt(db, reserve(db, begun).id, 'did_not_help', '', NOON);
  endAttempt(db, reserve(db, notCalled).id, 'not_called', '', NOON);
  expect(before(db, storm, begun)).toEqual([]);
  expect(before(db, storm, first)).toEqual([begun.id]);
  expect(before(db, storm, notCalled)).toEqual([begun.id, first.id]);
});

test('G6: one at a time: an attempt that is not over goes before all, also one that is no part of the storm', () => {
  using log = temporaryLog();
  const { db } = log;
  const other = anIncident(db, { target: 'supervisor:other' });
  turn(db, other.id, 'acting');
  reserve(db, other);
  const storm = aStorm(db);
  const first = held(db, storm, 'db');
  expect(before(db, storm, first)).toEqual([other.id]);
  expect(nextInLine(db, storm, NOON)).toBeNull();
  turn(db, other.id, 'proving');
  expect(before(db, storm, first)).toEqual([other.id]);
});

test('G6: what is under way asks nobody in the line, so that it is not given up for who comes later', () => {
  using log = temporaryLog();
  const { db } = log;
  const storm = aStorm(db);
  const web = held(db, storm, 'web', { depth: 1 });
  held(db, storm, 'db');
  turn(db, web.id, 'queued');
  expect(before(db, storm, again(db, web.id))).toHaveLength(1);
  const acting = turn(db, web.id, 'acting');
  reserve(db, acting);
  expect(before(db, storm, acting)).toEqual([]);
});

test('G6: who steps aside is not waited for, and nobody waits for what a person has or what is over', () => {
  using log = temporaryLog();
  const { db } = log;
  const storm = aStorm(db);
  const aside = held(db, storm, 'aside');
  const escalated = held(db, storm, 'escalated');
  const closed = held(db, storm, 'closed');
  const last = held(db, storm, 'last');
  standInLine(db, aside.id, false);
  turn(db, escalated.id, 'escalated');
  turn(db, closed.id, 'closed');
  expect(before(db, storm, last)).toEqual([]);
  expect(nextInLine(db, storm, NOON)).toBe(last.id);
  standInLine(db, aside.id, true);
  expect(before(db, storm, last)).toEqual([aside.id]);
});

test('of a long line the first are named', () => {
  using log = temporaryLog();
  const { db } = log;
  const storm = aStorm(db);
  const line = Array.from({ length: 9 }, (_, i) => held(db, storm, `s${i}`));
  const last = line.at(-1);
  if (last === undefined) throw new Error('nine');
  expect(goBefore(db, storm, last, 3)).toEqual(line.slice(0, 3).map(({ id }) => id));
});

// Each row: what is left of a storm, and whether it goes on for it.
test.each<[string, boolean, (db: Db, id: number) => void]>([
  ['held', true, () => {}],
  ['queued', true, (db, id) => turn(db, id, 'queued')],
  [
    'waiting for a dependency',
    true,
    (db, id) => turn(db, id, 'deferred', { reason: 'dependency_unhealthy' }),
  ],
  ['silenced', false, (db, id) => turn(db, id, 'deferred', { reason: 'silenced' })],
  ['paused', false, (db, id) => turn(db, id, 'deferred', { reason: 'paused' })],
  [
    'awaiting an approval',
    false,
    (db, id) => turn(db, id, 'awaiting_approval', { reason: 'approval_required' }),
  ],
  ['proving that it is gone by itself', false, (db, id) => turn(db, id, 'proving')],
  [
    'proving an action',
    true,
    (db, id) => {
      reserve(db, again(db, id));
      turn(db, id, 'proving');
    },
  ],
  ['with a person', false, (db, id) => turn(db, id, 'escalated', { reason: 'quarantined' })],
  ['closed', false, (db, id) => turn(db, id, 'closed')],
])('G6: a storm goes on for what is %s: %s', (_, goesOn, change) => {
  using log = temporaryLog();
  const storm = aStorm(log.db);
  const { id } = held(log.db, storm, 'api');
  change(log.db, id);
  expect(hasWork(log.db, storm)).toBe(goesOn);
});

test('what was dismissed is none of a storm’s; what a person has without a page is its page’s', () => {
  using log = temporaryLog();
  const { db } = log;
  const storm = aStorm(db);
  const [dismissed, told, paged] = ['a', 'b', 'c'].map((name) => held(db, storm, name));
  if (dismissed === undefined || told === undefined || paged === undefined) throw new Error('three');
  expect(countHeld(db, storm)).toBe(3);
  turn(db, dismissed.id, 'closed', { outcome: 'dismissed' });
  turn(db, told.id, 'escalated', { reason: 'no_target' });
  turn(db, paged.id, 'escalated', { reason: 'quarantined' });
  addEscalation(db, paged.id, 'quarantined', { labels: {}, annotations: {} }, NOON);
  expect([countMembers(db, storm), countHeld(db, storm), countToldByIt(db, storm)]).toEqual([2, 0, 1]);
});

test('its turn has come: it is looked at at once, the others when it is theirs', () => {
  using log = temporaryLog();
  const { db } = log;
  const storm = aStorm(db);
  const first = held(db, storm, 'a');
  const second = held(db, storm, 'b');
  lookAtHeld(db, storm, first.id, NOON);
  expect([first, second].map(({ id }) => again(db, id).nextLookAt)).toEqual([NOON, NOON + 60_000]);
  expect(nextInLine(db, storm, NOON)).toBeNull();
  lookAtHeld(db, storm, null, NOON);
  expect(again(db, second.id).nextLookAt).toBe(NOON);
});

test('where nobody stands in the line all that are held are looked at', () => {
  using log = temporaryLog();
  const { db } = log;
  const storm = aStorm(db);
  for (const name of ['a', 'b']) standInLine(db, held(db, storm, name).id, false);
  expect(nextInLine(db, storm, NOON)).toBe('all');
  lookAtHeld(db, storm, null, NOON);
  expect(nextInLine(db, storm, NOON)).toBeNull();
});

test('there is one storm at a time; its incident may outlast it', () => {
  using log = temporaryLog();
  const { db } = log;
  const storm = aStorm(db);
  expect(() => aStorm(db)).toThrow(/UNIQUE/);
  endStorm(db, storm, NOON);
  expect(openStorm(db)).toBeUndefined();
  expect(unfinishedStorms(db)).toMatchObject([{ id: storm, endedAt: NOON }]);
  expect(aStorm(db)).not.toBe(storm);
});
