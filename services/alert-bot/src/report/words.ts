import type { Instant, Millis } from '../domain/duration.ts';
import { formatDuration } from '../domain/duration.ts';
import { wallTime } from '../policy/local-time.ts';

const SECOND: Millis = 1_000;
const MINUTE: Millis = 60 * SECOND;
const HOUR: Millis = 60 * MINUTE;
const DAY: Millis = 24 * HOUR;

/** A duration as a person says it: what is long without its seconds, what is very long without its minutes. */
export function brief(length: Millis): string {
  const unit = length >= DAY ? HOUR : length >= HOUR ? MINUTE : SECOND;
  return formatDuration(Math.round(length / unit) * unit);
}

const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `29 Nov 07:00`, as the clocks of the zone show it. */
export function dayAndTime(zone: string, at: Instant): string {
  const wall = new Date(wallTime(zone, at));
  return `${wall.getUTCDate()} ${MONTHS[wall.getUTCMonth()]} ${timeOf(wall)}`;
}

/** `Sun 07:00`, for what lies within a few days. */
export function weekdayAndTime(zone: string, at: Instant): string {
  const wall = new Date(wallTime(zone, at));
  return `${WEEKDAYS[wall.getUTCDay()]} ${timeOf(wall)}`;
}

const timeOf = (wall: Date): string => wall.toISOString().slice(11, 16);

/** `1 incident`, `2 incidents`. */
export const many = (count: number, one: string, several = `${one}s`): string =>
  `${count} ${count === 1 ? one : several}`;

/** `a, b and c`. */
export const listed = (parts: readonly string[]): string =>
  parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;

const BARS = '▁▂▃▄▅▆▇█';

/** A column a value, 0 the lowest; as high as the highest. */
export function spark(values: readonly number[]): string {
  const most = Math.max(1, ...values);
  return values.map((value) => BARS[Math.ceil((value / most) * (BARS.length - 1))]).join('');
}

/** A value against the largest, in so many columns; what is there has one at least. */
export const bar = (value: number, largest: number, width: number): string => {
  const full = value <= 0 || largest <= 0 ? 0 : Math.max(1, Math.round((value / largest) * width));
  return `${'█'.repeat(full)}${'░'.repeat(width - full)}`;
};
