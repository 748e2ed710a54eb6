import type { Statement } from 'better-sqlite3';
import type { Db } from './db.ts';

/**
 * Compiles each text of a query once, and keeps it. V8 knows nothing of the memory of a compiled one, some kB outside of its
 * heap, and so collects none of them while little else is allocated: a burst of alerts would take hundreds of MB.
 */
export function keepStatements(db: Db): void {
  const kept = new Map<string, Statement>();
  const compile = db.prepare.bind(db);
  const prepare = (sql: string): Statement => {
    const known = kept.get(sql);
    if (known === undefined) {
      const fresh = compile(steady(sql));
      kept.set(sql, fresh);
      return fresh;
    }
    // As if it were new: who asked for it before may have wanted single values.
    return known.reader ? known.pluck(false) : known;
  };
  Object.defineProperty(db, 'prepare', { value: prepare, configurable: true, writable: true });
}

/**
 * The same query with `+` before each parameter, which changes no value. Without it SQLite looks at what is bound while it plans,
 * and so compiles many queries again for each other value (seen: four times the time of a look-up). Its own setting against
 * that, SQLITE_DBCONFIG_ENABLE_QPSG, cannot be reached from here.
 */
export const steady = (sql: string): string =>
  sql.replace(/'[^']*'|"[^"]*"|(\?|:[a-z]\w*)/gi, (found, parameter) =>
    parameter === undefined ? found : `+${parameter}`,
  );
