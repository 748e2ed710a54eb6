import { accessSync, constants, mkdirSync } from 'node:fs';
import { ConfigError } from './problem.ts';

/** Makes the folder if it is missing. Throws a ConfigError if it cannot be written to. */
export function prepareDataDir(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    accessSync(path, constants.W_OK | constants.X_OK);
  } catch (error) {
    const remedy = `cannot be written to (${error instanceof Error ? error.message : error}): choose another folder`;
    throw new ConfigError('environment', [{ where: 'SUPERVISOR_DATA_DIR', value: path, remedy }]);
  }
}
