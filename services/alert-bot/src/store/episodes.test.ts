import { expect, test } from 'vitest';
import { anAlert, anIncident, NOON, temporaryLog } from '../testing/log.ts';
import type { Db } from './db.ts';
import { dueIncidents } from './due.ts';
import {
  closeEpisode,
  lastEndedAt,
  openEpisode,
  openEpisodeById,
  openEpisodeIds,
  openEpisodeOf,
} from './episodes.ts';
import { changeStatus, incidentById } from './incidents.ts';

const LATER = NOON + 600_000;

function fires(db: Db, incident: number, ...names: string[]): void {
  for (const name of names)
    openEpisode(
      db,
      anAlert({ labels: { alertname: name }, fingerprint: name }),
      'alertmanager',
      incident,
      NOON,
    );
}
const ends = (db: Db, name: string) =>
  closeEpisode(db, openEpisodeOf(db, name)?.id ?? 0, 'resolved', NOON + 5);

/** One that waits for ten minutes. */
function waiting(db: Db, target: string) {
  const incident = anIncident(db, { target });
  fires(db, incident.id, `${target}-a`, `${target}-b`);
  changeStatus(db, incident, 'deferred', { reason: 'backoff', nextLookAt: LATER }, NOON);
  return incident.id;
}

test('G8: an incident none of whose alerts fires is looked at at once, whatever it waits for', () => {
  using log = temporaryLog();
  const id = waiting(log.db, 'one');
  waiting(log.db, 'other');
  expect(dueIncidents(log.db, NOON + 5)).toEqual([]);
  ends(log.db, 'one-a');
  expect(dueIncidents(log.db, NOON + 5)).toEqual([]);
  ends(log.db, 'one-b');
  expect(dueIncidents(log.db, NOON + 5)).toEqual([id]);
});

test('G8: a wait that was decided on before its alert ended is none', () => {
  using log = temporaryLog();
  const id = waiting(log.db, 'one');
  const before = incidentById(log.db, id);
  for (const name of ['one-a', 'one-b']) ends(log.db, name);
  if (before === undefined) throw new Error('it is there');
  changeStatus(log.db, before, 'deferred', { reason: 'cooldown', nextLookAt: LATER }, NOON + 6);
  expect(dueIncidents(log.db, NOON + 6)).toEqual([id]);
});

test('G5: what waits for its place is looked at before what is new, so that nothing takes it', () => {
  using log = temporaryLog();
  const { db } = log;
  const fresh = anIncident(db, { target: 'fresh' });
  const late = waiting(db, 'late');
  const place = anIncident(db, { target: 'place' });
  fires(db, place.id, 'place');
  changeStatus(db, place, 'deferred', { reason: 'blast_radius', nextLookAt: NOON }, NOON);
  expect(dueIncidents(db, NOON)).toEqual([place.id, fresh.id]);
  expect(dueIncidents(db, LATER)).toEqual([place.id, fresh.id, late]);
});

test('open episodes are named oldest first, and each is read while it is open', () => {
  using log = temporaryLog();
  const { id } = anIncident(log.db);
  fires(log.db, id, 'a', 'b', 'c', 'd');
  ends(log.db, 'b');
  const open = openEpisodeIds(log.db);
  expect(open.map((one) => openEpisodeById(log.db, one)?.fingerprint)).toEqual(['a', 'c', 'd']);
  ends(log.db, 'c');
  expect(open.map((one) => openEpisodeById(log.db, one)?.fingerprint)).toEqual(['a', undefined, 'd']);
  expect(lastEndedAt(log.db, 'c')).toBe(NOON + 5);
  expect(lastEndedAt(log.db, 'a')).toBeNull();
});
