import type { Db } from '../../services/alert-bot/src/store/db.ts';
import type { Crashes } from './crash-points.ts';
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
  /** The process dies in a transaction: what it wrote is undone. */
  const lose = (fn: () => unknown, point: string): Died => {
    const died = new Died(point);
    try {
      run(() => {
        fn();
        throw died;
      });
    } catch {
      // Died, or what the function throws anyway: nobody hears of it.
    }
    crashes.die(point);
    return died;
  };
  const commit = <T>(fn: () => T): T => {
    if (life.isDead) throw new Died('the process is dead');
    const lost = crashes.draws('commit', () => `commit:${crashes.nameOfCommit(fn)}:lost`);
    // Drawn before, so that the transaction runs once; the process dies when it is rolled back.
    if (lost !== null) throw lose(fn, lost);
    const result = run(fn);
    const kept = crashes.draws('commit', () => `commit:${crashes.nameOfCommit(fn)}:kept`);
    if (kept === null) return result;
    crashes.die(kept);
    throw new Died(kept);
  };
  Object.defineProperty(db, 'transaction', {
    value: (fn: (...given: unknown[]) => unknown) =>
      Object.assign((...given: unknown[]) => original(fn)(...given), { immediate: () => commit(fn) }),
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
