import { userInfo } from 'node:os';
import { z } from 'zod';
import { parseDuration } from '../domain/duration.ts';
import { incident, read } from './answers.ts';
import { CLIENT_HELP, CLIENT_OPTIONS, type ClientOptions, get, post } from './client.ts';
import { type Command, readArgs, type Surroundings } from './command.ts';
import { Failure, misuse } from './failure.ts';

// What a person may tell the bot at any time (G13). Who and why is kept in its log.

export const SAID = { by: { type: 'string' }, why: { type: 'string' } } as const;
export const SAID_HELP = `  --why "…"           the reason, kept in the log
  --by NAME           who says so; else the user of this shell`;

const SCOPE = {
  target: { type: 'string' },
  service: { type: 'string' },
  playbook: { type: 'string' },
} as const;
const SCOPE_HELP = `  --target ID         only this target, such as supervisor:api
  --service NAME      only the target of this service
  --playbook NAME     only what this playbook would do`;

export const pause: Command = {
  help: `Usage: alert-bot pause [--service NAME|--target ID|--playbook NAME] [--for 5m] [--why "…"] [--by NAME]

The bot goes on recording and deciding and acts on nothing, or not on what is named. Kept when it restarts.

${SCOPE_HELP}
  --for 5m            resume by itself after this long; else until alert-bot resume
${SAID_HELP}
${CLIENT_HELP}

Example: alert-bot pause --service api --for 5m --why "deploy of 1.4"`,
  async run(args, around) {
    const options = { ...SAID, ...SCOPE, ...CLIENT_OPTIONS, for: { type: 'string' } } as const;
    const { values } = readArgs('pause', args, options);
    const length = values.for;
    if (length !== undefined && (parseDuration(length) ?? 0) <= 0)
      throw misuse(`--for is "${length}", which is no duration: write one such as 5m or 1h30m.`);
    const scope = scopeOf(values);
    const said = sayings(values);
    await order(around, values, '/api/v1/pause', {
      ...said,
      ...(length === undefined ? {} : { for: length }),
      ...(scope === null ? {} : { scope: scope.written }),
    });
    const what = scope === null ? 'Paused' : `Paused ${scope.words}`;
    const undo = scope === null ? 'alert-bot resume' : `alert-bot resume ${scope.option}`;
    const until = length === undefined ? 'until somebody resumes' : `for ${length}`;
    around.print(`${what} ${until}, by ${said.by}: ${said.why}. Undo: ${undo}`);
    return 0;
  },
};

const resumed = z.looseObject({ ended: z.number().optional() });

export const resume: Command = {
  help: `Usage: alert-bot resume [--service NAME|--target ID|--playbook NAME] [--why "…"] [--by NAME]

Ends every pause, or only the one of what is named.

${SCOPE_HELP}
${SAID_HELP}
${CLIENT_HELP}`,
  async run(args, around) {
    const { values } = readArgs('resume', args, { ...SAID, ...SCOPE, ...CLIENT_OPTIONS });
    const scope = scopeOf(values);
    const said = sayings(values);
    const body = { ...said, ...(scope === null ? {} : { scope: scope.written }) };
    const { ended } = resumed.parse(await order(around, values, '/api/v1/resume', body));
    if (ended === 0) around.print('Nothing was paused.');
    else around.print(`Resumed${scope === null ? '' : ` ${scope.words}`}, by ${said.by}: ${said.why}.`);
    return 0;
  },
};

/** What is to be paused, as the bot is told and as a person reads it; null is everything. */
function scopeOf(values: { [kind in keyof typeof SCOPE]?: string | undefined }) {
  const given = (['target', 'service', 'playbook'] as const).flatMap((kind) => {
    const name = values[kind];
    return name === undefined ? [] : [{ kind, name }];
  });
  const [first, second] = given;
  if (first === undefined) return null;
  if (second !== undefined)
    throw misuse(`--${first.kind} and --${second.kind} are two pauses: give one at a time.`);
  const { kind, name } = first;
  if (name.trim() === '') throw misuse(`--${kind} is empty: write the name of a ${kind}.`);
  return { written: `${kind}:${name}`, words: `${kind} ${name}`, option: `--${kind} ${name}` };
}

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
