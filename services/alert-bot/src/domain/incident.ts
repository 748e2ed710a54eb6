/**
 * An incident is one trouble of one target. Its status changes along these arrows only, and each change is
 * an event row (design §4):
 *
 *   new → any · deferred → queued, awaiting_approval, proving, escalated, closed
 *   queued → acting, deferred, proving, escalated, closed
 *   acting → proving, queued, deferred, escalated, lost · proving → closed, queued, deferred, escalated
 *   lost → escalated · escalated → closed, queued (audited reset, or the trial) · closed is the end
 */
export const STATUSES = [
  'new',
  'deferred',
  'awaiting_approval',
  'queued',
  'acting',
  'proving',
  'lost',
  'escalated',
  'closed',
] as const;
export type Status = (typeof STATUSES)[number];

/** healed: acted and proven. recovered: proven without us. handed_over: a person had it. dismissed: not ours. */
export const OUTCOMES = ['healed', 'recovered', 'handed_over', 'dismissed'] as const;
export type Outcome = (typeof OUTCOMES)[number];

const ARROWS: Record<Status, readonly Status[]> = {
  new: ['deferred', 'awaiting_approval', 'queued', 'acting', 'proving', 'lost', 'escalated', 'closed'],
  deferred: ['queued', 'awaiting_approval', 'proving', 'escalated', 'closed'],
  awaiting_approval: ['queued', 'deferred', 'escalated', 'closed'],
  queued: ['acting', 'deferred', 'proving', 'escalated', 'closed'],
  acting: ['proving', 'queued', 'deferred', 'escalated', 'lost'],
  proving: ['closed', 'queued', 'deferred', 'escalated'],
  lost: ['escalated'],
  escalated: ['closed', 'queued'],
  closed: [],
};

/** Whether an incident may go from one status to the other. */
export const mayBecome = (from: Status, to: Status): boolean => ARROWS[from].includes(to);

/** Throws where the arrow does not exist: that is a defect of the bot, never of its input. */
export function assertTransition(from: Status, to: Status): void {
  if (!mayBecome(from, to)) throw new Error(`an incident cannot go from ${from} to ${to}`);
}
