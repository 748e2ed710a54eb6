import { formatDuration } from '../domain/duration.ts';
import type { Facts } from '../domain/facts.ts';
import { type Blocked, block, defer } from './block.ts';

/** What holds everything at once: a clock that cannot be trusted, a storm (G6). */
export function holdGuards({ clockJump, storm }: Facts): Blocked[] {
  const blocks: Blocked[] = [];
  if (clockJump !== null) {
    const way = clockJump.by > 0 ? 'leapt forward' : 'was set back';
    const because = `the clock ${way} by ${formatDuration(Math.abs(clockJump.by))}`;
    blocks.push(block('clock', defer('clock_jump', clockJump.until), because));
  }
  if (storm?.phase === 'held')
    blocks.push(block('storm', defer('storm', storm.calmAt), `${storm.incidents} incidents in the storm`));
  else if (storm !== null && storm.before.length > 0)
    blocks.push(
      block('storm', defer('storm', null), `released one at a time, after ${storm.before.join(', ')}`),
    );
  return blocks;
}
