import { describe, expect, test } from 'vitest';
import { OUTCOMES, STATUSES, type Status } from '../domain/incident.ts';
import { REASONS } from '../domain/reason.ts';
import { again, anIncident, NOON, openIncidents, temporaryLog } from '../testing/log.ts';
import { endAttempt, reserveAttempt } from './attempts.ts';
import type { Db } from './db.ts';
import { eventsOf } from './events.ts';
import {
  changeStatus,
  countByStatus,
  type Incident,
  lastActedIncidentEnd,
  listIncidents,
  openIncidentOf,
  saveProof,
} from './incidents.ts';
import { lookAtOnce } from './waits.ts';

/** The arrows of design §4, written down a second time: a change there must be one here. */
const ARROWS: Record<Status, string> = {
  new: 'deferred awaiting_approval queued acting proving lost escalated closed',
  deferred: 'queued awaiting_approval proving escalated closed',
  awaiting_approval: 'queued deferred escalated closed',
  queued: 'acting deferred proving escalated closed',
  acting: 'proving queued deferred escalated lost',
  proving: 'closed queued deferred escalated',
  lost: 'escalated',
  escalated: 'closed queued',
  closed: '',
};

/** An incident in a status, reached by allowed arrows only (`new` leads everywhere). */
function inStatus(db: Db, status: Status, change: Parameters<typeof anIncident>[1] = {}): Incident {
  const incident = anIncident(db, change);
  if (status !== 'new') changeStatus(db, incident, status, {}, NOON);
  return again(db, incident.id);
}

const proof = {
  since: NOON,
  startedAt: null,
  restartCount: 0,
  deadline: NOON + 20_000,
  stable: 5_000,
  above: 0.2,
  clean: { rule: { count: 1, last: NOON } },
  goodSince: null,
  ids: ['a'],
};

describe('the status of an incident', () => {
  test.each(STATUSES.flatMap((from) => STATUSES.map((to) => [from, to] as const)))(
    'from %s to %s: along the arrows only, one event a change',
    (from, to) => {
      using log = temporaryLog();
      const incident = inStatus(log.db, from);
      const before = eventsOf(log.db, incident.id).length;
      const change = () => changeStatus(log.db, incident, to, {}, NOON + 1);
      if (from === to) change();
      else if (ARROWS[from].split(' ').includes(to)) change();
      else expect(change).toThrow(`an incident cannot go from ${from} to ${to}`);

      const after = again(log.db, incident.id);
      const moved = from !== to && ARROWS[from].split(' ').includes(to);
      expect(after.status).toBe(moved ? to : from);
      expect(eventsOf(log.db, incident.id).slice(before)).toEqual(
        moved ? [{ at: NOON + 1, kind: 'status', text: `${from} → ${to}`, data: { from, to } }] : [],
      );
    },
  );

  test('what was read before somebody else changed it changes nothing', () => {
    using log = temporaryLog();
    const stale = inStatus(log.db, 'proving');
    changeStatus(log.db, stale, 'closed', { outcome: 'healed' }, NOON + 1);
    expect(() => changeStatus(log.db, stale, 'deferred', {}, NOON + 2)).toThrow(
      `incident ${stale.id} is not proving any more`,
    );
    expect(again(log.db, stale.id)).toMatchObject({ status: 'closed', closedAt: NOON + 1 });
  });

  test('its event says why, by reason or by outcome', () => {
    using log = temporaryLog();
    const incident = anIncident(log.db);
    changeStatus(log.db, incident, 'deferred', { reason: 'cooldown' }, NOON);
    changeStatus(log.db, again(log.db, incident.id), 'closed', { outcome: 'dismissed' }, NOON);
    expect(eventsOf(log.db, incident.id).map(({ text }) => text)).toEqual([
      'new → deferred: cooldown',
      'deferred → closed: dismissed',
    ]);
  });

  test.each(Object.values(REASONS).flat())('the reason %s is kept', (reason) => {
    using log = temporaryLog();
    const incident = anIncident(log.db);
    changeStatus(log.db, incident, 'deferred', { reason }, NOON);
    expect(again(log.db, incident.id).reason).toBe(reason);
  });

  test.each(OUTCOMES)('the outcome %s is kept, with the time of the end', (outcome) => {
    using log = temporaryLog();
    const incident = anIncident(log.db);
    changeStatus(log.db, incident, 'closed', { outcome, weakProof: 'no_traffic' }, NOON + 5);
    expect(again(log.db, incident.id)).toMatchObject({
      outcome,
      weakProof: 'no_traffic',
      closedAt: NOON + 5,
      updatedAt: NOON + 5,
    });
  });

  test('a wait ends with the status it belongs to; who was told stays', () => {
    using log = temporaryLog();
    const incident = anIncident(log.db);
    const wait = { reason: 'cooldown', until: NOON + 9, nextLookAt: NOON + 3 } as const;
    changeStatus(log.db, incident, 'deferred', wait, NOON);
    expect(again(log.db, incident.id)).toMatchObject({ until: NOON + 9, nextLookAt: NOON + 3 });
    const escalated = { reason: 'unproven', at: NOON + 4 } as const;
    changeStatus(log.db, again(log.db, incident.id), 'escalated', { escalated }, NOON + 4);
    changeStatus(log.db, again(log.db, incident.id), 'queued', { reason: null }, NOON + 5);
    expect(again(log.db, incident.id)).toMatchObject({ until: null, reason: null, escalated });
  });

  test('a proof lives as long as it is sought', () => {
    using log = temporaryLog();
    const incident = anIncident(log.db);
    saveProof(log.db, incident.id, proof);
    expect(again(log.db, incident.id).proof).toBeNull();
    changeStatus(log.db, incident, 'proving', { proof }, NOON);
    saveProof(log.db, incident.id, { ...proof, goodSince: NOON + 1 });
    expect(again(log.db, incident.id).proof).toEqual({ ...proof, goodSince: NOON + 1 });
    changeStatus(log.db, again(log.db, incident.id), 'deferred', {}, NOON);
    saveProof(log.db, incident.id, proof);
    expect(again(log.db, incident.id).proof).toBeNull();
  });
});

