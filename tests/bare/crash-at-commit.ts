// For crash.test.ts only, put before the real bot with `node --import`: kills the process with SIGKILL right
// before or right after its n-th transaction on the incident log, or the first (`keep-3`: the third) that a function
// of that name asks for; without either it only says who commits. The bot itself knows nothing of it.
import { writeSync } from 'node:fs';
import { createRequire } from 'node:module';

type Transaction = ((...args: unknown[]) => unknown) & { immediate(): unknown };
interface Constructor {
  prototype: { transaction(this: unknown, fn: () => unknown): Transaction };
}

// Found from where the bot imports it: it must be the same module.
const require = createRequire(new URL('../../services/alert-bot/src/store/db.ts', import.meta.url));
// biome-ignore lint/correctness/noUndeclaredDependencies: it is the bot's own, and found from there
const { prototype }: Constructor = require('better-sqlite3');
const transaction = prototype.transaction;

const crashAt = process.env['CRASH_AT'] ?? '';
const when = process.env['CRASH_WHEN'];
let commits = 0;
const commitsBy = new Map<string, number>();

prototype.transaction = function (fn) {
  const real = transaction.call(this, fn);
  return Object.assign((...args: unknown[]) => real(...args), {
    immediate() {
      commits += 1;
      const by = caller();
      const nth = (commitsBy.get(by) ?? 0) + 1;
      commitsBy.set(by, nth);
      if (crashAt === '') writeSync(2, `transaction of ${by}\n`);
      const now = [String(commits), `${by}-${nth}`].includes(crashAt) || (crashAt === by && nth === 1);
      if (now && when === 'before') crash(by);
      const result = real.immediate();
      if (now && when === 'after') crash(by);
      return result;
    },
  });
};

/** The function that asked for the transaction. */
function caller(): string {
  const frame = /at (?:async )?(\w+) \(.*\/(?!crash-at-commit|db)[\w-]+\.ts/.exec(new Error().stack ?? '');
  return frame?.[1] ?? 'unknown';
}

/** Says where, then dies without another instruction. */
function crash(by: string): void {
  writeSync(2, `killed at ${by}\n`);
  process.kill(process.pid, 'SIGKILL');
}
