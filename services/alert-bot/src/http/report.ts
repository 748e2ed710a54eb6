import { z } from 'zod';
import type { Deps } from '../deps.ts';
import type { Millis } from '../domain/duration.ts';
import { gatherReport } from '../report/gather.ts';
import { reportAnswer, reportShape } from '../report/report.ts';
import { standingsNow } from '../report/standings.ts';
import { HttpError } from './errors.ts';
import { strict, time } from './input.ts';
import type { Register } from './operation.ts';

const DAY: Millis = 24 * 3_600_000;
/** What is older is rather asked for in parts, or of a copy of the log. */
const AT_MOST = 31 * DAY;

/** What was healed, comes back, waits and was left alone in a time. */
export function reportRoute(deps: Deps, on: Register): void {
  on.get(
    {
      path: '/report',
      name: 'getReport',
      summary:
        'What was healed, comes back, waits for a person, was held or left alone; of the last day if no time is given',
      query: strict({ from: time.optional(), to: time.optional() }),
      answer: reportAnswer,
    },
    async ({ query }) => {
      const to = query.to ?? deps.now();
      // Nothing is older, and what is before the year 0 has no ISO 8601 that a client reads.
      const from = Math.max(0, query.from ?? to - DAY);
      if (to <= from) throw new HttpError('invalid', 'to: it is not after "from"', 'to');
      if (to - from > AT_MOST)
        throw new HttpError(
          'invalid',
          'from: a report tells of 31 days at most; ask for them in parts',
          'from',
        );
      const report = await gatherReport({ ...deps, standings: () => standingsNow(deps) }, { from, to });
      return z.encode(reportShape, report);
    },
  );
}
