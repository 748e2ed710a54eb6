import { expect, test } from 'vitest';
import { anIncident, temporaryLog } from '../testing/log.ts';

test('a query is compiled once, however often it is asked: compiled ones fill memory that V8 does not see', () => {
  using log = temporaryLog();
  const ask = () => log.db.prepare('SELECT title, status FROM incidents WHERE id = ?');
  expect(ask()).toBe(ask());
  expect(log.db.prepare('SELECT 1')).not.toBe(ask());
});

test('one that was asked for single values gives rows to whoever asks next', () => {
  using log = temporaryLog();
  const { id } = anIncident(log.db, { title: 'HighLatency' });
  const ask = () => log.db.prepare('SELECT title, status FROM incidents WHERE id = ?');
  expect(ask().pluck().get(id)).toBe('HighLatency');
  expect(ask().get(id)).toEqual({ title: 'HighLatency', status: 'new' });
});

test('one that writes is kept as well, and one with a mistake is told each time', () => {
  using log = temporaryLog();
  const rename = () => log.db.prepare('UPDATE incidents SET title = ?');
  anIncident(log.db);
  expect([rename().run('a').changes, rename().run('b').changes]).toEqual([1, 1]);
  const wrong = () => log.db.prepare('SELECT x FROM nowhere');
  expect(wrong).toThrow('no such table');
  expect(wrong).toThrow('no such table');
});
