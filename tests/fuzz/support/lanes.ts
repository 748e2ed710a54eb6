/** Sends what the generators make, each kind in a lane of its own, and judges every answer. */
import fc from 'fast-check';
import { z } from 'zod';
import type { FuzzedBot } from './bot.ts';
import { type Answer, createClient } from './client.ts';
import { type Compiler, faultOf } from './compiler.ts';
import { playbookText } from './playbook-texts.ts';
import { call, payload, raw, type Sent } from './requests.ts';

export interface Slowest {
  ms: number;
  what: string;
  /** Asks the same once more. */
  again: () => Promise<number>;
}

export interface Tally {
  /** How many were sent: while a failing one is made smaller, more than were asked for. */
  sent: number;
  statuses: Map<number, number>;
  slowest: Slowest[];
}

export interface Run {
  seed: number;
  runs: number;
  /** Where in the run the one failing case is, as fast-check prints it. */
  path?: string | undefined;
}

const KEPT = 5;
const newTally = (): Tally => ({ sent: 0, statuses: new Map(), slowest: [] });

function note(tally: Tally, status: number, slow: Slowest): void {
  tally.sent += 1;
  tally.statuses.set(status, (tally.statuses.get(status) ?? 0) + 1);
  if (slow.ms <= (tally.slowest.at(-1)?.ms ?? 0) && tally.slowest.length >= KEPT) return;
  tally.slowest = [...tally.slowest, slow].toSorted((a, b) => b.ms - a.ms).slice(0, KEPT);
}

/** Runs one property; what fast-check throws names the seed, the path and the smallest case that still fails. */
const judge = <T>(of: fc.Arbitrary<T>, { seed, runs, path }: Run, check: (value: T) => Promise<void>) =>
  fc.assert(fc.asyncProperty(of, check), {
    seed,
    numRuns: runs,
    ...(path === undefined ? {} : { path }),
    // A smaller case is worth some tries, not hours.
    interruptAfterTimeLimit: 3_600_000,
    markInterruptAsFailure: true,
  });

const refusal = z.object({ code: z.string(), detail: z.string().min(1), status: z.number() });

/** Nothing but 503 where a source is away; each refusal of the bot's own says what to do. */
function check(bot: FuzzedBot, { status, body }: Answer, own: boolean): void {
  const crash = bot.crash();
  if (crash !== undefined) throw new Error(crash);
  if (status >= 500 && status !== 503) throw new Error(`answered ${status}: ${body.slice(0, 300)}`);
  if (!own) return;
  if (status === 0) throw new Error('closed the connection without an answer');
  // A page tells a person.
  if (body.startsWith('<!doctype html>')) return;
  if (status >= 400 && status !== 503 && body !== '') refusal.parse(JSON.parse(body));
}

const brief = (bytes: Buffer): string => JSON.stringify(bytes.subarray(0, 200).toString('latin1'));
const describe = ({ method, path, body }: Sent): string =>
  `${method} ${path.slice(0, 200)}, body of ${body.length} bytes ${brief(body)}`;

async function sendLane(bot: FuzzedBot, of: fc.Arbitrary<Sent>, run: Run): Promise<Tally> {
  const client = createClient(bot.port);
  const tally = newTally();
  await judge(of, run, async (sent) => {
    const answer = await client.send(sent);
    const again = async () => (await client.send(sent)).ms;
    note(tally, answer.status, { ms: answer.ms, what: describe(sent), again });
    // What Node's own parser refuses has no body, and the connection ends with it.
    check(bot, answer, true);
  }).finally(client.close);
  return tally;
}

export const payloads = (bot: FuzzedBot, run: Run) => sendLane(bot, payload(bot.tokens), run);
export const calls = (bot: FuzzedBot, run: Run) => sendLane(bot, call(bot.tokens), run);

/** Broken requests on connections of their own. */
export async function wire(bot: FuzzedBot, run: Run): Promise<Tally> {
  const client = createClient(bot.port);
  const tally = newTally();
  await judge(raw(bot.tokens), run, async (bytes) => {
    const answer = await client.raw(bytes);
    const again = async () => (await client.raw(bytes)).ms;
    note(tally, answer.status, { ms: answer.ms, what: `${bytes.length} bytes ${brief(bytes)}`, again });
    check(bot, answer, false);
  }).finally(client.close);
  return tally;
}

/** Playbook files; statuses are 1 for one that is taken and 0 for one that is refused. */
export async function playbooks(
  compiler: Compiler,
  shipped: string,
  run: Run,
  mostMs: number,
): Promise<Tally> {
  const tally = newTally();
  await judge(playbookText(shipped), run, async (text) => {
    const verdict = await compiler.compile(text);
    const again = async () => (await compiler.compile(text)).ms;
    const what = `${text.length} characters ${JSON.stringify(text.slice(0, 200))}`;
    note(tally, verdict.errors === null ? 1 : 0, { ms: verdict.ms, what, again });
    const fault = faultOf(text, verdict, mostMs);
    if (fault !== null) throw new Error(fault);
  });
  return tally;
}
