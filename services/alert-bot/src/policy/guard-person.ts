import type { Facts } from '../domain/facts.ts';
import { type Blocked, block, defer } from './block.ts';

/**
 * Did a person say hands off (G13)? This goes before what cannot be asked: whoever pauses the bot and takes
 * Alertmanager or the platform down is not to be paged for it.
 */
export function personGuards({ alert, pauses, maintenance }: Facts): Blocked[] {
  const blocks: Blocked[] = [];
  if (alert.state === 'silenced' || alert.state === 'inhibited')
    blocks.push(block('alertmanager', defer(alert.state, null), alert.detail));
  for (const { by, why, until, scope } of pauses)
    blocks.push(block('pause', defer('paused', until), `${scope}, ${by}: ${why}`));
  if (maintenance !== null)
    blocks.push(block('maintenance', defer('maintenance', maintenance.until), maintenance.name));
  return blocks;
}
