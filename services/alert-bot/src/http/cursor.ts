import { z } from 'zod';
import { HttpError } from './errors.ts';
import { shorten } from './input.ts';

const cursorShape = z.tuple([z.string(), z.record(z.string(), z.unknown()), z.int().positive()]);

/** Which list a cursor goes on with, and by which filters. */
export interface List {
  /** The path below /api/v1. */
  name: string;
  /** What was asked for, without cursor and limit. */
  filter: Readonly<Record<string, unknown>>;
}

/** A place in a list, opaque to whoever gets it. @param at id of the last row that was looked at; null at the end */
export const cursorAt = (list: List, at: number | null): string | null =>
  at === null ? null : Buffer.from(JSON.stringify([list.name, list.filter, at])).toString('base64url');

/**
 * Where a cursor goes on.
 * @returns undefined without a cursor
 * @throws HttpError where it is no cursor, or one of another list or of other filters
 */
export function placeOf(list: List, cursor: string | undefined): number | undefined {
  if (cursor === undefined) return undefined;
  const [name, filter, at] = read(cursor);
  if (name !== list.name)
    throw refused(`this one is of ${shorten(name)}, not of ${list.name}: leave it out to begin anew`);
  const given = JSON.parse(JSON.stringify(list.filter));
  const keys = [...new Set([...Object.keys(filter), ...Object.keys(given)])];
  const other = keys.find((key) => filter[key] !== given[key]);
  if (other !== undefined)
    throw refused(
      `this one is of a list with another "${shorten(other)}": repeat the query that gave it, or leave it out to begin anew`,
    );
  return at;
}

/** A page of rows, newest first, and the cursor of the next one. @param ask for at most so many before an id */
export function pageOf<Row extends { id: number }>(
  list: List,
  cursor: string | undefined,
  limit: number,
  ask: (before: number, most: number) => Row[],
): { rows: Row[]; next: string | null } {
  // One more than is wanted shows whether there are more.
  const found = ask(placeOf(list, cursor) ?? Number.MAX_SAFE_INTEGER, limit + 1);
  const rows = found.slice(0, limit);
  return { rows, next: cursorAt(list, found.length > limit ? (rows.at(-1)?.id ?? null) : null) };
}

function read(cursor: string): z.output<typeof cursorShape> {
  try {
    return cursorShape.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
  } catch {
    throw refused(`"${shorten(cursor)}" is none: take it from "next" of the page before`);
  }
}

const refused = (why: string): HttpError => new HttpError('invalid', `cursor: ${why}`, 'cursor');
