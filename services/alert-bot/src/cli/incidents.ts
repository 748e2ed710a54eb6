import { setTimeout as delay } from 'node:timers/promises';
import type { z } from 'zod';
import { OUTCOMES, STATUSES } from '../domain/incident.ts';
import { detail, news, read } from './answers.ts';
import { Away, CLIENT_HELP, CLIENT_OPTIONS, type ClientOptions, get } from './client.ts';
import { type Command, JSON_OPTION, readArgs, type Surroundings } from './command.ts';
import { misuse } from './failure.ts';
import { clock, incidentStory } from './incident-lines.ts';
import { listIncidents } from './incident-list.ts';
import { hanging, plainJson } from './lines.ts';
import { LIMIT_HELP } from './query.ts';
import { untilStopped } from './stop.ts';

const FOLLOW_EVERY = 1_000;

export const incidents: Command = {
  help: `Usage: alert-bot incidents [--status STATUS] [--target TARGET]
                           [--service NAME] [--playbook NAME] [--reason REASON]
                           [--outcome OUTCOME] [--severity SEVERITY]
                           [--from TIME] [--to TIME] [--limit N] [--json]
       alert-bot incidents show N [--facts] [--evidence] [--json]
       alert-bot incidents follow [--json]

What the bot did, what it did not do, and why. Newest first; times are UTC.

  show N              the whole story of incident N: decisions with what every
                      guard said, attempts, evidence
  follow              what happens from now on, a line each, until Ctrl-C
  --status STATUS     only these: open (whatever is not closed), or one of
                      ${STATUSES.slice(0, 5).join(', ')},
                      ${STATUSES.slice(5).join(', ')}
  --target TARGET     only of this one, such as supervisor:api
  --service NAME      only of this service
  --playbook NAME     only what this playbook had
  --reason REASON     only with this reason last, one of docs/reasons.md
  --outcome OUTCOME   only what was closed as this:
                      ${OUTCOMES.join(', ')}
  --severity SEVERITY only of this severity, such as critical
  --from TIME         opened then or later: 2026-01-31T12:00:00Z, or a day such
                      as 2026-01-31
  --to TIME           opened before
${LIMIT_HELP}
  --facts             also the facts of each decision, as JSON
  --evidence          also what was captured before each action and after its
                      proof: logs, state, answers of queries
  --json              as the API answers; of follow each event, a line each
${CLIENT_HELP}

Example: alert-bot incidents --status escalated`,
  async run(args, around) {
    const [what, ...rest] = args;
    if (what === 'show') return show(rest, around);
    if (what === 'follow') return follow(rest, around);
    if (what !== undefined && !what.startsWith('-'))
      throw misuse(
        `incidents does not know "${what}": write incidents, incidents show N or incidents follow.`,
      );
    return listIncidents(args, around);
  },
};

async function show(args: readonly string[], around: Surroundings): Promise<number> {
  const yes = { type: 'boolean' } as const;
  const options = { ...CLIENT_OPTIONS, ...JSON_OPTION, facts: yes, evidence: yes };
  const { values, positionals } = readArgs('incidents show', args, options, ['N']);
  const answer = await get(around, values, `/api/v1/incidents/${incidentNumber(positionals[0])}`);
  if (values.json) return json(answer, around);
  for (const line of incidentStory(read(detail, answer), Date.now(), values)) around.print(line);
  return 0;
}

async function follow(args: readonly string[], around: Surroundings): Promise<number> {
  const { values } = readArgs('incidents follow', args, { ...CLIENT_OPTIONS, ...JSON_OPTION });
  const note = values.json ? around.note : around.print;
  // A bot that is away at once is an error to be told; later it may only be restarting.
  let { last } = read(news, await get(around, values, '/api/v1/events'));
  note(`Following what happens after event ${last}; end with Ctrl-C.`);
  return untilStopped(async (stopped) => {
    let away = false;
    while (!stopped.aborted) {
      await delay(FOLLOW_EVERY, undefined, { signal: stopped }).catch(() => undefined);
      if (stopped.aborted) return;
      try {
        // What was printed is not printed again, also where the bot goes away between two pages.
        for await (const reached of tell({ ...around, note }, values, last)) last = reached;
        if (away) note('The bot answers again.');
        away = false;
      } catch (error) {
        if (!(error instanceof Away)) throw error;
        if (!away) note(`${error.message} Trying again until it answers.`);
        away = true;
      }
    }
  });
}

/** Prints what happened after an event, page by page. @yields the event to go on from */
async function* tell(
  around: Surroundings,
  options: ClientOptions & { json?: boolean | undefined },
  after: number,
): AsyncGenerator<number> {
  let cursor = after;
  for (;;) {
    const { events, last } = read(news, await get(around, options, `/api/v1/events?after=${cursor}`));
    for (const event of events)
      for (const line of options.json ? [plainJson(event)] : told(event)) around.print(line);
    // A log that was restored from a backup is behind what was seen.
    if (last < cursor) around.note(`The log now ends at event ${last}: it is another one, or was restored.`);
    cursor = events.at(-1)?.id ?? Math.min(last, cursor);
    yield cursor;
    if (events.length === 0) return;
  }
}

/** An event for a person, continued under itself. */
const told = ({ at, incident, target, title, text }: z.output<typeof news>['events'][number]): string[] =>
  hanging(`${clock(at)}  ${incident}  ${target ?? title}  ${text}`, 10);

/** The number of an incident. @throws Failure where it is none */
export function incidentNumber(written = ''): string {
  if (/^[1-9]\d{0,14}$/.test(written)) return written;
  throw misuse(`"${written}" is no incident number: alert-bot incidents lists them.`);
}

function json(answer: unknown, { print }: Surroundings): number {
  print(plainJson(answer, 2));
  return 0;
}
