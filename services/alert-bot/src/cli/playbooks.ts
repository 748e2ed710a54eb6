import { z } from 'zod';
import { read } from './answers.ts';
import { ANSWER_HELP, CLIENT_HELP, CLIENT_OPTIONS, get } from './client.ts';
import { type Command, JSON_OPTION, readArgs } from './command.ts';
import { entry, plainJson } from './lines.ts';
import { playbook, playbookLines } from './playbook-lines.ts';

const shape = z.looseObject({ playbooks: z.array(playbook), warnings: z.array(z.string()) });

export const playbooks: Command = {
  help: `Usage: alert-bot playbooks [--json]

The playbooks as the running bot has understood them, in their order: the first
that matches an alert has it. Of each what it did with its latest incidents, 500
at most: how many of those it acted on stayed well, and how long it took to heal
them. A relapse within an hour counts as a failure. Times are UTC.

${ANSWER_HELP}
${CLIENT_HELP}

A file that is not yet in place: alert-bot check, alert-bot replay.

Example: alert-bot playbooks`,
  async run(args, around) {
    const { values } = readArgs('playbooks', args, { ...CLIENT_OPTIONS, ...JSON_OPTION });
    const answer = await get(around, values, '/api/v1/playbooks');
    if (values.json) {
      around.print(plainJson(answer, 2));
      return 0;
    }
    const { playbooks: all, warnings } = read(shape, answer);
    for (const line of [
      ...all.flatMap(playbookLines),
      ...warnings.flatMap((text) => entry('warning', text, 14)),
    ])
      around.print(line);
    return 0;
  },
};
