import { Act, type Run } from './act.ts';
import { actionsAt, endedOtherwise } from './incident.ts';
import { firstGoodForGood } from './request-log.ts';
import { Instead } from './stage.ts';
import { alertFires, alertIsDelivered, assertActions, breakApi } from './trouble.ts';

const within = { acted: 15_000, healthy: 15_000, healed: 45_000 };
/** So many good requests in a row, one second of them, before the API counts as healthy again. */
const goodInARow = 10;

/** A restart heals it: every stage, in the order in which they happen. */
export async function playAct1(run: Run, seen: { act1?: Act }): Promise<void> {
  const act = await Act.begin(run, 1, 'the API breaks in a way that a restart heals');
  seen.act1 = act;
  await breakApi(act, false);
  await alertFires(act);
  await alertIsDelivered(act);
  await isActedOn(act);
  await isHealthy(act);
  await isHealed(act);
  assertActions(act, 1);
  act.endedAt = Date.now();
}

async function isActedOn(act: Act): Promise<void> {
  const { stages, sources } = act.run;
  const incident = await stages.reach({
    name: 'acted',
    awaited: 'the restart',
    withinMs: within.acted,
    ask: async () => {
      const incidents = await act.look();
      if (actionsAt(incidents).length > 0) return incidents.at(-1);
      const otherwise = endedOtherwise(incidents.at(-1), null);
      return otherwise ? new Instead(`the alert was delivered but not acted on: ${otherwise}`) : undefined;
    },
    missed: () =>
      `the alert was delivered but not acted on: ${act.incidents.at(-1)?.reason ?? 'no decision'}`,
    look: sources.look.incidents,
  });
  const restartAt = Math.min(...actionsAt([incident]));
  if (!incident.evidence.some(({ at, error }) => at <= restartAt && error === null))
    throw stages.failure('evidence', 'no evidence was kept before the restart', sources.look.incidents);
}

async function isHealthy(act: Act): Promise<void> {
  const { stages, prober } = act.run;
  const good = await stages.reach({
    name: 'healthy',
    awaited: 'requests to succeed again',
    withinMs: within.healthy,
    ask: async () => {
      await act.look();
      if (prober.goodInARow() < goodInARow) return undefined;
      return firstGoodForGood(prober.probes, act.beganAt, Date.now());
    },
    missed: () => 'the API was restarted but requests kept failing',
    look: prober.file,
  });
  act.line(good.answeredAt, 'prober', 'healthy again: no request failed after this one');
}

async function isHealed(act: Act): Promise<void> {
  const { stages, sources } = act.run;
  await stages.reach({
    name: 'healed',
    awaited: 'the proof that it helped',
    withinMs: within.healed,
    ask: async () => {
      const incident = (await act.look()).at(-1);
      if (incident?.outcome === 'healed') return incident;
      const otherwise = endedOtherwise(incident, 'healed');
      return otherwise ? new Instead(`the restart was not proven to have helped: ${otherwise}`) : undefined;
    },
    missed: () => 'the restart was not proven to have helped',
    look: sources.look.incidents,
  });
}
