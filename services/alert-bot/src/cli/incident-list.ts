import { z } from 'zod';
import { incidentList, read } from './answers.ts';
import { CLIENT_OPTIONS, type ClientOptions, get } from './client.ts';
import { JSON_OPTION, readArgs, type Surroundings } from './command.ts';
import { incidentTable } from './incident-lines.ts';
import { plainJson } from './lines.ts';
import { limitOf, withQuery } from './query.ts';

const text = { type: 'string' } as const;
/** What the API's list can be asked for, by the same names. The bot says what is wrong with a value. */
const FILTERS = {
  status: text,
  target: text,
  service: text,
  playbook: text,
  reason: text,
  outcome: text,
  severity: text,
  from: text,
  to: text,
} as const;

/** `alert-bot incidents` without a word behind it. @returns the exit code; @throws Failure */
export async function listIncidents(args: readonly string[], around: Surroundings): Promise<number> {
  const options = { ...CLIENT_OPTIONS, ...JSON_OPTION, ...FILTERS, limit: text } as const;
  const { values } = readArgs('incidents', args, options);
  const { json = false, limit, url, 'token-file': tokenFile, ...filter } = values;
  const most = limitOf('incidents', limit);
  const answer = await collect(around, { url, 'token-file': tokenFile }, filter, most);
  if (json) {
    around.print(plainJson(answer, 2));
    return 0;
  }
  const { incidents } = read(incidentList, answer);
  const none = Object.keys(filter).length === 0 ? 'No incident yet.' : 'No such incident.';
  for (const line of incidents.length === 0 ? [none] : incidentTable(incidents, Date.now()))
    around.print(line);
  return 0;
}

const page = z.looseObject({ incidents: z.array(z.unknown()), next: z.string().nullable().default(null) });

/**
 * So many incidents as one answer. A page of a rare combination may be short, even empty, and yet not be the last:
 * whoever took it for the end would read that there is no such incident.
 */
async function collect(
  around: Surroundings,
  options: ClientOptions,
  filter: Readonly<Record<string, string | undefined>>,
  most: number,
): Promise<z.output<typeof page>> {
  const incidents: unknown[] = [];
  for (let cursor: string | undefined; ; ) {
    const path = withQuery('/api/v1/incidents', { ...filter, limit: most - incidents.length, cursor });
    const answer = read(page, await get(around, options, path));
    incidents.push(...answer.incidents);
    if (answer.next === null || incidents.length >= most) return { ...answer, incidents };
    cursor = answer.next;
  }
}
