import { Hono } from 'hono';
import { type Simulation, simulate } from '../decision/simulate.ts';
import type { Deps } from '../deps.ts';
import { explain } from '../domain/reason.ts';
import { PayloadError, parsePayload } from '../intake/payload.ts';
import { HttpError } from './errors.ts';
import { time } from './view.ts';

/** More at once would hold up what is real. */
const AT_MOST = 100;

/** `POST /simulate`: the decision about an alert as it would be now, every guard's answer, the facts. Writes nothing. */
export function simulateRoute(deps: Deps): Hono {
  const app = new Hono();
  app.post('/simulate', async (c) => {
    const { alerts, rejected } = read(await c.req.text(), deps.now());
    const [first] = rejected;
    if (alerts.length === 0 && first !== undefined)
      throw new HttpError('invalid', first.message, first.field);
    if (alerts.length === 0)
      throw new HttpError('invalid', 'alerts: there is none; send one or more', 'alerts');
    if (alerts.length > AT_MOST)
      throw new HttpError(
        'invalid',
        `alerts: ${alerts.length} are too many; send at most ${AT_MOST}`,
        'alerts',
      );
    const simulations = await simulate(
      deps,
      alerts.map(({ alert }) => alert),
    );
    const views = simulations.map((one, i) => ({
      alert: alerts[i]?.alert.labels ?? {},
      ...simulationView(one),
    }));
    return c.json({ simulations: views, rejected });
  });
  return app;
}

function read(body: string, now: number) {
  try {
    return parsePayload(body, now);
  } catch (error) {
    if (error instanceof PayloadError) throw new HttpError('invalid', error.message, error.field);
    throw error;
  }
}

function simulationView({ outcome, incident, decided, note }: Simulation) {
  return {
    outcome,
    note,
    incident:
      incident === null || outcome === 'new'
        ? null
        : { id: incident.id, status: incident.status, outcome: incident.outcome },
    target: incident?.target ?? null,
    playbook: incident?.playbook ?? null,
    decision:
      decided === null
        ? null
        : {
            ...decided.decision,
            until: decided.decision.kind === 'defer' ? time(decided.decision.until) : null,
            explanation: explain(decided.decision.reason),
          },
    next: decided?.next ?? [],
    facts: decided?.facts ?? null,
  };
}
