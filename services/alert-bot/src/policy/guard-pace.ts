import { formatDuration, type Instant } from '../domain/duration.ts';
import type { Facts } from '../domain/facts.ts';
import type { OptIn } from '../domain/target.ts';
import { type Blocked, block, defer } from './block.ts';
import { ownAttempts } from './ladder.ts';
import { backoffAfter } from './limits.ts';

/** An attempt that could not be called spends no budget; without a pause that would be a loop of its own. */
const PAUSE_AFTER_NOT_CALLED = 5_000;

/** How fast: one open attempt per target, cooldown between incidents, backoff between attempts. */
export function paceGuards(facts: Facts, optIn: OptIn, now: Instant): Blocked[] {
  const { playbook, attempts } = facts;
  if (playbook === null) return [];
  const blocks: Blocked[] = [];
  const open = attempts.find((attempt) => attempt.endedAt === null);
  if (open !== undefined)
    blocks.push(
      block('in_progress', defer('action_in_progress', null), `attempt of incident ${open.incident}`),
    );

  const own = ownAttempts(facts);
  const cooldown = Math.max(playbook.limits.cooldown, optIn.cooldown ?? 0);
  if (own.length === 0 && facts.lastIncidentEndedAt !== null && facts.lastIncidentEndedAt + cooldown > now)
    blocks.push(
      block(
        'cooldown',
        defer('cooldown', facts.lastIncidentEndedAt + cooldown),
        `${formatDuration(cooldown)} after the last incident`,
      ),
    );

  const lastEnd = own.at(-1)?.endedAt;
  const pause = backoffAfter(playbook.limits.backoff, Math.max(1, own.length));
  if (typeof lastEnd === 'number' && lastEnd + pause > now)
    blocks.push(
      block('backoff', defer('backoff', lastEnd + pause), `${formatDuration(pause)} after the last attempt`),
    );

  if (facts.notCalledAt !== null && facts.notCalledAt + PAUSE_AFTER_NOT_CALLED > now)
    blocks.push(
      block(
        'not_called',
        defer('backoff', facts.notCalledAt + PAUSE_AFTER_NOT_CALLED),
        'the last attempt could not be called',
      ),
    );
  return blocks;
}
