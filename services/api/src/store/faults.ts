import { z } from 'zod';
import type { StickyFaults } from '../faults/board.ts';
import { stickyFaultSchema } from '../faults/fault.ts';
import type { Database } from './database.ts';
import { statement } from './statement.ts';

const row = z.object({ fault: stickyFaultSchema }).transform(({ fault }) => fault);
const noRow = z.never();

// Undelayed, as /faults itself is never broken: a fault that keeps itself alive could not be cleared.
const undelayed = true;

const read = statement(
  'read-faults',
  `select jsonb_strip_nulls(jsonb_build_object(
     'kind', kind, 'rate', case when kind <> 'slow_database' then rate end, 'ms', ms, 'sticky', true)) as fault
   from faults order by kind`,
  { undelayed },
);
const save = statement(
  'save-fault',
  `insert into faults (kind, rate, ms) values ($1, $2, $3)
   on conflict (kind) do update set rate = excluded.rate, ms = excluded.ms, set_at = now()`,
  { undelayed },
);
const clear = statement('clear-faults', 'delete from faults', { undelayed });

/** The table `faults`. */
export function stickyFaultsIn(db: Database): StickyFaults {
  return {
    read: () => db.query(read, [], row),
    async save(fault) {
      const rate = fault.kind === 'slow_database' ? 1 : fault.rate;
      const ms = fault.kind === 'errors' ? null : fault.ms;
      await db.query(save, [fault.kind, rate, ms], noRow);
    },
    async clear() {
      await db.query(clear, [], noRow);
    },
  };
}
