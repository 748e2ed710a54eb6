import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import type { Millis } from '../domain/duration.ts';
import type { Db } from '../store/db.ts';

const totals = z.object({
  incidents: z.number(),
  actions: z.number(),
  escalated: z.number(),
  asked: z.number(),
  deferred: z.number(),
  healed: z.number(),
  recovered: z.number(),
  dismissed: z.number(),
});
const story = z.object({
  incident: z.number().nullable(),
  end: z.string(),
  actions: z.array(z.string()),
  askedAt: z.string().nullable(),
  escalated: z.string().nullable(),
});
/** What `alert-bot replay --json` answers, as far as it is shown. */
const replayed = z.object({
  from: z.string(),
  to: z.string(),
  totals: z.object({ was: totals, now: totals }),
  same: z.number(),
  differences: z.array(
    z.object({
      at: z.string(),
      target: z.string().nullable(),
      alert: z.string(),
      was: story.nullable(),
      now: story.nullable(),
      because: z.string().nullable(),
    }),
  ),
  undecided: z.array(z.unknown()),
  notKnown: z.array(z.object({ text: z.string(), count: z.number() })),
  assumptions: z.array(z.object({ text: z.string(), count: z.number().nullable() })),
  gaps: z.array(z.string()),
});
export type Replayed = z.output<typeof replayed>;
export type ReplayedStory = z.output<typeof story>;

const wrong = z.object({
  errors: z.array(z.object({ line: z.number(), path: z.string(), value: z.string(), message: z.string() })),
});

export type ReplayResult = { replayed: Replayed } | { refused: readonly string[] };

/** A replay of more than this is one for the command line. */
const AT_MOST: Millis = 120_000;
const CLI = join(import.meta.dirname, '../cli/main.ts');
/** One at a time, so that it is overwritten by the next where a crash left it. */
const FILE = 'console-replay.yml';
const HEAP = 128;

/** Runs replays in a process of their own, one at a time: the bot's own thread has alerts to look after. */
export function createReplays(db: Pick<Db, 'name'>) {
  const dataDir = dirname(db.name);
  let running = false;

  async function run(playbooks: string, since: string): Promise<ReplayResult> {
    const file = join(dataDir, FILE);
    await writeFile(file, playbooks, { mode: 0o600 });
    try {
      const child = spawn(
        process.execPath,
        [
          ...[`--max-old-space-size=${HEAP}`, CLI, 'replay', '--json', '--playbooks', file],
          ...['--since', since, '--data-dir', dataDir],
        ],
        { stdio: ['ignore', 'pipe', 'pipe'], timeout: AT_MOST, env: overridesOnly() },
      );
      if (child.pid !== undefined) await endFirst(child.pid);
      const [said, complained, [code, signal]] = await Promise.all([
        text(child.stdout),
        text(child.stderr),
        once(child, 'close'),
      ]);
      if (code === 0) return { replayed: replayed.parse(JSON.parse(said)) };
      if (signal !== null)
        return {
          refused: [
            'It took too long, or too much memory. Replay a shorter time, or run alert-bot replay on another machine with a copy of the log.',
          ],
        };
      return { refused: [...errorsIn(said), complained.trim()].filter((one) => one !== '') };
    } finally {
      await rm(file, { force: true });
    }
  }

  return {
    async run(playbooks: string, since: string): Promise<ReplayResult> {
      if (running) return { refused: ['Another replay is under way. Try again when it has ended.'] };
      running = true;
      try {
        return await run(playbooks, since);
      } finally {
        running = false;
      }
    },
  };
}

export type Replays = ReturnType<typeof createReplays>;

/** The file is tried under the overrides that it would be read with; of everything else the bot was told it needs nothing. */
function overridesOnly(): NodeJS.ProcessEnv {
  const overrides = process.env['ALERT_BOT_OVERRIDES'];
  return overrides === undefined ? {} : { ALERT_BOT_OVERRIDES: overrides };
}

/** Where memory runs out it is this one that the kernel ends, not the bot. */
async function endFirst(pid: number): Promise<void> {
  await writeFile(`/proc/${pid}/oom_score_adj`, '1000').catch(() => undefined);
}

function errorsIn(said: string): string[] {
  try {
    const { errors } = wrong.parse(JSON.parse(said));
    return errors.map(
      ({ line, path, value, message }) =>
        `Line ${line}: ${path}${value === '' ? '' : ` "${value}"`} ${message}`,
    );
  } catch {
    return [];
  }
}
