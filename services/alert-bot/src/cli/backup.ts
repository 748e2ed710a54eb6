import { resolve } from 'node:path';
import { backupLog } from '../store/backup.ts';
import { type Command, readArgs } from './command.ts';
import { copyLine } from './copy-line.ts';
import { dataDirOf } from './data-dir.ts';

export const backup: Command = {
  help: `Usage: alert-bot backup <file> [--data-dir DIR]

Copies the incident log into a file, also while the bot runs. The copy is checked; a file that exists is never
replaced. The tokens are not in it: keep the folder tokens of the data folder as you keep other secrets.

  --data-dir DIR   the bot's data folder; else ALERT_BOT_DATA_DIR

Back: alert-bot restore <file>, with the bot stopped.`,
  async run(args, around) {
    const { values, positionals } = readArgs('backup', args, { 'data-dir': { type: 'string' } }, ['file']);
    const file = resolve(positionals[0] ?? '');
    const copy = await backupLog(resolve(dataDirOf(around, values['data-dir'])), file, Date.now());
    around.print(`${file}: ${copyLine(copy)}, ${copy.size} bytes. The tokens are not in it.`);
    return 0;
  },
};
