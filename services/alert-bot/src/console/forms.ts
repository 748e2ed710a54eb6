import { HttpError } from '../http/errors.ts';
import { readText } from '../http/input.ts';
import type { Session } from './session.ts';

/** The fields of a form as it was sent. @throws HttpError where it is too large or breaks off */
export async function formOf(request: Request): Promise<Record<string, string>> {
  return Object.fromEntries(new URLSearchParams(await readText(request)));
}

/** A time as a browser's field sends it: without a zone, and the page says that it is UTC. */
export const inUtc = (written: string): string => (/[T ][\d:.]+$/.test(written) ? `${written}Z` : written);

/**
 * A form that only a page of this bot can have sent.
 * @throws HttpError `forbidden` where it was not: nothing was done
 */
export async function orderOf(request: Request, session: Session): Promise<Record<string, string>> {
  const site = request.headers.get('sec-fetch-site');
  const isOurs = site === null || site === 'same-origin' || site === 'none';
  const { csrf, ...fields } = await formOf(request);
  if (!isOurs || csrf !== session.csrf)
    throw new HttpError(
      'forbidden',
      'This form did not come from a page of this session: open the page again and repeat what you did. Nothing was done',
      'csrf',
    );
  return fields;
}
