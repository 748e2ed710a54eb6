import { resolve } from 'node:path';
import { restoreLog } from '../store/restore.ts';
import { type Command, JSON_OPTION, readArgs } from './command.ts';
import { copyFields, copyLine } from './copy-line.ts';
import { dataDirOf } from './data-dir.ts';
import { plainJson, wrap } from './lines.ts';
import { sayings } from './orders.ts';

export const restore: Command = {
  help: `Usage: alert-bot restore <file> [--data-dir DIR] [--why "…"] [--by NAME]
                         [--json]

Puts a copy that alert-bot backup made in the place of the incident log. The bot
must be stopped. The log that was there is kept beside it under another name.
Tokens are left as they are.

Attempts since the copy was made are not in it, so that no limit counts them:
see docs/operations.md.

  --data-dir DIR   the bot's data folder; else ALERT_BOT_DATA_DIR
  --why "…"        the reason, kept in the log
  --by NAME        who says so; else the user of this shell
  --json           for programs: { dataDir, file, incidents, until, version,
                   bytes, keptAs }

Example: alert-bot restore /backups/incidents.db --why "the disk was replaced"`,
  async run(args, around) {
    const text = { type: 'string' } as const;
    const options = { ...JSON_OPTION, 'data-dir': text, why: text, by: text };
    const { values, positionals } = readArgs('restore', args, options, ['file']);
    const dataDir = resolve(dataDirOf(around, values['data-dir']));
    const file = resolve(positionals[0] ?? '');
    const copy = restoreLog(dataDir, file, sayings(values), Date.now());
    const { keptAs } = copy;
    if (values.json) {
      around.print(plainJson({ dataDir, file, ...copyFields(copy), keptAs }, 2));
      return 0;
    }
    const now = `${dataDir} has the log of ${file} now: ${copyLine(copy)}.`;
    for (const line of wrap(now, 0)) around.print(line);
    if (keptAs !== null) around.print(`The log that was there is ${keptAs}.`);
    return 0;
  },
};
