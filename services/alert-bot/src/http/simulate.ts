import { z } from 'zod';
import { type Simulation, simulate } from '../decision/simulate.ts';
import type { Deps } from '../deps.ts';
import { explain } from '../domain/reason.ts';
import { PayloadError, parsePayload, simulatedShape } from '../intake/payload.ts';
import { ALERT_OUTCOMES } from '../store/deliveries.ts';
import { HttpError } from './errors.ts';
import type { Register } from './operation.ts';
import { choice, facts, incidentShape } from './shapes.ts';
import { time } from './view.ts';

/** More at once would hold up what is real. */
const AT_MOST = 100;

const labels = z.record(z.string(), z.string());
const { id, status, outcome, target, playbook } = incidentShape.shape;
const simulationShape = z
  .object({
    alert: labels,
    outcome: z.enum(ALERT_OUTCOMES),
    note: z.string().nullable(),
    incident: z.object({ id, status, outcome }).nullable(),
    target,
    playbook,
    decision: z.object(choice).nullable(),
    next: z.array(z.string()),
    facts: facts.nullable(),
  })
  .meta({ id: 'Simulation' });

/** What is answered to a simulation. */
export const simulationsShape = z.object({
  simulations: z.array(simulationShape),
  rejected: z.array(z.object({ index: z.int(), field: z.string(), message: z.string() })),
});

/** The decision about an alert as it would be now, every guard's answer, the facts. Writes nothing. */
export function simulateRoute(deps: Deps, on: Register): void {
  on.postText(
    {
      path: '/simulate',
      name: 'simulate',
      summary: 'What would be decided about alerts now; nothing is written',
      body: simulatedShape,
      answer: simulationsShape,
    },
    async ({ body }) => {
      const { alerts, rejected } = read(body, deps.now());
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
        alert: { ...alerts[i]?.alert.labels },
        ...simulationView(one),
      }));
      return { simulations: views, rejected };
    },
  );
}

function read(body: string, now: number) {
  try {
    return parsePayload(body, now);
  } catch (error) {
    if (error instanceof PayloadError) throw new HttpError('invalid', error.message, error.field);
    throw error;
  }
}

function simulationView({
  outcome,
  incident,
  decided,
  note,
}: Simulation): Omit<z.output<typeof simulationShape>, 'alert'> {
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
            also: [...decided.decision.also],
            guards: [...decided.decision.guards],
            until: decided.decision.kind === 'defer' ? time(decided.decision.until) : null,
            explanation: explain(decided.decision.reason),
          },
    next: [...(decided?.next ?? [])],
    facts: decided === null ? null : { ...decided.facts },
  };
}
