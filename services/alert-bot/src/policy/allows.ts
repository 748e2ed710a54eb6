import type { GuardAnswer } from '../domain/decision.ts';
import { formatDuration, type Instant } from '../domain/duration.ts';
import type { Facts } from '../domain/facts.ts';
import type { Budget } from '../domain/playbook.ts';
import type { Blocked } from './block.ts';
import { ownAttempts } from './ladder.ts';

/** What a guard says where it allows: the numbers behind it. null where it was not asked. */
type Says = (facts: Facts, now: Instant) => string | null;

/** Asked of every alert that a playbook matches, whatever its target. */
const ALWAYS: Readonly<Record<string, Says>> = {
  playbook: ({ playbook }) => playbook && `${playbook.name} matches, its mode is ${playbook.mode}`,
  protected: ({ target }) => (target.found === 'one' ? 'nothing that the bot needs' : null),
  opt_in: ({ target }) =>
    target.found === 'one' && 'enabled' in target.optIn ? 'alert-bot.enable="true"' : null,
  alertmanager: ({ alert }) => (alert.state === 'firing' ? alert.detail : null),
  pause: () => 'no pause holds',
  maintenance: () => 'no window is open',
  clock: () => 'the clock is steady',
  storm: ({ storm }) => (storm === null ? 'there is none' : 'its turn has come'),
};

/** Asked where there is one target that may be touched. */
const OF_TARGET: Readonly<Record<string, Says>> = {
  target: ({ target }) => (target.found === 'one' ? target.id : null),
  at_rest: () => 'nobody stopped it',
  change: ({ replicas }) =>
    replicas.length === 0 ? null : `nobody else started any of ${replicas.length} since the trouble began`,
  dependencies: ({ dependencies: { all } }) =>
    all.length === 0
      ? 'it depends on nothing'
      : all.map(({ id, inCycle }) => `${id} ${inCycle ? 'depends on it in turn' : 'is well'}`).join(', '),
  handed_over: () => 'no person has it',
  quarantine: ({ circuit }) => (circuit.open ? 'over: a trial is due' : 'the circuit is closed'),
  budget: ({ playbook, target, attempts }, now) => {
    const own = target.found === 'one' && 'budget' in target.optIn ? target.optIn.budget : null;
    const budgets: Budget[] = [...(playbook?.limits.budgets ?? []), ...(own === null ? [] : [own])];
    const used = (per: number) => attempts.filter(({ reservedAt }) => reservedAt > now - per).length;
    return budgets
      .map(({ attempts: most, per }) => `${used(per)} of ${most} per ${formatDuration(per)} used`)
      .join(', ');
  },
  ladder: (facts) => `${ownAttempts(facts).length} attempts made in this incident`,
  in_progress: () => 'no attempt is open',
  cooldown: ({ lastIncidentEndedAt: at }, now) => since(at, now, 'no incident of it has acted'),
  backoff: (facts, now) => since(ownAttempts(facts).at(-1)?.endedAt ?? null, now, 'nothing was tried yet'),
  not_called: ({ notCalledAt }, now) => (notCalledAt === null ? null : since(notCalledAt, now, '')),
  replicas: ({ replicas }) =>
    `${replicas.filter(({ state }) => state === 'healthy').length} of ${replicas.length} healthy`,
  tree: () => 'nothing it is related to is acted on',
  concurrent: ({ fleet }) => `${fleet.acting.length} of ${fleet.limits.concurrent} actions at once`,
  targets: ({ fleet: { recent, limits, size } }, now) => {
    const { count, percent, per } = limits.targets;
    const others = recent.filter(({ at }) => at > now - per).length;
    const all = 'known' in size ? size.known : '?';
    return `${others} others in ${formatDuration(per)}; at most ${count}, and ${percent} % of ${all}`;
  },
};

const since = (at: Instant | null, now: Instant, otherwise: string): string =>
  at === null ? otherwise : `the last ended ${formatDuration(Math.max(0, now - at))} ago`;

/**
 * The answers of the guards that were asked and do not block, in their order.
 * @param resolved whether there is one target, so that the guards about it were asked
 */
export function allowances(
  facts: Facts,
  blocks: readonly Blocked[],
  resolved: boolean,
  now: Instant,
): GuardAnswer[] {
  const blocking = new Set(blocks.map(({ guard }) => guard));
  return Object.entries(resolved ? { ...ALWAYS, ...OF_TARGET } : ALWAYS).flatMap(([guard, says]) => {
    const because = blocking.has(guard) ? null : says(facts, now);
    return because === null ? [] : [{ guard, answer: 'allow', because } as const];
  });
}
