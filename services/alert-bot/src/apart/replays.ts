import { rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Millis } from '../domain/duration.ts';
import type { Db } from '../store/db.ts';
import { replayCommand } from './replay-command.ts';
import { type ReplayResult, resultOf } from './replay-result.ts';

/** What is replayed; times are as the command line takes them. */
export interface ReplayAsked {
  playbooks: string;
  /** Without them those that the bot was started with. */
  overrides?: string | undefined;
  since?: string | undefined;
  from?: string | undefined;
  to?: string | undefined;
}

/** A replay of more than this is one for the command line. */
const AT_MOST: Millis = 120_000;
/** One at a time, so that they are overwritten by the next where a crash left them. */
const FILES = { playbooks: 'replay-playbooks.yml', overrides: 'replay-overrides.yml' } as const;

/**
 * Runs replays in a process of their own, one at a time, whoever asks: the bot's own thread has alerts to look after.
 * @param stopping ends the one that is under way
 */
export function createReplays({ name }: Pick<Db, 'name'>, stopping: AbortSignal) {
  const dataDir = dirname(name);
  let running = false;

  async function run({ playbooks, overrides, ...time }: ReplayAsked, atMost: Millis): Promise<ReplayResult> {
    const texts = { playbooks, overrides };
    const files = (['playbooks', 'overrides'] as const).flatMap((part) => {
      const text = texts[part];
      return text === undefined ? [] : [{ part, text, path: join(dataDir, FILES[part]) }];
    });
    const told = Object.entries(time).flatMap(([option, value]) =>
      // In one word: a value that begins with a dash is none of another option.
      value === undefined ? [] : [`--${option}=${value}`],
    );
    try {
      for (const { path, text } of files) await writeFile(path, text, { mode: 0o600 });
      const args = files.map(({ part, path }) => `--${part}=${path}`);
      const ended = await replayCommand([...args, ...told, `--data-dir=${dataDir}`], atMost, stopping);
      return resultOf(ended, new Map(files.map(({ part, path }) => [path, part])));
    } finally {
      for (const { path } of files) await rm(path, { force: true });
    }
  }

  return {
    /** @throws Error where no process can be started */
    async run(asked: ReplayAsked, atMost: Millis = AT_MOST): Promise<ReplayResult> {
      if (running || stopping.aborted) return { refused: 'busy' };
      running = true;
      try {
        return await run(asked, atMost);
      } finally {
        running = false;
      }
    },
  };
}

export type Replays = ReturnType<typeof createReplays>;
