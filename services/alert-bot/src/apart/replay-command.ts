import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { Bytes } from '../domain/bytes.ts';
import type { Millis } from '../domain/duration.ts';

const CLI = join(import.meta.dirname, '../cli/main.ts');
/** In MB: the bot's memory is small, and this comes beside it. */
const HEAP = 128;
/** Some thousand incidents that would have gone otherwise. The bot has to read it, and does nothing else meanwhile. */
const LARGEST: Bytes = 8 * 1024 * 1024;

/** What `alert-bot replay` said. */
export interface Ended {
  /** null where it was ended: it took too long or too much memory, or said too much. */
  code: number | null;
  said: string;
  complained: string;
}

/**
 * Runs `alert-bot replay --json` in a process of its own.
 * @param stopping ends it
 * @throws Error where no process can be started
 */
export async function replayCommand(
  args: readonly string[],
  atMost: Millis,
  stopping: AbortSignal,
): Promise<Ended> {
  const child = spawn(process.execPath, [`--max-old-space-size=${HEAP}`, CLI, 'replay', '--json', ...args], {
    ...{ timeout: atMost, killSignal: 'SIGKILL', env: overridesOnly() },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const end = (): void => void child.kill('SIGKILL');
  stopping.addEventListener('abort', end, { once: true });
  if (stopping.aborted) end();
  try {
    const [said, complained, [code]] = await Promise.all([
      textOf(child.stdout, end),
      textOf(child.stderr, end),
      once(child, 'close'),
      child.pid === undefined ? null : endFirst(child.pid),
    ]);
    return { code: typeof code === 'number' ? code : null, said, complained };
  } finally {
    stopping.removeEventListener('abort', end);
  }
}

/** All of it; where it is too much whoever says it is ended. */
async function textOf(from: Readable, end: () => void): Promise<string> {
  let text = '';
  for await (const piece of from.setEncoding('utf8')) {
    if (text.length > LARGEST) end();
    else text += piece;
  }
  return text;
}

/** The file is tried under the overrides that it would be read with; of everything else the bot was told it needs nothing. */
function overridesOnly(): NodeJS.ProcessEnv {
  const overrides = process.env['ALERT_BOT_OVERRIDES'];
  return overrides === undefined ? {} : { ALERT_BOT_OVERRIDES: overrides };
}

/** Where memory runs out it is this one that the kernel ends, not the bot. */
async function endFirst(pid: number): Promise<void> {
  await writeFile(`/proc/${pid}/oom_score_adj`, '1000').catch(() => undefined);
}
