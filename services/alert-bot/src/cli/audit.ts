import { z } from 'zod';
import { read } from './answers.ts';
import { ANSWER_HELP, CLIENT_HELP, CLIENT_OPTIONS, get } from './client.ts';
import { type Command, JSON_OPTION, readArgs } from './command.ts';
import { entry, plainJson } from './lines.ts';
import { LIMIT_HELP, limitOf, withQuery } from './query.ts';

const row = z.looseObject({
  at: z.string(),
  by: z.string(),
  why: z.string(),
  action: z.string(),
  subject: z.string(),
  via: z.string().nullable(),
});
const shape = z.looseObject({ audit: z.array(row) });

export const audit: Command = {
  help: `Usage: alert-bot audit [--limit N] [--json]

What people did: when, who, by which way (api: with a token, as this command
line does; console: on the bot's pages), what and why. Newest first; times are
UTC. Nothing changes what stands here.

${LIMIT_HELP}
${ANSWER_HELP}
${CLIENT_HELP}

Example: alert-bot audit --limit 20`,
  async run(args, around) {
    const options = { ...CLIENT_OPTIONS, ...JSON_OPTION, limit: { type: 'string' } } as const;
    const { values } = readArgs('audit', args, options);
    const path = withQuery('/api/v1/audit', { limit: limitOf('audit', values.limit) });
    const answer = await get(around, values, path);
    if (values.json) {
      around.print(plainJson(answer, 2));
      return 0;
    }
    const { audit: rows } = read(shape, answer);
    if (rows.length === 0) around.print('Nobody has done anything yet.');
    for (const line of rows.flatMap(auditLines)) around.print(line);
    return 0;
  },
};

/** A time to the second, and two spaces. */
const TIME = 21;

/** One deed, and below it why. */
const auditLines = ({ at, by, why, action, subject, via }: z.output<typeof row>): string[] => [
  ...entry(
    at.slice(0, 19).replace('T', ' '),
    // Before the console there was one way only, and it was not kept.
    `${by}${via === null ? '' : ` (${via})`}: ${action} ${subject}`,
    TIME,
  ),
  ...(why === '' ? [] : entry('', why, TIME)),
];
