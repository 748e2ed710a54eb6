// The thread that counts for charts: a reader of its own on the log, and one question after the other.
import { parentPort, workerData } from 'node:worker_threads';
import Database from 'better-sqlite3';
import { z } from 'zod';
import { matchingStretches } from '../store/matching-hours.ts';
import { type Counted, question } from './count-question.ts';

const { file } = z.object({ file: z.string() }).parse(workerData);
const db = new Database(file, { readonly: true, fileMustExist: true, timeout: 1_000 });
// In kB: one pass over the rows needs no more, and the bot's memory is small.
db.pragma('cache_size = -2000');

parentPort?.on('message', (message: unknown) => {
  if (message === null) {
    db.close();
    parentPort?.close();
    return;
  }
  const { filter, span, atMost } = question.parse(message);
  const until = performance.now() + atMost;
  const stretches = matchingStretches(db, filter, span, () => performance.now() > until);
  parentPort?.postMessage({ stretches } satisfies Counted);
});
