import { z } from 'zod';
import type { Instant, Millis } from '../domain/duration.ts';
import { OUTCOMES, type Outcome } from '../domain/incident.ts';
import type { Db } from './db.ts';

export const HOUR: Millis = 3_600_000;

/** What happened in one stretch of time. */
export interface Stretch {
  from: Instant;
  opened: number;
  closed: Record<Outcome, number>;
  /** Calls to the platform. */
  actions: number;
  /** How many were healed within so many seconds (powers of two), by that number. */
  healed: Map<number, number>;
}

const incidentHour = z.object({
  hour: z.number(),
  what: z.enum(['opened', ...OUTCOMES]),
  scale: z.number(),
  count: z.number(),
});
const actionHour = z.object({ hour: z.number(), count: z.number() });

/** Whole hours since the epoch, both included, and how many of them a stretch has. */
export interface Span {
  first: number;
  last: number;
  hours: number;
}

/** The span of whole hours from a time to another. */
export const spanOf = (from: Instant, to: Instant, hours: number): Span => ({
  ...{ first: Math.floor(from / HOUR), last: Math.floor(to / HOUR), hours },
});

/** Stretches in which nothing has happened yet, and which of them an hour is in. */
export function emptyStretches({ first, last, hours }: Span) {
  const all: Stretch[] = [];
  for (let hour = first; hour <= last; hour += hours)
    all.push({
      ...{ from: hour * HOUR, opened: 0, actions: 0, healed: new Map() },
      closed: { healed: 0, recovered: 0, handed_over: 0, dismissed: 0 },
    });
  return { all, of: (hour: number): Stretch | undefined => all[Math.floor((hour - first) / hours)] };
}

/**
 * What happened from a time to another, in stretches of whole hours.
 * @param hours how many hours a stretch has; the first one begins with the whole hour of `from`
 */
export function stretches(db: Db, from: Instant, to: Instant, hours: number): Stretch[] {
  const span = spanOf(from, to, hours);
  const { first, last } = span;
  const { all, of } = emptyStretches(span);
  for (const row of db
    .prepare('SELECT hour, what, scale, count FROM incident_hours WHERE hour BETWEEN ? AND ?')
    .all(first, last)) {
    const { hour, what, scale, count } = incidentHour.parse(row);
    const stretch = of(hour);
    if (stretch === undefined) continue;
    if (what === 'opened') stretch.opened += count;
    else addClosed(stretch, what, scale, count);
  }
  for (const row of db
    .prepare('SELECT hour, count FROM action_hours WHERE hour BETWEEN ? AND ?')
    .all(first, last)) {
    const { hour, count } = actionHour.parse(row);
    const stretch = of(hour);
    if (stretch !== undefined) stretch.actions += count;
  }
  return all;
}

/** @param scale of what was healed: how long it took, as the power of two of its seconds */
export function addClosed(
  stretch: Pick<Stretch, 'closed' | 'healed'>,
  outcome: Outcome,
  scale: number,
  count: number,
): void {
  stretch.closed[outcome] += count;
  if (outcome === 'healed') stretch.healed.set(2 ** scale, (stretch.healed.get(2 ** scale) ?? 0) + count);
}

/** Within how many seconds half of them were healed, as a power of two; null where none was. */
export function medianWithin(healed: ReadonlyMap<number, number>): number | null {
  const sorted = [...healed].sort(([a], [b]) => a - b);
  const half = sorted.reduce((sum, [, count]) => sum + count, 0) / 2;
  let before = 0;
  for (const [seconds, count] of sorted) {
    before += count;
    if (before >= half) return seconds;
  }
  return null;
}
