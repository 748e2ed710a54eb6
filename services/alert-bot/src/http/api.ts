import type { Hono } from 'hono';
import type { Apart } from '../apart/apart.ts';
import type { Deps } from '../deps.ts';
import { acknowledgeRoute } from './acknowledge.ts';
import { answerRoutes } from './answers.ts';
import { eventRoutes } from './events.ts';
import { incidentRoutes } from './incidents.ts';
import { createOperations, type Operation, type Passed } from './operation.ts';
import type { Readiness } from './ops.ts';
import { pauseRoutes } from './pauses.ts';
import { playbookRoutes } from './playbooks.ts';
import { replayRoute } from './replay.ts';
import { reportRoute } from './report.ts';
import { simulateRoute } from './simulate.ts';
import { statsRoute } from './stats.ts';
import { statusRoute } from './status.ts';
import { stormRoute } from './storm.ts';
import { targetRoutes } from './targets.ts';

/** What people ask and do, behind the admin token, and the description of each. */
export function createApi(
  deps: Deps,
  readiness: Readiness,
  { counts, replays }: Apart,
): { app: Hono<Passed>; operations: readonly Operation[] } {
  const { app, operations, on } = createOperations();
  statusRoute(deps, readiness, on);
  incidentRoutes(deps, on);
  acknowledgeRoute(deps, on);
  answerRoutes(deps, on);
  eventRoutes(deps, on);
  targetRoutes(deps, on);
  playbookRoutes(deps, on);
  pauseRoutes(deps, on);
  stormRoute(deps, on);
  simulateRoute(deps, on);
  replayRoute(replays, on);
  statsRoute(deps, counts, on);
  reportRoute(deps, on);
  return { app, operations };
}
