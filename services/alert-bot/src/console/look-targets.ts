import { standingOf } from '../decision/standing.ts';
import type { Deps } from '../deps.ts';
import { PlatformError } from '../domain/platform.ts';
import type { Target } from '../domain/target.ts';
import { allPauses, currentPause } from '../store/controls.ts';
import { openIncidentOf } from '../store/incidents.ts';
import { targetState } from '../store/targets.ts';
import type { TargetsView } from './targets-page.ts';

/** Everything that the platform runs, with what the log knows of each. */
export async function lookAtTargets(
  deps: Pick<Deps, 'db' | 'now' | 'platform' | 'playbooks'>,
): Promise<TargetsView> {
  const { db } = deps;
  const now = deps.now();
  const pauses = allPauses(db, now);
  const { targets, trouble } = await list(deps);
  return {
    now,
    trouble,
    paused: currentPause(db, now),
    rows: targets.map((target) => {
      return {
        target,
        state: targetState(db, target.id),
        budgets: standingOf(deps, target, now).budgets,
        paused: pauses.find(({ scope }) => scope === `target:${target.id}`) ?? null,
        incident: openIncidentOf(db, target.id)?.id ?? null,
      };
    }),
  };
}

async function list({
  platform,
}: Pick<Deps, 'platform'>): Promise<{ targets: readonly Target[]; trouble: string | null }> {
  try {
    return { targets: await platform.list(), trouble: null };
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error;
    return { targets: [], trouble: `The platform does not say what it runs: ${error.message}.` };
  }
}
