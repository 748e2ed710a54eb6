import { read } from './answers.ts';
import { ANSWER_HELP, CLIENT_HELP, CLIENT_OPTIONS, get } from './client.ts';
import { type Command, JSON_OPTION, readArgs } from './command.ts';
import { plainJson } from './lines.ts';
import { statusLines, statusShape } from './status-lines.ts';

export const status: Command = {
  help: `Usage: alert-bot status [--json]

How the whole stands now: in one sentence, and what it is made of: incidents
that are open, who paused what, what waits for an answer, the storm that is on,
the heartbeat, and why the bot cannot do its work. Times are UTC.

${ANSWER_HELP}
${CLIENT_HELP}

Example: alert-bot status

Exit code: 0 whatever it says, also where it needs you; 1 the bot cannot be
asked, 2 the command line is wrong. A program reads "state" of --json.`,
  async run(args, around) {
    const { values } = readArgs('status', args, { ...CLIENT_OPTIONS, ...JSON_OPTION });
    const answer = await get(around, values, '/api/v1/status');
    for (const line of values.json ? [plainJson(answer, 2)] : statusLines(read(statusShape, answer)))
      around.print(line);
    return 0;
  },
};
