import { Act, type Run } from './act.ts';
import { actionsAt, endedOtherwise } from './incident.ts';
import { type Handover, isLeftAlone } from './left-alone.ts';
import { target } from './sources.ts';
import { Instead } from './stage.ts';
import { alertFires, alertIsDelivered, assertActions, breakApi } from './trouble.ts';

const within = { quarantined: 75_000, escalated: 15_000 };
const escalation = 'RemediationEscalated';

/** It is broken for good: tries as often as the budget allows, stops, and calls a person. */
export async function playAct2(run: Run, seen: { act2?: Act; handover?: Handover }): Promise<void> {
  const act = await Act.begin(run, 2, 'the API breaks for good: every restart finds it broken');
  seen.act2 = act;
  await run.sources.reset('act 2 begins with a full budget');
  act.line(Date.now(), 'demo', `${target} reset, by demo: budget, cooldown and quarantine begin anew`);
  await breakApi(act, true);
  await alertFires(act);
  await alertIsDelivered(act);
  const handover = await isHandedOver(act);
  seen.handover = handover;
  await assertQuarantined(act, handover);
  await isEscalated(act, handover);
  await isLeftAlone(act, handover);
  assertActions(act, run.budget);
  act.endedAt = Date.now();
}

async function isHandedOver(act: Act): Promise<Handover> {
  const { stages, sources, budget } = act.run;
  return stages.reach({
    name: 'quarantined',
    awaited: 'the budget to be spent',
    withinMs: within.quarantined,
    ask: async () => {
      const incident = (await act.look()).at(-1);
      const told = incident?.escalations[0];
      const otherwise = endedOtherwise(incident, 'escalated');
      if (otherwise) return new Instead(`the API is broken for good, yet: ${otherwise}`);
      return told && { reason: told.reason, at: told.startsAt, escalated: false };
    },
    missed: () =>
      `the target was not quarantined, after ${actionsAt(act.incidents).length} of ${budget} attempts,`,
    look: sources.look.incidents,
  });
}

async function assertQuarantined(act: Act, { reason }: Handover): Promise<void> {
  const { stages, sources } = act.run;
  if (reason === 'quarantined' && (await sources.isQuarantined())) return;
  throw stages.failure(
    'quarantined',
    `it was handed over as ${reason}, not quarantined`,
    sources.look.incidents,
  );
}

async function isEscalated(act: Act, handover: Handover): Promise<void> {
  const { stages, sources, screen } = act.run;
  const { id } = await stages.reach({
    name: 'escalated',
    awaited: `${escalation} in Alertmanager`,
    withinMs: within.escalated,
    ask: async () => {
      const incident = (await act.look()).at(-1);
      const wanted = { alertname: escalation, incident: String(incident?.id) };
      return (await sources.isActive(wanted)) ? incident : undefined;
    },
    missed: () => `${escalation} did not become active in Alertmanager`,
    look: sources.look.alertmanager,
  });
  handover.escalated = true;
  screen.line(Date.now() - act.beganAt, 'Alertmanager', `${escalation} is active, for incident ${id}`);
}
