import { userInfo } from 'node:os';
import { parseDuration } from '../domain/duration.ts';
import { incident, read } from './answers.ts';
import { CLIENT_HELP, CLIENT_OPTIONS, type ClientOptions, get, post } from './client.ts';
import { type Command, readArgs, type Surroundings } from './command.ts';
import { Failure, misuse } from './failure.ts';

// What a person may tell the bot at any time (G13). Who and why is kept in its log.

export const SAID = { by: { type: 'string' }, why: { type: 'string' } } as const;
export const SAID_HELP = `  --why "…"           the reason, kept in the log
  --by NAME           who says so; else the user of this shell`;

export const pause: Command = {
  help: `Usage: alert-bot pause [--for 5m] [--why "…"] [--by NAME]

The bot goes on recording and deciding and acts on nothing. Kept when it restarts.

  --for 5m            resume by itself after this long; else until alert-bot resume
${SAID_HELP}
${CLIENT_HELP}`,
  async run(args, around) {
    const { values } = readArgs('pause', args, { ...SAID, ...CLIENT_OPTIONS, for: { type: 'string' } });
    const length = values.for;
    if (length !== undefined && (parseDuration(length) ?? 0) <= 0)
      throw misuse(`--for is "${length}", which is no duration: write one such as 5m or 1h30m.`);
    const said = sayings(values);
    await order(around, values, '/api/v1/pause', {
      ...said,
      ...(length === undefined ? {} : { for: length }),
    });
    around.print(
      `Paused ${length === undefined ? 'until somebody resumes' : `for ${length}`}, by ${said.by}: ${said.why}. Undo: alert-bot resume`,
    );
    return 0;
  },
};

export const resume: Command = {
  help: `Usage: alert-bot resume [--why "…"] [--by NAME]

Ends a pause.

${SAID_HELP}
${CLIENT_HELP}`,
  async run(args, around) {
    const { values } = readArgs('resume', args, { ...SAID, ...CLIENT_OPTIONS });
    const said = sayings(values);
    await order(around, values, '/api/v1/resume', said);
    around.print(`Resumed, by ${said.by}: ${said.why}.`);
    return 0;
  },
};

export const reset: Command = {
  help: `Usage: alert-bot reset <target>|N [--why "…"] [--by NAME]

Ends the quarantine of a target, such as supervisor:api, or of the target of incident N, and starts its budgets anew.
For when a person mended it.

${SAID_HELP}
${CLIENT_HELP}`,
  async run(args, around) {
    const { values, positionals } = readArgs('reset', args, { ...SAID, ...CLIENT_OPTIONS }, ['target']);
    const target = await targetOf(around, values, positionals[0] ?? '');
    const said = sayings(values);
    await order(around, values, `/api/v1/targets/${encodeURIComponent(target)}/reset`, said);
    around.print(`Reset ${target}, by ${said.by}: ${said.why}.`);
    return 0;
  },
};

/** A target as it is written, or the one of an incident. @throws Failure where that has none */
async function targetOf(around: Surroundings, options: ClientOptions, written: string): Promise<string> {
  if (!/^[1-9]\d{0,14}$/.test(written)) return written;
  const { target } = read(incident, await get(around, options, `/api/v1/incidents/${written}`));
  if (target === null)
    throw new Failure(`Incident ${written} has no target, so that there is nothing to reset.`);
  return target;
}

const order = (around: Surroundings, options: ClientOptions, path: string, body: unknown): Promise<unknown> =>
  post(around, options, { kind: 'admin', path, body });

export const sayings = ({ by, why }: { by?: string | undefined; why?: string | undefined }) => ({
  by: by ?? user(),
  why: why ?? 'no reason given',
});

function user(): string {
  try {
    return userInfo().username;
  } catch {
    // A container's user often has a number and no name.
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}
