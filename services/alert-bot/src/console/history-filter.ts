import { z } from 'zod';
import { type Instant, parseDuration } from '../domain/duration.ts';
import { OUTCOMES, STATUSES } from '../domain/incident.ts';
import { REASONS } from '../domain/reason.ts';
import { HttpError } from '../http/errors.ts';
import { shorten, strict } from '../http/input.ts';
import type { HistoryFilter } from '../store/history.ts';
import type { DrawnFilter } from '../store/matching-hours.ts';
import { inUtc } from './forms.ts';

export const SPANS = ['1h', '24h', '7d', '30d', '90d', '1y'] as const;

const allReasons = [...new Set(Object.values(REASONS).flat())];
/** What the form sends for a field that is left as it is. */
const empty = z.literal('').transform(() => undefined);
const choice = <const T extends readonly [string, ...string[]]>(of: T) =>
  z.union([empty, z.enum(of, { error: `one of ${of.join(', ')}` })]).optional();
const text = z.union([empty, z.string().max(500, 'at most 500 characters')]).optional();
/** Beyond these a length added or taken away is no date any more. */
const EARLIEST = 0;
const LATEST = Date.UTC(9999, 11, 31);
const time = z
  .union([
    empty,
    z.string().transform((written, context) => {
      const at = Date.parse(inUtc(written));
      const isTime = at >= EARLIEST && at <= LATEST;
      if (isTime) return at;
      const why = Number.isNaN(at) ? 'is no time' : 'is not between 1970 and 9999';
      context.addIssue({ code: 'custom', message: `"${shorten(written)}" ${why}: write 2026-01-31T12:00` });
      return z.NEVER;
    }),
  ])
  .optional();

const shape = strict({
  since: choice(SPANS),
  from: time,
  to: time,
  service: text,
  playbook: text,
  target: text,
  severity: text,
  status: choice(['open', ...STATUSES]),
  outcome: choice(OUTCOMES),
  reason: z
    .union([empty, z.enum(allReasons, { error: 'a reason as an incident shows it, such as cooldown' })])
    .optional(),
  before: z
    .union([
      empty,
      z
        .string()
        .regex(/^[1-9]\d{0,14}$/, 'an incident number')
        .transform(Number),
    ])
    .optional(),
});

export type HistoryQuery = z.output<typeof shape>;

/** What the form of the history asks for. @throws HttpError that names the field */
export function readQuery(query: Readonly<Record<string, string>>): HistoryQuery {
  const parsed = shape.safeParse(query);
  if (parsed.success) {
    const { from, to } = parsed.data;
    if (from !== undefined && to !== undefined && to <= from)
      throw new HttpError('invalid', 'to: it ends before it begins: write one that is later than from', 'to');
    return parsed.data;
  }
  const [issue] = parsed.error.issues;
  const field = issue?.path.join('.') ?? 'query';
  // Of a union the message stands one level deeper.
  const why = issue?.code === 'invalid_union' ? issue.errors.flat().at(-1)?.message : issue?.message;
  throw new HttpError('invalid', `${field}: ${why ?? 'not understood'}`, field);
}

/** The time that is asked about; a week unless something else is said. */
export function windowOf({ since, from, to }: HistoryQuery, now: Instant): { from: Instant; to: Instant } {
  const end = to ?? now;
  return { from: from ?? end - (parseDuration(since ?? '7d') ?? 0), to: end };
}

/** What is asked for besides a time. */
export const drawnFilterOf = ({
  since: _,
  from: __,
  to: ___,
  before: ____,
  ...rest
}: HistoryQuery): DrawnFilter => rest;

/** Whether it is asked for more than a time. */
export const isNarrowed = (query: HistoryQuery): boolean =>
  Object.values(drawnFilterOf(query)).some((value) => value !== undefined);

export function filterOf(query: HistoryQuery, now: Instant): HistoryFilter {
  const { since: _, ...rest } = query;
  // What was opened in this very moment counts as well.
  const { from, to } = windowOf(query, now);
  return { ...rest, from, to: query.to === undefined ? undefined : to };
}
