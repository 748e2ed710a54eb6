import { misuse } from './failure.ts';

/** Of a list that is asked for in a number of rows. */
export const LIMIT_HELP = '  --limit N           at most so many, 1 to 500; else 50';
/** What a list has where nothing else is said. */
export const LIMIT = 50;

/** How many rows a list is to have. @throws Failure where that is no number the bot would take */
export function limitOf(command: string, written: string | undefined): number {
  if (written === undefined) return LIMIT;
  if (/^([1-9]\d?|[1-4]\d\d|500)$/.test(written)) return Number(written);
  throw misuse(`${command} --limit "${written}" is not a number from 1 to 500.`);
}

/** A path with what is asked for behind it; what is undefined is not asked for. */
export function withQuery(
  path: string,
  asked: Readonly<Record<string, string | number | undefined>>,
): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(asked)) if (value !== undefined) query.set(name, String(value));
  return query.size === 0 ? path : `${path}?${query}`;
}
