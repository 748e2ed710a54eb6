import pLimit from 'p-limit';
import type { Queries } from './database.ts';

/** The same database, asked by at most so many statements at once: the other connections are left to others. */
export function limited(db: Queries, connections: number): Queries {
  const limit = pLimit(connections);
  return { query: (statement, values, row) => limit(() => db.query(statement, values, row)) };
}
