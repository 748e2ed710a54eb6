import { post } from './client.ts';
import { type Command, readArgs } from './command.ts';
import { misuse } from './failure.ts';
import { incidentNumber } from './incidents.ts';
import { carriedOut, ORDER_OPTIONS, SAID_HELP, sayings } from './orders.ts';

const { why: _, ...OPTIONS } = ORDER_OPTIONS;

export const note: Command = {
  help: `Usage: alert-bot note N "…" [--by NAME] [--json]

Adds what you have to say to the timeline of incident N, and to the audit: what
was the matter, what you did about it. It changes nothing else.

${SAID_HELP}

Example: alert-bot note 12 "the disk was full"`,
  async run(args, around) {
    const { values, positionals } = readArgs('note', args, OPTIONS, ['N', 'note']);
    const id = incidentNumber(positionals[0]);
    const text = positionals[1] ?? '';
    if (text.trim() === '') throw misuse('The note is empty: write what whoever looks next should know.');
    const { by } = sayings(values);
    const path = `/api/v1/incidents/${id}/note`;
    const answer = await post(around, values, { kind: 'admin', path, body: { by, note: text } });
    return carriedOut(
      around,
      values,
      answer,
      `Noted in the timeline of incident ${id}, by ${by}.`,
      `Look: alert-bot incidents show ${id}`,
    );
  },
};
