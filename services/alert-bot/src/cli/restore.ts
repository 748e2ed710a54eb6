import { resolve } from 'node:path';
import { restoreLog } from '../store/restore.ts';
import { type Command, readArgs } from './command.ts';
import { copyLine } from './copy-line.ts';
import { dataDirOf } from './data-dir.ts';
import { sayings } from './orders.ts';

export const restore: Command = {
  help: `Usage: alert-bot restore <file> [--data-dir DIR] [--why "…"] [--by NAME]

Puts a copy that alert-bot backup made in the place of the incident log. The bot must be stopped. The log that was
there is kept beside it under another name. Tokens are left as they are.

Attempts since the copy was made are not in it, so that no limit counts them: see docs/operations.md.

  --data-dir DIR   the bot's data folder; else ALERT_BOT_DATA_DIR
  --why "…"        the reason, kept in the log
  --by NAME        who says so; else the user of this shell`,
  async run(args, around) {
    const text = { type: 'string' } as const;
    const { values, positionals } = readArgs('restore', args, { 'data-dir': text, why: text, by: text }, [
      'file',
    ]);
    const dataDir = resolve(dataDirOf(around, values['data-dir']));
    const file = resolve(positionals[0] ?? '');
    const copy = restoreLog(dataDir, file, sayings(values), Date.now());
    around.print(`${dataDir} has the log of ${file} now: ${copyLine(copy)}.`);
    if (copy.keptAs !== null) around.print(`The log that was there is ${copy.keptAs}.`);
    return 0;
  },
};
