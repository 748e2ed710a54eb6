import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { repository } from '../../scripts/stack/places.ts';
import { openLog } from '../../services/alert-bot/src/store/db.ts';
import { temporaryFolder } from '../../services/supervisor/src/harness.ts';
import { busyRun, PLAYBOOKS } from '../../tests/sim/recorded.ts';
import type { Bench } from '../bench.ts';
import type { Figure } from '../figure.ts';

/** Some 130 incidents. */
const LIVED = 30 * 60_000;
/** Repeats come so soon after what they repeat that nothing else has happened meanwhile. */
const WITHIN = 200;
/** Rows a transaction. */
const AT_ONCE = 20_000;

const answer = z.object({
  read: z.object({ deliveries: z.number() }),
  totals: z.object({ was: z.object({ incidents: z.number() }) }),
  differences: z.array(z.unknown()),
  undecided: z.array(z.unknown()),
});

const recorded = z.object({
  received_at: z.number(),
  source: z.string(),
  group_key: z.string().nullable(),
  body: z.string(),
});

/**
 * Fills a log up with repeats of the deliveries that it has, as Alertmanager sends them: they are what it had written, had each
 * come so often.
 */
function fillUp(dataDir: string, upTo: number): void {
  const { db, close } = openLog(dataDir);
  try {
    // It is made anew where the machine dies.
    db.pragma('synchronous = OFF');
    const rows = z
      .array(recorded)
      .parse(
        db.prepare('SELECT received_at, source, group_key, body FROM deliveries ORDER BY received_at').all(),
      );
    const insert = db.prepare(
      `INSERT INTO deliveries (id, received_at, source, group_key, body, state)
       VALUES (:id, :received_at, :source, :group_key, :body, 'triaged')`,
    );
    const missing = upTo - rows.length;
    const some = db.transaction((from: number, to: number) => {
      for (let i = from; i < to; i++) {
        // In the order of time: those of one delivery come one after the other.
        const row = rows[Math.floor((i * rows.length) / missing)];
        if (row === undefined) continue;
        const later = Math.floor(((i * rows.length) % missing) * (WITHIN / missing));
        insert.run({ ...row, id: `repeat-${i}`, received_at: row.received_at + later });
      }
    });
    for (let from = 0; from < missing; from += AT_ONCE) some(from, Math.min(missing, from + AT_ONCE));
  } finally {
    close();
  }
}

/** A million deliveries are replayed by the command line while a person waits. */
export async function replay({ deliveries, step }: Bench): Promise<Figure[]> {
  using folder = temporaryFolder();
  step('half an hour of a simulated shop is lived through');
  const log = await busyRun(folder.path, LIVED);
  step(`its log is filled up to ${deliveries} deliveries`);
  fillUp(log, deliveries);
  const playbooks = join(folder.path, 'playbooks.yml');
  writeFileSync(playbooks, PLAYBOOKS);
  step('alert-bot replay');
  const began = performance.now();
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [
      ...['services/alert-bot/src/cli/main.ts', 'replay', '--playbooks', playbooks],
      ...['--data-dir', log, '--json'],
    ],
    { cwd: repository, maxBuffer: 64 * 1024 * 1024 },
  );
  const value = (performance.now() - began) / 1_000;
  const { read, totals, differences, undecided } = answer.parse(JSON.parse(stdout));
  if (read.deliveries < deliveries)
    throw new Error(`${read.deliveries} deliveries were replayed, not ${deliveries}`);
  const { incidents } = totals.was;
  return [
    {
      ...{ name: 'replay', what: `for ${read.deliveries} deliveries with ${incidents} incidents`, value },
      ...{ unit: 's', bar: { of: 'value', atMost: 90 } },
    },
    {
      ...{ name: 'replay-same', what: 'of its incidents went as recorded' },
      ...{ value: 100 * (1 - (differences.length + undecided.length) / incidents), unit: '%' },
      bar: { of: 'value', atLeast: 98 },
    },
  ];
}
