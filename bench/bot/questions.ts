import { z } from 'zod';
import { median } from '../machine.ts';
import { askApi, fetchApi, type startBot } from './bot.ts';
import { NAMES, type Sample } from './sample.ts';
import { metric } from './vitals.ts';

type Bot = Awaited<ReturnType<typeof startBot>>;

export interface Question {
  path: string;
  /** The same for logs of any size. */
  name: string;
}

/** By the name of the operation. Few match some of it, and none or all the rest: each is a way to read all of a log by mistake. */
const ASKED: Readonly<Record<string, (of: Sample) => readonly string[]>> = {
  getStatus: () => ['/status'],
  listIncidents: ({ middle, from, to }) =>
    [
      ...['', `&before=${middle}`, '&target=supervisor:p-0', `&from=${from}&to=${to}`],
      ...['service=p-0', 'service=p-1', 'service=nobody', 'playbook=watched', 'playbook=acted'],
      ...['reason=observe_only', 'reason=no_playbook', 'reason=cooldown'],
      ...['severity=warning', 'severity=critical', 'severity=critical&outcome=dismissed'],
      ...['outcome=healed', 'outcome=recovered', 'outcome=handed_over', 'outcome=dismissed'],
      ...['status=open', 'status=closed', 'status=escalated', 'status=awaiting_approval'],
    ].map((by) => `/incidents?limit=50${by === '' || by.startsWith('&') ? by : `&${by}`}`),
  getIncident: ({ middle, acted }) => [`/incidents/${middle}`, `/incidents/${acted}`],
  getEvidence: ({ acted, evidence }) => [`/incidents/${acted}/evidence/${evidence}`],
  listDecisions: ({ middle }) => [`/decisions?incident=${middle}`],
  listEvents: () => ['/events', '/events?after=100&limit=50'],
  listAudit: () => ['/audit'],
  listApprovals: () => ['/approvals', '/approvals?open=true'],
  listTargets: () => ['/targets'],
  getTarget: () => ['/targets/supervisor%3Ap-0'],
  readPlaybookFile: () => ['/playbooks/text'],
  listPlaybooks: () => ['/playbooks'],
  listPauses: () => ['/pauses'],
  getStorm: () => ['/storm'],
  getStats: () => ['/stats', '/stats?by=day'],
  getReport: () => ['/report'],
};

/** Counted in a thread of its own: they may take as long as there is to count, and nobody waits behind them. */
const COUNTED = ({ from, to }: Sample): readonly string[] => [
  '/stats?by=day&service=p-0',
  '/stats?by=day&outcome=handed_over',
  `/stats?by=day&severity=warning&from=${from}&to=${to}`,
];

const TIMES = 200;
const COUNTED_TIMES = 3;
const SCRAPES = 20;

const document = z.object({
  paths: z.record(z.string(), z.record(z.string(), z.object({ operationId: z.string() }))),
});

const named = (paths: (of: Sample) => readonly string[], of: Sample): Question[] => {
  const names = paths(NAMES);
  return paths(of).map((path, i) => ({ path, name: names[i] ?? path }));
};

/**
 * Whatever the bot says that it can be asked.
 * @param openapi its document
 * @throws Error that names an operation for which there is no sample
 */
export function questionsIn(openapi: unknown, of: Sample): Question[] {
  return Object.values(document.parse(openapi).paths).flatMap(({ get }) => {
    if (get === undefined) return [];
    const asked = ASKED[get.operationId];
    if (asked === undefined)
      throw new Error(`${get.operationId} has no sample: give it one in bench/bot/questions.ts`);
    return named(asked, of);
  });
}

export const questionsOf = async (bot: Bot, of: Sample): Promise<Question[]> =>
  questionsIn(await askApi(bot, '/openapi.json'), of);

/** @returns the milliseconds to the end of its answer */
export async function askOnce(bot: Bot, { path }: Question): Promise<number> {
  const began = performance.now();
  await (await fetchApi(bot, path)).arrayBuffer();
  return performance.now() - began;
}

async function medianOf(times: number, ask: () => Promise<number>): Promise<number> {
  const took: number[] = [];
  while (took.length < times) took.push(await ask());
  return median(took);
}

/** The median of each question and of a scrape, in milliseconds, by its name. */
export async function ask(bot: Bot, of: Sample): Promise<Map<string, number>> {
  const took = new Map<string, number>();
  for (const question of await questionsOf(bot, of))
    took.set(question.name, await medianOf(TIMES, () => askOnce(bot, question)));
  const scrape = async (): Promise<number> => {
    const began = performance.now();
    await metric(bot, /nothing/);
    return performance.now() - began;
  };
  return took.set('/metrics', await medianOf(SCRAPES, scrape));
}

/** The same of what is counted apart. */
export async function askCounted(bot: Bot, of: Sample): Promise<Map<string, number>> {
  const took = new Map<string, number>();
  for (const question of named(COUNTED, of))
    took.set(question.name, await medianOf(COUNTED_TIMES, () => askOnce(bot, question)));
  return took;
}
