import type { Deps } from '../deps.ts';
import { type Counts, createCounts } from './count.ts';
import { createReplays, type Replays } from './replays.ts';

/** What takes longer than the bot's own thread may be held up, and so is done apart from it. */
export interface Apart {
  counts: Counts;
  replays: Replays;
}

/** One for each bot, whoever asks: the bounds on how much is done at once are those of the machine. */
export const createApart = ({ db, stopping }: Pick<Deps, 'db' | 'stopping'>): Apart => ({
  counts: createCounts(db, stopping),
  replays: createReplays(db, stopping),
});
