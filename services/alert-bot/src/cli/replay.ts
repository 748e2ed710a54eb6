import { resolve } from 'node:path';
import { readPlaybookFiles } from '../config/playbook-files.ts';
import { formatDuration, type Instant, parseDuration } from '../domain/duration.ts';
import { answerOf } from '../replay/answer.ts';
import { openToRead, replay as replayLog, type Window } from '../replay/replay.ts';
import { type Command, JSON_OPTION, readArgs } from './command.ts';
import { dataDirOf } from './data-dir.ts';
import { Failure, misuse } from './failure.ts';
import { plainJson } from './lines.ts';
import { mistakeLines } from './mistake-lines.ts';
import { replayLines } from './replay-lines.ts';

export const replay: Command = {
  help: `Usage: alert-bot replay --playbooks FILE [--overrides FILE]
                        [--since 7d | --from TIME] [--to TIME]
                        [--data-dir DIR] [--json]

What another playbook file would have made of the recorded past: how often it
would have acted, who would have been told, and each incident that would have
gone otherwise. The log is only read, also while the bot writes to it.

  --playbooks FILE   the file to try; else ALERT_BOT_PLAYBOOKS
  --overrides FILE   else ALERT_BOT_OVERRIDES, else none
  --since LENGTH     so far back from the end of the record; 7d where nothing is
                     said
  --from TIME        incidents opened from then on, such as 2026-01-31T00:00:00Z
  --to TIME          incidents opened before; the end of the record where
                     nothing is said
  --data-dir DIR     the bot's data folder; else ALERT_BOT_DATA_DIR
  --json             for programs; what is wrong with the file as {"errors":[…]}

Example: alert-bot replay --playbooks new.yml --since 7d

Exit code: 0 replayed, whatever would have gone otherwise; 1 the file has
errors, or nothing is recorded; 2 wrong use.`,
  async run(args, around) {
    const { values } = readArgs('replay', args, {
      playbooks: { type: 'string' },
      overrides: { type: 'string' },
      since: { type: 'string' },
      from: { type: 'string' },
      to: { type: 'string' },
      'data-dir': { type: 'string' },
      ...JSON_OPTION,
    });
    const { env, print } = around;
    const playbooks = values.playbooks ?? env['ALERT_BOT_PLAYBOOKS'];
    if (playbooks === undefined || playbooks === '')
      throw misuse('replay needs a playbook file: give --playbooks FILE, or set ALERT_BOT_PLAYBOOKS.');
    const window = windowOf(values);
    const dataDir = resolve(dataDirOf(around, values['data-dir']));
    const overrides = values.overrides ?? (env['ALERT_BOT_OVERRIDES'] || null);
    const loaded = await readPlaybookFiles({ playbooks, overrides });
    if ('errors' in loaded) {
      const { errors } = loaded;
      if (values.json) print(plainJson({ errors }, 2));
      else for (const line of mistakeLines(errors)) print(line);
      throw new Failure(
        `${errors.length} ${errors.length === 1 ? 'error' : 'errors'}; the bot would not start with this.`,
      );
    }
    const log = openToRead(dataDir);
    const progress = progressLine();
    try {
      const answer = answerOf(await replayLog(log, loaded.file, window, { onProgress: progress.tell }));
      progress.clear();
      if (values.json) print(plainJson(answer, 2));
      else for (const line of replayLines(answer, playbooks)) print(line);
      return 0;
    } finally {
      progress.clear();
      log.close();
    }
  },
};

/** @throws Failure that names the option, what was written and what to write */
function windowOf(values: { since?: string; from?: string; to?: string }): Window {
  if (values.since !== undefined && values.from !== undefined)
    throw misuse('replay takes --since or --from, not both.');
  const window: Window = {
    from: timeOf('from', values.from),
    to: timeOf('to', values.to),
    since: lengthOf(values.since),
  };
  if (window.from !== undefined && window.to !== undefined && window.from >= window.to)
    throw misuse(`replay --from ${values.from} is not before --to ${values.to}: write an earlier one.`);
  return window;
}

function lengthOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const length = parseDuration(text);
  if (length === undefined || length <= 0)
    throw misuse(
      `replay --since "${text}" is not a length of time: write one such as ${formatDuration(7 * 86_400_000)}.`,
    );
  return length;
}

const TIME = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?$/;

function timeOf(name: string, text: string | undefined): Instant | undefined {
  if (text === undefined) return undefined;
  const at = TIME.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at))
    throw misuse(
      `replay --${name} "${text}" is not a time: write one such as 2026-01-31T12:00:00Z, or a day.`,
    );
  return at;
}

/** How far it is, on a terminal; a line that is written over. */
function progressLine() {
  const { stderr } = process;
  let shown = -1;
  return {
    tell(done: number): void {
      const percent = Math.floor(done * 100);
      if (!stderr.isTTY || percent === shown) return;
      shown = percent;
      stderr.write(`\rreplaying: ${percent} %`);
    },
    clear(): void {
      if (shown >= 0) stderr.write('\r\u001b[K');
      shown = -1;
    },
  };
}
