import type { Instant, Millis } from '../domain/duration.ts';
import type { Facts } from '../domain/facts.ts';
import { inLogTime } from '../domain/outside-time.ts';
import { type Blocked, block, defer, escalate } from './block.ts';

/** How long what somebody stopped may be the gap of a deploy or of a restart by hand. */
const GAP_OF_A_DEPLOY = 30_000;

/**
 * Did somebody stop it? That is a person's or a deploy's doing and never ours to undo, whatever fires: it is waited
 * for, and then a person is told that it is down.
 */
export function restGuards({ target, behind }: Pick<Facts, 'target' | 'behind'>, now: Instant): Blocked[] {
  const atRest = target.found === 'one' ? target.atRest : null;
  if (atRest === null) return [];
  const until = atRest.since === null ? null : inLogTime(atRest.since, behind, now) + GAP_OF_A_DEPLOY;
  const verdict = until === null || now < until ? defer('deploying', until) : escalate('target_down');
  return [block('at_rest', verdict, atRest.why)];
}

/**
 * Did somebody else already do it? What was replaced or restarted since the trouble began gets the time in which
 * its alert would let go if that was the cure; what is younger than `settle` is still coming up.
 */
export function changeGuards(
  { replicas, incident, dependencies, behind }: Facts,
  settle: Millis,
  now: Instant,
): Blocked[] {
  const blocks: Blocked[] = [];
  const patience = dependencies.letsGoAfter + settle;
  for (const { name, startedByUs, ...replica } of replicas) {
    if (startedByUs || replica.startedAt === null) continue;
    const startedAt = inLogTime(replica.startedAt, behind, now);
    const createdAt = replica.createdAt === null ? null : inLogTime(replica.createdAt, behind, now);
    const replaced = createdAt !== null && createdAt > incident.began;
    if (replaced && now < startedAt + patience)
      blocks.push(block('change', defer('deploying', startedAt + patience), `${name} was replaced`));
    else if (startedAt > incident.began && now < startedAt + patience)
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
