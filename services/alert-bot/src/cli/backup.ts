import { resolve } from 'node:path';
import { backupLog } from '../store/backup.ts';
import { type Command, JSON_OPTION, readArgs } from './command.ts';
import { copyFields, copyLine } from './copy-line.ts';
import { dataDirOf } from './data-dir.ts';
import { plainJson, wrap } from './lines.ts';

export const backup: Command = {
  help: `Usage: alert-bot backup <file> [--data-dir DIR] [--json]

Copies the incident log into a file, also while the bot runs. The copy is
checked; a file that exists is never replaced. The tokens are not in it: keep
the folder tokens of the data folder as you keep other secrets.

  --data-dir DIR   the bot's data folder; else ALERT_BOT_DATA_DIR
  --json           for programs: { file, incidents, until, version, bytes }

Back: alert-bot restore <file>, with the bot stopped.

Example: alert-bot backup /backups/incidents.db`,
  async run(args, around) {
    const options = { ...JSON_OPTION, 'data-dir': { type: 'string' } } as const;
    const { values, positionals } = readArgs('backup', args, options, ['file']);
    const file = resolve(positionals[0] ?? '');
    const copy = await backupLog(resolve(dataDirOf(around, values['data-dir'])), file, Date.now());
    if (values.json) around.print(plainJson({ file, ...copyFields(copy) }, 2));
    else {
      const kept = `${file}: ${copyLine(copy)}, ${copy.size} bytes. The tokens are not in it.`;
      for (const line of wrap(kept, 0)) around.print(line);
    }
    return 0;
  },
};
