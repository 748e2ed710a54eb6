import { describe, expect, test } from 'vitest';
import { closeIncident } from '../decision/conclude.ts';
import { type Alert, fingerprint, type Labels } from '../domain/alert.ts';
import type { FleetLimits, Mode, Playbook } from '../domain/playbook.ts';
import { LIMITS } from '../policy/facts.fixture.ts';
import { phaseOf } from '../policy/storm.ts';
import type { Db } from '../store/db.ts';
import { openEpisodeOf } from '../store/episodes.ts';
import { changeStatus } from '../store/incidents.ts';
import { recordLeap } from '../store/leaps.ts';
import { openStorm, releaseStorm } from '../store/storms.ts';
import { carryWaits } from '../store/waits.ts';
import { again, NOON, openIncidents, temporaryLog } from '../testing/log.ts';
import { endEpisode, type TriageContext, triageAlert } from './triage.ts';

const MINUTE = 60_000;
const CALM = 2 * MINUTE;
const limits: FleetLimits = {
  concurrent: 1,
  targets: { count: 3, percent: 34, per: 10 * MINUTE },
  storm: { incidents: 3, per: MINUTE, calm: CALM },
};

const playbook = (mode: Mode, alertname: string): Playbook => ({
  name: `${mode}-${alertname}`,
  mode,
  matchers: [`alertname="${alertname}"`],
  matches: (labels) => labels['alertname'] === alertname,
  service: '{{ $labels.service }}',
  steps: [{ kind: 'restart', timeout: 1_000, attempts: 3 }],
  limits: LIMITS,
  prove: { within: MINUTE, stable: 0, query: null },
});
const context: TriageContext = {
  playbooks: [playbook('act', 'Broken'), playbook('approve', 'Asked'), playbook('observe', 'Watched')],
  limits,
  targetId: (service) => `supervisor:${service}`,
};

const alert = (labels: Labels): Alert => ({
  fingerprint: fingerprint(labels),
  status: 'firing',
  labels,
  annotations: {},
  startsAt: NOON,
  endsAt: null,
  generatorURL: '',
});
const fire = (db: Db, labels: Labels, now = NOON) =>
  triageAlert(db, context, alert(labels), 'alertmanager', now);
const broken = (service: string): Labels => ({ alertname: 'Broken', service });

/** Closes what fires, as recovered, so that the next alert is a new incident. */
function over(db: Db, labels: Labels, now: number): void {
  const episode = openEpisodeOf(db, fingerprint(labels));
  if (episode === undefined) throw new Error('it does not fire');
  endEpisode(db, episode, 'resolved', now);
  const incident = again(db, episode.incident);
  closeIncident(db, incident, 'recovered', {}, now);
}

const members = (db: Db): (string | null)[] => {
  const storm = openStorm(db);
  return openIncidents(db).flatMap((one) => (one.storm === storm?.id ? [one.service] : []));
};

describe('G6: a storm begins', () => {
  test('with as many new incidents as its limit, and not with one less', () => {
    using log = temporaryLog();
    fire(log.db, broken('a'));
    fire(log.db, broken('b'), NOON + MINUTE - 1);
    expect(openStorm(log.db)).toBeUndefined();
    fire(log.db, broken('c'), NOON + MINUTE - 1);
    expect(openStorm(log.db)).toMatchObject({ beganAt: NOON + MINUTE - 1, releasedAt: null });
    expect(members(log.db)).toEqual(['a', 'b', 'c']);
    expect(again(log.db, openStorm(log.db)?.incident ?? 0)).toMatchObject({
      title: 'Storm of 3 incidents',
      target: null,
      status: 'new',
    });
  });

  test('not with what came a window apart', () => {
    using log = temporaryLog();
    fire(log.db, broken('a'));
    fire(log.db, broken('b'), NOON + MINUTE);
    fire(log.db, broken('c'), NOON + MINUTE);
    expect(openStorm(log.db)).toBeUndefined();
  });

  test('with services that nobody knows, and alerts that name none', () => {
    using log = temporaryLog();
    for (const instance of ['1', '2', '3']) fire(log.db, { alertname: 'Broken', instance });
    expect(members(log.db)).toEqual([null, null, null]);
  });

  test('with playbooks that ask a person first', () => {
    using log = temporaryLog();
    for (const service of ['a', 'b', 'c']) fire(log.db, { alertname: 'Asked', service });
    expect(openStorm(log.db)).toBeDefined();
  });

  // Each row: what comes a hundred times and is no storm.
  test.each<[string, (db: Db, i: number) => void]>([
    ['repeats of an alert', (db) => fire(db, broken('a'))],
    ['alerts of one target', (db, i) => fire(db, { ...broken('a'), route: String(i) })],
    ['the heartbeat', (db, i) => fire(db, { alertname: 'Watchdog', replica: String(i) })],
    ['the bot’s own alerts', (db, i) => fire(db, { ...broken(String(i)), origin: 'alert-bot' })],
    ['alerts that no playbook matches', (db, i) => fire(db, { alertname: 'Other', service: String(i) })],
    ['alerts in mode observe', (db, i) => fire(db, { alertname: 'Watched', service: String(i) })],
    [
      'one alert that flaps',
      (db, i) => {
        fire(db, broken('a'), NOON + i);
        over(db, broken('a'), NOON + i);
      },
    ],
    [
      'one without a target that flaps',
      (db, i) => {
        fire(db, { alertname: 'Broken' }, NOON + i);
        over(db, { alertname: 'Broken' }, NOON + i);
      },
    ],
    [
      'what was dismissed',
      (db, i) => {
        const { incident = 0 } = fire(db, broken(String(i)));
        closeIncident(db, again(db, incident), 'dismissed', {}, NOON);
      },
    ],
  ])('not with %s', (_, come) => {
    using log = temporaryLog();
    for (let i = 0; i < 100; i++) come(log.db, i);
    expect(openStorm(log.db)).toBeUndefined();
  });
});

