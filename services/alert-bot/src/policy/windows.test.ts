import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type MaintenanceWindow, WEEKDAYS } from '../domain/playbook.ts';
import { wallTime } from './local-time.ts';
import { openWindow } from './windows.ts';

const clock = (text: string) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));
const window = (from: string, to: string, changes: Partial<MaintenanceWindow> = {}): MaintenanceWindow => ({
  name: 'w',
  zone: 'Europe/Berlin',
  days: WEEKDAYS,
  from: clock(from),
  to: clock(to),
  services: null,
  playbooks: null,
  ...changes,
});
const API = { service: 'api', playbook: 'restart' };
const until = (windows: MaintenanceWindow[], at: string, subject: Parameters<typeof openWindow>[1] = API) => {
  const open = openWindow(windows, subject, Date.parse(at));
  return open === null ? null : new Date(open.until).toISOString().replace(':00.000Z', 'Z');
};

// Each row: the window, the moment in UTC, and when it closes.
describe('G13: a window holds in the time of its own zone', () => {
  test.each<[window: MaintenanceWindow, at: string, closes: string | null]>([
    [window('02:00', '04:00'), '2026-01-15T00:59:59Z', null],
    [window('02:00', '04:00'), '2026-01-15T01:00Z', '2026-01-15T03:00Z'],
    [window('02:00', '04:00'), '2026-01-15T02:59:59Z', '2026-01-15T03:00Z'],
    [window('02:00', '04:00'), '2026-01-15T03:00Z', null],
    [window('02:00', '04:00'), '2026-07-15T00:00Z', '2026-07-15T02:00Z'],
    [window('02:00', '04:00', { zone: 'UTC' }), '2026-07-15T02:00Z', '2026-07-15T04:00Z'],
    [window('09:00', '10:00', { zone: 'Asia/Kolkata' }), '2026-07-15T03:30Z', '2026-07-15T04:30Z'],
    [window('00:00', '24:00', { days: ['thu'] }), '2026-01-14T23:00Z', '2026-01-15T23:00Z'],
    [window('00:00', '24:00', { days: ['thu'] }), '2026-01-15T23:00Z', null],
    // Over midnight: the day is the one on which it opens.
    [window('22:00', '02:00', { days: ['thu'] }), '2026-01-15T21:00Z', '2026-01-16T01:00Z'],
    [window('22:00', '02:00', { days: ['thu'] }), '2026-01-16T00:59Z', '2026-01-16T01:00Z'],
    [window('22:00', '02:00', { days: ['thu'] }), '2026-01-15T00:30Z', null],
    [window('22:00', '02:00', { days: ['thu'] }), '2026-01-16T21:30Z', null],
    [window('22:00', '02:00', { days: ['sun'] }), '2026-01-19T00:30Z', '2026-01-19T01:00Z'],
    [window('02:00', '04:00', { days: ['wed', 'fri'] }), '2026-01-15T02:00Z', null],
    // 29 March 2026: at 01:00Z the clocks leap from 02:00 to 03:00.
    [window('02:30', '04:00'), '2026-03-29T00:59:59Z', null],
    [window('02:30', '04:00'), '2026-03-29T01:00Z', '2026-03-29T02:00Z'],
    [window('01:00', '02:30'), '2026-03-29T01:15Z', '2026-03-29T01:30Z'],
    [window('02:15', '02:45'), '2026-03-29T01:00Z', '2026-03-29T01:45Z'],
    [window('02:00', '03:00'), '2026-03-29T01:00Z', null],
    [window('22:00', '03:30'), '2026-03-28T23:00Z', '2026-03-29T01:30Z'],
    // 25 October 2026: at 01:00Z they go back from 03:00 to 02:00, so that 02:30 is at 00:30Z and at 01:30Z.
    [window('02:30', '03:30'), '2026-10-25T00:30Z', '2026-10-25T02:30Z'],
    [window('02:30', '03:30'), '2026-10-25T01:10Z', '2026-10-25T02:30Z'],
    [window('02:15', '02:45'), '2026-10-25T01:44Z', '2026-10-25T01:45Z'],
    [window('02:15', '02:45'), '2026-10-25T01:45Z', null],
    // Half an hour only, on Lord Howe Island; and at midnight, in Havana.
    [window('02:10', '03:00', { zone: 'Australia/Lord_Howe' }), '2026-10-03T15:30Z', '2026-10-03T16:00Z'],
    [window('00:30', '02:00', { zone: 'America/Havana' }), '2026-03-08T05:00Z', '2026-03-08T06:00Z'],
    [window('23:30', '00:30', { zone: 'America/Havana' }), '2026-11-01T05:00Z', '2026-11-01T05:30Z'],
  ])('%j at %s: %s', (one, at, closes) => {
    expect(until([one], at)).toBe(closes);
  });
});

test('G13: of several open windows the one that closes last counts', () => {
  const windows = [
    window('02:00', '03:00', { name: 'short' }),
    window('01:00', '05:00', { name: 'long' }),
    window('02:00', '04:00', { name: 'middle' }),
  ];
  expect(openWindow(windows, API, Date.parse('2026-01-15T01:30Z'))).toEqual({
    name: 'long',
    until: Date.parse('2026-01-15T04:00Z'),
  });
});

test.each<[changes: Partial<MaintenanceWindow>, service: string | null, open: boolean]>([
  [{}, null, true],
  [{ services: ['api', 'web'] }, 'api', true],
  [{ services: ['web'] }, 'api', false],
  [{ services: ['web'] }, null, false],
  [{ playbooks: ['restart'] }, 'api', true],
  [{ playbooks: ['other'] }, 'api', false],
  [{ services: ['api'], playbooks: ['other'] }, 'api', false],
])('G13: a window for %j is for service %s: %s', (changes, service, open) => {
  const at = Date.parse('2026-01-15T02:00Z');
  expect(openWindow([window('02:00', '04:00', changes)], { ...API, service }, at) !== null).toBe(open);
});

// On days without a change of the clocks a window is simply what the wall clock says.
test('G13: away from changes of the clocks, open is when the wall clock stands in it', () => {
  const zones = ['Europe/Berlin', 'America/New_York', 'Asia/Kathmandu', 'Pacific/Chatham', 'UTC'];
  const day = 24 * 3_600_000;
  fc.assert(
    fc.property(
      fc.constantFrom(...zones),
      fc.integer({ min: 0, max: 1439 }),
      fc.integer({ min: 0, max: 1439 }),
      fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2027, 0, 1) }),
      (zone, from, to, now) => {
        const offset = (at: number) => wallTime(zone, at) - Math.floor(at / 1000) * 1000;
        fc.pre(from !== to && [-2, -1, 1, 2].every((days) => offset(now + days * day) === offset(now)));
        const minute = Math.floor(wallTime(zone, now) / 60_000) % 1440;
        const inside = from < to ? minute >= from && minute < to : minute >= from || minute < to;
        const open = openWindow([{ ...window('00:00', '00:01'), zone, from, to }], API, now);
        expect(open !== null).toBe(inside);
      },
    ),
    { numRuns: 500 },
  );
});
