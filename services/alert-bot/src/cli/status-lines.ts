import { z } from 'zod';
import { STATUSES } from '../domain/incident.ts';
import { pause } from './answers.ts';
import { age, entry, wrap } from './lines.ts';
import { pausedBy } from './targets.ts';

/** What `GET /api/v1/status` answers, as far as it is told. */
export const statusShape = z.looseObject({
  now: z.string(),
  sentence: z.string(),
  incidents: z.record(z.string(), z.number()),
  questions: z.number(),
  pages: z.number(),
  pauses: z.array(pause.extend({ scope: z.string() })),
  storm: z
    .looseObject({
      phase: z.string(),
      incidents: z.number(),
      held: z.number(),
      beganAt: z.string(),
      description: z.string(),
    })
    .nullable(),
  heartbeat: z.looseObject({ lastAt: z.string().nullable() }),
  problems: z.array(z.string()),
  notes: z.array(z.string()),
});
type Status = z.output<typeof statusShape>;

/** The sentence, and a line of each thing, also where there is none: what is not named would have to be asked for. */
export const statusLines = (seen: Status): string[] => [
  ...wrap(seen.sentence, 0),
  '',
  ...entry('incidents', openText(seen.incidents)),
  ...entry('pages', pagesText(seen.pages)),
  ...entry('questions', questionsText(seen.questions)),
  ...list('paused', seen.pauses.map(pauseText)),
  ...entry('storm', stormText(seen.storm)),
  ...entry('heartbeat', heartbeatText(seen)),
  ...list('problems', seen.problems),
  ...(seen.notes.length === 0 ? [] : list('notes', seen.notes)),
];

const list = (name: string, texts: readonly string[]): string[] =>
  texts.length === 0 ? entry(name, 'none') : texts.flatMap((text, i) => entry(i === 0 ? name : '', text));

/** How many are open, and of each status, in the order in which an incident goes through them. */
function openText(counts: Status['incidents']): string {
  const order = [...new Set([...STATUSES, ...Object.keys(counts)])].filter((one) => one !== 'closed');
  const open = order.flatMap((one) => {
    const count = counts[one] ?? 0;
    return count === 0 ? [] : [{ one, count }];
  });
  if (open.length === 0) return 'none is open';
  const sum = open.reduce((all, { count }) => all + count, 0);
  const each = open.map(({ one, count }) => `${count} ${one}`).join(', ');
  return `${sum} open: ${each}. Look: alert-bot incidents --status open`;
}

const pagesText = (count: number): string =>
  count === 0
    ? 'none that nobody has acknowledged'
    : `${count} ${count === 1 ? 'incident has a page' : 'incidents have pages'} that nobody has acknowledged: alert-bot acknowledge N`;

const questionsText = (count: number): string =>
  count === 0
    ? 'none waits for an answer'
    : `${count} ${count === 1 ? 'waits' : 'wait'} for an answer: alert-bot incidents --status awaiting_approval`;

const pauseText = ({ scope, ...one }: Status['pauses'][number]): string =>
  `${scope === 'all' ? 'everything' : scope}, ${pausedBy(one)}`;

const stormText = (storm: Status['storm']): string =>
  storm === null
    ? 'none'
    : `${storm.phase}, began ${storm.beganAt}: ${storm.incidents} incidents, of which ${storm.held} wait. ${storm.description}`;

const heartbeatText = ({ now, heartbeat: { lastAt } }: Status): string =>
  lastAt === null ? 'has not arrived yet' : `${lastAt}, ${age(Date.parse(now) - Date.parse(lastAt))} ago`;