describe('the incidents of a target', () => {
  test.each(STATUSES)('one open at a time, also while it is %s', (status) => {
    using log = temporaryLog();
    const first = inStatus(log.db, status);
    const second = () => anIncident(log.db);
    if (status === 'closed') {
      expect(openIncidentOf(log.db, 'supervisor:api')).toBeUndefined();
      expect(second().id).toBe(first.id + 1);
    } else {
      expect(second).toThrow('UNIQUE constraint failed: incidents.target_id');
      expect(openIncidentOf(log.db, 'supervisor:api')).toEqual(first);
    }
  });

  test('without a target there may be many', () => {
    using log = temporaryLog();
    anIncident(log.db, { target: null });
    anIncident(log.db, { target: null });
    expect(openIncidents(log.db)).toHaveLength(2);
  });

  test('the last one that acted is what the cooldown counts from', () => {
    using log = temporaryLog();
    const end = () => lastActedIncidentEnd(log.db, 'supervisor:api', NOON - 1);
    /** One incident, closed at a time, with an attempt that ended so. */
    const past = (closedAt: number, outcome: 'helped' | 'not_called' | null) => {
      const incident = anIncident(log.db);
      if (outcome !== null) {
        const attempt = reserveAttempt(log.db, reservation(incident.id), NOON);
        endAttempt(log.db, attempt.id, outcome, '', NOON);
      }
      changeStatus(log.db, incident, 'closed', { outcome: 'recovered' }, closedAt);
    };
    past(NOON + 1, null);
    past(NOON + 2, 'not_called');
    expect(end()).toBeNull();
    past(NOON + 3, 'helped');
    past(NOON + 4, null);
    expect(end()).toBe(NOON + 3);
    expect(lastActedIncidentEnd(log.db, 'supervisor:api', NOON + 3)).toBeNull();
    expect(lastActedIncidentEnd(log.db, 'supervisor:other', 0)).toBeNull();
  });
});

describe('lists', () => {
  test('newest first, by status, by target, in pages', () => {
    using log = temporaryLog();
    const ids = Array.from({ length: 5 }, (_, i) => anIncident(log.db, { target: `supervisor:${i}` }).id);
    const [one = 0, two = 0, three = 0, four = 0, five = 0] = ids;
    changeStatus(log.db, again(log.db, two), 'closed', { outcome: 'dismissed' }, NOON);
    const list = (filter: Parameters<typeof listIncidents>[1], limit = 10) =>
      listIncidents(log.db, filter, limit).map(({ id }) => id);
    expect(list({})).toEqual([five, four, three, two, one]);
    expect(list({}, 2)).toEqual([five, four]);
    expect(list({ before: four }, 2)).toEqual([three, two]);
    expect(list({ status: 'new' })).toEqual([five, four, three, one]);
    expect(list({ target: 'supervisor:1' })).toEqual([two]);
    expect(list({ status: 'new', target: 'supervisor:1' })).toEqual([]);
    expect(countByStatus(log.db)).toEqual([
      { status: 'closed', count: 1 },
      { status: 'new', count: 4 },
    ]);
  });

  test.each([
    ['of one target', 'supervisor:a', [NOON, NOON + 99]],
    ['of all', null, [NOON, NOON]],
  ])('a person’s change has the waits %s looked at again at once', (_, target, expected) => {
    using log = temporaryLog();
    const waiting = ['supervisor:a', 'supervisor:b'].map((id) => {
      const incident = anIncident(log.db, { target: id });
      changeStatus(log.db, incident, 'deferred', { nextLookAt: NOON + 99 }, NOON);
      return incident.id;
    });
    lookAtOnce(log.db, target, NOON);
    expect(waiting.map((id) => again(log.db, id).nextLookAt)).toEqual(expected);
  });
});

const reservation = (incident: number) =>
  ({
    incident,
    target: 'supervisor:api',
    step: 0,
    reason: 'first_attempt',
    boot: 1,
    grace: 10_000,
    circuitBefore: { open: false, until: null, times: 0 },
  }) as const;
