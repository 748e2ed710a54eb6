import { z } from 'zod';
import { post } from './client.ts';
import { type Command, readArgs } from './command.ts';
import { carriedOut, ORDER_HELP, ORDER_OPTIONS, sayings } from './orders.ts';

const answer = z.looseObject({ incident: z.number(), held: z.number(), pace: z.string() });

export const release: Command = {
  help: `Usage: alert-bot release [--why "…"] [--by NAME] [--json]

Releases a storm before it is calm: what it holds is acted on, one after the
other, dependencies first. New incidents join the line; so many at once as began
the storm hold it again, until it was held for ten times limits.storm.calm in
all.

${ORDER_HELP}

Example: alert-bot release --why "the switch is back"`,
  async run(args, around) {
    const { values } = readArgs('release', args, ORDER_OPTIONS);
    const said = sayings(values);
    const answered = await post(around, values, { kind: 'admin', path: '/api/v1/storm/release', body: said });
    const { incident, held, pace } = answer.parse(answered);
    return carriedOut(
      around,
      values,
      answered,
      `Released the storm, incident ${incident}, which held ${held}; by ${said.by}: ${said.why}.`,
      `They go one after the other, dependencies first, ${pace}.`,
    );
  },
};
