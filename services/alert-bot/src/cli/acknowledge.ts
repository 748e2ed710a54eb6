import { acknowledged, read } from './answers.ts';
import { post } from './client.ts';
import { type Command, readArgs } from './command.ts';
import { incidentNumber } from './incidents.ts';
import { carriedOut, ORDER_HELP, ORDER_OPTIONS, sayings } from './orders.ts';

export const acknowledge: Command = {
  help: `Usage: alert-bot acknowledge N [--why "…"] [--by NAME] [--json]

Ends the page of incident N: somebody has seen it and looks after it. The
incident itself stays with people until it is well again or reset; what the bot
may do changes in nothing.

${ORDER_HELP}

Example: alert-bot acknowledge 12 --why "I am on it"`,
  async run(args, around) {
    const { values, positionals } = readArgs('acknowledge', args, ORDER_OPTIONS, ['N']);
    const id = incidentNumber(positionals[0]);
    const said = sayings(values);
    const path = `/api/v1/incidents/${id}/acknowledge`;
    const answer = await post(around, values, { kind: 'admin', path, body: said });
    const { target, title, reasons, status } = read(acknowledged, answer);
    return carriedOut(
      around,
      values,
      answer,
      `Acknowledged incident ${id} (${reasons.join(', ')}), ${target ?? title}, by ${said.by}: ${said.why}.`,
      ...(status === 'escalated' && target !== null
        ? [`Its page ends. When it is mended: alert-bot reset ${target}`]
        : []),
    );
  },
};
