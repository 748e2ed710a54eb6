import { Act, type Run } from './act.ts';
import { actionsAt } from './incident.ts';
import { type RecordEntry, target } from './sources.ts';
import { Instead } from './stage.ts';

const within = { quarantined: 75_000, escalated: 15_000, watched: 20_000 };
export const escalation = 'RemediationEscalated';

/** What only the second act finds out. */
export type Handover = {
  reason: string;
  /** When the bot handed the target to a person. */
  at: number;
  escalated: boolean;
};

/** It is broken for good: tries as often as the budget allows, stops, and calls a person. */
export async function playAct2(run: Run, seen: { act2?: Act; handover?: Handover }): Promise<void> {
  const act = await Act.begin(run, 2, 'the API breaks for good: every restart finds it broken');
  seen.act2 = act;
  await run.sources.reset('act 2 begins with a full budget');
  act.line(Date.now(), 'demo', `${target} reset, by demo: budget, cooldown and quarantine begin anew`);
  await act.breakApi(true);
  await act.alertFires();
  await act.delivered();
  const handover = await isQuarantined(act);
  seen.handover = handover;
  await isEscalated(act, handover);
  await isLeftAlone(act, handover);
  act.actions(run.budget);
  act.endedAt = Date.now();
}

async function isQuarantined(act: Act): Promise<Handover> {
  const { stages, sources, budget } = act.run;
  const handover = await stages.reach({
    name: 'quarantined',
    awaited: 'the budget to be spent',
    withinMs: within.quarantined,
    ask: async () => {
      const incident = (await act.look()).at(-1);
      const told = incident?.escalations[0];
      const otherwise = act.unless(incident, 'escalated');
      if (otherwise) return new Instead(`the API is broken for good, yet: ${otherwise.what}`);
      return told && { reason: told.reason, at: told.startsAt, escalated: false };
    },
    missed: () =>
      `the target was not quarantined, after ${actionsAt(act.incidents).length} of ${budget} attempts,`,
    look: `incident log ${sources.places.incidents}`,
  });
  const look = `incident log ${sources.places.incidents}`;
  if (handover.reason !== 'quarantined' || !(await sources.isQuarantined()))
    throw stages.failure('quarantined', `it was handed over as ${handover.reason}, not quarantined`, look);
  return handover;
}

async function isEscalated(act: Act, handover: Handover): Promise<void> {
  const { stages, sources, screen } = act.run;
  const { id } = await stages.reach({
    name: 'escalated',
    awaited: `${escalation} in Alertmanager`,
    withinMs: within.escalated,
    ask: async () => {
      const incident = (await act.look()).at(-1);
      return incident && (await sources.isActive(escalation, incident.id)) ? incident : undefined;
    },
    missed: () => `${escalation} did not become active in Alertmanager`,
    look: `Alertmanager ${sources.places.alertmanagerAlerts}`,
  });
  handover.escalated = true;
  screen.line(Date.now() - act.beganAt, 'Alertmanager', `${escalation} is active, for incident ${id}`);
}

/** It goes on failing, and nobody touches it. */
async function isLeftAlone(act: Act, handover: Handover): Promise<void> {
  const { stages, sources, prober } = act.run;
  const seconds = within.watched / 1000;
  const beganAt = Date.now();
  act.line(beganAt, 'demo', `watches for ${seconds} s: it goes on failing, and nothing is restarted`);
  const failed = await stages.reach({
    name: 'left_alone',
    awaited: `${seconds} s without another restart`,
    withinMs: within.watched + 10_000,
    ask: async () => {
      await act.look();
      const touched = afterHandover(act, handover);
      if (touched.length > 0)
        return new Instead(
          `the API was touched in quarantine: ${touched.map(({ event }) => event).join(', ')}`,
        );
      const probes = prober.probes.filter(({ sentAt }) => sentAt >= beganAt);
      if (probes.some(({ good }) => good))
        return new Instead('the API answers again, though it is broken for good');
      return Date.now() - beganAt < within.watched ? undefined : { requests: probes.length };
    },
    missed: () => 'the watch did not come to its end',
    look: `supervisor's record ${sources.places.record}; ${prober.file}`,
  });
  act.line(Date.now(), 'supervisor', `no start, no stop since then; all ${failed.requests} requests failed`);
}

/** What the supervisor recorded since the target was handed over. */
export function afterHandover(act: Act, { at }: Handover): RecordEntry[] {
  return act.record.filter((entry) => entry.at > at);
}
