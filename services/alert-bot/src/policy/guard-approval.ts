import type { Instant } from '../domain/duration.ts';
import type { ApprovalFact, Facts } from '../domain/facts.ts';
import type { Mode } from '../domain/playbook.ts';
import { type Blocked, block, defer, escalate } from './block.ts';

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
  if (approval === null || approval.step !== step || !boundTo(approval, replicas)) {
    const until = now + playbook.limits.approveWithin;
    return [block('approval', defer('approval_required', until), 'nobody was asked about this yet')];
  }
  if (approval.state === 'approved') return [];
  if (now >= approval.expiresAt)
    return [block('approval', escalate('approval_expired'), 'nobody answered in time')];
  return [block('approval', defer('approval_required', approval.expiresAt), 'nobody has answered yet')];
}

/** Whether an approval still means what runs now: another container is another question. */
export function boundTo(
  { instances }: Pick<ApprovalFact, 'instances'>,
  replicas: readonly { id: string; startedAt: Instant | null }[],
): boolean {
  const same = (a: { id: string; startedAt: Instant | null }, b: typeof a) =>
    a.id === b.id && a.startedAt === b.startedAt;
  return instances.length === replicas.length && instances.every((a) => replicas.some((b) => same(a, b)));
}
