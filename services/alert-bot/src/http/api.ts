import { Hono } from 'hono';
import { z } from 'zod';
import { standingOf } from '../decision/standing.ts';
import type { Deps } from '../deps.ts';
import { STATUSES } from '../domain/incident.ts';
import { PlatformError } from '../domain/platform.ts';
import { readOptIn, type Target } from '../domain/target.ts';
import { allPauses, audit, currentPause, EVERYTHING } from '../store/controls.ts';
import { write } from '../store/db.ts';
import { addEvent, eventsAfter, lastEvent } from '../store/events.ts';
import { listIncidents, openIncidentOf } from '../store/incidents.ts';
import { knownTargets, resetTarget, targetState } from '../store/targets.ts';
import { lookAtOnce } from '../store/waits.ts';
import { acknowledgeRoute } from './acknowledge.ts';
import { answerRoutes } from './answers.ts';
import { HttpError } from './errors.ts';
import { numberFrom, parse, person, readJson, SAY_WHO, strict } from './input.ts';
import { pauseRoutes } from './pauses.ts';
import { simulateRoute } from './simulate.ts';
import { stormRoute } from './storm.ts';
import { incidentDetail, incidentView, knownIncident, pauseView } from './view.ts';

const personShape = strict(person, SAY_WHO);

const INCIDENT = 'an incident number';
const LIMIT = 'a number from 1 to 500';
const listShape = strict({
  status: z.enum(STATUSES, { error: `one of ${STATUSES.join(', ')}` }).optional(),
  target: z.string().optional(),
  before: z.coerce.number({ error: INCIDENT }).int(INCIDENT).positive(INCIDENT).optional(),
  limit: z.coerce.number({ error: LIMIT }).int(LIMIT).min(1, LIMIT).max(500, LIMIT).default(50),
});

const AFTER = 'the id of an event, or 0 for the first';
const eventsShape = strict({
  after: numberFrom(AFTER, 0, Number.MAX_SAFE_INTEGER).optional(),
  limit: numberFrom(LIMIT, 1, 500).default(200),
});

/** What people ask and do, behind the admin token. */
export function apiRoutes(deps: Deps): Hono {
  const { db } = deps;
  const app = new Hono();

  app.get('/incidents', (c) => {
    const { limit, ...filter } = parse(listShape, c.req.query(), '(query)');
    return c.json({ incidents: listIncidents(db, filter, limit).map(incidentView) });
  });

  app.get('/incidents/:id', (c) => {
    const incident = knownIncident(db, c.req.param('id'));
    return c.json(incidentDetail(db, incident));
  });

  app.get('/targets', async (c) => {
    const targets = await list(deps);
    const now = deps.now();
    const pauses = allPauses(db, now).filter(({ scope }) => scope !== EVERYTHING);
    return c.json({
      paused: pauseView(currentPause(db, now)),
      pauses: pauses.map(pauseView),
      targets: targets.map((t) => ({
        ...targetView(deps, t),
        paused: pauseView(pauses.find(({ scope }) => scope === `target:${t.id}`) ?? null),
      })),
    });
  });

  app.post('/targets/:id/reset', async (c) => {
    const id = c.req.param('id');
    const who = parse(personShape, await readJson(c.req.raw));
    await assertKnown(deps, id);
    const now = deps.now();
    await write(db, () => {
      resetTarget(db, id, now);
      audit(db, who, 'reset', id, now);
      const incident = openIncidentOf(db, id);
      if (incident !== undefined)
        addEvent(db, incident.id, now, 'person', `${who.by} reset the target: ${who.why}`, { ...who });
      lookAtOnce(db, id, now);
    });
    deps.events.person(who.by, 'reset', id, who.why);
    deps.wake();
    return c.json({ target: id, reset: new Date(now).toISOString() });
  });

  app.get('/events', (c) => {
    const { after, limit } = parse(eventsShape, c.req.query(), '(query)');
    const last = lastEvent(db);
    const events = after === undefined ? [] : eventsAfter(db, after, limit);
    return c.json({
      events: events.map((event) => ({ ...event, at: new Date(event.at).toISOString() })),
      last,
    });
  });

  app.route('/', acknowledgeRoute(deps));
  app.route('/', answerRoutes(deps));
  app.route('/', pauseRoutes(deps));
  app.route('/', stormRoute(deps));
  app.route('/', simulateRoute(deps));
  return app;
}

async function list(deps: Deps): Promise<readonly Target[]> {
  try {
    return await deps.platform.list();
  } catch (error) {
    if (error instanceof PlatformError) throw new HttpError('platform_unavailable', error.message);
    throw error;
  }
}

/** A typo must not make a row: the platform or the log has to know the target. */
async function assertKnown(deps: Deps, id: string): Promise<void> {
  if (knownTargets(deps.db).includes(id)) return;
  const ids = (await list(deps)).map((target) => target.id);
  if (!ids.includes(id))
    throw new HttpError('not_found', `there is no target ${id}; there are: ${ids.join(', ') || 'none'}`);
}

function targetView(deps: Deps, target: Target) {
  const { open, until, times, resetAt } = targetState(deps.db, target.id);
  const optIn = readOptIn(target.labels);
  return {
    id: target.id,
    service: target.service,
    optedIn: 'invalid' in optIn ? false : optIn.enabled,
    invalidLabel: 'invalid' in optIn ? optIn.invalid : null,
    mode: 'invalid' in optIn ? null : optIn.mode,
    protectedBecause: target.protectedBecause,
    quarantine: open
      ? { until: until === null ? null : new Date(until).toISOString(), timesInARow: times }
      : null,
    budgets: standingOf(deps, target, deps.now()).budgets,
    resetAt: resetAt === null ? null : new Date(resetAt).toISOString(),
    incident: openIncidentOf(deps.db, target.id)?.id ?? null,
    instances: target.instances.map((instance) => ({
      ...instance,
      startedAt: instance.startedAt === null ? null : new Date(instance.startedAt).toISOString(),
      finishedAt: instance.finishedAt === null ? null : new Date(instance.finishedAt).toISOString(),
    })),
  };
}
