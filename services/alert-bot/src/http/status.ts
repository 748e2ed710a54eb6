import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { STATUSES } from '../domain/incident.ts';
import { countQuestions } from '../store/approvals.ts';
import { allPauses, currentPause, EVERYTHING, heartbeatAt } from '../store/controls.ts';
import { countPages } from '../store/escalations.ts';
import { countByStatus } from '../store/incidents.ts';
import { NOTHING, type Register } from './operation.ts';
import { noteTexts, type Readiness } from './ops.ts';
import { overall, type Seen, STATES } from './overall.ts';
import { at, maybeAt, pauseShape } from './shapes.ts';
import { stormNow, stormShape } from './storm.ts';
import { iso, pauseView, time } from './view.ts';

export const statusShape = z
  .object({
    now: at,
    state: z.enum(STATES),
    sentence: z.string(),
    incidents: z.partialRecord(z.enum(STATUSES), z.int()).meta({ description: 'How many of each status' }),
    questions: z.int().meta({ description: 'GET /approvals?open=true lists them' }),
    pages: z.int().meta({ description: 'Incidents with a page that nobody has acknowledged' }),
    storm: stormShape.nullable(),
    paused: pauseShape.nullable(),
    pauses: z.array(pauseShape),
    heartbeat: z.object({ lastAt: maybeAt }),
    ready: z.boolean(),
    problems: z.array(z.string()),
    notes: z.array(z.string()),
  })
  .meta({ id: 'Status' });
export type StatusNow = z.output<typeof statusShape>;

/** What the sentence about the whole is made of; a few rows. */
export function seenNow(deps: Pick<Deps, 'db' | 'now' | 'playbooks'>, readiness: Readiness): Seen {
  const { db } = deps;
  const now = deps.now();
  const storm = stormNow(deps);
  const pause = currentPause(db, now);
  return {
    now,
    problems: readiness.problems(),
    counts: Object.fromEntries(countByStatus(db).map(({ status, count }) => [status, count])),
    questions: countQuestions(db),
    pages: countPages(db),
    paused: pause === null ? null : { by: pause.by, until: pause.until },
    otherPauses: allPauses(db, now).filter(({ scope }) => scope !== EVERYTHING).length,
    storm: storm === null ? null : { phase: storm.phase, incidents: storm.incidents },
    heartbeatAt: heartbeatAt(db),
  };
}

/** How the whole stands now, in one sentence and with the figures behind it. Asks nobody outside. */
export function statusNow(deps: Pick<Deps, 'db' | 'now' | 'playbooks'>, readiness: Readiness): StatusNow {
  const { db } = deps;
  const seen = seenNow(deps, readiness);
  const { now, counts, questions, pages, problems } = seen;
  const pause = currentPause(db, now);
  return {
    now: iso(now),
    ...overall(seen),
    incidents: { ...counts },
    ...{ questions, pages, storm: stormNow(deps) },
    paused: pause === null ? null : pauseView(pause),
    pauses: allPauses(db, now).map(pauseView),
    heartbeat: { lastAt: time(seen.heartbeatAt || null) },
    ready: problems.length === 0,
    problems: [...problems],
    notes: noteTexts(readiness),
  };
}

export function statusRoute(deps: Deps, readiness: Readiness, on: Register): void {
  on.get(
    {
      path: '/status',
      name: 'getStatus',
      summary: 'The whole in one sentence, and the figures behind it',
      query: NOTHING,
      answer: statusShape,
    },
    () => statusNow(deps, readiness),
  );
}
