import type { World } from '../world/world.ts';
import { judgeCalls } from './calls.ts';
import { judgeCause } from './cause.ts';
import { judgeChanges } from './changes.ts';
import { judgeFleet } from './fleet.ts';
import { judgeLadder } from './ladder.ts';
import { judgeLimits } from './limits.ts';
import { judgePages } from './pages.ts';
import { judgePersons } from './persons.ts';
import { judgeStorms } from './storms.ts';

/** Every broken guarantee of a run, a sentence each. Reads what went in and came out, never the bot's log. */
export function judge(world: World): string[] {
  return [
    ...judgeCalls(world),
    ...judgeLimits(world),
    ...judgeLadder(world),
    ...judgeFleet(world),
    ...judgeCause(world),
    ...judgeChanges(world),
    ...judgePersons(world),
    ...judgeStorms(world),
    ...judgePages(world),
  ];
}
