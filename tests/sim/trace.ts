import { createHash } from 'node:crypto';
import type { Millis } from '../../services/alert-bot/src/domain/duration.ts';

/** What happened, line by line. The hash of all lines tells whether two runs were the same. */
export interface Trace {
  /** Something that happened in the world or that the bot did. */
  event(kind: string, text: string): void;
  /** A question of the bot: part of the hash, but no event. */
  question(text: string): void;
  events(): number;
  counts(): ReadonlyMap<string, number>;
  tail(): readonly string[];
  hash(): string;
}

const TAIL = 160;

/** @param all whether the tail is everything */
export function createTrace(now: () => Millis, all: boolean): Trace {
  const hash = createHash('sha256');
  const lines: string[] = [];
  const counts = new Map<string, number>();
  let events = 0;
  let pending = '';

  function add(line: string): void {
    pending += line;
    pending += '\n';
    if (pending.length > 16_384) {
      hash.update(pending);
      pending = '';
    }
  }

  return {
    event(kind, text) {
      events++;
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
      const line = `${(now() / 1000).toFixed(3).padStart(8)} ${kind.padEnd(10)} ${text}`;
      add(line);
      lines.push(line);
      if (!all && lines.length > 2 * TAIL) lines.splice(0, TAIL);
    },
    question(text) {
      add(`${now()} ${text}`);
      if (all) lines.push(`${(now() / 1000).toFixed(3).padStart(8)} asks       ${text}`);
    },
    events: () => events,
    counts: () => counts,
    tail: () => (all ? lines : lines.slice(-TAIL)),
    hash: () => {
      hash.update(pending);
      return hash.digest('hex').slice(0, 16);
    },
  };
}
