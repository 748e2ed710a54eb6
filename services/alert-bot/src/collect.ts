import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

let gc: unknown;

/** Collects garbage now. V8 puts it off while it sees no need, and sees nothing of what SQLite takes up or a container may. */
export function collect(): void {
  // Only here: V8 takes compiled code only under the flags that it was compiled with, and this is one.
  if (gc === undefined) {
    setFlagsFromString('--expose-gc');
    gc = runInNewContext('gc');
  }
  if (typeof gc === 'function') gc();
}
