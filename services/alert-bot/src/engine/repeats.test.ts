import { expect, test } from 'vitest';
import { closeEpisode, openEpisode, openEpisodeOf } from '../store/episodes.ts';
import { changeStatus } from '../store/incidents.ts';
import { anAlert, anIncident, NOON, type TestLog, temporaryLog } from '../testing/log.ts';
import { createRepeats, RECONSIDERED } from './repeats.ts';

function dismissed({ db }: TestLog, count: number): number[] {
  return Array.from({ length: count }, (_, i) => {
    const incident = anIncident(db, { target: null });
    openEpisode(db, anAlert({ fingerprint: `f${i}` }), 'alertmanager', incident.id, NOON);
    changeStatus(db, incident, 'closed', { outcome: 'dismissed' }, NOON);
    return incident.id;
  });
}

function taken(repeats: ReturnType<typeof createRepeats>): number[] {
  const all: number[] = [];
  for (let id = repeats.next(); id !== null; id = repeats.next()) all.push(id);
  return all;
}

test('some at once, then some a second, each in its turn and none forgotten', () => {
  using log = temporaryLog();
  let now = 0;
  const repeats = createRepeats(log.db, () => now);
  const ids = dismissed(log, RECONSIDERED.atOnce + 25);
  repeats.note(ids);
  const first = taken(repeats);
  expect(first).toEqual(ids.slice(0, RECONSIDERED.atOnce));
  now += 1_000;
  expect(taken(repeats)).toHaveLength(RECONSIDERED.aSecond);
  now += 60_000;
  expect(taken(repeats)).toHaveLength(25 - RECONSIDERED.aSecond);
});

test('one that came twice is asked about once', () => {
  using log = temporaryLog();
  const repeats = createRepeats(log.db, () => 0);
  const [id = 0] = dismissed(log, 1);
  repeats.note([id, id]);
  repeats.note([id]);
  expect(taken(repeats)).toEqual([id]);
});

test('what was not dismissed, or ended since, costs nothing', () => {
  using log = temporaryLog();
  const repeats = createRepeats(log.db, () => 0);
  const ids = dismissed(log, RECONSIDERED.atOnce + 1);
  const open = anIncident(log.db, { target: 'open' });
  repeats.note([open.id, ...ids]);
  closeEpisode(log.db, openEpisodeOf(log.db, 'f0')?.id ?? 0, 'resolved', NOON);
  expect(taken(repeats)).toEqual(ids.slice(1));
});
