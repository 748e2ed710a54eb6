import type { Instant, Millis } from '../domain/duration.ts';
import type { Facts, TargetFact } from '../domain/facts.ts';
import { type Blocked, block, defer, escalate } from './block.ts';

/** How long what somebody stopped may be the gap of a deploy or of a restart by hand. */
const GAP_OF_A_DEPLOY = 30_000;

/**
 * Did somebody stop it? That is a person's or a deploy's doing and never ours to undo, whatever fires: it is waited
 * for, and then a person is told that it is down.
 */
export function restGuards(atRest: Extract<TargetFact, { found: 'one' }>['atRest'], now: Instant): Blocked[] {
  if (atRest === null) return [];
  const until = atRest.since === null ? null : atRest.since + GAP_OF_A_DEPLOY;
  const verdict = until === null || now < until ? defer('deploying', until) : escalate('target_down');
  return [block('at_rest', verdict, atRest.why)];
}

/**
 * Did somebody else already do it? What was replaced or restarted since the trouble began gets the time in which
 * its alert would let go if that was the cure; what is younger than `settle` is still coming up.
 */
export function changeGuards(
  { replicas, incident, dependencies }: Facts,
  settle: Millis,
  now: Instant,
): Blocked[] {
  const blocks: Blocked[] = [];
  const patience = dependencies.letsGoAfter + settle;
  for (const { name, createdAt, startedAt, startedByUs } of replicas) {
    if (startedByUs || startedAt === null) continue;
    const replaced = createdAt !== null && createdAt > incident.openedAt;
    if (replaced && now < startedAt + patience)
      blocks.push(block('change', defer('deploying', startedAt + patience), `${name} was replaced`));
    else if (startedAt > incident.openedAt && now < startedAt + patience)
      blocks.push(
        block(
          'change',
          defer('already_restarted', startedAt + patience),
          `${name} was restarted, and not by the bot`,
        ),
      );
    else if (now < startedAt + settle)
      blocks.push(block('change', defer('deploying', startedAt + settle), `${name} has just started`));
  }
  return blocks;
}
