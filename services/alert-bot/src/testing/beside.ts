// For the tests of the whole system: the log of a bot that runs, in another process than the bot's.
import Database from 'better-sqlite3';
import { type Db, logFile } from '../store/db.ts';

/** Reads the log beside the bot. */
export function besideBot<T>(dataDir: string, question: (db: Db) => T): T {
  const db = new Database(logFile(dataDir), { readonly: true });
  try {
    return question(db);
  } finally {
    db.close();
  }
}

/** Holds the log as a person's shell does in the middle of a transaction: until it is disposed of, the bot cannot write. */
export function holdLog(dataDir: string): Disposable {
  const db = new Database(logFile(dataDir), { timeout: 10_000 });
  db.exec('BEGIN IMMEDIATE');
  return { [Symbol.dispose]: () => db.close() };
}
