import { answered, read } from './answers.ts';
import { post } from './client.ts';
import { type Command, readArgs } from './command.ts';
import { misuse } from './failure.ts';
import { incidentNumber } from './incidents.ts';
import { carriedOut, ORDER_HELP, ORDER_OPTIONS, sayings } from './orders.ts';

export const ANSWER_OPTIONS = { ...ORDER_OPTIONS, question: { type: 'string' } } as const;
export const QUESTION_HELP = `  --question Q        only if this is still the question, as the page names it`;

export const approve: Command = {
  help: `Usage: alert-bot approve N [--question Q] [--why "…"] [--by NAME] [--json]

Allows what the bot asks about incident N (mode approve), once. It is refused
where what it was about was restarted or replaced since, where it expired, or
where somebody else has answered. Every guard is asked again before the call.

${QUESTION_HELP}
${ORDER_HELP}

Example: alert-bot approve 12 --question 3 --why "looked at the logs"`,
  async run(args, around) {
    const { values, positionals } = readArgs('approve', args, ANSWER_OPTIONS, ['N']);
    const id = incidentNumber(positionals[0]);
    const said = sayings(values);
    const answer = await post(around, values, {
      kind: 'admin',
      path: `/api/v1/incidents/${id}/approve`,
      body: { ...said, ...questionNumber(values.question) },
    });
    const { question, does, target } = read(answered, answer);
    return carriedOut(
      around,
      values,
      answer,
      `Approved question ${question}, by ${said.by}: ${does ?? 'act on'} ${target}.`,
      `It is done unless something else speaks against it: alert-bot incidents show ${id}`,
    );
  },
};

/** @throws Failure where it is no number */
export function questionNumber(written: string | undefined): { question?: number } {
  if (written === undefined) return {};
  if (/^[1-9]\d{0,14}$/.test(written)) return { question: Number(written) };
  throw misuse(`--question is "${written}", which is no number: write the one that the page names.`);
}
