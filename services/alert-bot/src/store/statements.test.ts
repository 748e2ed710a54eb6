import { expect, test } from 'vitest';
import { anIncident, temporaryLog } from '../testing/log.ts';
import { steady } from './statements.ts';

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

test.each([
  ['SELECT 1 FROM a WHERE b = ? AND c IN (?, :some)', 'SELECT 1 FROM a WHERE b = +? AND c IN (+?, +:some)'],
  [
    "SELECT '?', ':b', \"c?\" FROM a WHERE d > :since - 5",
    "SELECT '?', ':b', \"c?\" FROM a WHERE d > +:since - 5",
  ],
  ["UPDATE a SET b = json_set(b, '$.x', :by)", "UPDATE a SET b = json_set(b, '$.x', +:by)"],
])('parameters are hidden from the planner, which would plan anew for each value: %s', (sql, expected) => {
  expect(steady(sql)).toBe(expected);
});

test.each([null, 0, -1.5, 'text', '007', Buffer.from([1, 2])])('and keep their values: %s', (value) => {
  using log = temporaryLog();
  expect(log.db.prepare('SELECT ?').pluck().get(value)).toEqual(value);
  expect(log.db.prepare('SELECT typeof(?)').pluck().get(value)).toBe(
    value === null ? 'null' : Buffer.isBuffer(value) ? 'blob' : typeof value === 'string' ? 'text' : 'real',
  );
});
