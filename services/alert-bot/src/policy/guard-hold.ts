import { formatDuration } from '../domain/duration.ts';
import type { Facts, StormFact } from '../domain/facts.ts';
import { type Blocked, block, defer } from './block.ts';

/** What holds everything at once: a clock that cannot be trusted, a storm (G6). */
export function holdGuards({ clockJump, storm }: Pick<Facts, 'clockJump' | 'storm'>): Blocked[] {
  const blocks: Blocked[] = [];
  if (clockJump !== null) {
    const way = clockJump.by > 0 ? 'leapt forward' : 'was set back';
    const because = `the clock ${way} by ${formatDuration(Math.abs(clockJump.by))}`;
    blocks.push(block('clock', defer('clock_jump', clockJump.until), because));
  }
  if (storm !== null) blocks.push(...stormGuard(storm));
  return blocks;
}

function stormGuard({ phase, incidents, calmAt, before }: StormFact): Blocked[] {
  if (phase === 'held')
    return [block('storm', defer('storm', calmAt), `${incidents} incidents in the storm`)];
  if (before.length === 0) return [];
  const [first = '', ...others] = before;
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  return [block('storm', defer('storm', null), `released one at a time: incident ${first}${more} first`)];
}
