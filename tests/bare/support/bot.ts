import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { ask, type Question } from './ask.ts';

const summary = z.object({
  id: z.number(),
  title: z.string(),
  target: z.string().nullable(),
  playbook: z.string().nullable(),
  status: z.string(),
  reason: z.string().nullable(),
  outcome: z.string().nullable(),
  weakProof: z.string().nullable(),
});

const detail = summary.extend({
  episodes: z.array(
    z.object({ startsAt: z.string(), closedAt: z.string().nullable(), closedBy: z.string().nullable() }),
  ),
  decisions: z.array(
    z.object({ kind: z.string(), reason: z.string(), also: z.array(z.string()), at: z.coerce.date() }),
  ),
  attempts: z.array(
    z.object({ reason: z.string(), outcome: z.string().nullable(), detail: z.string().nullable() }),
  ),
  evidence: z.array(
    z.object({ moment: z.string(), kind: z.string(), content: z.string(), error: z.string().nullable() }),
  ),
  escalations: z.array(z.object({ reason: z.string(), endedAt: z.string().nullable() })),
  timeline: z.array(z.object({ at: z.coerce.date(), text: z.string() })),
});
export type Incident = z.output<typeof detail>;

const target = z.object({
  id: z.string(),
  quarantine: z.object({ until: z.string().nullable() }).nullable(),
});

const who = { by: 'a test', why: 'it is part of the case' };

export type Bot = ReturnType<typeof botClient>;

/** The bot's API, as people use it. */
export function botClient(address: string, adminTokenFile: string) {
  const call = <T extends z.ZodType>(path: string, shape: T, question: Question = {}) =>
    ask(`${address}/api/v1/${path}`, shape, {
      ...question,
      token: readFileSync(adminTokenFile, 'utf8').trim(),
    });
  let skipped = 0;

  /** Since the mark, oldest first. */
  async function incidents(): Promise<z.output<typeof summary>[]> {
    const list = await call('incidents?limit=500', z.object({ incidents: z.array(summary) }));
    return list.incidents.filter(({ id }) => id > skipped).toReversed();
  }

  const incident = (id: number): Promise<Incident> => call(`incidents/${id}`, detail);

  return {
    incidents,
    incident,
    /** What follows counts from here. */
    async mark(): Promise<void> {
      skipped = Math.max(skipped, ...(await incidents()).map(({ id }) => id));
    },
    /** The first incident since the mark with everything the log knows of it, or undefined. */
    async first(): Promise<Incident | undefined> {
      const [one] = await incidents();
      return one && incident(one.id);
    },
    async target(): Promise<z.output<typeof target> | undefined> {
      const { targets } = await call('targets', z.object({ targets: z.array(target) }));
      return targets.find(({ id }) => id === 'supervisor:api');
    },
    pause: () => call('pause', z.unknown(), { method: 'POST', body: who }),
    resume: () => call('resume', z.unknown(), { method: 'POST', body: who }),
    reset: (process = 'api') =>
      call(`targets/supervisor%3A${process}/reset`, z.unknown(), { method: 'POST', body: who }),
  };
}

/** The reasons of an incident's decisions, in order. */
export const reasons = (incident: Incident): string[] => incident.decisions.map(({ reason }) => reason);

export const closed = ({ status }: Incident): boolean => status === 'closed';
export const escalated = ({ status }: Incident): boolean => status === 'escalated';
