import type { Millis } from '../domain/duration.ts';
import type { PlaybookFile } from '../domain/playbook.ts';
import { readOptIn, type Target } from '../domain/target.ts';

/** `recurring` counts what was healed in the last day. */
const AT_LEAST: Millis = 24 * 3_600_000;

/**
 * How far back decisions look: the longest window of any budget, cooldown or limit, of the playbooks and of the
 * targets' own labels. What the log forgets sooner than that would be allowed again (G4).
 */
export function longestMemory(
  { playbooks, limits }: PlaybookFile,
  targets: readonly Pick<Target, 'labels'>[],
): Millis {
  return Math.max(
    AT_LEAST,
    limits.targets.per,
    limits.storm.per,
    ...playbooks.flatMap(({ limits: { cooldown, backoff, budgets } }) => [
      cooldown,
      backoff.max,
      ...budgets.map(({ per }) => per),
    ]),
    ...targets.flatMap(({ labels }) => {
      const own = readOptIn(labels);
      // Labels that cannot be read block every action on the target.
      return 'invalid' in own ? [] : [own.cooldown ?? 0, own.budget?.per ?? 0];
    }),
  );
}