describe('G6: a storm goes on', () => {
  const began = () => {
    const log = temporaryLog();
    for (const service of ['a', 'b', 'c']) fire(log.db, broken(service));
    return log;
  };
  const lastAt = (db: Db) => openStorm(db)?.lastIncidentAt;

  test('with each new trouble: it is calm from the last one on', () => {
    using log = began();
    fire(log.db, broken('d'), NOON + CALM - 1);
    expect(lastAt(log.db)).toBe(NOON + CALM - 1);
    expect(members(log.db)).toEqual(['a', 'b', 'c', 'd']);
  });

  test('not with a trouble that it had before: one alert that flaps must not hold all others', () => {
    using log = began();
    over(log.db, broken('a'), NOON + MINUTE);
    fire(log.db, broken('a'), NOON + MINUTE);
    expect(lastAt(log.db)).toBe(NOON);
    expect(members(log.db)).toEqual(['b', 'c', 'a']);
  });

  test('not with a repeat, a joining alert, the heartbeat or what only is watched', () => {
    using log = began();
    fire(log.db, broken('a'), NOON + MINUTE);
    fire(log.db, { ...broken('a'), route: '/' }, NOON + MINUTE);
    fire(log.db, { alertname: 'Watchdog' }, NOON + MINUTE);
    fire(log.db, { alertname: 'Watched', service: 'd' }, NOON + MINUTE);
    expect(lastAt(log.db)).toBe(NOON);
    expect(members(log.db)).toEqual(['a', 'b', 'c']);
  });

  test('released, with fewer than began it: they join the line', () => {
    using log = began();
    for (const service of ['d', 'e']) fire(log.db, broken(service), NOON + CALM + 1);
    expect(lastAt(log.db)).toBe(NOON);
    expect(members(log.db)).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  test('held again where as many come as began it', () => {
    using log = began();
    releaseStorm(log.db, openStorm(log.db)?.id ?? 0, NOON + CALM);
    for (const service of ['d', 'e', 'f']) fire(log.db, broken(service), NOON + CALM + 1);
    expect(openStorm(log.db)).toMatchObject({ lastIncidentAt: NOON + CALM + 1, releasedAt: null });
    expect(log.db.prepare('SELECT count(*) FROM storms').pluck().get()).toBe(1);
  });

  test('not held again by those that came before a person released it', () => {
    using log = began();
    releaseStorm(log.db, openStorm(log.db)?.id ?? 0, NOON + 1);
    for (const service of ['d', 'e']) fire(log.db, broken(service), NOON + 2);
    expect(openStorm(log.db)?.releasedAt).toBe(NOON + 1);
  });
});

test('G6: what is under way belongs to the storm, and stays what it is', () => {
  using log = temporaryLog();
  const { incident = 0 } = fire(log.db, broken('a'));
  changeStatus(log.db, again(log.db, incident), 'proving', {}, NOON);
  for (const service of ['b', 'c']) fire(log.db, broken(service));
  expect(again(log.db, incident)).toMatchObject({ status: 'proving', storm: openStorm(log.db)?.id });
});

describe('G6: an endless stream of new troubles', () => {
  const AT_MOST = 10 * CALM;
  /** A storm at noon, and another new trouble each minute until then. */
  function stream(db: Db, until: number): void {
    for (const service of ['a', 'b', 'c']) fire(db, broken(service));
    for (let at = NOON; at < until; at += MINUTE) fire(db, broken(`at-${at}`), at);
  }
  const phaseAt = (db: Db, now: number) => {
    const storm = openStorm(db);
    return storm === undefined ? 'none' : phaseOf(storm, CALM, now);
  };

  test('is held for ten times calm, and then released all the same', () => {
    using log = temporaryLog();
    stream(log.db, NOON + AT_MOST);
    expect(phaseAt(log.db, NOON + AT_MOST - 1)).toBe('held');
    expect(phaseAt(log.db, NOON + AT_MOST)).toBe('released');
  });

  test('then holds it never again, however many come at once', () => {
    using log = temporaryLog();
    stream(log.db, NOON + AT_MOST);
    const later = NOON + AT_MOST + 1;
    for (const service of ['x', 'y', 'z', 'zz']) fire(log.db, broken(service), later);
    expect(phaseAt(log.db, later)).toBe('released');
    expect(members(log.db)).toContain('zz');
  });

  test('a leap of the clock does not end the hold', () => {
    using log = temporaryLog();
    stream(log.db, NOON + MINUTE);
    recordLeap(log.db, AT_MOST, NOON + MINUTE);
    carryWaits(log.db, AT_MOST);
    expect(phaseAt(log.db, NOON + MINUTE + AT_MOST)).toBe('held');
  });
});
