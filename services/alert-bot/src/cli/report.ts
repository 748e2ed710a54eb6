import { parseDuration } from '../domain/duration.ts';
import { reportShape } from '../report/report.ts';
import { type Told, tellReport } from '../report/tell.ts';
import { read } from './answers.ts';
import { ANSWER_HELP, CLIENT_HELP, CLIENT_OPTIONS, get } from './client.ts';
import { type Command, JSON_OPTION, readArgs } from './command.ts';
import { misuse } from './failure.ts';
import { entry, plain, plainJson, wrap } from './lines.ts';

export const report: Command = {
  help: `Usage: alert-bot report [--since LENGTH | --from TIME --to TIME] [--json]

What was healed, what comes back, what waits for a person, what was left alone
and why. Times are UTC.

  --since LENGTH      of the last 12h, 7d …; else of the last 24h; 31d at most
  --from TIME         from then on, in ISO 8601 with its zone, such as
                      2026-11-28T21:00:00Z
  --to TIME           until then; else until now
${ANSWER_HELP}
${CLIENT_HELP}

Example: alert-bot report --since 12h`,
  async run(args, around) {
    const text = { type: 'string' } as const;
    const { values } = readArgs('report', args, {
      ...CLIENT_OPTIONS,
      ...JSON_OPTION,
      since: text,
      from: text,
      to: text,
    });
    const query = new URLSearchParams(rangeOf(values, Date.now()));
    const answer = await get(around, values, `/api/v1/report${query.size === 0 ? '' : `?${query}`}`);
    if (values.json) around.print(plainJson(answer, 2));
    else for (const line of reportLines(tellReport(read(reportShape, answer), 'UTC'))) around.print(line);
    return 0;
  },
};

interface Range {
  since?: string | undefined;
  from?: string | undefined;
  to?: string | undefined;
}

/** The time to ask for, as the API wants it. @throws Failure that says what to write instead */
function rangeOf({ since, from, to }: Range, now: number): Record<string, string> {
  if (since !== undefined) {
    if (from !== undefined || to !== undefined)
      throw misuse('Give either --since, or --from and --to: they say the same.');
    const length = parseDuration(since);
    if (length === undefined || length === 0)
      throw misuse(`--since is "${since}", which is no length of time: write one such as 12h or 7d.`);
    return { from: new Date(now - length).toISOString() };
  }
  return {
    ...(from === undefined ? {} : { from: timeOf('--from', from) }),
    ...(to === undefined ? {} : { to: timeOf('--to', to) }),
  };
}

function timeOf(option: string, written: string): string {
  if (/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}.*(Z|[+-]\d{2}:?\d{2})$/.test(written)) {
    const at = Date.parse(written);
    if (!Number.isNaN(at)) return new Date(at).toISOString();
  }
  throw misuse(
    `${option} is "${written}", which is no time with its zone: write one such as 2026-11-28T21:00:00Z.`,
  );
}

const LEAD = 6;

/** A report in 80 columns. */
export const reportLines = ({ title, summary, sections }: Told): string[] => [
  plain(title),
  ...summary.flatMap((text) => wrap(text, 0)),
  ...sections.flatMap((section) => [
    '',
    section.title,
    ...section.lines.flatMap(({ lead, text }) => entry(`  ${lead}`, text, 2 + LEAD)),
  ]),
];
