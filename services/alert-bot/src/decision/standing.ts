import type { Deps } from '../deps.ts';
import type { Instant, Millis } from '../domain/duration.ts';
import { PlatformError } from '../domain/platform.ts';
import { type OptIn, readOptIn, type Target, type TargetId } from '../domain/target.ts';
import { type BudgetLeft, budgetsLeft } from '../policy/limits.ts';
import { attemptFacts } from '../store/attempts.ts';
import { targetState } from '../store/targets.ts';
import { mayBeActedOn } from './fleet.ts';

/** What may still be done to a target. */
export interface Standing {
  id: TargetId;
  quarantined: boolean;
  budgets: readonly BudgetLeft[];
}

type Asked = Pick<Deps, 'db' | 'playbooks'> & { platform: Pick<Deps['platform'], 'targetId'> };

/** How a target stands: its circuit, and what is left of the budgets of every playbook that may act on it. */
export function standingOf(deps: Asked, { id, labels }: Target, now: Instant): Standing {
  const { open, resetAt } = targetState(deps.db, id);
  const optIn = readOptIn(labels);
  const own: Pick<OptIn, 'budget' | 'playbooks'> =
    'invalid' in optIn ? { budget: null, playbooks: [] } : optIn;
  const allowed = deps
    .playbooks()
    .playbooks.filter(
      ({ name, service }) => (own.playbooks?.includes(name) ?? true) && mayName(deps, service, id),
    );
  const budgets = [
    ...allowed.flatMap(({ limits }) => limits.budgets),
    ...(own.budget === null || allowed.length === 0 ? [] : [own.budget]),
  ];
  return {
    id,
    quarantined: open,
    budgets: budgetsLeft(budgets, attemptFacts(deps.db, id, resetAt ?? 0), now),
  };
}

/** A playbook that takes its target's name from a label may name any. */
const mayName = ({ platform }: Asked, service: string, id: TargetId): boolean =>
  service.includes('{{') || platform.targetId(service) === id;

/** A scrape must neither fail nor wait for a platform that is away. */
const LIST_WITHIN: Millis = 1_000;

/**
 * The standings of every target that may be acted on, for each scrape. Where the platform does not say in time which those are,
 * they are the ones that it said last.
 */
export function createStandings(
  deps: Asked & Pick<Deps, 'now' | 'sleep' | 'breathe'> & { platform: Pick<Deps['platform'], 'list'> },
): () => Promise<Standing[]> {
  let last: readonly Target[] = [];
  const ask = async (): Promise<void> => {
    try {
      last = (await deps.platform.list()).filter(mayBeActedOn);
    } catch (error) {
      if (!(error instanceof PlatformError)) throw error;
    }
  };
  return async () => {
    const enough = new AbortController();
    const late = deps.sleep(LIST_WITHIN, enough.signal).catch(() => undefined);
    await Promise.race([ask(), late]).finally(() => enough.abort());
    const standings: Standing[] = [];
    for (const target of last) {
      await deps.breathe();
      standings.push(standingOf(deps, target, deps.now()));
    }
    return standings;
  };
}
