import { z } from 'zod';
import { CLIENT_HELP, CLIENT_OPTIONS, post } from './client.ts';
import { type Command, readArgs } from './command.ts';
import { SAID, SAID_HELP, sayings } from './orders.ts';

const answer = z.looseObject({ incident: z.number(), held: z.number(), pace: z.string() });

export const release: Command = {
  help: `Usage: alert-bot release [--why "…"] [--by NAME]

Releases a storm before it is calm: what it holds is acted on, one after the other, dependencies first. New
incidents join the line; so many at once as began the storm hold it again, until it was held for ten times
limits.storm.calm in all.

${SAID_HELP}
${CLIENT_HELP}

Example: alert-bot release --why "the switch is back"`,
  async run(args, around) {
    const { values } = readArgs('release', args, { ...SAID, ...CLIENT_OPTIONS });
    const said = sayings(values);
    const answered = await post(around, values, { kind: 'admin', path: '/api/v1/storm/release', body: said });
    const { incident, held, pace } = answer.parse(answered);
    around.print(`Released the storm, incident ${incident}, which held ${held}; by ${said.by}: ${said.why}.`);
    around.print(`They go one after the other, dependencies first, ${pace}.`);
    return 0;
  },
};
