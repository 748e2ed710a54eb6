import type { Surroundings } from './command.ts';
import { misuse } from './failure.ts';

/** The bot's data folder. @throws Failure where nothing names it */
export function dataDirOf({ env }: Pick<Surroundings, 'env'>, given?: string | undefined): string {
  const dataDir = given ?? env['ALERT_BOT_DATA_DIR'];
  if (dataDir === undefined || dataDir === '')
    throw misuse("No data folder: set ALERT_BOT_DATA_DIR to the bot's data folder, or give --data-dir.");
  return dataDir;
}
