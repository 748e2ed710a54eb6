import { z } from 'zod';
import type { StickyFaults } from '../faults/board.ts';
import { lastingFaultSchema } from '../faults/fault.ts';
import type { Database } from './database.ts';

const row = z.object({ fault: lastingFaultSchema }).transform(({ fault }) => fault);

/** The table `faults`. */
export function stickyFaultsIn(db: Database): StickyFaults {
  return {
    read: () =>
      db.query(
        `select jsonb_strip_nulls(
           jsonb_build_object('kind', kind, 'rate', rate, 'ms', ms, 'sticky', true)) as fault
         from faults order by kind`,
        [],
        row,
      ),
    async save(fault) {
      await db.query(
        `insert into faults (kind, rate, ms) values ($1, $2, $3)
         on conflict (kind) do update set rate = excluded.rate, ms = excluded.ms, set_at = now()`,
        [fault.kind, fault.rate, fault.kind === 'latency' ? fault.ms : null],
        row,
      );
    },
    async clear() {
      await db.query('delete from faults', [], row);
    },
  };
}
