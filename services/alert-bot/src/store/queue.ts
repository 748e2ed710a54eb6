import type { Db } from './db.ts';
import type { Incident } from './incidents.ts';
import { numbers } from './row.ts';

/** From the severest on; what is not of these is the least. */
export const SEVERITIES = ['critical', 'error', 'warning', 'info'];
/** SQL that orders a column of severities. */
export const rankOf = (column: string): string =>
  `CASE ${column} ${SEVERITIES.map((name, i) => `WHEN '${name}' THEN ${i}`).join(' ')} ELSE ${SEVERITIES.length} END`;

/** Queued incidents that are acted on before this one: severer, then what others depend on, then older. */
export function queuedBefore(db: Db, incident: Pick<Incident, 'id'>): number[] {
  return numbers.parse(
    db
      .prepare(
        `SELECT other.id FROM incidents other, incidents own
         WHERE own.id = ? AND other.status <> 'closed' AND other.status = 'queued' AND other.id <> own.id
           AND (${rankOf('other.severity')}, other.depth, other.id) < (${rankOf('own.severity')}, own.depth, own.id)
         ORDER BY other.id`,
      )
      .pluck()
      .all(incident.id),
  );
}

/** How deep in the dependencies the target of an incident stands: 0 depends on nothing. */
export function saveDepth(db: Db, id: number, depth: number): void {
  db.prepare('UPDATE incidents SET depth = ? WHERE id = ?').run(depth, id);
}
