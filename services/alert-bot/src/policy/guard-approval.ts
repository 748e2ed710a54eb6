import type { Instant } from '../domain/duration.ts';
import type { ApprovalFact, Facts, ReplicaFact } from '../domain/facts.ts';
import type { Mode } from '../domain/playbook.ts';
import { type Blocked, block, defer, escalate } from './block.ts';
import { replicasToActOn } from './guard-replicas.ts';

/**
 * In mode `approve` a person has to say yes, to this step on these instances. It is asked last: nobody is to
 * approve what would be blocked anyway.
 */
export function approvalGuards(
  mode: Mode,
  step: number,
  { approval, playbook, replicas }: Facts,
  now: Instant,
): Blocked[] {
  if (mode !== 'approve' || playbook === null) return [];
  const asks = (until: Instant, because: string) =>
    block('approval', defer('approval_required', until), because);
  if (approval === null || approval.step !== step)
    return [asks(now + playbook.limits.approveWithin, 'nobody was asked about this yet')];
  const bound = boundTo(approval, replicas);
  if (approval.state === 'approved')
    return bound
      ? []
      : [asks(now + playbook.limits.approveWithin, 'what was approved does not run any more: asked anew')];
  // A question that is asked anew because of another container ends with the first one: every wait ends.
  if (now >= approval.expiresAt)
    return [block('approval', escalate('approval_expired'), 'nobody answered in time')];
  const because = bound
    ? 'nobody has answered yet'
    : 'what was asked about does not run any more: asked anew';
  return [asks(approval.expiresAt, because)];
}

/** Who approved what is about to be done, in a few words. */
export const approvedBy = ({ approval }: Pick<Facts, 'approval'>): string =>
  `approved by ${approval?.by ?? 'nobody'}`;

/**
 * What an approval is bound to: the instances that would be acted on, each in the run it is in. Another container,
 * or a start of the same one, is another question.
 */
export const bindingOf = (
  replicas: readonly Pick<ReplicaFact, 'id' | 'name' | 'state' | 'startedAt'>[],
): ApprovalFact['instances'] => replicasToActOn(replicas).map(({ id, startedAt }) => ({ id, startedAt }));

/** Whether an approval still means what runs now. */
export function boundTo(
  { instances }: Pick<ApprovalFact, 'instances'>,
  replicas: Parameters<typeof bindingOf>[0],
): boolean {
  const now = bindingOf(replicas);
  return (
    instances.length === now.length &&
    instances.every((asked) => now.some((one) => one.id === asked.id && one.startedAt === asked.startedAt))
  );
}
