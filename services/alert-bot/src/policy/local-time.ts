import type { Instant, Millis } from '../domain/duration.ts';

const MINUTE: Millis = 60_000;
const DAY: Millis = 24 * 3_600_000;

/** Making one costs more than all that is done with it. */
const formats = new Map<string, Intl.DateTimeFormat>();

/**
 * What the clocks of a zone show, as if it were UTC.
 * @throws RangeError where the runtime does not know the zone
 */
export function wallTime(zone: string, at: Instant): Instant {
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-u-ca-iso8601-nu-latn', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    formats.set(zone, format);
  }
  const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0;
  return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
}

/** Midnight of the day that an instant falls on in a zone, as wall time. */
export const wallMidnight = (zone: string, at: Instant): Instant =>
  Math.floor(wallTime(zone, at) / DAY) * DAY;

/**
 * When the clocks of a zone show a time: from the first moment on to the last one.
 * A time that exists twice gives both. One that a leap of the clock leaves out gives the leap itself as `first`, and
 * as `last` when it would have been without the leap, as RFC 5545 has it.
 * @param wall the time as if it were UTC
 */
export function instantsOf(zone: string, wall: Instant): { first: Instant; last: Instant } {
  // Clocks change at most once within two days; so these are the offsets before and after a change near it.
  const before = wallTime(zone, wall - DAY) - (wall - DAY);
  const after = wallTime(zone, wall + DAY) - (wall + DAY);
  const early = wall - Math.max(before, after);
  const late = wall - Math.min(before, after);
  const shows = (at: Instant) => wallTime(zone, at) === wall;
  if (shows(early)) return { first: early, last: shows(late) ? late : early };
  if (shows(late)) return { first: late, last: late };
  return { first: leapBetween(zone, wall, early, late), last: late };
}

/** The first minute from which on the clocks show something later. */
function leapBetween(zone: string, wall: Instant, early: Instant, late: Instant): Instant {
  let [from, to] = [Math.floor(early / MINUTE), Math.ceil(late / MINUTE)];
  while (to - from > 1) {
    const middle = Math.floor((from + to) / 2);
    if (wallTime(zone, middle * MINUTE) > wall) to = middle;
    else from = middle;
  }
  return to * MINUTE;
}
