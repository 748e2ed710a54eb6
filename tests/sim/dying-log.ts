import type { Db } from '../../services/alert-bot/src/store/db.ts';
import { type Crashes, nameOfCommit } from './crash-points.ts';
import type { Life } from './life.ts';

/** What a transaction throws when the process dies in it; nobody is left to catch it. */
export class Died extends Error {
  override name = 'Died';
}

/**
 * Lets the process die at commits: before one (the transaction is rolled back, as SQLite does at the next opening)
 * or after one (it is on the disk, and what should follow does not). The log itself is the real one; statements
 * are compiled once a process, since a simulated minute asks the same hundred questions.
 */
export function withCrashes(db: Db, life: Life, crashes: Crashes): void {
  const original = db.transaction.bind(db);
  const prepare = db.prepare.bind(db);
  // Nobody else reads this log, so that its locks are taken once.
  db.pragma('locking_mode = EXCLUSIVE');
  const begin = prepare('BEGIN IMMEDIATE');
  const keep = prepare('COMMIT');
  const undo = prepare('ROLLBACK');

  const run = <T>(fn: () => T): T => {
    begin.run();
    try {
      const result = fn();
      keep.run();
      return result;
    } catch (error) {
      // A full disk has undone it already.
      if (db.inTransaction) undo.run();
      throw error;
    }
  };
  const commit = <T>(fn: () => T): T => {
    if (life.isDead) throw new Died('the process is dead');
    const name = crashes.mayDie() ? nameOfCommit(fn) : null;
    if (name !== null && isLost(run, fn, `commit:${name}:lost`, crashes)) throw new Died(name);
    const result = run(fn);
    if (name !== null && crashes.diesAt(`commit:${name}:kept`)) throw new Died(name);
    return result;
  };
  Object.defineProperty(db, 'transaction', {
    value: (fn: () => unknown) => Object.assign(() => original(fn)(), { immediate: () => commit(fn) }),
  });

  const statements = new Map<string, ReturnType<typeof prepare>>();
  Object.defineProperty(db, 'prepare', {
    value: (sql: string) => {
      const known = statements.get(sql);
      if (known !== undefined) return known;
      const statement = prepare(planOnce(sql));
      statements.set(sql, statement);
      return statement;
    },
  });
}

/**
 * SQLite looks at what is bound when it plans, and so compiles such a statement anew for each value: five times its work.
 * A plus, which does nothing, hides the value; the plan stays the same.
 */
const planOnce = (sql: string): string =>
  sql.replace(/(?<=(?:[=<>]|\bLIMIT|\bIS|\bBETWEEN|\bAND) )(?=\?|:[a-z])/g, '+');

/** Whether the process dies in the transaction: what it wrote is undone. */
function isLost(
  run: (fn: () => unknown) => unknown,
  fn: () => unknown,
  point: string,
  crashes: Crashes,
): boolean {
  // The point is drawn before, so that the transaction runs once; the process dies when it is rolled back.
  if (!crashes.draws(point)) return false;
  try {
    run(() => {
      fn();
      throw new Died(point);
    });
  } catch {
    // Died, or what the function throws anyway: nobody hears of it.
  }
  crashes.die(point);
  return true;
}
