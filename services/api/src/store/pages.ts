import { crc32 } from 'node:zlib';

/** A place in a list that is ordered by time and id, the newest first. */
export interface Position {
  /** Microseconds since 1970. */
  micros: number;
  id: string;
}

/** What is asked for of a list. */
export interface PageWanted {
  limit: number;
  after?: Position | undefined;
}

/** One page of a list, and the cursor of the next; null: it was the last. */
export interface Page<T> {
  items: T[];
  next: string | null;
}

/** Cuts a page out of rows of which one more was asked for than the page holds: it tells whether there is a next one. */
export function pageOf<T extends Position>(rows: T[], limit: number): Page<Omit<T, 'micros'>> {
  const items = rows.slice(0, limit).map(({ micros: _, ...item }) => item);
  const last = rows[limit - 1];
  return { items, next: last !== undefined && rows.length > limit ? encodeCursor(last) : null };
}

/** Opaque to clients: 8 bytes of time, 16 of id, and a sum over both by which a made-up or cut one is noticed. */
export function encodeCursor({ micros, id }: Position): string {
  const bytes = Buffer.alloc(28);
  bytes.writeBigInt64BE(BigInt(micros), 0);
  bytes.write(id.replaceAll('-', ''), 8, 'hex');
  bytes.writeUInt32BE(crc32(bytes.subarray(0, 24)), 24);
  return bytes.toString('base64url');
}

/** The position of a cursor, or undefined where no page has answered such a cursor. */
export function decodeCursor(cursor: string): Position | undefined {
  const bytes = Buffer.from(cursor, 'base64url');
  // Node skips what is no base64url; only what it would write itself is taken.
  if (bytes.length !== 28 || bytes.toString('base64url') !== cursor) return undefined;
  if (crc32(bytes.subarray(0, 24)) !== bytes.readUInt32BE(24)) return undefined;
  const id = bytes.toString('hex', 8, 24).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  const micros = Number(bytes.readBigInt64BE(0));
  return Number.isSafeInteger(micros) ? { micros, id } : undefined;
}

/** `created_at` of a row with all that PostgreSQL keeps of it. */
export const microsColumn = '(extract(epoch from created_at) * 1000000)::bigint as micros';

export const newestFirst = 'order by created_at desc, id desc';

/** The rows after a position that is given as the parameters `$n` and `$n+1`: an index in that order goes to the place. */
export function afterPosition(n: number): string {
  const at = `timestamptz 'epoch' + $${n}::bigint * interval '1 microsecond'`;
  return `(created_at, id) < (${at}, $${n + 1}::uuid)`;
}
