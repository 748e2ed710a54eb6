import { answered, read } from './answers.ts';
import { ANSWER_OPTIONS, QUESTION_HELP, questionNumber } from './approve.ts';
import { post } from './client.ts';
import { type Command, readArgs } from './command.ts';
import { misuse } from './failure.ts';
import { incidentNumber } from './incidents.ts';
import { carriedOut, ORDER_HELP, sayings } from './orders.ts';

export const reject: Command = {
  help: `Usage: alert-bot reject N --why "…" [--question Q] [--by NAME] [--json]

Refuses what the bot asks about incident N (mode approve). The incident is
closed as handed over: you have it, and the bot leaves it alone until the alert
ends and fires anew.

${QUESTION_HELP}
${ORDER_HELP}

Example: alert-bot reject 12 --question 3 --why "it migrates its data"`,
  async run(args, around) {
    const { values, positionals } = readArgs('reject', args, ANSWER_OPTIONS, ['N']);
    const id = incidentNumber(positionals[0]);
    if (values.why === undefined || values.why.trim() === '')
      throw misuse('reject needs --why "…": whoever looks at it next will want to know.');
    const said = sayings(values);
    const answer = await post(around, values, {
      kind: 'admin',
      path: `/api/v1/incidents/${id}/reject`,
      body: { ...said, ...questionNumber(values.question) },
    });
    const { question, target } = read(answered, answer);
    const done = `Rejected question ${question}, by ${said.by}: ${said.why}. ${target} is left alone.`;
    return carriedOut(around, values, answer, done);
  },
};
