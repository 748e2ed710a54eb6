import { z } from 'zod';
import type { Counts } from '../apart/count.ts';
import type { Deps } from '../deps.ts';
import type { Millis } from '../domain/duration.ts';
import { OUTCOMES } from '../domain/incident.ts';
import { medianWithin, type Stretch, spanOf, stretches } from '../store/hours.ts';
import { HttpError } from './errors.ts';
import { incidentFilter } from './incident-filter.ts';
import { strict, time } from './input.ts';
import type { Register } from './operation.ts';
import { at } from './shapes.ts';
import { iso } from './view.ts';

const HOUR: Millis = 3_600_000;
const DAY: Millis = 24 * HOUR;
/** How many hours each part has. */
const HOURS = { hour: 1, day: 24 } as const;
/** Of each hour there are some rows: more of them would hold up everything else for too long. */
const LONGEST: Millis = 100 * DAY;

const partShape = z.object({
  from: at,
  opened: z.int(),
  closed: z.record(z.enum(OUTCOMES), z.int()),
  actions: z.int().meta({ description: 'Calls to the platform' }),
  halfHealedWithinSeconds: z
    .number()
    .nullable()
    .meta({ description: 'A power of two; null where none was healed' }),
});

const REFUSED = {
  busy: new HttpError('overloaded', 'too many questions are being counted already: ask again in a moment'),
  too_long: new HttpError(
    'too_long',
    'it took too long to count, and was given up: ask for a shorter time, or by target, service or playbook, which is quickest',
  ),
};

/**
 * What happened when, for charts. All of it was counted as it happened; what is asked for by a filter is read from the
 * incidents, in the thread that counts for the console too.
 */
export function statsRoute({ db, now }: Deps, counts: Counts, on: Register): void {
  on.get(
    {
      path: '/stats',
      name: 'getStats',
      summary:
        'Incidents, actions and time to heal by hour or day; the last day or 30 days if no time is given. ' +
        'With a filter: of the incidents that match now and that the log still has',
      query: strict({
        from: time.optional(),
        to: time.optional(),
        by: z.enum(['hour', 'day'], { error: 'hour or day' }).default('hour'),
        ...incidentFilter,
      }),
      answer: z.object({
        by: z.enum(['hour', 'day']),
        parts: z.array(partShape).meta({ description: 'Each there, also where nothing happened' }),
      }),
      problems: ['overloaded', 'too_long'],
    },
    async ({ query: { by, from: since, to: until, ...filter } }) => {
      const to = until ?? now();
      // Nothing is older, and what is before the year 0 has no ISO 8601 that a client reads.
      const from = Math.max(0, since ?? to - (by === 'hour' ? DAY : 30 * DAY));
      if (to <= from) throw new HttpError('invalid', 'to: it is not after "from"', 'to');
      if (to - from > LONGEST)
        throw new HttpError('invalid', 'from: over 100 days are too many; ask for a shorter time', 'from');
      // Days begin at midnight; what begins at `to` is not asked for.
      const first = by === 'day' ? Math.floor(from / DAY) * DAY : from;
      if (Object.values(filter).every((value) => value === undefined))
        return { by, parts: stretches(db, first, to - 1, HOURS[by]).map(partOf) };
      const result = await counts.count({ filter, span: spanOf(first, to - 1, HOURS[by]) });
      if ('refused' in result) throw REFUSED[result.refused];
      return { by, parts: result.stretches.map(partOf) };
    },
  );
}

const partOf = ({ from, opened, closed, actions, healed }: Stretch) => ({
  ...{ from: iso(from), opened, closed, actions },
  halfHealedWithinSeconds: medianWithin(healed),
});
