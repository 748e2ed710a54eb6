import type { Bench } from '../bench.ts';
import type { Figure } from '../figure.ts';
import { action } from './action.ts';
import { intake, slowSync } from './intake.ts';
import { largeLog } from './large-log.ts';
import { decision } from './latency.ts';
import { replay } from './replay.ts';
import { streams } from './streams.ts';
import { targets } from './targets.ts';

/** What the bot is measured by. */
export const botFigures: Readonly<Record<string, (bench: Bench) => Promise<Figure[]>>> = {
  intake,
  'slow-sync': slowSync,
  decision,
  action,
  targets,
  streams,
  log: largeLog,
  replay,
};
