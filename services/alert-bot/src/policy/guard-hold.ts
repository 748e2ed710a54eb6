import { formatDuration } from '../domain/duration.ts';
import type { Facts, StormFact } from '../domain/facts.ts';
import { type Blocked, block, defer, escalate } from './block.ts';

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

/** Is it the incident of a storm itself? Then a person is told of all that it holds at once (G6). */
export function ownStormGuard({ ownStorm, fleet }: Pick<Facts, 'ownStorm' | 'fleet'>): Blocked[] {
  if (ownStorm === null) return [];
  const { incidents, per } = fleet.limits.storm;
  const because = `${ownStorm.incidents} incidents, ${incidents} within ${formatDuration(per)} are a storm`;
  return [block('storm', escalate('storm'), because)];
}

function stormGuard({ phase, incidents, calmAt, before }: StormFact): Blocked[] {
  if (phase === 'held')
    return [block('storm', defer('storm', calmAt), `${incidents} incidents in the storm`)];
  if (before.length === 0) return [];
  const [first = '', ...others] = before;
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  return [block('storm', defer('storm', null), `released one at a time: incident ${first}${more} first`)];
}
