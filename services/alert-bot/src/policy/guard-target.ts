import type { Facts } from '../domain/facts.ts';
import { type Blocked, block, escalate, skip, unknown } from './block.ts';
import { ownAttempts } from './ladder.ts';

/** Zero matches, or more than one service, means no action, never "all" (G5). */
export function unresolved(facts: Facts): Blocked {
  const { target } = facts;
  switch (target.found) {
    case 'unknown':
      return unknown('target', target.why);
    case 'many':
      return block(
        'target',
        escalate('ambiguous_target'),
        `${target.ids.length} services: ${target.ids.join(', ')}`,
      );
    case 'none':
      return ownAttempts(facts).length > 0
        ? block('target', escalate('target_gone'), `${target.asked} is gone since the last attempt`)
        : block('target', escalate('no_target'), target.asked);
    case 'one':
      return unknown('opt_in', 'invalid' in target.optIn ? target.optIn.invalid : target.id);
  }
}

/** May the target be touched at all (G11)? Protected holds whatever its labels say, readable or not. */
export function skipGuards(facts: Facts, playbook: string): Blocked[] {
  const { target } = facts;
  if (target.found !== 'one') return [];
  const { optIn, protectedBecause } = target;
  const blocks: Blocked[] = [];
  if (protectedBecause !== null) blocks.push(block('protected', skip('protected'), protectedBecause));
  if ('invalid' in optIn) return blocks;
  if (!optIn.enabled)
    blocks.push(block('opt_in', skip('not_opted_in'), 'the label alert-bot.enable="true" is not set'));
  else if (optIn.playbooks !== null && !optIn.playbooks.includes(playbook))
    blocks.push(
      block('opt_in', skip('not_opted_in'), `alert-bot.playbooks allows ${optIn.playbooks.join(', ')}`),
    );
  return blocks;
}

/** Is the trouble there? One absent reading stops an action. */
export function alertGuards(facts: Facts): Blocked[] {
  const { state, detail } = facts.alert;
  return state === 'absent' || state === 'unknown' ? [unknown('alertmanager', detail)] : [];
}
