import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const gc: unknown = runInNewContext('gc');

/** Collects garbage now. V8 puts it off while it sees no need, and sees nothing of what SQLite takes up or a container may. */
export function collect(): void {
  if (typeof gc === 'function') gc();
}
