import { z } from 'zod';
import type { Deps } from '../deps.ts';
import type { Millis } from '../domain/duration.ts';
import { OUTCOMES } from '../domain/incident.ts';
import { medianWithin, stretches } from '../store/hours.ts';
import { HttpError } from './errors.ts';
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

/** What happened when, for charts. */
export function statsRoute({ db, now }: Deps, on: Register): void {
  on.get(
    {
      path: '/stats',
      name: 'getStats',
      summary:
        'Incidents, actions and time to heal by hour or day; the last day or 30 days if no time is given',
      query: strict({
        from: time.optional(),
        to: time.optional(),
        by: z.enum(['hour', 'day'], { error: 'hour or day' }).default('hour'),
      }),
      answer: z.object({
        by: z.enum(['hour', 'day']),
        parts: z.array(partShape).meta({ description: 'Each there, also where nothing happened' }),
      }),
    },
    ({ query: { by, ...asked } }) => {
      const to = asked.to ?? now();
      // Nothing is older, and what is before the year 0 has no ISO 8601 that a client reads.
      const from = Math.max(0, asked.from ?? to - (by === 'hour' ? DAY : 30 * DAY));
      if (to <= from) throw new HttpError('invalid', 'to: it is not after "from"', 'to');
      if (to - from > LONGEST)
        throw new HttpError('invalid', 'from: over 100 days are too many; ask for a shorter time', 'from');
      // Days begin at midnight; what begins at `to` is not asked for.
      const first = by === 'day' ? Math.floor(from / DAY) * DAY : from;
      const parts = stretches(db, first, to - 1, HOURS[by]).map((stretch) => ({
        from: iso(stretch.from),
        opened: stretch.opened,
        closed: stretch.closed,
        actions: stretch.actions,
        halfHealedWithinSeconds: medianWithin(stretch.healed),
      }));
      return { by, parts };
    },
  );
}
