import { userInfo } from 'node:os';
import { z } from 'zod';
import { parseDuration } from '../domain/duration.ts';
import { NO_REASON } from '../store/controls.ts';
import { incident, read } from './answers.ts';
import { ANSWER_HELP, CLIENT_HELP, CLIENT_OPTIONS, type ClientOptions, get, post } from './client.ts';
import { type Command, JSON_OPTION, readArgs, type Surroundings } from './command.ts';
import { Failure, misuse } from './failure.ts';
import { plainJson, wrap } from './lines.ts';

// What a person may tell the bot at any time (G13). Who and why is kept in its log.

/** Options of every order. */
export const ORDER_OPTIONS = {
  by: { type: 'string' },
  why: { type: 'string' },
  ...JSON_OPTION,
  ...CLIENT_OPTIONS,
} as const;
/** Of an order that has its reason in itself. */
export const SAID_HELP = `  --by NAME           who says so; else the user of this shell
${ANSWER_HELP}
${CLIENT_HELP}`;
export const ORDER_HELP = `  --why "…"           the reason, kept in the log
${SAID_HELP}`;

const SCOPE = {
  target: { type: 'string' },
  service: { type: 'string' },
  playbook: { type: 'string' },
} as const;
const SCOPE_HELP = `  --target ID         only this target, such as supervisor:api
  --service NAME      only the target of this service
  --playbook NAME     only what this playbook would do`;

export const pause: Command = {
  help: `Usage: alert-bot pause [--service NAME|--target ID|--playbook NAME] [--for 5m]
                       [--why "…"] [--by NAME] [--json]

The bot goes on recording and deciding and acts on nothing, or not on what is
named. Kept when it restarts.

${SCOPE_HELP}
  --for 5m            resume by itself after this long; else until alert-bot
                      resume
${ORDER_HELP}

Example: alert-bot pause --service api --for 5m --why "deploy of 1.4"`,
  async run(args, around) {
    const options = { ...ORDER_OPTIONS, ...SCOPE, for: { type: 'string' } } as const;
    const { values } = readArgs('pause', args, options);
    const length = values.for;
    if (length !== undefined && (parseDuration(length) ?? 0) <= 0)
      throw misuse(`--for is "${length}", which is no duration: write one such as 5m or 1h30m.`);
    const scope = scopeOf(values);
    const said = sayings(values);
    const answer = await order(around, values, '/api/v1/pause', {
      ...said,
      ...(length === undefined ? {} : { for: length }),
      ...(scope === null ? {} : { scope: scope.written }),
    });
    const what = scope === null ? 'Paused' : `Paused ${scope.words}`;
    const undo = scope === null ? 'alert-bot resume' : `alert-bot resume ${scope.option}`;
    const until = length === undefined ? 'until somebody resumes' : `for ${length}`;
    return carriedOut(around, values, answer, `${what} ${until}, by ${toldBy(said)}.`, `Undo: ${undo}`);
  },
};

const resumed = z.looseObject({ ended: z.number().optional() });

export const resume: Command = {
  help: `Usage: alert-bot resume [--service NAME|--target ID|--playbook NAME]
                        [--why "…"] [--by NAME] [--json]

Ends every pause, or only the one of what is named.

${SCOPE_HELP}
${ORDER_HELP}

Example: alert-bot resume --service api`,
  async run(args, around) {
    const { values } = readArgs('resume', args, { ...ORDER_OPTIONS, ...SCOPE });
    const scope = scopeOf(values);
    const said = sayings(values);
    const body = { ...said, ...(scope === null ? {} : { scope: scope.written }) };
    const answer = await order(around, values, '/api/v1/resume', body);
    const { ended } = resumed.parse(answer);
    const done = `Resumed${scope === null ? '' : ` ${scope.words}`}, by ${toldBy(said)}.`;
    return carriedOut(around, values, answer, ended === 0 ? 'Nothing was paused.' : done);
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
  help: `Usage: alert-bot reset <target>|N [--why "…"] [--by NAME] [--json]

Ends the quarantine of a target, such as supervisor:api, or of the target of
incident N, and starts its budgets anew. For when a person mended it.

${ORDER_HELP}

Example: alert-bot reset supervisor:api --why "fixed the config"`,
  async run(args, around) {
    const { values, positionals } = readArgs('reset', args, ORDER_OPTIONS, ['target']);
    const target = await targetOf(around, values, positionals[0] ?? '');
    const said = sayings(values);
    const path = `/api/v1/targets/${encodeURIComponent(target)}/reset`;
    const answer = await order(around, values, path, said);
    return carriedOut(around, values, answer, `Reset ${target}, by ${toldBy(said)}.`);
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

/** Prints what became of an order: the bot's answer with --json, else sentences. @returns the exit code */
export function carriedOut(
  { print }: Surroundings,
  { json = false }: { json?: boolean | undefined },
  answer: unknown,
  ...sentences: readonly string[]
): number {
  const lines = json ? [plainJson(answer, 2)] : sentences.flatMap((sentence) => wrap(sentence, 0));
  for (const line of lines) print(line);
  return 0;
}

export const sayings = ({ by, why }: { by?: string | undefined; why?: string | undefined }) => ({
  by: by ?? user(),
  why: why?.trim() || NO_REASON,
});

function user(): string {
  try {
    return userInfo().username;
  } catch {
    // A container's user often has a number and no name.
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}

const toldBy = ({ by, why }: { by: string; why: string }): string => `${by}: ${why}`;
