import { z } from 'zod';
import { standingOf } from '../decision/standing.ts';
import type { Deps } from '../deps.ts';
import { PlatformError } from '../domain/platform.ts';
import { MODES } from '../domain/playbook.ts';
import { readOptIn, type Target } from '../domain/target.ts';
import { allPauses, audit, currentPause, EVERYTHING } from '../store/controls.ts';
import { write } from '../store/db.ts';
import { addEvent } from '../store/events.ts';
import { incidentHistory } from '../store/history.ts';
import { openIncidentOf } from '../store/incidents.ts';
import { isKnownTarget, resetTarget, targetState } from '../store/targets.ts';
import { lookAtOnce } from '../store/waits.ts';
import { HttpError } from './errors.ts';
import { person, SAY_WHO, shorten, strict } from './input.ts';
import { NOTHING, type Register } from './operation.ts';
import { at, incidentShape, maybeAt, pauseShape } from './shapes.ts';
import { incidentView, iso, pauseView, time } from './view.ts';

const instanceShape = z.object({
  id: z.string(),
  name: z.string(),
  running: z.boolean(),
  createdAt: maybeAt,
  startedAt: maybeAt,
  finishedAt: maybeAt,
  restartCount: z.int(),
  exitCode: z.int().nullable(),
  atRest: z.string().nullable().meta({ description: 'Why it does not run, where somebody wants it so' }),
  health: z.enum(['none', 'starting', 'healthy', 'unhealthy']),
  healthDetail: z.string(),
});
const targetShape = z
  .object({
    id: z.string(),
    service: z.string(),
    optedIn: z.boolean(),
    invalidLabel: z.string().nullable(),
    mode: z.enum(MODES).nullable(),
    protectedBecause: z.string().nullable(),
    dependsOn: z.array(z.object({ id: z.string(), condition: z.enum(['started', 'healthy', 'completed']) })),
    quarantine: z.object({ until: maybeAt, timesInARow: z.int() }).nullable(),
    budgets: z.array(z.object({ per: z.number(), attempts: z.int(), left: z.int() })),
    resetAt: maybeAt,
    incident: z.int().nullable().meta({ description: 'The one that is open' }),
    instances: z.array(instanceShape),
    paused: pauseShape.nullable(),
  })
  .meta({ id: 'Target' });

/** How many incidents are told with a target; GET /incidents?target= has the others. */
const LATEST = 10;

/** What can be acted on, and the one thing that a person does to it. */
export function targetRoutes(deps: Deps, on: Register): void {
  const { db } = deps;

  on.get(
    {
      path: '/targets',
      name: 'listTargets',
      summary: 'What could be acted on, whether it may be, and what is left of its budgets',
      query: NOTHING,
      answer: z.object({
        paused: pauseShape.nullable(),
        pauses: z.array(pauseShape),
        targets: z.array(targetShape),
      }),
      problems: ['platform_unavailable'],
    },
    async () => {
      const targets = await listTargets(deps);
      const now = deps.now();
      const all = currentPause(db, now);
      return {
        paused: all === null ? null : pauseView(all),
        pauses: allPauses(db, now)
          .filter(({ scope }) => scope !== EVERYTHING)
          .map(pauseView),
        targets: targets.map((target) => targetView(deps, target)),
      };
    },
  );

  on.get(
    {
      path: '/targets/:id',
      name: 'getTarget',
      summary: 'One of them, with its latest incidents; `:id` percent-encoded: supervisor%3Aapi',
      query: NOTHING,
      answer: targetShape.extend({ incidents: z.array(incidentShape) }).meta({ id: 'TargetDetail' }),
      problems: ['not_found', 'platform_unavailable'],
    },
    async ({ part }) => {
      const id = part('id');
      const targets = await listTargets(deps);
      const target = targets.find((one) => one.id === id);
      if (target === undefined) throw noSuch(id, targets);
      const { incidents } = incidentHistory(db, { target: id }, LATEST);
      return { ...targetView(deps, target), incidents: incidents.map(incidentView) };
    },
  );

  on.post(
    {
      path: '/targets/:id/reset',
      name: 'resetTarget',
      summary: 'Ends a quarantine; budgets, cooldown and ladder begin anew',
      body: strict(person, SAY_WHO),
      answer: z.object({ target: z.string(), reset: at }),
      problems: ['not_found', 'log_unavailable', 'platform_unavailable'],
    },
    async ({ part, body: who, via }) => {
      const id = part('id');
      await assertKnown(deps, id);
      const now = deps.now();
      await write(db, () => {
        resetTarget(db, id, now);
        audit(db, who, 'reset', id, now, via);
        const incident = openIncidentOf(db, id);
        if (incident !== undefined)
          addEvent(db, incident.id, now, 'person', `${who.by} reset the target: ${who.why}`, { ...who });
        lookAtOnce(db, id, now);
      });
      deps.events.person(who.by, 'reset', id, who.why);
      deps.wake();
      return { target: id, reset: iso(now) };
    },
  );
}

async function listTargets(deps: Deps): Promise<readonly Target[]> {
  try {
    return await deps.platform.list();
  } catch (error) {
    if (error instanceof PlatformError) throw new HttpError('platform_unavailable', error.message);
    throw error;
  }
}

/** A typo must not make a row: the platform or the log has to know the target. */
async function assertKnown(deps: Deps, id: string): Promise<void> {
  if (isKnownTarget(deps.db, id)) return;
  const targets = await listTargets(deps);
  if (!targets.some((target) => target.id === id)) throw noSuch(id, targets);
}

const noSuch = (id: string, targets: readonly Target[]): HttpError => {
  const ids = targets.map((target) => target.id).join(', ') || 'none';
  return new HttpError('not_found', `there is no target ${shorten(id)}; there are: ${ids}`);
};

function targetView(deps: Deps, target: Target): z.output<typeof targetShape> {
  const now = deps.now();
  const { open, until, times, resetAt } = targetState(deps.db, target.id);
  const optIn = readOptIn(target.labels);
  const paused = allPauses(deps.db, now).find(({ scope }) => scope === `target:${target.id}`);
  return {
    id: target.id,
    service: target.service,
    optedIn: 'invalid' in optIn ? false : optIn.enabled,
    invalidLabel: 'invalid' in optIn ? optIn.invalid : null,
    mode: 'invalid' in optIn ? null : optIn.mode,
    protectedBecause: target.protectedBecause,
    dependsOn: [...target.dependsOn],
    quarantine: open ? { until: time(until), timesInARow: times } : null,
    budgets: [...standingOf(deps, target, now).budgets],
    resetAt: time(resetAt),
    incident: openIncidentOf(deps.db, target.id)?.id ?? null,
    instances: target.instances.map((instance) => ({
      ...instance,
      createdAt: time(instance.createdAt),
      startedAt: time(instance.startedAt),
      finishedAt: time(instance.finishedAt),
    })),
    paused: paused === undefined ? null : pauseView(paused),
  };
}
